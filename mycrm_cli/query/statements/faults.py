"""What a database says against a statement, as our errors: wrong, refused, too slow, too large."""

from __future__ import annotations

import re
import time

from mycrm_cli.errors import CrmError, Denied, Invalid, Unavailable, UsageError
from mycrm_cli.query.statements.lexing import caret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

READS = "mycrm sql --tables lists what can be asked"
QUOTED = re.compile(r'near "([^"]+)"|no such (?:column|function): ([\w.]+)|no such table: ([\w.]+)')


class TimedOut(Unavailable):
    """A statement took longer than it may."""

    code = "timed_out"


class TooLarge(Invalid):
    """A statement needs more memory, or makes larger values, than it may."""

    code = "too_large"


class Deadline:
    """The time that a statement has, its answer included."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.until = time.monotonic() + seconds

    def is_over(self) -> bool:
        """Tell whether the time is up."""
        return time.monotonic() >= self.until

    def left(self) -> float:
        """Return how many seconds are left."""
        return max(0.0, self.until - time.monotonic())


def timed_out(seconds: float) -> TimedOut:
    """Return the error for a statement that was ended by the clock."""
    return TimedOut(
        f"the statement took longer than {seconds:g} s and was ended",
        hint="ask for less, or give it more time with --limit-time",
    )


def too_large() -> TooLarge:
    """Return the error for a statement that was ended by its size."""
    return TooLarge(
        "the statement needs more memory, or makes longer values, than it may",
        hint="ask for fewer columns or rows, or for sums",
    )


def unknown_table(name: str, statement: str, place: int, tables: Collection[str], stored: Collection[str]) -> CrmError:
    """Return the error for a table that is not offered: unknown, or not for this role."""
    if name in stored:
        return Denied(f"your role may not read {name}", hint=READS)
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(tables), 3)
    return UsageError(
        f"no table {name!r}", candidates=near, hint=READS, details=caret(statement, place) if place >= 0 else []
    )


def of_sqlite(error: Exception, statement: str, tables: Collection[str], stored: Collection[str]) -> CrmError:
    """Return our error for one of SQLite's."""
    message, code = str(error), (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if isinstance(error, MemoryError) or code in (7, 18) or "too big" in message or "too large" in message:
        return too_large()
    if code in (23, 8) or "prohibited" in message or message.startswith("not authorized"):
        hidden = sorted(({*stored} - {*tables}) & {*re.findall(r"\w+", statement.lower())})
        if len(hidden) == 1:
            return unknown_table(hidden[0], statement, -1, tables, stored)
        what = re.search(r"access to ([\w.]+) is prohibited|use function: (\w+)", message)
        named = f": {(what[1] or what[2])[:80]}" if what else ""
        return Denied(f"the statement asks for what it may not{named}", hint=READS)
    if code == 13 or getattr(error, "sqlite_errorcode", None) == 778:
        return too_large()  # nothing is written but sorted rows
    if code in (5, 6, 10, 11, 14, 26):
        from mycrm_cli.db.connect import translated

        found = translated(error)
        return found if isinstance(found, CrmError) else Unavailable("the database cannot be read")
    match = QUOTED.search(message)
    named = next(filter(None, match.groups()), "") if match else ""
    place = _place(statement, named)
    if match and match[3]:
        return unknown_table(named.rpartition(".")[2].lower(), statement, place, tables, stored)
    return UsageError(message, hint=READS, details=caret(statement, place) if place >= 0 else [])


def _place(statement: str, named: str) -> int:
    """Return where what a message names stands, if it stands there once."""
    if not named:
        return -1
    found = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(named)}(?!\w)", statement, re.IGNORECASE)]
    return found[0] if len(found) == 1 else -1


def of_postgresql(
    error: Exception, statement: str, deadline: Deadline, tables: Collection[str], stored: Collection[str], before: int
) -> CrmError:
    """Return our error for one of PostgreSQL's; ``before`` is how much the program wrote before the statement."""
    if isinstance(error, MemoryError):
        return too_large()
    state = getattr(error, "sqlstate", None) or ""
    diagnosis = getattr(error, "diag", None)
    message = str(getattr(diagnosis, "message_primary", None) or "the server refuses it")
    position = getattr(diagnosis, "statement_position", None)
    place = int(position) - 1 - before if position else -1
    if state == "57014":
        return timed_out(deadline.seconds)
    if state in ("42501", "25006", "0A000"):
        return Denied(f"the statement asks for what it may not: {message}", hint=READS)
    if state == "42P01" and 0 <= place < len(statement):
        named = re.match(r'"?([\w$]+)', statement[place:])
        return unknown_table(named[1].lower() if named else "", statement, place, tables, stored)
    if state[:2] in ("53", "54"):
        return too_large()
    if state[:2] in ("22", "21", "23"):
        return Invalid(message)
    if state[:2] == "42":
        return UsageError(message, hint=READS, details=caret(statement, place) if 0 <= place <= len(statement) else [])
    from mycrm_cli.db.connect import translated

    found = translated(error)
    return found if isinstance(found, CrmError) else Invalid(message)
