"""Rows as the database has them, straight to JSON: what images of a hundred thousand removed records need."""

from __future__ import annotations

from mycrm_cli.ids import hyphenated
from mycrm_cli.kinds.base import Kind
from mycrm_cli.services import entries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.services.rows import Row

    Converter = Callable[[Any], Any] | None


def utc(stored: str) -> str:
    """Return the text of a moment as JSON holds it from the one that SQLite stores."""
    return f"{stored[:19]}Z" if stored[20:26] == "000000" else stored


def parsed(stored: str) -> Any:
    """Return JSON; most lists and objects are empty."""
    if stored in ("[]", "{}"):
        return [] if stored == "[]" else {}
    from mycrm_cli.kinds.structures import read_json

    return read_json(stored)


ON_SQLITE: dict[str, Converter] = {
    "reference": hyphenated,
    "timestamp": utc,
    "date": None,
    "json": parsed,
    "tags": parsed,
}
"""Shorter ways than to load a value and to dump it, by kind."""


ALIKE = frozenset(("reference", "timestamp", "date", "json", "tags"))
"""Kinds whose equal stored values are the same in JSON; of numbers 1 and 1.0 are equal."""


def converter(field: Field, dialect: str) -> Converter:
    """Return the function from a field's stored value to JSON, or None where they are the same.

    JSON is expected as text.
    """
    if field.kind_name in ON_SQLITE and (dialect == "sqlite" or field.kind_name in ("json", "tags")):
        return ON_SQLITE[field.kind_name]
    load, dump = field.kind.loader(dialect), field.kind.dump
    if type(field.kind).dump is Kind.dump:
        return load
    return dump if load is None else lambda value: dump(load(value))


def columns(entity: Entity) -> list[str]:
    """Return the columns of an image, sorted as they are written, ``id`` first."""
    return ["id", *sorted(entries.dumps(entity).keys() - {"id"})]


def images(entity: Entity, dialect: str, rows: Iterable[Sequence[Any]]) -> Iterator[Row]:
    """Yield the images of stored rows with these columns, empty values left out."""
    converters = [(name, converter(entity.fields[name], dialect)) for name in columns(entity)]
    for row in rows:
        yield {
            name: value if convert is None else convert(value)
            for (name, convert), value in zip(converters, row, strict=True)
            if value is not None
        }


def told(entity: Entity) -> list[str]:
    """Return the columns of an image that an item of the journal does not say itself."""
    return [name for name in columns(entity) if name not in entries.IMPLIED]


def columnwise(
    entity: Entity, dialect: str, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[list[bytes], list[list[Any]]]:
    """Return the ids of rows as ``spans`` reads them, and their further columns as JSON holds them."""
    if not rows:
        return [], []
    ids, *held = map(list, zip(*rows, strict=True))
    values = [dumped(entity.fields[name], dialect, column) for name, column in zip(names, held, strict=True)]
    return ids, values


def dumped(field: Field, dialect: str, values: list[Any]) -> list[Any]:
    """Return the stored values of one column as JSON holds them."""
    return _converted(converter(field, dialect), field, dialect, values)


def _converted(convert: Converter, field: Field, dialect: str, values: list[Any]) -> list[Any]:
    """Convert the values of a column; the same one comes again and again."""
    if convert is None or values.count(None) == len(values):
        return values
    if dialect != "sqlite" and field.kind_name not in ALIKE:
        return [None if value is None else convert(value) for value in values]
    known = {value: None if value is None else convert(value) for value in set(values)}
    return [known[value] for value in values]


def bytes_of(text: str) -> bytes:
    """Return the sixteen bytes of an id from its text."""
    return bytes.fromhex(text.replace("-", ""))


def stamped(text: str) -> str:
    """Return the form in which SQLite stores a moment from its text."""
    return f"{text[:19]}.000000Z" if len(text) == 20 else text


BACK_ON_SQLITE: dict[str, Converter] = {"reference": bytes_of, "timestamp": stamped, "date": None}
"""Shorter ways than to undump a value and to save it, by kind."""


def undumped(field: Field, dialect: str, values: list[Any]) -> list[Any]:
    """Return the values of one column as the database stores them, from those that JSON holds."""
    convert = _saver(field, dialect)
    if convert is not None and field.kind_name in ("json", "tags"):
        texts = {"[]": "[]", "{}": "{}"}
        return [None if value is None else texts[str(value)] if not value else convert(value) for value in values]
    return _converted(convert, field, dialect, values)


def _saver(field: Field, dialect: str) -> Converter:
    if dialect == "sqlite" and field.kind_name in BACK_ON_SQLITE:
        return BACK_ON_SQLITE[field.kind_name]
    save, undump = field.kind.saver(dialect), field.kind.undump
    if type(field.kind).undump is Kind.undump:
        return save
    return undump if save is None else lambda value: save(undump(value))
