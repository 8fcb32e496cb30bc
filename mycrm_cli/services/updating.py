"""Changing rows that exist: what really differs, and the update with its computed columns and journal."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.services import derived, rows
from mycrm_cli.services.fresh import custom_values, merged_tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def difference(entity: Entity, image: Row, changes: Row) -> Row:
    """Return the columns that would really change."""
    fields = entity.fields
    if changes.items() <= image.items():
        return {}
    if changes.keys() <= image.keys():
        return {name: value for name, value in changes.items() if value != image[name]}
    wanted = {name: value for name, value in changes.items() if name in fields}
    if {"+tags", "-tags"} & changes.keys():
        wanted["tags"] = merged_tags(wanted.get("tags") or image["tags"], changes)
    if len(wanted) < len(changes) and (custom := custom_values(changes)):
        merged = (wanted.get("custom_fields") or image["custom_fields"]) | custom
        wanted["custom_fields"] = {key: value for key, value in merged.items() if value is not None}
    return {name: value for name, value in wanted.items() if value != image[name]}


def merged(edits: Sequence[tuple[UUID, Row]]) -> list[tuple[UUID, Row]]:
    """Return edits in the order of their ids, those of one record as one: what is said later counts."""
    together: dict[UUID, Row] = {}
    for id, changes in edits:
        there = together.get(id)
        if there is None or there is changes:
            together[id] = changes
            continue
        both = there | changes
        for name, other in (("+tags", "-tags"), ("-tags", "+tags")):
            if name in there and name in changes:
                both[name] = list(dict.fromkeys([*there[name], *changes[name]]))
            if name in there and other in changes:
                both[name] = [tag for tag in both[name] if tag not in changes[other]]
        together[id] = both
    return sorted(together.items(), key=lambda edit: edit[0].int)


def write(work: Work, entity: Entity, before: dict[UUID, Row], changed: Sequence[tuple[UUID, Row]]) -> None:
    """Update rows with their computed columns, and write what they were into the journal."""
    now = clock.now()
    complete: list[tuple[UUID, Row]] = []
    touches: list[tuple[UUID, str, Row]] = []
    for id, touched in changed:
        image = before[id]
        extra = derived.following(entity, image, touched)
        if "updated_at" in entity.fields and "updated_at" not in touched:
            extra["updated_at"] = now
        if entity.versioned:
            extra["version"] = image["version"] + 1
        complete.append((id, touched | extra))
        touches.append((id, action(touched), {name: image[name] for name in touched}))
    work.journal.touched(entity, touches)
    if work.watch is not None:
        work.watch.changed(entity, changed)
    rows.update(work.connection, work.scope, entity, complete)


def action(touched: Row) -> str:
    """Return what changing these columns means to the journal."""
    if "is_deleted" not in touched:
        return "update"
    return "delete" if touched["is_deleted"] else "restore"
