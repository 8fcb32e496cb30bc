"""Turns columns into JSON and back, exactly; what SQLite stores takes the short way past Python's values."""

from __future__ import annotations

from datetime import datetime

from mycrm_cli.ids import hyphenated
from mycrm_cli.kinds.base import Kind
from mycrm_cli.kinds.structures import read_json, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from mycrm_cli.catalog import Field

    Convert = Callable[[Any], Any]

WHOLE = ".000000Z"
"""How a moment ends on SQLite that has no fraction of a second; JSON leaves it out."""


class Damaged(ValueError):
    """A value that no export writes."""


def writers(fields: Sequence[Field], dialect: str) -> list[tuple[int, Convert]]:
    """Return, for each column that needs it, its place and the function from the database to JSON."""
    return [(place, write) for place, field in enumerate(fields) if (write := writer(field, dialect))]


def readers(fields: Sequence[Field], dialect: str) -> list[tuple[int, Convert]]:
    """Return for each column its place and the function from JSON to a parameter; it raises ValueError."""
    return [(place, reader(field, dialect)) for place, field in enumerate(fields)]


def writer(field: Field, dialect: str) -> Convert | None:
    """Return the function from a column of the database to JSON, or None where there is nothing to do."""
    kind = field.kind
    if dialect == "sqlite" and field.kind_name in SHORT:
        return SHORT[field.kind_name][0]
    load = kind.loader(dialect)
    dump = None if type(kind).dump is Kind.dump else kind.dump
    if load is None or dump is None:
        return load or dump
    return lambda value: dump(load(value))


def reader(field: Field, dialect: str) -> Convert:
    """Return the function from JSON to a parameter of the database."""
    kind, name = field.kind, field.kind_name
    if dialect == "sqlite" and name in SHORT:
        return SHORT[name][1]
    save = kind.saver(dialect)
    undump: Convert = kind.undump
    if type(kind).undump is Kind.undump:
        undump = PLAIN.get(name, text)
    return undump if save is None else lambda value: save(undump(value))


def text(value: Any) -> Any:
    """Return a text as it is; refuse what is none."""
    if type(value) is not str or "\x00" in value:
        raise Damaged("no text")
    return value


def whole(value: Any) -> Any:
    """Return a whole number that databases hold; refuse anything else."""
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise Damaged("no whole number")
    return value


def truth(value: Any) -> Any:
    """Return yes or no; refuse anything else."""
    if type(value) is not bool:
        raise Damaged("neither true nor false")
    return value


def anything(value: Any) -> Any:
    """Return what JSON holds."""
    return value


def id_from_json(value: Any) -> bytes:
    """Return the 16 bytes of an id."""
    found = bytes.fromhex(text(value).replace("-", ""))
    if len(found) != 16:
        raise Damaged("no id")
    return found


def moment_to_json(value: str) -> str:
    """Write a moment as ``Timestamp.dump`` does."""
    return f"{value[:19]}Z" if value.endswith(WHOLE) else value


def moment_from_json(value: Any) -> str:
    """Return a moment as SQLite stores it."""
    datetime.fromisoformat(text(value))
    if value[-1] != "Z" or len(value) not in (20, 27):
        raise Damaged("no moment in UTC")
    return f"{value[:19]}{WHOLE}" if len(value) == 20 else str(value)


SHORT: dict[str, tuple[Convert, Convert]] = {
    "reference": (hyphenated, id_from_json),
    "timestamp": (moment_to_json, moment_from_json),
    "tags": (read_json, write_json),
    "json": (read_json, write_json),
}
"""What SQLite stores, to JSON and back, without the value in between."""

PLAIN: dict[str, Convert] = {"integer": whole, "boolean": truth, "json": anything, "tags": anything}
"""How values are checked that are in JSON as they are; all others are texts."""
