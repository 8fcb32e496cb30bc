"""Columns of an export that are no fields: further addresses, linked records, keys of other systems."""

from __future__ import annotations

from itertools import islice

from mycrm_cli import catalog, kinds
from mycrm_cli.query import attached
from mycrm_cli.query.sql import Sql, all_hold, among, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader

BATCH = 1000
"""Records whose extras are read together."""
KEY = "ext:"


class Extra:
    """One such column: its name, how its cells are written, and the statement that reads them.

    The statement yields (record, text, text); the second text follows the first after ``=``.
    """

    __slots__ = ("kind", "label", "load", "name", "prefix", "source")

    def __init__(self, name: str, kind: kinds.Kind, source: Any) -> None:
        self.name = name
        self.label = name
        self.kind = kind
        self.source = source
        self.load = None
        self.prefix = None

    def values(self, reader: Reader, ids: Sequence[Any]) -> dict[Any, list[str]]:
        """Return the texts of records, by the id as the database holds it."""
        found: dict[Any, list[str]] = {}
        if ids:
            for id, text, more in reader.run(self.source(reader, ids)):
                found.setdefault(id, []).append(f"{_text(text)}={more}" if more else _text(text))
        return found


def _text(value: Any) -> str:
    """Return a text, or an id as people write it."""
    if isinstance(value, bytes):
        from uuid import UUID

        value = UUID(bytes=value)
    return str(value)


def names(reader: Reader, entity: Entity) -> list[str]:
    """Return the columns that a whole export has beside the entity's fields."""
    more = attached.further(entity.name)
    links = [link.name for link in attached.links(entity.name).values()]
    return [*([more.name] if more else []), *links, *(KEY + source for source in sources(reader, entity))]


def sources(reader: Reader, entity: Entity) -> list[str]:
    """Return the other systems whose keys an entity's records have."""
    frame, table = reader.frame(), catalog.entity("external_ids")
    alias = frame.alias()
    where = [frame.within(table, alias), compose("{}.entity = {}", alias, value(entity.name))]
    statement = compose("SELECT DISTINCT {}.source FROM {} AS {} WHERE {}", alias, table.table, alias, all_hold(where))
    return sorted(row[0] for row in reader.run(statement) if row[0] != attached.FINGERPRINT)


def column(entity: Entity, name: str) -> Extra | None:
    """Return the column of a name, or None where it is none of these."""
    plain = name.strip().lower()
    if plain.startswith(KEY):
        return Extra(plain, attached.Several(), lambda reader, ids: _keys(reader, entity, plain[len(KEY) :], ids))
    more = attached.further(entity.name)
    if more is not None and plain == more.name:
        return Extra(plain, kinds.make("tags"), lambda reader, ids: _further(reader, more, ids))
    for link in attached.links(entity.name).values():
        if plain == link.name:
            return Extra(plain, attached.Several(), lambda reader, ids, link=link: _linked(reader, link, ids))
    return None


def _rows(reader: Reader, table: Entity, owner: str, columns: tuple[str, str], ids: Sequence[Any], only: Sql) -> Sql:
    """Return the statement that reads two columns of a table of extras, by the record they belong to."""
    frame = reader.frame()
    alias = frame.alias()
    first, second = (Sql(f"{alias}.{name}") if name else Sql("NULL") for name in columns)
    own = Sql(f"{alias}.{owner}")
    where = [frame.within(table, alias), among(own, ids), Sql(only.text.replace("{}", alias), only.params)]
    template = "SELECT {}, {}, {} FROM {} AS {} WHERE {} ORDER BY {}"
    return compose(template, own, first, second, table.table, alias, all_hold(where), f"{alias}.id")


def _further(reader: Reader, more: attached.Further, ids: Sequence[Any]) -> Sql:
    no = Sql("NOT {}.is_primary" if reader.connection.dialect != "sqlite" else "{}.is_primary = 0")
    return _rows(reader, more.table, more.child, (more.field.name, ""), ids, no)


def _keys(reader: Reader, entity: Entity, source: str, ids: Sequence[Any]) -> Sql:
    only = Sql("{}.entity = ? AND {}.source = ?", (entity.name, source))
    return _rows(reader, catalog.entity("external_ids"), "record_id", ("external_id", ""), ids, only)


def _linked(reader: Reader, link: attached.Link, ids: Sequence[Any]) -> Sql:
    return _rows(reader, link.table, link.child, (link.parent, "role"), ids, Sql("1 = 1"))


def joined(reader: Reader, rows: Iterable[Sequence[Any]], extras: Sequence[Extra | None]) -> Iterator[list[Any]]:
    """Yield rows without the id that comes first, with the cells of extras in their places.

    None among ``extras`` stands for a column of the row itself.
    """
    save = reader.frame().id
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        ids = [save(row[0]) for row in batch]
        found = [column.values(reader, ids) if column is not None else {} for column in extras]
        for id, row in zip(ids, batch, strict=True):
            own = iter(row[1:])
            yield [next(own) if column is None else known.get(id) for column, known in zip(extras, found, strict=True)]
