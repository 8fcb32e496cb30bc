"""Columns of an export that are no fields: further addresses, linked records, keys of other systems."""

from __future__ import annotations

from itertools import islice

from mycrm_cli import catalog, kinds
from mycrm_cli.query import attached
from mycrm_cli.query.sql import ALWAYS, Sql, all_hold, among, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader

BATCH = 1000
"""Records whose extras are read together."""
SOON, MOST = 5000, 100_000
"""After how many records all extras of the kind are read at once, unless there are more than ``MOST``."""
KEY = "ext:"


class Extra:
    """One such column: its name, how its cells are written, and the statement that reads them.

    The statement yields (record, text, text, id); the second text follows the first after ``=``.
    """

    __slots__ = ("_all", "_seen", "kind", "label", "load", "name", "prefix", "source")

    def __init__(self, name: str, kind: kinds.Kind, source: Any) -> None:
        self.name = name
        self.label = name
        self.kind = kind
        self.source = source
        self.load = None
        self.prefix = None
        self._seen = 0
        self._all: dict[Any, list[str]] | None = None

    def values(self, reader: Reader, ids: Sequence[Any]) -> dict[Any, list[str]]:
        """Return the texts of records, by their ids in the form of ``held``.

        Of a large export most records have none, and asking for each costs more than reading all there are.
        """
        if self._all is not None:
            return self._all
        before, self._seen = self._seen, self._seen + len(ids)
        if before < SOON <= self._seen:
            rows = reader.run(self.source(reader, None)).fetchall()
            if len(rows) <= MOST:
                self._all = _by_record(rows)
                return self._all
        return _by_record(reader.run(self.source(reader, ids))) if ids else {}


def _by_record(rows: Iterable[Sequence[Any]]) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = {}
    for id, text, more, _ in sorted(rows, key=lambda row: row[3]):
        found.setdefault(held(id), []).append(f"{_text(text)}={more}" if more else _text(text))
    return found


def held(id: Any) -> bytes | str:
    """Return an id by which extras are found: bytes as SQLite holds it, else as text."""
    return id if isinstance(id, (bytes, str)) else str(id)


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


def _rows(
    reader: Reader,
    table: Entity,
    owner: str,
    columns: tuple[str, str],
    ids: Sequence[Any] | None,
    only: Sql,
) -> Sql:
    """Return the statement that reads two columns of a table of extras, by the record they belong to.

    Without ``ids`` it reads all there are, but not more than are wanted in memory.
    """
    frame = reader.frame()
    alias = frame.alias()
    first, second = (Sql(f"{alias}.{name}") if name else Sql("NULL") for name in columns)
    own = Sql(f"{alias}.{owner}")
    where = [frame.within(table, alias), Sql(only.text.replace("{}", alias), only.params)]
    if ids is not None:
        if only is ALWAYS:
            where[0] = compose(f"{_hidden(reader, ids)}{{}}", where[0])
        where.insert(1, among(own, ids))
    template = "SELECT {}, {}, {}, {} FROM {} AS {} WHERE {}{}"
    end = "" if ids is not None else f" LIMIT {MOST + 1}"
    return compose(template, own, first, second, f"{alias}.id", table.table, alias, all_hold(where), end)


def _hidden(reader: Reader, ids: Sequence[Any] | None) -> str:
    """Return what hides a column from SQLite's planner, which knows no better than to read whole organizations."""
    return "+" if ids is not None and reader.connection.dialect == "sqlite" else ""


def _further(reader: Reader, more: attached.Further, ids: Sequence[Any] | None) -> Sql:
    return _rows(reader, more.table, more.child, (more.field.name, ""), ids, ALWAYS)


def _keys(reader: Reader, entity: Entity, source: str, ids: Sequence[Any] | None) -> Sql:
    only = Sql(f"{{}}.entity = ? AND {_hidden(reader, ids)}{{}}.source = ?", (entity.name, source))
    return _rows(reader, catalog.entity("external_ids"), "record_id", ("external_id", ""), ids, only)


def _linked(reader: Reader, link: attached.Link, ids: Sequence[Any] | None) -> Sql:
    return _rows(reader, link.table, link.child, (link.parent, "role"), ids, ALWAYS)


def joined(reader: Reader, rows: Iterable[Sequence[Any]], extras: Sequence[Extra | None]) -> Iterator[list[Any]]:
    """Yield rows without the id that comes first, with the cells of extras in their places.

    None among ``extras`` stands for a column of the row itself.
    """
    save = reader.frame().id
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        own = list(zip(*batch, strict=True))
        ids = [held(save(id)) for id in own[0]]
        yield from map(list, zip(*placed(reader, ids, own[1:], extras), strict=True))


def breaks(extras: Sequence[Extra | None], first: int) -> set[int]:
    """Return the places among a record's own columns before which an extra stands, the first of them at ``first``."""
    found, place = {1}, first
    for extra in extras:
        if extra is None:
            place += 1
        else:
            found.add(place)
    return found


def layout(parts: Iterable[Any], extras: Sequence[Extra | None]) -> list[Any]:
    """Return the parts of a packed answer with the extras in their places."""
    rest = iter(parts)
    found: list[Any] = []
    covered = 0
    for extra in extras:
        if extra is not None:
            found.append(extra)
        elif covered:
            covered -= 1
        else:
            found.append(next(rest))
            covered = len(getattr(found[-1], "columns", "1")) - 1
    return found


def chunks(
    reader: Reader, rows: Iterable[list[tuple[Any, ...]]], parts: Sequence[Any], first: int
) -> Iterator[list[Sequence[Any]]]:
    """Yield chunks of rows, whose first column is the id, as columns with those of extras in their places.

    The record's own columns begin at ``first``.
    """
    extras = [part if isinstance(part, Extra) else None for part in parts]
    for chunk in rows:
        own = list(zip(*chunk, strict=True))
        yield placed(reader, own[0], own[first:], extras)


def placed(
    reader: Reader, ids: Sequence[Any], own: Sequence[Sequence[Any]], extras: Sequence[Extra | None]
) -> list[Sequence[Any]]:
    """Return columns with those of extras in their places, for records with these ids."""
    rest = iter(own)
    found: list[Sequence[Any]] = []
    for extra in extras:
        if extra is None:
            found.append(next(rest))
        else:
            known = extra.values(reader, ids)
            found.append([known.get(id) for id in ids] if known else [None] * len(ids))
    return found
