"""Items of many records, taken back column by column where nothing stands in the way: millions of records need that."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli import catalog, clock
from mycrm_cli.services import derived, fresh, many, rows, spans, transcripts, updating
from mycrm_cli.services.entries import COMPUTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.undoing.findings import Findings
    from mycrm_cli.services.undoing.items import Many
    from mycrm_cli.services.work import Work

    IsFree = Callable[[Sequence[bytes]], bool]

    Columns = dict[str, list[Any]]

COUNTING = frozenset(("version", "updated_at"))
"""Columns that go on when something is taken back."""
PLACE = frozenset(("stage_id", "status"))


def take_back(work: Work, entity: Entity, item: Many, found: Findings, is_free: IsFree) -> bool:
    """Take an item back; False means that it was not, and has to be looked at record by record.

    ``is_free`` is asked when the records are locked: whether nothing later stands in the way.
    """
    if item.action == "create":
        return _remove(work, entity, item, found, is_free)
    if entity.name in ("user", "stage") or not item.whole:
        return False
    if item.action == "purge":
        return entity.name != "deal" and is_free(item.keys) and _insert(work, entity, item, found)
    sheet = item.sheet
    if sheet is None or (entity.name == "deal" and PLACE & set(sheet["columns"])):
        return False
    return all(_is_plain(entity, name) for name in sheet["columns"]) and _put_back(work, entity, item, found, is_free)


def _is_plain(entity: Entity, name: str) -> bool:
    """Return whether a column is one that is put back as it is, or goes on."""
    return name in entity.fields and not entity.fields[name].generated and name not in COMPUTED


def _remove(work: Work, entity: Entity, item: Many, found: Findings, is_free: IsFree) -> bool:
    """Remove the rows that a change had created."""
    names = transcripts.told(entity)
    stored, alone = spans.read(work, entity, item.keys, ["id", *names])
    if entity.name == "user" or not is_free(item.keys):
        return False
    keys, values = transcripts.columnwise(entity, work.connection.dialect, names, stored)
    if keys:
        work.journal.columns(entity, "purge", keys, names, values)
        found.removed.setdefault(entity.name, bytearray()).extend(b"".join(keys))
        spans.remove(work, entity, keys, alone=alone)
    return True


def _insert(work: Work, entity: Entity, item: Many, found: Findings) -> bool:
    """Insert rows that were removed for good, as they were."""
    images = _columns(item)
    if not images.keys() <= entity.fields.keys():
        return False
    dialect, size = work.connection.dialect, len(item.keys)
    ids = [UUID(bytes=key) for key in item.keys]
    values: Columns = {}
    for field in entity.fields.values():
        if field.generated:
            continue
        if field.name in images:
            values[field.name] = transcripts.undumped(field, dialect, images[field.name])
        else:
            blank = None if field.nullable else fresh.default_of(field)
            save = field.kind.saver(dialect)
            values[field.name] = [blank if blank is None or save is None else save(blank)] * size
    own = work.scope.organization_id
    values["id"] = list(item.keys) if dialect == "sqlite" else list(ids)
    if entity.tenant:
        values["organization_id"] = [own.bytes if dialect == "sqlite" else own] * size
    values |= _computed(entity, images, size)
    if (rowid := derived.next_rowid(work.connection, entity)) is not None:
        values["search_rowid"] = list(range(rowid, rowid + size))
    spans.insert(work, entity, list(values), list(values.values()))
    work.journal.created(entity, ids)
    _miss(work, entity, ids, images, found)
    return True


def _columns(item: Many) -> Columns:
    """Return the values of an item's sheet, column by column."""
    assert item.sheet is not None
    held = zip(*item.sheet["rows"], strict=True)
    return dict(zip(item.sheet["columns"], map(list, held), strict=True))


def _computed(entity: Entity, images: Columns, size: int) -> Columns:
    """Return the computed columns of rows whose values are given as JSON holds them."""
    names = [name for name in _covered(entity) if name in images]
    if not {"name_key", "search_text"} & entity.fields.keys():
        return {}
    held = [_undumped(entity, name, images[name]) for name in names]
    rows_of = zip(*held, strict=True) if held else [()] * size
    new = [derived.refresh(entity, dict(zip(names, row, strict=True))) for row in rows_of]
    return {name: [row[name] for row in new] for name in new[0]}


def _covered(entity: Entity) -> list[str]:
    """Return the columns that computed ones follow."""
    return sorted({*entity.search, *(name for item in entity.title for name in item.split())} & entity.fields.keys())


