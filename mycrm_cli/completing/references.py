"""Records whose number, name or e-mail address begins as the current word does.

The reader of ``query`` takes four times as long to import as all of this takes, so these few statements
are written here; ``_rows`` alone runs one, and puts the organization and the trash into each. Every
one reads a part of an index, so that they are as fast in a million records as in ten.
"""

from __future__ import annotations

from mycrm_cli.completing import access, tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.completing.access import Access
    from mycrm_cli.completing.line import Wanted
    from mycrm_cli.completing.values import Found

SHOWN = 30
"""Candidates of one kind."""
LOOKED_AT = 2000
"""Records that are looked at for those that are in the trash, or outside it."""
DIGITS = 10
"""Digits that a number may have."""
ENDMOST = "\U0010ffff"
"""The last character there is: every text that starts with ``x`` is below ``x`` and this."""


def candidates(wanted: Wanted) -> Found:
    """Return references that begin with what was typed, described by titles; all are unambiguous to the program."""
    entity = tree.read(f"@{wanted.value[1]}")
    typed = wanted.typed
    own = [("me", "You")] if entity.get("table") == "users" else []
    if "title" not in entity or typed != typed.lstrip():
        return own
    return access.ask(wanted.profile, lambda reached: [*own, *_found(reached, entity, typed, wanted.trash)])


def _found(reached: Access, entity: dict[str, Any], typed: str, trash: bool) -> Found:
    found = _numbers(reached, entity, typed, trash) if entity["prefix"] else []
    keys = entity["keys"] if typed or not found else []
    if "email" in keys:
        found += _emails(reached, entity, typed, trash)
    if "name_key" in keys:
        found += _names(reached, entity, typed, trash)
    return found


def _rows(reached: Access, entity: dict[str, Any], column: str, low: Any, high: Any, trash: bool) -> list[Any]:
    """Return (column, title) of records between two keys: numbers the newest first, texts in their order."""
    sqlite = reached.connection.dialect == "sqlite"
    if not entity["trash"]:
        live = "1 = 0" if trash else "1 = 1"
    else:
        live = f"r.is_deleted = {int(trash)}" if sqlite else ("" if trash else "NOT ") + "r.is_deleted"
    order = f"s.organization_id DESC, s.{column} DESC" if column == "number" else f"s.organization_id, s.{column}"
    near = (
        f"SELECT * FROM {entity['table']} AS s WHERE s.organization_id = ? AND s.{column} >= ? AND s.{column} < ? "
        f"ORDER BY {order} LIMIT {LOOKED_AT}"
    )
    statement = f"SELECT r.{column}, {entity['title']} FROM ({near}) AS r WHERE {live} LIMIT {SHOWN}"
    return list(reached.connection.execute(statement, (reached.organization, low, high)))


def _numbers(reached: Access, entity: dict[str, Any], typed: str, trash: bool) -> Found:
    """Return the newest records whose number begins with the typed one; letters count in any case."""
    prefix = f"{entity['prefix']}-"
    start = typed[: len(prefix)]
    digits = typed[len(prefix) :]
    if not prefix.startswith(start.upper()) or (digits and not (digits.isascii() and digits.isdigit())):
        return []
    rows: list[Any] = []
    for low, high in _ranges(digits):
        rows += _rows(reached, entity, "number", low, high, trash)
        if len(rows) >= SHOWN:
            break
    rows.sort(key=lambda row: -row[0])
    return [(typed + f"{prefix}{number}"[len(typed) :], title or "") for number, title in rows[:SHOWN]]


def _ranges(digits: str) -> list[tuple[int, int]]:
    """Return the ranges of numbers that begin with the digits, the largest first."""
    if not digits:
        return [(0, 2**31 - 1)]
    if digits[0] == "0":
        return []
    ranges = [(int(digits) * 10**more, (int(digits) + 1) * 10**more) for more in range(DIGITS - len(digits) + 1)]
    return [(low, min(high, 2**31 - 1)) for low, high in reversed(ranges) if low < 2**31 - 1]


def _emails(reached: Access, entity: dict[str, Any], typed: str, trash: bool) -> Found:
    low = typed.lower()
    rows = _rows(reached, entity, "email", low, low + ENDMOST, trash)
    return [(typed + email[len(low) :], title or "") for email, title in rows if email[:1] != "-"]


def _names(reached: Access, entity: dict[str, Any], typed: str, trash: bool) -> Found:
    """Return names, the typed letters as they were typed; one that several records have is described as such."""
    key = _folded(" ".join(typed.split()))
    found: dict[str, str] = {}
    for stored, title in _rows(reached, entity, "name_key", key, key + ENDMOST, trash):
        name = " ".join((title or "").split())
        rest = _rest(name, typed)
        if rest is not None and _is_name(name) and _folded(name) == stored:
            value = typed + rest
            found[value] = "several records" if value in found else ""
    return list(found.items())


def _rest(name: str, typed: str) -> str | None:
    """Return what follows in a name after the letters that were typed in any case and without accents."""
    wanted = _folded(typed)
    for place in range(len(name) + 1):
        start = _folded(name[:place])
        if start == wanted:
            return name[place:]
        if not wanted.startswith(start):
            return None
    return None


def _is_name(name: str) -> bool:
    """Tell whether a reference of this text can mean nothing but a name, and no option or file of references."""
    if not name.isprintable() or name.startswith("-") or name.lower() in ("me", "") or "@" in name:
        return False
    if name.startswith(("ext:", "tel:")) or not any(character.isalpha() for character in name):
        return False
    if " " not in name:
        letters, dash, digits = name.partition("-")
        numbered = dash and digits.isdigit() and len(letters) <= 3
        identifier = len(name) >= 32 and all(c in "0123456789abcdefABCDEF-" for c in name)
        return not numbered and not identifier and "." not in name
    return True


def _folded(text: str) -> str:
    """Return text as it is compared; without accents that needs no import."""
    if text.isascii():
        return text.lower()
    from mycrm_cli.kinds.folding import fold

    return fold(text)
