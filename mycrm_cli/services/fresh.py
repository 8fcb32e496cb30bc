"""New rows: every column of an entity, with defaults, ids, numbers, times and computed columns filled in."""

from __future__ import annotations

from mycrm_cli import catalog, clock
from mycrm_cli.ids import uuid7
from mycrm_cli.services import derived

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def prepared(work: Work, entity: Entity, values: Sequence[Row]) -> list[Row]:
    """Return complete rows for values; what an import brings along (ids, numbers, times) stays."""
    now = clock.now()
    columns = [field for field in entity.fields.values() if not field.generated]
    number = _reserve(work, entity, values)
    rowid = derived.next_rowid(work.connection, entity)
    new = []
    for value in values:
        row = _complete(work, entity, columns, value, now)
        if entity.numbered and not row["number"]:
            row["number"], number = number, number + 1
        if rowid is not None:
            row["search_rowid"], rowid = rowid, rowid + 1
        new.append(row | derived.refresh(entity, row))
    return new


def _reserve(work: Work, entity: Entity, values: Sequence[Row]) -> int:
    """Reserve the numbers that rows need and return the first; given ones are never given out again."""
    if not entity.numbered:
        return 0
    given = [value["number"] for value in values if value.get("number")]
    if given:
        work.keep_above(entity, max(given))
    needed = len(values) - len(given)
    return work.numbers(entity, needed) if needed else 0


def _complete(work: Work, entity: Entity, columns: Sequence[catalog.Field], value: Row, now: datetime) -> Row:
    """Return a row with every column of the entity."""
    row = {field.name: value[field.name] if field.name in value else default_of(field, now) for field in columns}
    if "id" in row and row["id"] is None:
        row["id"] = uuid7()
    for name in ("created_at", "updated_at"):
        if name in row and row[name] is None:
            row[name] = now
    if entity.tenant:
        row["organization_id"] = work.scope.organization_id
    if "custom_fields" in row:
        row["custom_fields"] = row["custom_fields"] | custom_values(value)
    if value.get("+tags"):
        row["tags"] = merged_tags(row["tags"], value)
    return row


def default_of(field: catalog.Field, now: datetime | None = None) -> Any:
    """Return what a field holds when nothing was given; each record gets lists of its own."""
    if field.default is None:
        if field.nullable or field.kind_name not in ("tags", "json"):
            return None
        return [] if field.kind_name == "tags" or field.spec.get("filled") == "list" else {}
    if field.kind_name == "timestamp":
        return now or clock.now()
    return field.default if field.kind_name in ("choice", "boolean", "integer") else field.kind.accept(field.default)


def custom_values(changes: Row) -> dict[str, Any]:
    """Return the values of custom fields among changes (``cf.tier``), as JSON holds them."""
    return {name[3:]: value for name, value in changes.items() if name.startswith("cf.")}


def merged_tags(tags: list[str], changes: Row) -> list[str]:
    """Return tags with those of ``+tags`` added and those of ``-tags`` taken away."""
    gone = set(changes.get("-tags") or ())
    return [tag for tag in dict.fromkeys([*tags, *(changes.get("+tags") or ())]) if tag not in gone]
