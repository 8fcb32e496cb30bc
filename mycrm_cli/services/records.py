"""Creating, changing, deleting and restoring records of any entity, one or many at a time."""

from __future__ import annotations

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Duplicate, Invalid, NotFound
from mycrm_cli.roles import ADD, DELETE, PURGE
from mycrm_cli.services import nouns, ownership, removal, required, rows, rules, statistics
from mycrm_cli.services.fresh import default_of, prepared
from mycrm_cli.services.nouns import Written
from mycrm_cli.services.people import tombstones
from mycrm_cli.services.updating import difference, merged, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.derived import Known
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

__all__ = ["add", "default_of", "delete", "edit", "insert", "prepared", "put", "remove", "restore"]


def add(
    work: Work,
    entity: Entity,
    values: Sequence[Row],
    *,
    allow_duplicate: bool = False,
    checked: Collection[str] = frozenset(),
    known: Sequence[Known | None] = (),
) -> list[Row]:
    """Create records and return their rows. ``checked`` are fields whose values no other record is known to have.

    ``known`` are the records' computed columns, where somebody has computed them before.
    Raises Invalid for a missing value, Duplicate for a key that exists already.
    """
    reach = ownership.reach_of(work, entity, ADD)
    values = [dict(value) for value in values]
    nouns.fill(work, entity, values)
    ownership.check_new(work, entity, values, reach)
    new = prepared(work, entity, values, known)
    _check_new(work, entity, new, values)
    rules.check_new_circles(entity, new)
    rules.check_unique(work, entity, new)
    if not allow_duplicate:
        rules.check_distinct(work, entity, new, checked)
    insert(work, entity, new)
    nouns.follow(work, entity, [Written(None, row, given) for row, given in zip(new, values, strict=True)])
    return new


class Refused(Invalid):
    """Several new records break rules of single records: ``rows`` tells which, by their place, and why."""

    def __init__(self, rows: dict[int, Invalid]) -> None:
        first = next(iter(rows.values()))
        super().__init__(first.message, hint=first.hint, details=first.details, candidates=first.candidates)
        self.rows = rows


def _check_new(work: Work, entity: Entity, new: Sequence[Row], values: Sequence[Row]) -> None:
    """Check the rules of single records; raises Refused with all that break one."""
    customs, check = required.customs(work, entity), nouns.own(entity, "check")
    refused = tombstones.check(work, entity, new, values)
    for place, row in enumerate(new):
        try:
            rules.check_required(entity, row)
            if customs:
                required.check_custom(work, entity, None, row)
            if check is not None:
                check(work, None, row)
        except Invalid as error:
            refused[place] = error
    if refused:
        raise refused[0] if len(new) == 1 else Refused(refused)


def insert(work: Work, entity: Entity, new: Sequence[Row]) -> None:
    """Insert complete rows and write them into the journal."""
    try:
        rows.insert(work.connection, entity, new)
    except Duplicate as error:
        # A key that is unique over all organizations: what exists elsewhere is not told.
        raise Duplicate(f"this {entity.noun} cannot be added: one of its keys is taken") from error
    work.journal.created(entity, [row["id"] for row in new])
    if work.watch is not None:
        work.watch.added(work, entity, new)


def put(work: Work, name: str, values: Sequence[Row]) -> None:
    """Insert rows that follow from others (notes, activities, links) into the table of ``name``, without its rules."""
    if values:
        table = catalog.entity(name)
        insert(work, table, prepared(work, table, values))


def edit(
    work: Work,
    entity: Entity,
    edits: Sequence[tuple[UUID, Row]],
    *,
    version: int | None = None,
    allow_duplicate: bool = False,
) -> list[UUID]:
    """Change records by id and return the ids of those that are different now.

    ``+tags``, ``-tags`` and ``cf.KEY`` change parts of a value. Raises NotFound for an unknown id,
    Conflict for a record that is no longer of ``version``, and what ``add`` raises.
    """
    nouns.hold(work, entity, edits)
    ownership.check_edits(work, entity, edits)
    changed: list[UUID] = []
    for chunk in rows.chunks(merged(edits)):
        changed += _edit(work, entity, chunk, version, allow_duplicate)
    return changed


