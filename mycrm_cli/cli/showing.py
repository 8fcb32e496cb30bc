"""Shows one change with its items: a screen for people, a stream for programs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds, query
from mycrm_cli.cli.reading import one
from mycrm_cli.output import relative
from mycrm_cli.output.formats import as_object, harmless
from mycrm_cli.query import details, journal, telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from mycrm_cli.cli.state import State
    from mycrm_cli.query.details import Detail
    from mycrm_cli.query.journal import Change
    from mycrm_cli.query.reader import Reader


class Told:
    """A column of text that is not one of the query's."""

    load = prefix = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.label = name.replace("_", " ")
        self.kind = kinds.make("text")


COLUMNS = ("change", "position", "entity", "record", "id", "action", "field", "old", "new")
DONE = {"create": "created", "update": "changed", "delete": "deleted", "restore": "restored", "purge": "removed"}


def undone(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return by which undo changes were taken back, for those that were."""
    found = journal.undone_by(reader, ids)
    undos = journal.by_ids(reader, set(found.values()))
    return {id: undos[undo].reference for id, undo in found.items()}


def show(state: State, id: UUID, limit: int | None) -> None:
    """Show a change and at most ``limit`` of its items."""
    change = journal.by_ids(state.reader, [id])[id]
    found = details.details(state.reader, change, None if limit is None else limit + 1)
    if state.out.format == "table":
        screen(state, change, found, limit)
    elif state.out.format == "json":
        document(state, change, cut(found, limit))
    elif state.out.format == "ids":
        state.out.line(str(id))
    elif state.out.format == "jsonl":
        for detail in cut(found, limit):
            state.out.object({"change": change.reference} | item(detail))
    else:
        columns: list[Any] = [Told(name) for name in COLUMNS]
        state.out.rows(columns, lines(change, cut(found, limit)), state.scope.locale)


def cut(found: Iterable[Detail], limit: int | None) -> Iterator[Detail]:
    """Yield the first items."""
    for count, detail in enumerate(found):
        if count == limit:
            return
        yield detail


def item(detail: Detail) -> dict[str, Any]:
    """Return an item for JSON."""
    return {
        "position": detail.position,
        "entity": detail.entity.noun if detail.entity else None,
        "record": detail.record,
        "id": str(detail.id),
        "action": detail.action,
        "fields": [{"field": name, "old": old, "new": new} for name, old, new in detail.fields],
    }


def document(state: State, change: Change, found: Iterator[Detail]) -> None:
    """Write the change as one JSON object whose items are written as they come."""
    entity = catalog.entity("changes")
    columns, row = one(state.reader, entity, change.id, query.full(entity))
    record = as_object(columns, None)(row)
    record["undone_by"] = undone(state.reader, [change.id]).get(change.id)
    text = harmless(json.dumps(record, ensure_ascii=False))
    sys.stdout.write(f'{text[:-1]}, "items": [')
    for place, detail in enumerate(found):
        sys.stdout.write((",\n" if place else "\n") + harmless(json.dumps(item(detail), ensure_ascii=False)))
    sys.stdout.write("\n]}\n")


def lines(change: Change, found: Iterable[Detail]) -> Iterator[tuple[str | None, ...]]:
    """Yield a row for each field, or for the item where it has none."""
    for detail in found:
        noun = detail.entity.noun if detail.entity else None
        head = (change.reference, str(detail.position), noun, detail.record, str(detail.id), detail.action)
        for name, old, new in detail.fields or [("", None, None)]:
            yield (*head, name, told(old), told(new))


def told(value: Any) -> str | None:
    """Return a value of the journal as text."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def screen(state: State, change: Change, found: Iterator[Detail], limit: int | None) -> None:
    """Show what people want to know of a change."""
    reader, locale, out = state.reader, state.scope.locale, state.out
    entity = catalog.entity("changes")
    names = ["finished_at", "actor", "profile", "label", "kind"]
    columns, row = one(reader, entity, change.id, names)
    out.record(f"{change.reference}  {change.summary}", list(zip(columns, row, strict=True)), locale)
    if undo := undone(reader, [change.id]).get(change.id):
        out.line(f"taken back by {undo}")
    for aim in journal.targets(reader, [change.id]).get(change.id, ()):
        taken = journal.by_ids(reader, [aim])[aim]
        since = relative.since(taken.finished_at, locale)
        out.line(f"takes back {taken.reference}: {taken.summary}, {since}")
    shown = list(found)
    for detail in shown[:limit]:
        out.line(_line(state, detail))
    if limit is not None and len(shown) > limit:
        out.say("more items exist; -L 0 shows all")


def _line(state: State, detail: Detail) -> str:
    """Return an item in one line."""
    from mycrm_cli.output.safe import safe

    entity = detail.entity
    done = DONE[detail.action]
    if entity is None or not detail.fields:
        return safe(f"{detail.record} {done}")
    names = telling.names_of(state.reader, entity, [{"fields": detail.fields}])
    # A company's name and the link to it change together; people read it once.
    twins = {f"{name}_id" for name, _, _ in detail.fields}
    shown = [each for each in detail.fields if each[0] not in twins]
    fields = "; ".join(telling.line(entity, each, names, state.scope.locale) for each in shown)
    return safe(f"{detail.record} {done}: {fields}" if detail.action == "update" else f"{detail.record} {done}")
