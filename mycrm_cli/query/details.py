"""What one change did, item by item: the record, and each touched field with the value before and after.

The journal holds values before. The value after is the one before the next touch of the field, in
whatever change, or the record's own.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query import deeds, journal, sheets, touches
from mycrm_cli.query.payloads import payloads
from mycrm_cli.query.sql import Sql, all_hold, among, column, compose, value
from mycrm_cli.query.titles import title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.journal import Change
    from mycrm_cli.query.reader import Reader

    Place = tuple[int, UUID, int]

BATCH = 500
"""Items that are looked at together."""
ITEM = ("position", "entity", "record_id", "action", "touched", "members")


class Detail:
    """An item: ``record`` is how the record is called, ``fields`` are (name, old, new) as JSON holds them."""

    __slots__ = ("action", "before", "entity", "fields", "id", "position", "record", "touched")

    def __init__(self, position: int, entity: str, id: UUID, action: str, touched: list[str], *, before: Any) -> None:
        self.position = position
        self.entity = catalog.entities().get(entity)
        self.id = id
        self.action = action
        self.touched = touched
        self.before: dict[str, Any] = before or {}
        self.record = f"{entity} {id}"
        self.fields: list[tuple[str, Any, Any]] = []


def details(reader: Reader, change: Change, limit: int | None = None) -> Iterator[Detail]:
    """Yield the items of a change in their order; they are read some at a time."""
    last, count = 0, 0
    while found := _items(reader, change, last, BATCH if limit is None else min(BATCH, limit - count)):
        wanted = found if limit is None else found[: limit - count]
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            for entity in {detail.entity for detail in batch if detail.entity}:
                complete(reader, change, entity, [detail for detail in batch if detail.entity is entity])
            yield from batch
        last, count = found[-1].position, count + len(wanted)
        if count == limit:
            return


def _items(reader: Reader, change: Change, last: int, size: int) -> list[Detail]:
    """Return the next records, at least so many if there are; an item of many comes as a whole."""
    table, frame = catalog.entity("change_items"), reader.frame()
    mine = [frame.within(table, "i"), compose("i.change_id = {}", value(frame.id(change.id)))]
    mine.append(compose("i.position > {}", value(last)))
    text = "SELECT {} FROM change_items AS i WHERE {} ORDER BY i.position LIMIT {}"
    sizes = reader.run(compose(text, "i.position, LENGTH(i.members)", all_hold(mine), value(size)))
    end = count = 0
    for position, length in sizes.fetchall():
        end, count = position, count + (1 if length is None else length // sheets.DIGITS)
        if count >= size:
            break
    mine.append(compose("i.position <= {}", value(end)))
    names = ", ".join(f"i.{name}" for name in ITEM)
    loads = [table.fields[name].kind.loader(frame.dialect) for name in ITEM]
    found: list[list[Any]] = []
    for row in reader.run(compose(text, names, all_hold(mine), value(size))).fetchall():
        position, entity, id, action, touched, members = (
            x if load is None or x is None else load(x) for x, load in zip(row, loads, strict=True)
        )
        ids = [id] if members is None else sheets.ids_of(members)
        found += [[position + place, entity, id, action, touched] for place, id in enumerate(ids)]
    images = payloads(reader, change.id, [row[0] for row in found])
    return [Detail(*row, before=images.get(row[0])) for row in found]


def complete(reader: Reader, change: Change, entity: Entity, batch: Sequence[Detail]) -> None:
    """Add how the records are called, and the values of their fields after the change."""
    ids = {detail.id for detail in batch}
    names = called(reader, entity, ids)
    for detail in batch:
        old = detail.before if detail.action == "purge" else {}
        record = names.get(detail.id) or entity.called(old.get("number"), entity.titled(old))
        detail.record = record or f"{entity.noun} {detail.id}"
    told = [detail for detail in batch if detail.action != "purge"]
    for detail in told:
        detail.fields += [deeds.told(name, detail.before) for name in detail.touched if deeds.is_deed(name)]
        detail.touched = [name for name in detail.touched if not deeds.is_deed(name)]
    known = {name for detail in told for name in detail.touched if name in entity.fields}
    if not known:
        return
    following = _following(reader, change, entity, told)
    places: dict[UUID, set[int]] = {}
    for of, place in following.values():
        places.setdefault(of, set()).add(place)
    images = {of: payloads(reader, of, sorted(several)) for of, several in places.items()}
    current = _current(reader, entity, ids, sorted(known))
    for detail in told:
        for name in detail.touched:
            after = following.get((detail.position, name))
            image = images[after[0]].get(after[1], {}) if after else current.get(detail.id, {})
            detail.fields.append((name, detail.before.get(name), image.get(name)))


def _following(
    reader: Reader, change: Change, entity: Entity, told: Sequence[Detail]
) -> dict[tuple[int, str], tuple[UUID, int]]:
    """Return, for an item's position and field, the change and position of the next item that touched the field."""
    touched_by = list(touches.touches(reader, entity.name, {detail.id for detail in told}))
    places = journal.by_ids(reader, {of for _, of, *_ in touched_by})
    by_record: dict[UUID, list[tuple[Place, str, list[str]]]] = {}
    for record, of, position, action, touched in touched_by:
        if of in places:
            by_record.setdefault(record, []).append(((places[of].position, of, position), action, touched))
    following = {}
    for detail in told:
        here = (change.position, detail.position)
        later = sorted(each for each in by_record.get(detail.id, ()) if (each[0][0], each[0][2]) > here)
        for name in detail.touched:
            after = next((place for place, action, touched in later if name in touched or action == "purge"), None)
            if after:
                following[detail.position, name] = (after[1], after[2])
    return following


def _current(reader: Reader, entity: Entity, ids: Collection[UUID], names: list[str]) -> dict[UUID, dict[str, Any]]:
    """Return fields of the records as they are, as JSON holds them; secrets are not read."""
    shown = [name for name in names if not entity.fields[name].secret]
    frame = reader.frame()
    loads = [(name, entity.fields[name].kind, entity.fields[name].kind.loader(frame.dialect)) for name in shown]
    fits = [frame.within(entity, "t"), among(Sql("t.id"), [frame.id(id) for id in ids])]
    columns = ", ".join(["t.id", *(column("t", name) for name in shown)])
    load_id = entity.fields["id"].kind.loader(frame.dialect) or (lambda key: key)
    found = {}
    for row in reader.run(compose("SELECT {} FROM {} AS t WHERE {}", columns, entity.table, all_hold(fits))):
        found[load_id(row[0])] = {
            name: None if x is None else kind.dump(x if load is None else load(x))
            for (name, kind, load), x in zip(loads, row[1:], strict=True)
        }
    return found


def called(reader: Reader, entity: Entity, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return how records are called, in the trash or not: number and title."""
    if not entity.title:
        return {}
    frame, wanted, found = reader.frame(), list(ids), {}
    load_id = entity.fields["id"].kind.loader(frame.dialect) or (lambda key: key)
    number = "t.number" if entity.numbered else "NULL"
    for start in range(0, len(wanted), BATCH):
        part = [frame.id(id) for id in wanted[start : start + BATCH]]
        fits = all_hold([frame.within(entity, "t"), among(Sql("t.id"), part)])
        statement = compose("SELECT t.id, {}, {} FROM {} AS t WHERE {}", number, title(entity, "t"), entity.table, fits)
        for id, digits, name in reader.run(statement):
            found[load_id(id)] = entity.called(digits, name)
    return found
