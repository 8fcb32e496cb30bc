"""Puts records back as they were: removes, changes and inserts rows, and writes that into the journal."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import derived, fresh, roles, rows, spans, transcripts, updating
from mycrm_cli.services.entries import COMPUTED, undumped
from mycrm_cli.services.people import tombstones
from mycrm_cli.services.undoing.findings import Findings, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.undoing.items import Net
    from mycrm_cli.services.work import Work

NO_PASSWORD = "users come back without a password: secrets never enter the journal"
ERASED = "what was erased does not come back"
GONE = "is gone"

Members = dict["UUID", "Net"]
Images = dict["UUID", "Row"]


def images(work: Work, entity: Entity, members: Members) -> Images:
    """Return the records that are there, locked: whole rows, or what is needed where only fields are set back."""
    if entity.name == "user" or any(net.absent or net.whole for net in members.values()):
        return rows.images(work.connection, work.scope, entity, members, lock=True)
    touched = {name for net in members.values() for name in net.values if name in entity.fields}
    titles = {name for item in entity.title for name in item.split()}
    wanted = {"id", "number", "version"} & entity.fields.keys() | touched | titles
    if touched & {*entity.search, *titles}:
        wanted |= {*entity.search, *COMPUTED} & entity.fields.keys()
    names = sorted(wanted)
    found = rows.fetch(work.connection, work.scope, entity, "id", sorted(members), names, lock=True)
    place = names.index("id")
    return {row[place]: dict(zip(names, row, strict=True)) for row in found}


def put_back(work: Work, entity: Entity, members: Members, current: Images, found: Findings) -> None:
    """Bring records into the state that is wanted; ``current`` are those that are there, read with a lock."""
    _remove(work, entity, [current[id] for id, net in members.items() if net.absent and id in current], found)
    _change(work, entity, _differences(entity, members, current, found), current, found)
    _insert(work, entity, {id: net for id, net in members.items() if net.whole and id not in current}, found)


def _remove(work: Work, entity: Entity, images: Sequence[Row], found: Findings) -> None:
    """Remove rows that a change had created."""
    if not images:
        return
    removed = found.removed.setdefault(entity.name, bytearray())
    work.journal.touched(entity, [(image["id"], "purge", image) for image in images])
    for image in images:
        removed += image["id"].bytes
        _look_at(work, entity, image, image | {"is_active": False}, found)
    rows.delete(work.connection, work.scope, entity, [image["id"] for image in images])


def remove_created(work: Work, entity: Entity, ids: Sequence[UUID], found: Findings) -> None:
    """Remove rows that a change had created and nobody has touched since: the same, on the shortest way."""
    if not ids:
        return
    names = transcripts.told(entity)
    stored, _ = spans.read(work, entity, [id.bytes for id in ids], ["id", *names])
    keys, values = transcripts.columnwise(entity, work.connection.dialect, names, stored)
    work.journal.columns(entity, "purge", keys, names, values)
    found.removed.setdefault(entity.name, bytearray()).extend(b"".join(keys))
    rows.delete(work.connection, work.scope, entity, ids)


def _differences(entity: Entity, members: Members, current: Images, found: Findings) -> list[tuple[UUID, Row]]:
    """Return what has to be changed of the rows that are there; rows that vanished unseen are problems."""
    changed = []
    for id, net in members.items():
        if net.lost:
            found.remark(ERASED)
        if net.absent:
            continue
        image = current.get(id)
        if image is None:
            if not net.whole:
                found.problems.add(Problem(entity, id, GONE, image=None))
            continue
        values = {name: value for name, value in undumped(entity, net.values).items() if name not in COMPUTED}
        touched = {name: value for name, value in values.items() if value != image[name]}
        touched.pop("version", None)
        touched.pop("updated_at", None)
        if touched:
            changed.append((id, touched))
    return changed


def _change(work: Work, entity: Entity, changed: Sequence[tuple[UUID, Row]], current: Images, found: Findings) -> None:
    """Set fields back; computed columns follow, the version counts on."""
    for id, touched in changed:
        _look_at(work, entity, current[id], current[id] | touched, found)
    watched = tombstones.watched(entity)
    tombstones.refuse(work, entity, [current[id] | touched for id, touched in changed if touched.keys() & watched])
    updating.write(work, entity, current, changed)


def _insert(work: Work, entity: Entity, members: Members, found: Findings) -> None:
    """Insert rows that were removed for good, as they were."""
    new = []
    rowid = derived.next_rowid(work.connection, entity) if members else None
    for net in members.values():
        row = _complete(work, entity, undumped(entity, net.values))
        if rowid is not None:
            row["search_rowid"], rowid = rowid, rowid + 1
        new.append(row)
        _look_at(work, entity, None, row, found)
    tombstones.refuse(work, entity, new)
    work.journal.created(entity, list(members))
    rows.insert(work.connection, entity, new)
    if entity.name == "user" and new:
        found.remark(NO_PASSWORD)


def _complete(work: Work, entity: Entity, image: Row) -> Row:
    """Return a row with all columns; what the image has not is empty, or as new rows have it."""
    row: Row = {}
    if entity.tenant:
        image["organization_id"] = work.scope.organization_id
    for field in entity.fields.values():
        if field.generated:
            continue
        if field.name in image or field.nullable:
            row[field.name] = image.get(field.name)
        else:
            row[field.name] = fresh.default_of(field)
    return row | derived.refresh(entity, row)


def _look_at(work: Work, entity: Entity, before: Row | None, after: Row, found: Findings) -> None:
    """Remember users for the rules of ranks."""
    if entity.name == "user":
        roles.check_user(work, before, after)
        found.users.append((before or after | {"is_active": False}, after))


def references(entity: Entity, members: Members) -> dict[str, dict[UUID, list[tuple[UUID, str]]]]:
    """Return the references that are put back: by table and id, the records and fields that hold them."""
    links = {name: field.table for name, field in entity.fields.items() if field.table not in (None, "organizations")}
    found: dict[str, dict[UUID, list[tuple[UUID, str]]]] = {}
    for id, net in members.items():
        for name in () if net.absent else links.keys() & net.values.keys():
            if net.values[name] is not None:
                target = entity.fields[name].kind.undump(net.values[name])
                found.setdefault(str(links[name]), {}).setdefault(target, []).append((id, name))
    return found


def missing(work: Work, entity: Entity, members: Members) -> list[tuple[Entity, UUID, str, str, UUID]]:
    """Return the references that were put back and lead nowhere (yet)."""
    found = []
    for table, holders in references(entity, members).items():
        target = catalog.by_table(table)
        there = {row[0] for row in rows.fetch(work.connection, work.scope, target, "id", sorted(holders), ["id"])}
        for id in holders.keys() - there:
            found += [(entity, record, name, table, id) for record, name in holders[id]]
    return found
