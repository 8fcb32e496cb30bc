"""Moves what points to one record to another: addresses, deals, tasks, notes, mail, keys of other systems."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import removal, rows, updating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def pointing(entity: Entity, other: Entity) -> list[Field]:
    """Return the columns of ``other`` that point to records of ``entity``."""
    return [field for field in other.fields.values() if field.table == entity.table and field.name != "id"]


def everything(work: Work, entity: Entity, keep: Row, others: Sequence[UUID], moved: dict[str, int]) -> None:
    """Move all that points to ``others`` to ``keep``, in the journal; ``moved`` counts it by its plural."""
    for other in catalog.entities().values():
        for field in pointing(entity, other):
            if "id" in other.fields:
                _move(work, other, field, keep, others, moved)
    _move_keys(work, entity, keep["id"], others, moved)


def _move(work: Work, other: Entity, field: Field, keep: Row, others: Sequence[UUID], moved: dict[str, int]) -> None:
    found = [row[0] for row in rows.fetch(work.connection, work.scope, other, field.name, others, ["id"])]
    for chunk in rows.chunks(found):
        before = rows.images(work.connection, work.scope, other, chunk, lock=True)
        twice = _twice(work, other, field, keep["id"], before)
        _keep_roles(work, other, before, twice)
        removal.remove(work, other, sorted(twice))
        changes = [(id, _moved(other, field, keep, image)) for id, image in before.items() if id not in twice]
        updating.write(work, other, before, changes)
        if changes:
            moved[other.plural] = moved.get(other.plural, 0) + len(changes)


def _moved(other: Entity, field: Field, keep: Row, image: Row) -> Row:
    """Return what changes in a row that moves; a record is not its own parent."""
    changes: Row = {field.name: keep["id"]}
    if other.table == str(field.table) and image["id"] == keep["id"]:
        changes[field.name] = None
    if field.relation in other.fields:  # the name beside the link follows it
        changes[field.relation] = catalog.by_table(str(field.table)).titled(keep)
    return changes


def _twice(work: Work, other: Entity, field: Field, keep: UUID, before: dict[UUID, Row]) -> dict[UUID, UUID]:
    """Return the rows that cannot move because the kept record has the like already (a deal, an address), with it."""
    gone: dict[UUID, UUID] = {}
    for key in other.unique:
        if field.name not in key:
            continue
        rest = [name for name in key if name != field.name]
        kept = rows.fetch(work.connection, work.scope, other, field.name, [keep], ["id", *rest])
        there = {tuple(row[1:]): row[0] for row in kept}
        for id, image in sorted(before.items()):
            values = tuple(image[name] for name in rest)
            if values in there:
                gone[id] = there[values]
            else:
                there[values] = id
    return gone


def _keep_roles(work: Work, other: Entity, before: dict[UUID, Row], twice: dict[UUID, UUID]) -> None:
    """Give the rows that stay the role of the like that goes, where they have none."""
    if "role" not in other.fields or not twice:
        return
    staying = rows.images(work.connection, work.scope, other, set(twice.values()), lock=True)
    given: dict[UUID, Row] = {}
    for gone, stays in sorted(twice.items()):
        if before[gone]["role"] and not staying[stays]["role"]:
            given.setdefault(stays, {"role": before[gone]["role"]})
    updating.write(work, other, staying, list(given.items()))


def _move_keys(work: Work, entity: Entity, keep: UUID, others: Sequence[UUID], moved: dict[str, int]) -> None:
    """Move the keys that other systems gave: they name the kept record from now on."""
    table = catalog.entity("external_ids")
    of = {"entity": entity.name}
    found = rows.fetch(work.connection, work.scope, table, "record_id", others, ["id"], within=of)
    ids = [row[0] for row in found]
    before = rows.images(work.connection, work.scope, table, ids, lock=True)
    updating.write(work, table, before, [(id, {"record_id": keep}) for id in before])
    if ids:
        moved[table.plural] = len(ids)
