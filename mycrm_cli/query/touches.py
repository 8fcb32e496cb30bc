"""Which items of the journal are about which records; an item may be about many."""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter

from mycrm_cli import catalog
from mycrm_cli.query import sheets
from mycrm_cli.query.journal import parts
from mycrm_cli.query.sql import Sql, all_hold, among, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader

    Touch = tuple[UUID, UUID, int, str, list[str]]

TOUCHES = ("record_id", "change_id", "position", "action", "touched")


def touches(reader: Reader, entity: str, ids: Collection[UUID]) -> Iterator[Touch]:
    """Yield (record, change, position, action, touched fields) of all items about records of an entity."""
    table, frame = catalog.entity("change_items"), reader.frame()
    loads = [table.fields[name].kind.loader(frame.dialect) for name in TOUCHES]
    names = ", ".join(f"i.{name}" for name in TOUCHES)
    single = [frame.within(table, "i"), compose("i.entity = {}", value(entity)), Sql("i.members IS NULL")]
    mine = all_hold(single)
    for part in parts(reader, ids):
        if frame.dialect == "sqlite":
            fits = among(Sql("i.record_id"), part)
            statement = compose("SELECT {} FROM change_items AS i WHERE {} AND {}", names, mine, fits)
        else:
            # One look-up for each record: in a large transaction PostgreSQL lacks the statistics for a list.
            statement = compose(
                "SELECT found.* FROM unnest(CAST({} AS uuid[])) AS wanted(id) CROSS JOIN LATERAL"
                " (SELECT {} FROM change_items AS i WHERE {} AND i.record_id = wanted.id OFFSET 0) AS found",
                Sql("?", (part,)),
                names,
                mine,
            )
        for row in reader.run(statement):
            yield tuple(x if load is None else load(x) for x, load in zip(row, loads, strict=True))
    for change, position, action, touched, members, held in of_many(reader, entity, ids):
        for id, place in sheets.places_of(members, held):
            yield id, change, position + place, action, touched


def of_many(
    reader: Reader, entity: str, ids: Collection[UUID]
) -> Iterator[tuple[UUID, int, str, list[str], str, list[UUID]]]:
    """Yield (change, position, action, touched, members) of items of many that may be about records, and which."""
    if not ids:
        return
    table, frame = catalog.entity("change_items"), reader.frame()
    wanted = sorted(ids, key=attrgetter("bytes"))
    mine = all_hold([frame.within(table, "i"), compose("i.entity = {}", value(entity)), Sql("i.members IS NOT NULL")])
    edges = ("record_id", "last_record_id", "change_id", "position")
    load = table.fields["change_id"].kind.loader(frame.dialect) or (lambda key: key)
    ranges = reader.run(
        compose(
            "SELECT {} FROM change_items AS i WHERE {} AND i.record_id <= {} AND i.last_record_id >= {}",
            ", ".join(f"i.{name}" for name in edges),
            mine,
            value(frame.id(wanted[-1])),
            value(frame.id(wanted[0])),
        )
    ).fetchall()
    keys = [id.bytes for id in wanted]
    for low, high, change, position in ranges:
        first = bisect_left(keys, load(low).bytes)
        end = bisect_left(keys, load(high).bytes, first)
        held = wanted[first : end + 1 if end < len(keys) and keys[end] == load(high).bytes else end]
        if held:
            yield load(change), position, *_item(reader, change, position), held


def _item(reader: Reader, change: Any, position: int) -> tuple[str, list[str], str]:
    """Return action, touched fields and members of an item."""
    table, frame = catalog.entity("change_items"), reader.frame()
    fits = [
        frame.within(table, "i"),
        compose("i.change_id = {}", value(change)),
        compose("i.position = {}", value(position)),
    ]
    statement = compose("SELECT i.action, i.touched, i.members FROM change_items AS i WHERE {}", all_hold(fits))
    action, touched, members = reader.run(statement).fetchone()
    load = table.fields["touched"].kind.loader(frame.dialect) or (lambda held: held)
    return action, load(touched), members


def entities(reader: Reader, ids: Iterable[UUID]) -> set[str]:
    """Return the entities of the records that changes touched."""
    frame, table = reader.frame(), catalog.entity("change_items")
    found = set()
    for part in parts(reader, ids):
        fits = all_hold([frame.within(table, "i"), among(Sql("i.change_id"), part)])
        found |= {
            str(name)
            for (name,) in reader.run(compose("SELECT DISTINCT i.entity FROM change_items AS i WHERE {}", fits))
        }
    return found


def items(reader: Reader, ids: Iterable[UUID]) -> Iterator[tuple[UUID, str, UUID, str, list[str]]]:
    """Yield (change, entity, record, action, touched fields) of all records that changes touched."""
    table, frame = catalog.entity("change_items"), reader.frame()
    names = ("change_id", "entity", "record_id", "action", "touched", "members")
    loads = [table.fields[name].kind.loader(frame.dialect) for name in names]
    chosen = ", ".join(f"i.{name}" for name in names)
    for part in parts(reader, ids):
        fits = all_hold([frame.within(table, "i"), among(Sql("i.change_id"), part)])
        for row in reader.run(compose("SELECT {} FROM change_items AS i WHERE {}", chosen, fits)):
            change, entity, record, action, touched, members = (
                x if load is None or x is None else load(x) for x, load in zip(row, loads, strict=True)
            )
            for id in [record] if members is None else sheets.ids_of(members):
                yield change, entity, id, action, touched


def sizes(reader: Reader, change: UUID) -> Iterator[tuple[str, str, list[str], int]]:
    """Yield with how many records a change did what: entity, action, touched fields, how many."""
    table, frame = catalog.entity("change_items"), reader.frame()
    mine = all_hold([frame.within(table, "i"), compose("i.change_id = {}", value(frame.id(change)))])
    count = f"SUM(CASE WHEN i.members IS NULL THEN 1 ELSE LENGTH(i.members) / {sheets.DIGITS} END)"
    text = f"SELECT i.entity, i.action, i.touched, {count} FROM change_items AS i WHERE {{}} GROUP BY 1, 2, 3"
    load = table.fields["touched"].kind.loader(frame.dialect) or (lambda held: held)
    for entity, action, touched, count in reader.run(compose(text, mine)).fetchall():
        yield entity, action, load(touched), int(count)
