"""Records whose number, name or e-mail address begins as the current word does.

The reader of ``query`` takes four times as long to import as all of this takes, so these few statements
are written here; ``_rows`` alone runs one, and puts the organization and the trash into each. Every
one reads a part of an index, so that they are as fast in a million records as in ten.
"""

from __future__ import annotations

from mycrm_cli import commands
from mycrm_cli.completing import access

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
SEVERAL = "several records"
ENDMOST = "\U0010ffff"
"""The last character there is: every text that starts with ``x`` is below ``x`` and this."""


def candidates(wanted: Wanted) -> Found:
    """Return references that begin with what was typed, described by titles; all are unambiguous to the program."""
    entities = [commands.read(f"@{noun}") for noun in wanted.value[1:]]
    known = [entity for entity in entities if "title" in entity]
    if not known or wanted.typed != wanted.typed.lstrip():
        return []
    return access.ask(wanted.profile, lambda reached: _of_all(reached, known, wanted), wanted.place.command)


def _of_all(reached: Access, entities: list[dict[str, Any]], wanted: Wanted) -> Found:
    """Return the references to records of several nouns; of an e-mail address the first noun's record is meant."""
    found = {"me": "You"} if any(entity["table"] == "users" for entity in entities) else {}
    for entity in entities:
        for value, help in _found(reached, entity, wanted)[: 3 * SHOWN // len(entities)]:
            found[value] = help if value not in found else found[value] if "@" in value else SEVERAL
    return list(found.items())


def _found(reached: Access, entity: dict[str, Any], wanted: Wanted) -> Found:
    typed, trash = wanted.typed, wanted.trash
    found = _numbers(reached, entity, typed, trash) if entity["prefix"] else []
    keys = entity["keys"] if typed or not found else []
    if entity["table"] in ("stages", "line_items", "custom_fields", "saved_filters"):
        from mycrm_cli.completing import places

        return places.found(reached, entity["table"], wanted)
    if "email" in keys:
        found += _emails(reached, entity, typed, trash)
    if "sku" in keys:
        found += _codes(reached, entity, typed)
    if "name_key" in keys:
        found += _names(reached, entity, typed, trash)
    return found + (_listed(reached, entity, typed) if entity["listed"] else [])


def live(entity: dict[str, Any], dialect: str, trash: bool) -> str:
    """Return the condition that a record ``r`` is outside the trash, or in it."""
    if not entity["trash"]:
        return "1 = 0" if trash else "1 = 1"
    return f"r.is_deleted = {int(trash)}" if dialect == "sqlite" else ("" if trash else "NOT ") + "r.is_deleted"


def _rows(reached: Access, entity: dict[str, Any], column: str, low: Any, high: Any, trash: bool) -> list[Any]:
    """Return (column, title) of records between two keys: numbers the newest first, texts in their order."""
    order = f"s.organization_id DESC, s.{column} DESC" if column == "number" else f"s.organization_id, s.{column}"
    near = (
        f"SELECT * FROM {entity['table']} AS s WHERE s.organization_id = ? AND s.{column} >= ? AND s.{column} < ? "
        f"ORDER BY {order} LIMIT {LOOKED_AT}"
    )
    where = live(entity, reached.connection.dialect, trash)
    statement = f"SELECT r.{column}, {entity['title']} FROM ({near}) AS r WHERE {where} LIMIT {SHOWN}"
    return list(reached.connection.execute(statement, (reached.organization, low, high)))


def _numbers(reached: Access, entity: dict[str, Any], typed: str, trash: bool) -> Found:
    """Return the newest records whose number begins with the typed one; letters count in any case."""
    prefix = f"{entity['prefix']}-"
    start = typed[: len(prefix)]
    digits = typed[len(prefix) :]
    if not prefix.startswith(start.upper()) or (digits and not (digits.isascii() and digits.isdigit())):
        return []
    rows: list[Any] = []
    for low, high in ranges(digits):
        rows += _rows(reached, entity, "number", low, high, trash)
        if len(rows) >= SHOWN:
            break
    rows.sort(key=lambda row: -row[0])
    shown = _line_of if entity["table"] == "changes" else str
    return [(typed + f"{prefix}{number}"[len(typed) :], shown(title or "")) for number, title in rows[:SHOWN]]


def _line_of(command: str) -> str:
    """Return the command line that a change keeps as JSON."""
    return " ".join(map(str, commands.parse(command, 0))) if command.startswith("[") else command


def ranges(digits: str) -> list[tuple[int, int]]:
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


def _codes(reached: Access, entity: dict[str, Any], typed: str) -> Found:
    """Return products by the code of their maker, written exactly."""
    rows = _rows(reached, entity, "sku", typed, typed + ENDMOST, False)
    return [(sku, title or "") for sku, title in rows if is_code(sku, entity["prefix"])]


def is_code(text: str, prefix: str) -> bool:
    """Tell whether a reference of this text is looked for among the codes first."""
    letters, dash, digits = text.partition("-")
    numbered = digits.isdigit() if dash and letters.upper() == prefix else text.isdigit()
    return not (numbered or _is_special(text) or text != text.strip())


def _names(reached: Access, entity: dict[str, Any], typed: str, trash: bool) -> Found:
    """Return names, the typed letters as they were typed; one that several records have is described as such."""
    key = folded(" ".join(typed.split()))
    rows = _rows(reached, entity, "name_key", key, key + ENDMOST, trash)
    titles = [title for stored, title in rows if folded(" ".join((title or "").split())) == stored]
    found = _beginning(typed, titles)
    if "sku" not in entity["keys"] or not found:
        return found
    # A code comes before a name, so that a name which is another product's code means that one.
    marks = ", ".join("?" * len(found))
    statement = f"SELECT s.sku FROM {entity['table']} AS s WHERE s.organization_id = ? AND s.sku IN ({marks})"
    names = [name for name, _ in found]
    taken = {row[0] for row in reached.connection.execute(statement, (reached.organization, *names))}
    return [(name, help) for name, help in found if name not in taken]


def _listed(reached: Access, entity: dict[str, Any], typed: str) -> Found:
    """Return names in a small table that has no keys."""
    statement = (
        f"SELECT {entity['title']} FROM {entity['table']} AS r WHERE r.organization_id = ? ORDER BY 1 LIMIT {LOOKED_AT}"
    )
    rows = reached.connection.execute(statement, (reached.organization,))
    return _beginning(typed, [row[0] for row in rows])


def _beginning(typed: str, titles: list[str | None]) -> Found:
    """Return names that begin with what was typed and can mean nothing else."""
    found: dict[str, str] = {}
    for title in titles:
        name = " ".join((title or "").split())
        rest = rest_of(name, typed)
        if rest is not None and is_name(name):
            value = typed + rest
            found[value] = SEVERAL if value in found else ""
    return list(found.items())


def rest_of(name: str, typed: str) -> str | None:
    """Return what follows in a name after the letters that were typed in any case and without accents."""
    wanted = folded(typed)
    for place in range(len(name) + 1):
        start = folded(name[:place])
        if start == wanted:
            return name[place:]
        if not wanted.startswith(start):
            return None
    return None


def is_name(name: str) -> bool:
    """Tell whether a reference of this text can mean nothing but a name, and no option or file of references."""
    if name.lower() == "me" or "@" in name or name.startswith("tel:") or _is_special(name):
        return False
    if not any(character.isalpha() for character in name):
        return False
    if " " not in name:
        letters, dash, digits = name.partition("-")
        numbered = dash and digits.isdigit() and len(letters) <= 3
        return not numbered and "." not in name
    return True


def _is_special(text: str) -> bool:
    """Tell whether a text is nothing that can be typed as a name, or an option, a key of another system, an id."""
    identifier = len(text) >= 32 and all(c in "0123456789abcdefABCDEF-" for c in text)
    return not text or not text.isprintable() or text.startswith(("-", "ext:")) or identifier


def folded(text: str) -> str:
    """Return text as it is compared; without accents that needs no import."""
    if text.isascii():
        return text.lower()
    from mycrm_cli.kinds.folding import fold

    return fold(text)
