"""Rules of records that every entity shares: required fields, uniqueness, no circles."""

from __future__ import annotations

from functools import cache

from mycrm_cli import catalog
from mycrm_cli.errors import Duplicate, Invalid, NotFound
from mycrm_cli.services import addresses, derived, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def check_required(entity: Entity, row: Row) -> None:
    """Refuse a row without a value that it must have; raises Invalid naming the field."""
    for field in _required(entity):
        if row.get(field.name) in (None, ""):
            name = (field.relation or field.name).replace("_", " ")
            choices = f": {', '.join(field.options['choices'])}" if "choices" in field.options else ""
            raise Invalid(
                f"{entity.one} needs {catalog.one(name)}{choices}", details=[{"field": field.name, "code": "required"}]
            )
    if entity.any_of and not any(map(row.get, entity.any_of)):
        choices = ", ".join(name.replace("_", " ") for name in entity.any_of)
        raise Invalid(
            f"{entity.one} needs one of: {choices}", details=[{"field": entity.any_of[0], "code": "required"}]
        )


@cache
def _required(entity: Entity) -> list[Field]:
    return [field for field in entity.fields.values() if field.required]


def check_unique(work: Work, entity: Entity, new: Sequence[Row]) -> None:
    """Refuse rows that would repeat a unique key of the organization; raises Duplicate naming the record."""
    for declared in entity.unique:
        if declared[-1] in derived.ALWAYS_NEW:
            continue
        # Names that differ only in case would be one name to everybody who types it.
        key = ["name_key" if name == "name" and "name_key" in entity.fields else name for name in declared]
        carried = [(row, tuple(_part(entity, row, name) for name in key)) for row in new]
        carried = [(row, values) for row, values in carried if None not in values]
        columns, column = ["id", *key], narrowest(entity, key)
        wanted = {values[key.index(column)] for _, values in carried}
        taken: dict[tuple[Any, ...], Any] = {}
        for found in rows.fetch(work.connection, work.scope, entity, column, wanted, columns):
            taken[tuple(found[1:])] = found[0]
        for row, values in carried:
            if taken.setdefault(values, row["id"]) != row["id"]:
                raise duplicate(work, entity, declared[-1], row[declared[-1]], taken[values])


def _part(entity: Entity, row: Row, name: str) -> Any:
    """Return a row's part of a key; names as they are compared."""
    return derived.name_key(entity, row) if name == "name_key" else row.get(name)


def narrowest(entity: Entity, key: Sequence[str]) -> str:
    """Return the column of a unique key by which to look it up: what the record is a part of, else the last one."""
    return next((name for name in key if entity.fields[name].relation), key[-1])


def check_distinct(work: Work, entity: Entity, new: Sequence[Row], checked: Collection[str] = frozenset()) -> None:
    """Refuse live records that share a value which tells duplicates, unless the caller has ``checked`` that.

    Raises Duplicate.
    """
    for name in entity.distinct:
        if name in checked:
            continue
        wanted: dict[Any, Any] = {}
        for row in new:
            if row.get(name) and wanted.setdefault(row[name], row["id"]) != row["id"]:
                raise Duplicate(
                    f"two {entity.plural} would have the {name.replace('_', ' ')} {row[name]}",
                    details=[{"field": name, "code": "duplicate"}],
                    hint="--allow-duplicate",
                )
        for value, id in held(work, entity, name, wanted):
            if id != wanted[value]:
                raise duplicate(work, entity, name, value, id)


def held(work: Work, entity: Entity, name: str, values: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield (value, id) of the live records that have one of the values, further addresses included."""
    columns = [name, "id", "is_deleted"]
    for value, id, deleted in rows.fetch(work.connection, work.scope, entity, name, values, columns):
        if not deleted:
            yield value, id
    if entity.name == "contact" and name == "email":
        yield from addresses.held(work, values)


def duplicate(work: Work, entity: Entity, name: str, value: Any, id: Any) -> Duplicate:
    """Return the error that names the record which has the value already."""
    message = f"a {entity.noun} with {name.replace('_', ' ')} {entity.fields[name].kind.text(value)} exists already"
    details: list[dict[str, object]] = [{"field": name, "code": "duplicate"}]
    try:
        found = work.reader.find(entity, str(id))
    except NotFound:
        return Duplicate(message, details=details)
    reference = f"{entity.prefix}-{found.number} " if entity.prefix else ""
    hint = f"mycrm {entity.noun} view {reference.strip() or repr(found.title)}"
    if name in entity.distinct:
        hint += ", or --allow-duplicate"
    return Duplicate(message, candidates=[f"{reference}{found.title}"], details=details, hint=hint)


def check_new_circles(entity: Entity, new: Sequence[Row]) -> None:
    """Refuse new records that would be their own ancestors; raises Invalid. No stored one is below a new one."""
    for field in entity.fields.values():
        if field.table != entity.table or not any(row.get(field.name) for row in new):
            continue
        above, ends = {row["id"]: row.get(field.name) for row in new}, set()
        for id in above:
            way, step = set(), id
            while step in above and step not in ends:
                if step in way:
                    raise circle(entity, field)
                way.add(step)
                step = above[step]
            ends |= way


def circle(entity: Entity, field: Field) -> Invalid:
    """Return the error for a record that would be its own ancestor."""
    return Invalid(
        f"{field.label} of a {entity.noun} leads back to itself", details=[{"field": field.name, "code": "circle"}]
    )


def check_circles(work: Work, entity: Entity, row: Row) -> None:
    """Refuse a record that would be its own ancestor; raises Invalid."""
    for field in entity.fields.values():
        if field.table != entity.table or row.get(field.name) is None:
            continue
        ancestor, seen = row[field.name], {row["id"]}
        while ancestor is not None:
            if ancestor in seen:
                raise circle(entity, field)
            seen.add(ancestor)
            above = list(rows.fetch(work.connection, work.scope, entity, "id", [ancestor], [field.name]))
            ancestor = above[0][0] if above else None
