"""The organization's own fields (``cf.tier``), kept as JSON in ``custom_fields``."""

from __future__ import annotations

from mycrm_cli import kinds
from mycrm_cli.kinds.base import BadValue
from mycrm_cli.query.operands import Operand
from mycrm_cli.query.sql import Sql, all_hold, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.kinds import Kind
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.paths import Path

NUMBERS = frozenset(("integer", "money", "number", "percent"))
DIGITS = r"^[-+]{0,1}[0-9]+([.][0-9]+){0,1}$"


class Custom:
    """One of the organization's own fields."""

    __slots__ = ("key", "kind", "label", "required")

    def __init__(self, key: str, label: str, kind: Kind, required: bool = False) -> None:
        self.key = key
        self.label = label
        self.kind = kind
        self.required = required


def make(key: str, label: str | None, type: str, choices: Any, required: bool = False) -> Custom:
    """Build the field from its row in ``custom_fields``; unknown types read as text."""
    if type == "choice":
        return Custom(key, label or key, kinds.make("choice", choices=tuple(choices or ())), required)
    known = type if type in kinds.KINDS and type not in ("json", "reference", "secret") else "text"
    options = {"lines": True} if known == "text" else {}
    return Custom(key, label or key, kinds.make(known, **options), required)


def definition(frame: Frame, path: Path) -> Custom:
    """Return the definition of the field that a path ends at; raises UsageError for an unknown one."""
    known = frame.definitions(path.entity)
    found = known.get(path.key) or known.get(path.key.lower().replace("-", "_"))
    if found is None:
        from difflib import get_close_matches

        path.spot.fail(
            f"{path.entity.command or path.entity.name} has no custom field {path.key[:60]!r}",
            candidates=[f"cf.{key}" for key in get_close_matches(path.key[:100], known, n=5, cutoff=0.5)],
            hint=f"mycrm {path.entity.command or path.entity.name} list -w '?' lists the fields",
        )
    path.key = found.key
    path.name = path.name.rpartition("cf.")[0] + f"cf.{found.key}"
    return found


def stored(frame: Frame, alias: str, key: str) -> Sql:
    """Return the value as the driver answers it: a Python value, or JSON text for a list on SQLite."""
    if frame.dialect == "sqlite":
        return compose("json_extract({}.custom_fields, {})", alias, value(_place(key)))
    return compose("{}.custom_fields -> CAST({} AS TEXT)", alias, value(key))


def _place(key: str) -> str:
    """Return SQLite's path to a key; a key cannot contain quotes, and one that does finds nothing."""
    return '$."' + key.replace('"', "") + '"'


def typed(frame: Frame, alias: str, custom: Custom) -> Sql:
    """Return the value in the form in which values of its kind are compared."""
    name = custom.kind.name
    if frame.dialect == "sqlite" or name == "tags":
        target = "NUMERIC" if name in NUMBERS else "TEXT"
        own = stored(frame, alias, custom.key)
        return own if name in ("boolean", "tags") else compose(f"CAST({{}} AS {target})", own)
    text = compose("({}.custom_fields ->> CAST({} AS TEXT))", alias, value(custom.key))
    if name in NUMBERS:
        return compose("CASE WHEN {} ~ {} THEN CAST({} AS NUMERIC) END", text, value(DIGITS), text)
    return compose("({} = 'true')", text) if name == "boolean" else compose('{} COLLATE "C"', text)


def operand(frame: Frame, alias: str, custom: Custom) -> Operand:
    """Return the left side of a comparison with the field."""
    left = Operand(frame, typed(frame, alias, custom), custom.kind)
    if custom.kind.name in NUMBERS:
        left.save = float if frame.dialect == "sqlite" else lambda number: number
    elif custom.kind.name in ("date", "timestamp"):
        left.save = custom.kind.dump
    return left


def load(custom: Custom, answer: Any) -> Any:
    """Return the Python value of what the driver answered; a value of another kind stays as it is."""
    from mycrm_cli.kinds.structures import read_json

    try:
        return custom.kind.accept(read_json(answer) if custom.kind.name == "tags" else answer)
    except (BadValue, ValueError):
        return answer


def holders(frame: Frame, entity: Entity, key: str) -> Sql:
    """Return the statement for (id, value as JSON) of the records that have a value, the trash included."""
    alias = frame.alias()
    held = _as_json(frame, alias, key)
    where = all_hold([frame.within(entity, alias), compose("{} NOT IN ('null', '\"\"', '[]')", held)])
    return compose("SELECT {}.id, {} AS v FROM {} AS {} WHERE {}", alias, held, entity.table, alias, where)


def counted(frame: Frame, entity: Entity, key: str) -> Sql:
    """Return the statement for (value as JSON, how many records have it)."""
    return compose("SELECT held.v, count(*) FROM ({}) AS held GROUP BY held.v", holders(frame, entity, key))


def _as_json(frame: Frame, alias: str, key: str) -> Sql:
    """Return a value as JSON text, which tells ``true`` from ``1``."""
    if frame.dialect == "sqlite":
        place = value(_place(key))
        own = f"{alias}.custom_fields"
        words = f"CASE json_type({own}, {{}}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'"
        return compose(f"{words} ELSE json_quote(json_extract({own}, {{}})) END", place, place)
    return compose("CAST({}.custom_fields -> CAST({} AS TEXT) AS TEXT)", alias, value(key))
