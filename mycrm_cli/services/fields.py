"""The values that records hold in custom fields, when the fields themselves change or go."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict
from mycrm_cli.kinds.base import EMPTY, BadValue
from mycrm_cli.kinds.structures import parse_json, write_json
from mycrm_cli.query import custom as definitions
from mycrm_cli.services import records, rows, updating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.custom import Custom
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

SHOWN = 5
"""Values that an error lists."""


def owners() -> list[str]:
    """Return the nouns that may have custom fields."""
    return [noun for noun, entity in catalog.nouns().items() if "custom_fields" in entity.fields]


def used(reader: Reader, entity: Entity, key: str) -> dict[str, int]:
    """Return the values that records have in a custom field, as JSON, and how many have each; the trash counts."""
    return {text: int(count) for text, count in reader.run(definitions.counted(reader.frame(), entity, key))}


def refit(work: Work, before: Row, after: Row) -> None:
    """Convert stored values to a changed type; raises Conflict with the values that do not fit."""
    entity = catalog.entity(after["entity"])
    old, new = (
        definitions.make(row["key"], row["label"], row["type"], row["choices"], row["required"])
        for row in (before, after)
    )
    same: set[str] = set()
    misfits: dict[str, int] = {}
    for text, count in used(work.reader, entity, after["key"]).items():
        try:
            if _converted(old, new, value := parse_json(text)) == value:
                same.add(text)
        except BadValue:
            misfits[text] = count
    if misfits:
        raise _misfit(entity, new, misfits)
    _rewrite(work, entity, after["key"], lambda value: _fitted(entity, old, new, value), same)


def _fitted(entity: Entity, old: Custom, new: Custom, value: Any) -> Any:
    """Return a value in the new type; raises Conflict for one that came in between and does not fit."""
    try:
        return _converted(old, new, value)
    except BadValue:
        raise _misfit(entity, new, {write_json(value): 1}) from None


def _converted(old: Custom, new: Custom, value: Any) -> Any:
    """Return a value as a field of the new type holds it; raises BadValue."""
    try:
        return new.kind.dump(new.kind.accept(value))
    except BadValue:
        if old.kind.name == new.kind.name:
            raise
        return new.kind.dump(new.kind.read(old.kind.text(old.kind.accept(value))))


def _misfit(entity: Entity, new: Custom, misfits: dict[str, int]) -> Conflict:
    count = sum(misfits.values())
    shown = ", ".join(f"{text} ({number:,})" for text, number in list(misfits.items())[:SHOWN])
    more = ", …" if len(misfits) > SHOWN else ""
    who = f"{count:,} {entity.plural} hold" if count != 1 else f"1 {entity.noun} holds"
    return Conflict(
        f"{who} in cf.{new.key} what would not fit: {shown}{more}",
        details=[{"field": f"cf.{new.key}", "code": "in_use", "count": count}],
        hint=f"mycrm {entity.noun} list -w cf.{new.key}=any lists them; change their values first",
    )


def clear(work: Work, entity: Entity, key: str) -> None:
    """Take the values of a custom field away from all records that have one, as a part of the change."""
    _rewrite(work, entity, key, lambda value: None, set())


def _rewrite(work: Work, entity: Entity, key: str, make: Callable[[Any], Any], same: set[str]) -> None:
    """Set a custom field of the records that have a value to what ``make`` makes of it; None empties.

    Values in ``same``, as JSON, stay as they are. The others are read again under the lock: somebody may
    have changed them since.
    """
    load = entity.fields["id"].kind.loader(work.connection.dialect) or (lambda value: value)
    found = work.reader.run(definitions.holders(work.reader.frame(), entity, key))
    for chunk in rows.chunks(sorted(load(id) for id, text in found if text not in same)):
        before = rows.images(work.connection, work.scope, entity, chunk, lock=True)
        edits = []
        for id, image in before.items():
            custom = image["custom_fields"]
            if custom.get(key) in EMPTY or (value := make(custom[key])) == custom[key]:
                continue
            merged = {name: item for name, item in (custom | {key: value}).items() if item is not None}
            edits.append((id, {"custom_fields": merged}))
        updating.write(work, entity, before, edits)


def delete(work: Work, ids: Sequence[UUID], *, values: bool) -> None:
    """Remove custom fields, with the values that records have in them where ``values`` says so."""
    table = catalog.entity("custom_fields")
    if values:
        for image in rows.images(work.connection, work.scope, table, ids).values():
            clear(work, catalog.entity(image["entity"]), image["key"])
    records.remove(work, table, ids)
