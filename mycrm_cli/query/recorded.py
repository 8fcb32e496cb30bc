"""What the journal says of one record: its changes, newest first, each field with the value before and after.

The journal holds values before. The value after a change is the one before the next change of the same
field, or the record's own.
"""

from __future__ import annotations

from operator import itemgetter

from mycrm_cli import catalog
from mycrm_cli.kinds.structures import read_json
from mycrm_cli.query import deeds, sheets, touches
from mycrm_cli.query.sections import within
from mycrm_cli.query.sql import compose, marks, value
from mycrm_cli.query.titles import title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader

    Entry = dict[str, Any]

SILENT = frozenset(
    "version updated_at last_activity_at stage_changed_at is_deleted deleted_at weighted_value score_breakdown".split()
)
"""Fields that follow from others, or from being in the trash."""
ACTIONS = {"create": "created", "update": "changed", "delete": "deleted", "restore": "restored", "purge": "purged"}
KEYS = {"change": "id", "payload": "change_id", "user": "id", "undone": "id"}
ITEMS = """SELECT {change}.position, {item}.position,
{change}.id, {change}.number, {change}.finished_at, {change}.kind, {change}.command,
{actor}, {undone}.number, {item}.action, {item}.touched, {payload}.before
FROM change_items AS {item}
JOIN changes AS {change} ON {{}} AND {change}.id = {item}.change_id
LEFT JOIN change_payloads AS {payload} ON {{}} AND {payload}.change_id = {item}.change_id
AND {payload}.position = {item}.position
LEFT JOIN users AS {user} ON {{}} AND {user}.id = {change}.actor_id
LEFT JOIN changes AS {undone} ON {{}} AND {undone}.id = {change}.undoes_id
WHERE {{}} AND {{}}"""
SINGLE = "{item}.entity = {{}} AND {item}.record_id = {{}} AND {item}.members IS NULL"
MANY = "{item}.change_id = {{}} AND {item}.position = {{}}"


def entries(reader: Reader, entity: Entity, id: UUID) -> Iterator[Entry]:
    """Yield what changes did to a record, newest first; ``fields`` are (field, old, new) as JSON holds them."""
    fields = entity.fields
    known = {
        name: None if held is None or name not in fields else fields[name].kind.dump(held)
        for name, held in reader.record(entity, id).items()
    }
    for change, number, at, kind, command, who, undone, action, touched, before in _items(reader, entity, id):
        images = read_json(before) if before is not None else None
        told = list(_differences(entity, read_json(touched), images, known))
        words = read_json(command) or []
        if action == "update" and not told and "merge" not in words[1:2]:
            continue
        yield {
            "at": at,
            "what": _what(action, kind, words, told),
            "who": who,
            "text": "",
            "change": f"X-{number}",
            "id": change,
            "reference": f"X-{number}",
            "undone": f"X-{undone}" if undone else None,
            "command": " ".join(words),
            "fields": told if action == "update" else [],
            "group": "changes",
        }


def _items(reader: Reader, entity: Entity, id: UUID) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the record's items with their values loaded, newest first."""
    frame = reader.frame()
    names = {part: frame.alias() for part in ("item", "change", "payload", "user", "undone")}
    text = ITEMS.format(actor=title(catalog.entity("user"), names["user"]).text, **names)
    tables = {"change": "changes", "payload": "change_payloads", "user": "user", "undone": "changes"}
    joined = [within(frame, catalog.entity(tables[part]), names[part], KEYS[part]) for part in tables]
    joined.append(frame.within(catalog.entity("change_items"), names["item"]))
    single = compose(SINGLE.format(**names), value(entity.name), value(frame.id(id)))
    found = reader.run(compose(text, *joined, single)).fetchall()
    for change, position, _, _, members, held in touches.of_many(reader, entity.name, [id]):
        for _, place in sheets.places_of(members, held):
            of_many = compose(MANY.format(**names), value(frame.id(change)), value(position))
            for link, at, *row, before in reader.run(compose(text, *joined, of_many)).fetchall():
                image = sheets.image(read_json(before), place)
                found.append((link, at + place, *row, image))
    known = catalog.entity("changes").fields
    load_id, load_time = (known[name].kind.loader(frame.dialect) for name in ("id", "finished_at"))
    for row in sorted(found, key=itemgetter(0, 1), reverse=True):
        _, _, change, number, moment, *rest = row
        yield load_id(change) if load_id else change, number, load_time(moment) if load_time else moment, *rest


