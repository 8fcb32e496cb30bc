"""Creating, changing, deleting and restoring records of any entity, one or many at a time."""

from __future__ import annotations

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Duplicate, Invalid, NotFound
from mycrm_cli.ids import uuid7
from mycrm_cli.services import addresses, counters, derived, roles, rows, rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

GIVEN_ON_CREATION = frozenset(("id", "number", "created_at", "updated_at"))
"""Columns that an import may bring along for a new record although people cannot set them."""


def add(work: Work, entity: Entity, values: Sequence[Row], *, allow_duplicate: bool = False) -> list[Row]:
    """Create records and return their rows.

    Raises Invalid for a missing value, Duplicate for a key that exists already.
    """
    roles.check_write(work.scope, entity)
    new = prepared(work, entity, values)
    for row in new:
        roles.check_grant(work.scope, row.get("role") if entity.name == "user" else None)
        rules.check_required(entity, row)
        rules.check_circles(work, entity, row)
    rules.check_unique(work, entity, new)
    if not allow_duplicate:
        rules.check_distinct(work, entity, new)
    insert(work, entity, new)
    addresses.follow(work, entity, [(row, value.get("emails")) for row, value in zip(new, values, strict=True)])
    return new


def insert(work: Work, entity: Entity, new: Sequence[Row]) -> None:
    """Insert complete rows and write them into the journal."""
    try:
        rows.insert(work.connection, entity, new)
    except Invalid as error:
        # A key that is unique over all organizations: what exists elsewhere is not told.
        if "unique" in error.message.lower() or "duplicate key" in error.message.lower():
            raise Duplicate(f"this {entity.name} cannot be added: one of its keys is taken") from error
        raise
    for row in new:
        work.journal.note(entity, row["id"], "create")


def prepared(work: Work, entity: Entity, values: Sequence[Row]) -> list[Row]:
    """Return complete rows: defaults, ids, numbers, times and computed columns filled in."""
    now = clock.now()
    number = 0
    if entity.numbered:
        number = work.numbers(entity, sum(1 for value in values if not value.get("number")))
    rowid = derived.next_rowid(work.connection, entity)
    new = []
    for value in values:
        row = _complete(work, entity, value, now)
        if entity.numbered and not row["number"]:
            row["number"], number = number, number + 1
        elif entity.numbered:
            counters.keep_above(work.connection, work.scope.organization_id, entity.name, row["number"])
        if rowid is not None:
            row["search_rowid"], rowid = rowid, rowid + 1
        new.append(row | derived.refresh(entity, row))
    return new


def _complete(work: Work, entity: Entity, value: Row, now: Any) -> Row:
    """Return a row with every column of the entity."""
    row = {
        field.name: value.get(field.name, default_of(field)) for field in entity.fields.values() if not field.generated
    }
    for name, fallback in (("id", uuid7), ("created_at", lambda: now), ("updated_at", lambda: now)):
        if name in row and row[name] is None:
            row[name] = fallback()
    if entity.tenant:
        row["organization_id"] = work.scope.organization_id
    if "custom_fields" in row:
        row["custom_fields"] = row["custom_fields"] | custom_values(value)
    for name in ("emails", "+tags", "-tags"):
        row.pop(name, None)
    if value.get("+tags"):
        row["tags"] = merged_tags(row["tags"], value)
    return row


def default_of(field: catalog.Field) -> Any:
    """Return what a field holds when nothing was given; each record gets lists of its own."""
    if field.default is not None:
        return field.kind.accept(field.default) if field.kind_name != "choice" else field.default
    if not field.nullable and field.kind_name in ("tags", "json"):
        return [] if field.kind_name == "tags" else {}
    return None


def custom_values(changes: Row) -> dict[str, Any]:
    """Return the values of custom fields among changes (``cf.tier``), as JSON holds them."""
    return {name[3:]: value for name, value in changes.items() if name.startswith("cf.")}


def merged_tags(tags: list[str], changes: Row) -> list[str]:
    """Return tags with those of ``+tags`` added and those of ``-tags`` taken away."""
    gone = set(changes.get("-tags") or ())
    return [tag for tag in dict.fromkeys([*tags, *(changes.get("+tags") or ())]) if tag not in gone]


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
    roles.check_write(work.scope, entity)
    before = rows.images(work.connection, work.scope, entity, [id for id, _ in edits])
    changed: list[tuple[UUID, Row]] = []
    for id, changes in edits:
        if id not in before:
            raise NotFound(f"no {entity.name} has the id {id}")
        rows.expect_version(entity, before[id], version)
        if entity.name == "user":
            roles.check_grant(work.scope, changes.get("role"))
        if touched := difference(entity, before[id], changes):
            changed.append((id, touched))
    after = [before[id] | touched for id, touched in changed]
    check(work, entity, after, changed, allow_duplicate)
    write(work, entity, before, changed)
    follow = [
        (before[id] | changes, changes.get("emails")) for id, changes in edits if {"email", "emails"} & changes.keys()
    ]
    addresses.follow(work, entity, follow)
    return [id for id, _ in changed]


