"""New rows: every column of an entity, with defaults, ids, numbers, times and computed columns filled in."""

from __future__ import annotations

from itertools import repeat

from mycrm_cli import catalog, clock
from mycrm_cli.ids import uuid7s
from mycrm_cli.services import derived

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.derived import Known
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


ALWAYS = frozenset(("created_at", "updated_at", "organization_id"))
"""Columns that are never empty."""


def prepared(work: Work, entity: Entity, values: Sequence[Row], known: Sequence[Known | None] = ()) -> list[Row]:
    """Return complete rows for values; what an import brings along (ids, numbers, times) stays.

    ``known`` are the computed columns of the rows, where somebody has computed them before.
    """
    blank, own = _blank(work, entity)
    number, numbered = _reserve(work, entity, values), entity.numbered
    computes = "name_key" in entity.fields or entity.searchable
    rowid = derived.next_rowid(work.connection, entity)
    ids = iter(uuid7s(sum(value.get("id") is None for value in values)) if "id" in blank else ())
    new = []
    for value, computed in zip(values, known or repeat(None), strict=False):
        row = _complete(blank, own, value)
        if "id" in blank and row["id"] is None:
            row["id"] = next(ids)
        if numbered and not row["number"]:
            row["number"], number = number, number + 1
        if rowid is not None:
            row["search_rowid"], rowid = rowid, rowid + 1
        if computes:
            row.update(derived.completed(entity, row, computed))
        new.append(row)
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


def _blank(work: Work, entity: Entity) -> tuple[Row, list[tuple[str, type]]]:
    """Return a row of defaults, and the columns whose defaults are lists and objects, of which each row has its own."""
    now = clock.now()
    blank = {field.name: default_of(field, now) for field in entity.fields.values() if not field.generated}
    blank |= {name: now for name in ("created_at", "updated_at") if name in blank}
    if entity.tenant:
        blank["organization_id"] = work.scope.organization_id
    return blank, [(name, type(value)) for name, value in blank.items() if isinstance(value, (list, dict))]


def _complete(blank: Row, own: Sequence[tuple[str, type]], value: Row) -> Row:
    """Return a row with every column of the entity; whose organization it belongs to is not asked."""
    plain = value.keys() <= blank.keys()
    row = blank | (value if plain else {name: given for name, given in value.items() if name in blank})
    for name, make in own:
        if name not in value:
            row[name] = make()
    for name in value.keys() & ALWAYS:
        if name in blank and (row[name] is None or name == "organization_id"):
            row[name] = blank[name]
    if not plain and "custom_fields" in blank:
        row["custom_fields"] = row["custom_fields"] | custom_values(value)
    if not plain and value.get("+tags"):
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
