"""Which records were touched after a change: the journal says it exactly, whatever their own times say."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query import attached, sheets
from mycrm_cli.query.journal import with_parts
from mycrm_cli.query.payloads import payloads
from mycrm_cli.query.sql import Sql, all_hold, among, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader

    Item = tuple[UUID, int, str, list[str]]

FEW = 500
"""Ids that are looked up one by one; more are compared while the table is read."""


def touched(reader: Reader, entity: Entity, change: str) -> list[str]:
    """Return the ids, 32 digits each, of records that changes after this one touched; raises NotFound.

    What hangs on a record and is exported with it counts as the record.
    """
    found = reader.find(catalog.entity("changes"), change)
    after = max(part.position for part in with_parts(reader, [found.id]))
    ids = {id for _, _, _, keys in _items(reader, entity.name, after) for id in keys}
    for table, owner in _hanging(entity):
        ids |= _owners(reader, entity, table, owner, after)
    return sorted(ids)


def one_of(dialect: str, column: str, ids: list[str]) -> Sql:
    """Return whether a column with ids holds one of these, however many they are."""
    if dialect == "postgresql":
        return compose("{} = ANY(CAST({} AS uuid[]))", column, value(ids))
    if len(ids) <= FEW:
        return among(Sql(column), [bytes.fromhex(id) for id in ids] or [None])
    import json

    return compose("lower(hex({})) IN (SELECT value FROM json_each({}))", column, value(json.dumps(ids)))


def _hanging(entity: Entity) -> Iterator[tuple[Entity, str]]:
    """Yield the tables of what travels with an entity's records, and the column that names the record."""
    yield catalog.entity("external_ids"), "record_id"
    more = attached.further(entity.name)
    if more is not None:
        yield more.table, more.child
    for link in attached.links(entity.name).values():
        yield link.table, link.child


def _items(reader: Reader, entity: str, after: int) -> Iterator[Item]:
    """Yield (change, position, action, ids) of what later changes did with records of an entity."""
    frame = reader.frame()
    fits = [frame.within(catalog.entity("changes"), "c"), compose("c.position > {}", value(after))]
    mine = [frame.within(catalog.entity("change_items"), "i"), compose("i.entity = {}", value(entity))]
    statement = compose(
        "SELECT i.change_id, i.position, i.action, i.record_id, i.members FROM changes AS c"
        " JOIN change_items AS i ON i.change_id = c.id AND {} WHERE {}",
        all_hold(mine),
        all_hold(fits),
    )
    load = catalog.entity("changes").fields["id"].kind.loader(frame.dialect) or (lambda key: key)
    for change, position, action, record, members in reader.run(statement):
        width = sheets.DIGITS
        keys = [members[at : at + width] for at in range(0, len(members), width)] if members else [load(record).hex]
        yield load(change), position, action, keys


def _owners(reader: Reader, entity: Entity, table: Entity, owner: str, after: int) -> set[str]:
    """Return the records whose parts later changes touched: of parts that are gone the journal names them."""
    there: set[str] = set()
    gone: dict[UUID, list[int]] = {}
    for change, position, action, keys in _items(reader, table.name, after):
        there.update(keys)
        if action == "purge":
            gone.setdefault(change, []).extend(range(position, position + len(keys)))
    images = [image for change, places in gone.items() for image in payloads(reader, change, places).values()]
    found = {str(image[owner]).replace("-", "") for image in images if image.get("entity", entity.name) == entity.name}
    return found | set(_living(reader, entity, table, owner, sorted(there))) if there else found


def _living(reader: Reader, entity: Entity, table: Entity, owner: str, ids: list[str]) -> Iterable[str]:
    frame = reader.frame()
    fits = [frame.within(table, "t"), one_of(frame.dialect, "t.id", ids)]
    if "entity" in table.fields:
        fits.append(compose("t.entity = {}", value(entity.name)))
    load: Any = table.fields[owner].kind.loader(frame.dialect) or (lambda key: key)
    for (key,) in reader.run(compose(f"SELECT t.{owner} FROM {table.table} AS t WHERE {{}}", all_hold(fits))):
        yield load(key).hex