def check(
    work: Work, entity: Entity, after: Sequence[Row], changed: Sequence[tuple[UUID, Row]], allow_duplicate: bool
) -> None:
    """Check the rules that the touched columns call for."""
    touched = {name for _, names in changed for name in names}
    for row in after:
        rules.check_required(entity, row)
        if any(entity.fields[name].table == entity.table for name in touched):
            rules.check_circles(work, entity, row)
    if touched & {name for key in entity.unique for name in key}:
        rules.check_unique(work, entity, after)
    if not allow_duplicate and touched & set(entity.distinct):
        rules.check_distinct(work, entity, after)


def difference(entity: Entity, image: Row, changes: Row) -> Row:
    """Return the columns that would really change."""
    wanted = {name: value for name, value in changes.items() if name in entity.fields}
    if {"+tags", "-tags"} & changes.keys():
        wanted["tags"] = merged_tags(wanted.get("tags") or image["tags"], changes)
    if custom := custom_values(changes):
        merged = (wanted.get("custom_fields") or image["custom_fields"]) | custom
        wanted["custom_fields"] = {key: value for key, value in merged.items() if value is not None}
    return {name: value for name, value in wanted.items() if value != image[name]}


def write(work: Work, entity: Entity, before: dict[UUID, Row], changed: Sequence[tuple[UUID, Row]]) -> None:
    """Update rows with their computed columns, and write what they were into the journal."""
    now = clock.now()
    complete: list[tuple[UUID, Row]] = []
    for id, touched in changed:
        image = before[id]
        extra = {k: v for k, v in derived.refresh(entity, image | touched).items() if v != image[k]}
        if "updated_at" in entity.fields and "updated_at" not in touched:
            extra["updated_at"] = now
        if entity.versioned:
            extra["version"] = image["version"] + 1
        complete.append((id, touched | extra))
        work.journal.note(entity, id, "update", {name: image[name] for name in touched})
    rows.update(work.connection, work.scope, entity, complete)


def delete(work: Work, entity: Entity, ids: Sequence[UUID]) -> None:
    """Put records into the trash, or remove them where the entity has none."""
    roles.check_write(work.scope, entity)
    if entity.soft_delete:
        now = clock.now()
        _mark(work, entity, ids, {"is_deleted": True, "deleted_at": now}, "delete")
    else:
        remove(work, entity, ids)


def restore(work: Work, entity: Entity, ids: Sequence[UUID], *, allow_duplicate: bool = False) -> None:
    """Take records out of the trash; raises Duplicate where a live record has taken their place."""
    roles.check_write(work.scope, entity)
    images = rows.images(work.connection, work.scope, entity, ids)
    if not allow_duplicate:
        rules.check_distinct(work, entity, list(images.values()))
    _mark(work, entity, ids, {"is_deleted": False, "deleted_at": None}, "restore")


def _mark(work: Work, entity: Entity, ids: Sequence[UUID], marks: Row, action: str) -> None:
    images = rows.images(work.connection, work.scope, entity, ids)
    changes = []
    for id, image in images.items():
        if image["is_deleted"] != marks["is_deleted"]:
            changes.append((id, marks | {"version": image["version"] + 1, "updated_at": clock.now()}))
            work.journal.note(entity, id, action, {name: image[name] for name in marks})
    rows.update(work.connection, work.scope, entity, changes)


def remove(work: Work, entity: Entity, ids: Sequence[UUID]) -> None:
    """Remove records for good, whole images into the journal; what points to them is emptied or goes too."""
    if not ids:
        return
    roles.check_write(work.scope, entity)
    for other in catalog.entities().values():
        for field in other.fields.values():
            if field.table == entity.table and field.name != "id":
                _let_go(work, other, field, ids)
    for id, image in rows.images(work.connection, work.scope, entity, ids).items():
        work.journal.note(entity, id, "purge", image)
    rows.delete(work.connection, work.scope, entity, ids)


def _let_go(work: Work, other: Entity, field: catalog.Field, ids: Sequence[UUID]) -> None:
    """Empty a reference to records that are about to go, or remove the rows that cannot be without it."""
    pointing = [row[0] for row in rows.fetch(work.connection, work.scope, other, field.name, ids, ["id"])]
    if not pointing:
        return
    if not field.nullable:
        remove(work, other, pointing)
        return
    before = rows.images(work.connection, work.scope, other, pointing)
    write(work, other, before, [(id, {field.name: None}) for id in before])
