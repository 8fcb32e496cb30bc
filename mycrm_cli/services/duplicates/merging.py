"""Merges records into one: the values of all, and everything that points to them. Undo takes it back."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds.base import EMPTY
from mycrm_cli.roles import DELETE
from mycrm_cli.services import ownership, records, removal, rows, updating
from mycrm_cli.services.duplicates import moving
from mycrm_cli.services.scoring import merged
from mycrm_cli.services.sequences import merged as sequences

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

OURS = frozenset(
    "id organization_id number version updated_at name_key search_text search_rowid is_deleted deleted_at"
    " score score_breakdown score_locked grade".split()
)
"""Columns that stay as they are in the record that is kept."""

EITHER = frozenset(("do_not_call", "do_not_email"))
"""Marks that hold if any of the records has them: merging takes nobody's refusal away."""

EARLIEST = frozenset(("created_at", "first_responded_at", "qualified_at", "converted_at"))
LATEST = frozenset(("last_activity_at",))


class Merged:
    """What became of a merge: the values the kept record gets, and how many records moved, by their plural."""

    def __init__(self, keep: UUID, others: list[UUID], values: Row, moved: dict[str, int]) -> None:
        self.keep = keep
        self.others = others
        self.values = values
        self.moved = moved


def merge(
    work: Work, entity: Entity, keep: UUID, others: Sequence[UUID], take: Mapping[str, UUID] | None = None
) -> Merged:
    """Merge ``others`` into ``keep``: empty fields are filled in the order of the others.

    ``take`` names fields whose value comes from another record. Raises Invalid for a record merged with itself.
    """
    if keep in others:
        raise Invalid(f"a {entity.noun} cannot be merged with itself", details=[{"field": "others", "code": "same"}])
    others = list(dict.fromkeys(others))
    ownership.check(work, entity, [keep, *others], DELETE)
    with work.on_behalf():
        return _merge(work, entity, keep, others, take or {})


def _merge(work: Work, entity: Entity, keep: UUID, others: list[UUID], take: Mapping[str, UUID]) -> Merged:
    """Merge; everything that points to the records follows them, whoever it belongs to."""
    images = rows.required_images(work.connection, work.scope, entity, [keep, *others], lock=True)
    values = combined(entity, images[keep], [images[id] for id in others], take)
    _break_circles(work, entity, images[keep], others, values)
    moved: dict[str, int] = {}
    scored = merged.newest(work, keep) if entity.name == "lead" else None
    for chunk in rows.chunks(others):
        moving.everything(work, entity, images[keep], chunk, moved)
        removal.remove(work, entity, chunk)
    merged.again(work, keep, scored)
    sequences.once(work, entity, keep)
    fill(work, entity, keep, values, [images[id] for id in others])
    tell(work, entity, keep, [images[id] for id in others])
    return Merged(keep, others, values, moved)


def fill(work: Work, entity: Entity, keep: UUID, values: Row, others: Sequence[Row]) -> None:
    """Give the kept record its values: those that people may set by the rules, the others as they are."""
    # A lead becomes converted with the record that is; by the rules only a conversion could do that.
    free = {name for name, value in values.items() if name == "status" and value == "converted"}
    ruled = {name: value for name, value in values.items() if entity.fields[name].writable and name not in free}
    rest = {name: value for name, value in values.items() if name not in ruled}
    if rest:
        before = rows.images(work.connection, work.scope, entity, [keep], lock=True)
        updating.write(work, entity, before, [(keep, rest)])
    if entity.name == "contact":
        # All addresses that were main ones stay, if only as further ones.
        image = rows.images(work.connection, work.scope, entity, [keep])[keep]
        ruled["emails"] = [row["email"] for row in (image, *others) if row["email"]]
    if ruled:
        records.edit(work, entity, [(keep, ruled)], allow_duplicate=True)


def tell(work: Work, entity: Entity, keep: UUID, others: Sequence[Row]) -> None:
    """Leave a mark in the history of the kept record: which records are now part of it."""
    marks = [
        {
            "activity_type": "other",
            "subject": f"merged with {entity.called(row['number'], entity.titled(row))}"[:500],
            "occurred_at": clock.now(),
            "user_id": work.scope.user_id,
            f"{entity.noun}_id": keep,
        }
        for row in others
    ]
    records.put(work, "activity", marks)


def combined(entity: Entity, keep: Row, others: Sequence[Row], take: Mapping[str, UUID]) -> Row:
    """Return the columns of the kept record that change; every one follows one of a few rules."""
    result: Row = {}
    for name, field in entity.fields.items():
        if name in OURS or field.generated:
            continue
        if name in take:
            value = next(row[name] for row in (keep, *others) if row["id"] == take[name])
        else:
            value = chosen(name, [row[name] for row in (keep, *others)])
        if value != keep[name]:
            result[name] = value
    return _converted(entity, keep, others, result)


def _break_circles(work: Work, entity: Entity, keep: Row, others: Sequence[UUID], values: Row) -> None:
    """Leave out a parent, also the one that is there, that would be below the merged record."""
    same = {keep["id"], *others}
    for name in [field.name for field in entity.fields.values() if field.table == entity.table and field.name != "id"]:
        ancestor: UUID | None = values.get(name, keep[name])
        seen: set[UUID] = set()
        while ancestor is not None and ancestor not in same | seen:
            seen.add(ancestor)
            above = list(rows.fetch(work.connection, work.scope, entity, "id", [ancestor], [name]))
            ancestor = above[0][0] if above else None
        if ancestor in same:
            values[name] = None


def chosen(name: str, values: list[Any]) -> Any:
    """Return the value that several records make together; the first one's, where nothing else is said."""
    there = [value for value in values if value not in EMPTY]
    if name in EITHER:
        return any(values)
    if name == "tags":
        return list(dict.fromkeys(tag for tags in values for tag in tags))
    if name == "custom_fields":
        return {key: value for fields in reversed(values) for key, value in fields.items()}
    if name in EARLIEST:
        return min(there, default=None)
    if name in LATEST:
        return max(there, default=None)
    return there[0] if there else values[0]


def _converted(entity: Entity, keep: Row, others: Sequence[Row], result: Row) -> Row:
    """Keep a lead converted, whichever of the records was."""
    if entity.name == "lead" and any(row["status"] == "converted" for row in others):
        result = {**result, "status": "converted"}
    return {name: value for name, value in result.items() if value != keep[name]}


def check_fields(entity: Entity, names: Sequence[str]) -> list[str]:
    """Return the columns that ``--take`` names; raises UsageError for one that cannot be taken."""
    from mycrm_cli.services import values

    return [values.field_named(entity, name).name for name in names]