def _edit(
    work: Work, entity: Entity, edits: Sequence[tuple[UUID, Row]], version: int | None, allow_duplicate: bool
) -> list[UUID]:
    before = rows.images(work.connection, work.scope, entity, [id for id, _ in edits], lock=True)
    changed: list[tuple[UUID, Row]] = []
    for id, _ in edits:
        if id not in before:
            raise NotFound(f"no {entity.noun} has the id {id}")
        rows.expect_version(entity, before[id], version)
    edits = [(id, dict(changes)) for id, changes in edits]
    nouns.adapt(work, entity, [(before[id], changes) for id, changes in edits])
    for id, changes in edits:
        if touched := difference(entity, before[id], changes):
            changed.append((id, touched))
    nouns.derive(work, entity, [(before[id], touched) for id, touched in changed])
    check(work, entity, before, changed, allow_duplicate)
    write(work, entity, before, changed)
    after = {id: before[id] | touched for id, touched in changed}
    nouns.settle(work, entity, [(before[id], row) for id, row in after.items()])
    nouns.follow(work, entity, [Written(before[id], after.get(id, before[id]), given) for id, given in edits])
    return [id for id, _ in changed]


def check(
    work: Work,
    entity: Entity,
    before: dict[UUID, Row],
    changed: Sequence[tuple[UUID, Row]],
    allow_duplicate: bool,
) -> None:
    """Check the rules that the touched columns call for."""
    touched = {name for _, names in changed for name in names}
    after = [before[id] | names for id, names in changed]
    needed = {*entity.any_of, *(field.name for field in entity.fields.values() if field.required)}
    upwards = any(entity.fields[name].table == entity.table for name in touched)
    for (id, _), row in zip(changed, after, strict=True):
        if touched & needed:
            rules.check_required(entity, row)
        if "custom_fields" in touched:
            required.check_custom(work, entity, before[id], row)
        if upwards:
            rules.check_circles(work, entity, row)
        nouns.check(work, entity, before[id], row)
    if touched & tombstones.watched(entity):
        tombstones.refuse(work, entity, after)
    if touched & {name for key in entity.unique for name in key}:
        rules.check_unique(work, entity, after)
    if not allow_duplicate and touched & set(entity.distinct):
        rules.check_distinct(work, entity, after)


def delete(work: Work, entity: Entity, ids: Sequence[UUID]) -> None:
    """Put records into the trash, or remove them where the entity has none."""
    if entity.soft_delete:
        ownership.check(work, entity, ids, DELETE)
        _mark(work, entity, ids, {"is_deleted": True, "deleted_at": clock.now()})
    else:
        remove(work, entity, ids)


def restore(work: Work, entity: Entity, ids: Sequence[UUID], *, allow_duplicate: bool = False) -> None:
    """Take records out of the trash; raises Duplicate where a live record has taken their place."""
    ownership.check(work, entity, ids, DELETE)
    for chunk in rows.chunks(ids):
        images = rows.images(work.connection, work.scope, entity, chunk, lock=True)
        tombstones.refuse(work, entity, list(images.values()))
        if not allow_duplicate:
            rules.check_distinct(work, entity, list(images.values()))
        _mark(work, entity, chunk, {"is_deleted": False, "deleted_at": None})


def _mark(work: Work, entity: Entity, ids: Sequence[UUID], marks: Row) -> None:
    """Set the marks of the trash on the records that do not bear them yet."""
    for chunk in rows.chunks(ids):
        images = rows.images(work.connection, work.scope, entity, chunk, lock=True)
        changed = [(id, marks) for id, image in images.items() if image["is_deleted"] != marks["is_deleted"]]
        write(work, entity, images, changed)


def remove(work: Work, entity: Entity, ids: Sequence[UUID]) -> None:
    """Remove records for good, whole images into the journal; raises Conflict while others need them."""
    ownership.check(work, entity, ids, PURGE if entity.soft_delete else DELETE)
    with statistics.known(work.connection, wanted=len(ids) > rows.CHUNK):
        for chunk in rows.chunks(ids):
            removal.remove(work, entity, chunk)