def _undumped(entity: Entity, name: str, values: list[Any]) -> list[Any]:
    undump = entity.fields[name].kind.undump
    return [None if value is None else undump(value) for value in values]


def _miss(work: Work, entity: Entity, ids: Sequence[UUID], images: Columns, found: Findings) -> None:
    """Remember the references that were put back and lead nowhere (yet)."""
    for name, values in images.items():
        table = entity.fields[name].table
        if table is None or table == "organizations":
            continue
        targets = {value: UUID(value) for value in values if value is not None}
        wanted = sorted(targets.values())
        there = {
            row[0] for row in rows.fetch(work.connection, work.scope, catalog.by_table(table), "id", wanted, ["id"])
        }
        if len(there) < len(targets):
            found.missing += [
                (entity, id, name, table, targets[value])
                for id, value in zip(ids, values, strict=True)
                if value is not None and targets[value] not in there
            ]


def _put_back(work: Work, entity: Entity, item: Many, found: Findings, is_free: IsFree) -> bool:
    """Set fields of rows back to what they were."""
    before = {name: values for name, values in _columns(item).items() if name not in COUNTING}
    names = list(before)
    further = [name for name in _covered(entity) if name not in before] if derived.depending(entity, names) else []
    version = ["version"] if entity.versioned else []
    stored, _ = spans.read(work, entity, item.keys, ["id", *names, *version, *further])
    if len(stored) != len(item.keys) or not is_free(item.keys):
        return False
    dialect = work.connection.dialect
    held = dict(zip(["id", *names, *version, *further], map(list, zip(*stored, strict=True)), strict=True))
    keys = held["id"]
    places = {key: place for place, key in enumerate(item.keys)}
    order = [places[key] for key in keys]
    wanted = {name: [values[place] for place in order] for name, values in before.items()}
    current = {name: transcripts.dumped(entity.fields[name], dialect, held[name]) for name in [*names, *further]}
    alike = _alike(names, wanted, current)
    if any("is_deleted" in touched and len({wanted["is_deleted"][p] for p in at}) > 1 for touched, at in alike.items()):
        return False
    for touched, at in alike.items():
        if touched:
            part = {name: [wanted[name][place] for place in at] for name in touched}
            old = {name: [values[place] for place in at] for name, values in current.items()}
            versions = [held["version"][place] + 1 for place in at] if version else []
            _write(work, entity, [keys[place] for place in at], part, old, versions)
            if any(entity.fields[name].table for name in touched):
                _miss(work, entity, [UUID(bytes=keys[place]) for place in at], part, found)
    return True


def _alike(names: Sequence[str], wanted: Columns, current: Columns) -> dict[tuple[str, ...], list[int]]:
    """Return the places of the rows by the columns in which they really differ."""
    differing = [[new != old for new, old in zip(wanted[name], current[name], strict=True)] for name in names]
    alike: dict[tuple[bool, ...], list[int]] = {}
    for place, marks in enumerate(zip(*differing, strict=True)):
        alike.setdefault(marks, []).append(place)
    return {tuple(name for name, mark in zip(names, marks, strict=True) if mark): at for marks, at in alike.items()}


def _write(
    work: Work, entity: Entity, keys: list[bytes], wanted: Columns, current: Columns, versions: list[int]
) -> None:
    """Write the columns of rows, those that follow from them, and what they were into the journal."""
    dialect, size, touched = work.connection.dialect, len(keys), list(wanted)
    action = updating.action({name: values[0] for name, values in wanted.items()})
    work.journal.columns(entity, action, keys, touched, [current[name] for name in touched])
    values = {name: transcripts.undumped(entity.fields[name], dialect, wanted[name]) for name in touched}
    if derived.depending(entity, touched):
        values |= _computed(entity, current | wanted, size)
    if "updated_at" in entity.fields:
        save = entity.fields["updated_at"].kind.saver(dialect)
        values["updated_at"] = [save(clock.now()) if save else clock.now()] * size
    if versions:
        values["version"] = versions
    own = work.scope.organization_id
    if dialect == "sqlite":
        sets = ", ".join(f"{rows.quoted(name)} = ?" for name in values)
        work.connection.executemany(
            f"UPDATE {entity.table} SET {sets} WHERE organization_id = ? AND id = ?",
            zip(*values.values(), [own.bytes] * size, keys, strict=True),
        )
        return
    members = list(zip(keys, zip(*values.values(), strict=True), strict=True))
    many.update(work.connection, entity, list(values), (rows.owner(entity), own), members)
