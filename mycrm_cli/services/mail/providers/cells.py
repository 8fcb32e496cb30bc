"""Values of reports: texts, addresses and moments as providers write them, checked before they are kept."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache

from mycrm_cli import clock, kinds
from mycrm_cli.kinds.structures import write_json
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

LONGEST_KEY = 255
LONGEST = 500
"""Characters of a text that only explains."""
LONGEST_URL = 2000
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
MILLISECONDS = 100_000_000_000
"""From here on a number counts milliseconds: as seconds it would be the year 5138."""
FULL_MAILBOX = ("4.2.2", "5.2.2")
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")


def member(entry: Mapping[str, Any], *path: str) -> Any:
    """Return what stands at a path of keys, or None."""
    value: Any = entry
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: Any, longest: int = LONGEST) -> str | None:
    """Return a text in one line of its printable characters, cut where it is too long; None where there is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    told = str(value)
    if not told.isprintable():
        told = "".join(char if char.isprintable() else " " for char in told)
    return told.strip()[:longest] or None


def key(value: Any, what: str) -> str | None:
    """Return a key of a message or a report; raises Problem for one that is too long to be kept whole."""
    told = text(value, LONGEST_KEY + 1)
    if told is not None and len(told) > LONGEST_KEY:
        raise Problem("too_long", f"{what} is longer than {LONGEST_KEY} characters")
    return told


@lru_cache(maxsize=50_000)
def _address(told: str) -> str | None:
    try:
        return str(kinds.make("email").read(parseaddr(told)[1] if "<" in told else told))
    except kinds.BadValue:
        return None


def address(value: Any) -> str | None:
    """Return an address as it is compared, or None for what is none: reports name what they could not reach."""
    told = text(value, LONGEST)
    return None if told is None else _address(told)


def moment(value: Any) -> datetime:
    """Return when something happened, given in seconds since 1970 or as ISO 8601; raises Problem."""
    found = _numbered(value) if _is_number(value) else _written(value)
    if not OLDEST <= found <= clock.now() + AHEAD:
        raise Problem("bad_time", f"{text(value, 40)} is no time at which something can have happened")
    return found


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().replace(".", "", 1).isdecimal()
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numbered(value: Any) -> datetime:
    seconds = float(value)
    try:
        return datetime.fromtimestamp(seconds / 1000 if seconds >= MILLISECONDS else seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise Problem("bad_time", f"{text(value, 40)} is no time") from None


def _written(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(value).strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        said = "the time is missing" if value in (None, "") else f"{text(value, 40)} is no time"
        raise Problem("bad_time", said) from None


def required(event: tuple[Any, ...], *named: Any) -> None:
    """Raise Problem where nothing says which message or whom a report is about."""
    if not any(named):
        raise Problem("required", f"the report {text(event[0], 40)} names neither a message nor an address")


def digest(*parts: Any) -> str:
    """Return a key for a report that its provider gave none: the same for the same report."""
    return hashlib.sha256(write_json(list(parts)).encode("utf-8", "surrogatepass")).hexdigest()[:40]


def extras(entry: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """Return what else is kept of a report: short texts that say why and how, and nothing about anybody else."""
    found = {name: text(entry.get(name)) for name in names}
    return {name.replace("-", "_").lower(): value for name, value in found.items() if value is not None}


def hardness(*told: Any, usual: str) -> str:
    """Return whether a message came back for good, by the status codes of RFC 3463; a full mailbox may be emptied."""
    for each in told:
        if found := STATUS.search(str(each or "")):
            return "hard" if found[1] == "5" and found[0] not in FULL_MAILBOX and found[2] != "7" else "soft"
    return usual
