"""References that lead to records which taking back has removed: later records that would be left hanging."""

from __future__ import annotations

from itertools import chain

from mycrm_cli import catalog
from mycrm_cli.query import journal, touches
from mycrm_cli.services import removal, rows, updating
from mycrm_cli.services.undoing.findings import Findings, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.services.undoing.attempt import Blocked
    from mycrm_cli.services.work import Work

STEP = 16 * rows.CHUNK
"""Bytes of as many ids as one statement takes."""
NEEDED = "is needed by"


def check(work: Work, found: Findings) -> None:
    """Add a problem for each removed record that something still points to.

    What the journal knows nothing of (scores, sessions) goes or lets go without asking.
    """
    for name, packed in found.removed.items():
        entity = catalog.entity(name)
        pointing = [(other, field) for other, field in _pointing(entity) if _has_rows(work, other)]
        if len(packed) > STEP:
            pointing = [(other, field) for other, field in pointing if _astray(work, entity, other, field)]
        for start in range(0, len(packed) if pointing else 0, STEP):
            ids = _unpacked(packed[start : start + STEP])
            for other, field in pointing:
                _look(work, entity, other, field, ids, found)


def _unpacked(packed: bytearray) -> list[UUID]:
    from uuid import UUID

    return [UUID(bytes=bytes(packed[place : place + 16])) for place in range(0, len(packed), 16)]


def _pointing(entity: Entity) -> Iterator[tuple[Entity, Field]]:
    """Yield the fields of all entities that may point to records of this one."""
    for other in catalog.entities().values():
        for field in other.fields.values():
            if field.table == entity.table and field.name != "id" and other.tenant:
                yield other, field
    yield catalog.entity("external_ids"), catalog.entity("external_ids").fields["record_id"]


def keep_parts(work: Work, kept: set[tuple[str, UUID]], blocked: Blocked) -> None:
    """Leave out the parts of records that stay: a contact keeps its addresses, a deal its items."""
    by_entity: dict[str, list[UUID]] = {}
    for name, id in kept:
        by_entity.setdefault(name, []).append(id)
    for name, ids in by_entity.items():
        entity = catalog.entity(name)
        for other, field in _pointing(entity):
            if "id" in other.fields and (field.part or other.name == "external_ids"):
                of = _of(other, entity)
                found = rows.fetch(work.connection, work.scope, other, field.name, ids, ["id"], within=of)
                parts = {(other.name, row[0]) for row in found} - blocked.keys()
                blocked |= {key: {"*"} for key in parts}
                keep_parts(work, parts, blocked)


def _has_rows(work: Work, entity: Entity) -> bool:
    id = rows.converted([work.scope.organization_id], rows.savers(entity, ["organization_id"], work.connection.dialect))
    statement = f"SELECT 1 FROM {entity.table} WHERE organization_id = ? LIMIT 1"
    return work.connection.execute(statement, id).fetchone() is not None


def _astray(work: Work, entity: Entity, other: Entity, field: Field) -> bool:
    """Return whether any row of one field points to a record that is not there: one look instead of thousands."""
    id = rows.converted([work.scope.organization_id], rows.savers(entity, ["organization_id"], work.connection.dialect))
    name = rows.quoted(field.name)
    mine, params = "", [*id, *id]
    if other.name == "external_ids":
        mine, params = " AND p.entity = ?", [*id, entity.name, *id]
    statement = (
        f"SELECT 1 FROM {other.table} AS p WHERE p.organization_id = ?{mine} AND p.{name} IS NOT NULL AND NOT EXISTS"
        f" (SELECT 1 FROM {entity.table} AS t WHERE t.organization_id = ? AND t.id = p.{name}) LIMIT 1"
    )
    return work.connection.execute(statement, params).fetchone() is not None


def _look(work: Work, entity: Entity, other: Entity, field: Field, ids: Sequence[UUID], found: Findings) -> None:
    """Deal with the rows of one field that point to removed records."""
    holders = _holders(work, entity, other, field, ids)
    if not holders:
        return
    there = {row[0] for row in rows.fetch(work.connection, work.scope, entity, "id", list(holders), ["id"])}
    for id in there:
        del holders[id]
    if other.name == "changes":
        for id, numbers in holders.items():
            found.problems.add(Problem(entity, id, "is the author of", image=None, numbers=numbers))
        return
    known = _journaled(work, other, list(chain.from_iterable(holders.values())))
    for id, pointers in holders.items():
        numbers = [number for pointer in pointers for number in known.get(pointer, ())]
        if numbers or not _let_go(work, other, field, pointers):
            found.problems.add(Problem(entity, id, NEEDED, image=None, numbers=numbers))


def _holders(work: Work, entity: Entity, other: Entity, field: Field, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """Return the keys of the rows that point to records, by the record's id; of changes it is their number."""
    key = "number" if other.name == "changes" else "id" if "id" in other.fields else field.name
    names, of = [field.name, key], _of(other, entity)
    holders: dict[UUID, list[Any]] = {}
    for record, holder in rows.fetch(work.connection, work.scope, other, field.name, ids, names, within=of):
        holders.setdefault(record, []).append(holder)
    return holders


def _of(other: Entity, entity: Entity) -> dict[str, Any] | None:
    """Return what rows that point to an entity have in common beside the organization: keys of other systems say it."""
    return {"entity": entity.name} if other.name == "external_ids" else None


def _journaled(work: Work, other: Entity, keys: list[Any]) -> dict[Any, list[int]]:
    """Return the numbers of the changes that made or changed rows, for those that the journal knows."""
    if "id" not in other.fields:
        return {}
    touching: dict[Any, set[UUID]] = {}
    for record, change, _, _, _ in touches.touches(work.reader, other.name, keys):
        touching.setdefault(record, set()).add(change)
    changes = journal.by_ids(work.reader, {change for several in touching.values() for change in several})
    return {
        record: [max(changes[change].number for change in several if change in changes)]
        for record, several in touching.items()
        if any(change in changes for change in several)
    }


def _let_go(work: Work, other: Entity, field: Field, keys: Sequence[Any]) -> bool:
    """Remove or empty references that only the program writes; return whether that can be done."""
    if field.part and "id" not in other.fields:
        rows.delete(work.connection, work.scope, other, keys, column=field.name)
    elif field.part or other.name == "external_ids":
        removal.remove(work, other, keys)
    elif field.nullable:
        before = rows.images(work.connection, work.scope, other, keys, lock=True)
        updating.write(work, other, before, [(id, {field.name: None}) for id in before])
    else:
        return False
    return True