def _differences(
    entity: Entity, touched: Iterable[str], before: dict[str, Any] | None, known: dict[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Yield (field, old, new) of what people care for, and turn what is known back to the values before."""
    for name in touched:
        if deeds.is_deed(name):
            yield deeds.told(name, before)
            continue
        if before is None or name not in before:
            if (field := entity.fields.get(name)) and not field.internal and name not in SILENT:
                yield name, ..., ...
            continue
        old, new = before[name], known.get(name)
        known[name] = old
        field = entity.fields.get(name)
        if field is None or field.internal or name in SILENT:
            continue
        if name == "custom_fields":
            yield from _keys(old or {}, new or {})
        elif old != new:
            yield name, old, new


def _keys(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            yield f"cf.{key}", old.get(key), new.get(key)


def _what(action: str, kind: str, command: Sequence[str], told: Sequence[tuple[str, Any, Any]]) -> str:
    """Return the word for what a change did to the record."""
    if kind in ("undo", "redo", "erase"):
        return kind
    if action != "update":
        return ACTIONS[action]
    names = {name for name, _, _ in told}
    if "merge" in command[1:2]:
        return "merged"
    if "converted_at" in names:
        return "converted"
    return next((word for word in ("stage", "status") if {word, f"{word}_id"} & names), "changed")


def creating(reader: Reader, entity: Entity, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str | None]]:
    """Return the changes that made records, and who made them, by the record's id."""
    touching = [(id, of) for id, of, *_ in touches.touches(reader, entity.name, ids)]
    if not touching:
        return {}
    frame = reader.frame()
    change, user = frame.alias(), frame.alias()
    statement = compose(
        f"SELECT {change}.id, {change}.position, {change}.number, {{}} FROM changes AS {change} "
        f"LEFT JOIN users AS {user} ON {{}} AND {user}.id = {change}.actor_id WHERE {{}} AND {change}.id IN ({{}})",
        title(catalog.entity("user"), user),
        within(frame, catalog.entity("user"), user, "id"),
        frame.within(catalog.entity("changes"), change),
        marks([frame.id(of) for of in {of for _, of in touching}]),
    )
    load = entity.fields["id"].kind.loader(frame.dialect) or (lambda key: key)
    made = {load(of): (position, f"X-{number}", who) for of, position, number, who in reader.run(statement).fetchall()}
    # The first change of a record is the one that made it.
    oldest = sorted(((*made[of], id) for id, of in touching if of in made), key=itemgetter(0), reverse=True)
    return {id: (reference, who) for _, reference, who, id in oldest}


def merged_away(reader: Reader, entity: Entity, change: UUID) -> list[UUID]:
    """Return the records of a noun that a change put into the trash or removed."""
    frame = reader.frame()
    item = frame.alias()
    statement = compose(
        f"SELECT {item}.record_id, {item}.members FROM change_items AS {item} WHERE {{}} AND {item}.change_id = {{}} "
        f"AND {item}.entity = {{}} AND {item}.action IN ('delete', 'purge') ORDER BY {item}.position LIMIT 20",
        frame.within(catalog.entity("change_items"), item),
        value(frame.id(change)),
        value(entity.name),
    )
    load = entity.fields["id"].kind.loader(frame.dialect)
    found: list[UUID] = []
    for id, members in reader.run(statement).fetchall():
        found += [load(id) if load else id] if members is None else sheets.ids_of(members)
    return found[:20]


def titles(reader: Reader, table: str, ids: Sequence[UUID]) -> dict[str, str]:
    """Return how records are called, by their id as text; what is gone is missing."""
    entity, frame = catalog.by_table(table), reader.frame()
    alias = frame.alias()
    number = f"{alias}.number" if entity.numbered else "NULL"
    wanted = compose(f"{alias}.id IN ({{}})", marks([frame.id(id) for id in ids]))
    statement = compose(
        "SELECT {}, {}, {} FROM {} WHERE {} AND {}",
        f"{alias}.id",
        number,
        title(entity, alias),
        f"{entity.table} AS {alias}",
        frame.within(entity, alias),
        wanted,
    )
    load = entity.fields["id"].kind.loader(frame.dialect)
    rows = reader.run(statement).fetchall()
    return {str(load(id) if load else id): name or f"{entity.prefix}-{number}" for id, number, name in rows}
