"""Reads the journal: changes, which of them others have taken back, and who touched a record."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.sql import Sql, all_hold, among, compose, marks, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader

BATCH = 500
"""Ids of one statement."""
NAMES = (
    "id",
    "number",
    "position",
    "kind",
    "actor_id",
    "command",
    "label",
    "finished_at",
    "created_count",
    "updated_count",
    "deleted_count",
    "part_of_id",
)
UNDOS = ("undo", "redo")


class Change:
    """A change, with what is needed to speak of it and to take it back."""

    __slots__ = NAMES

    id: UUID
    number: int
    position: int
    kind: str
    actor_id: UUID | None
    command: list[Any]
    label: str | None
    finished_at: datetime
    created_count: int
    updated_count: int
    deleted_count: int
    part_of_id: UUID | None

    @property
    def reference(self) -> str:
        """How people refer to it."""
        return f"X-{self.number}"

    @property
    def summary(self) -> str:
        """What it did: the words of its command, and how many records it touched."""
        counts = {"created": self.created_count, "updated": self.updated_count, "deleted": self.deleted_count}
        return ", ".join([command(self.command), *(f"{count:,} {word}" for word, count in counts.items() if count)])


def command(words: Sequence[Any]) -> str:
    """Return the words of a command as they are typed."""
    return " ".join(map(str, words))


def changes(reader: Reader, where: Sql, limit: int | None = None) -> list[Change]:
    """Return the changes that fit a condition on the alias ``c``, newest first."""
    entity, frame = catalog.entity("changes"), reader.frame()
    loads = [entity.fields[name].kind.loader(frame.dialect) for name in NAMES]
    statement = compose(
        "SELECT {} FROM changes AS c WHERE {} ORDER BY c.position DESC{}",
        ", ".join(f"c.{name}" for name in NAMES),
        all_hold([frame.within(entity, "c"), where]),
        compose(" LIMIT {}", value(limit)) if limit else "",
    )
    found = []
    for row in reader.run(statement):
        change = Change()
        for name, load, answer in zip(NAMES, loads, row, strict=True):
            setattr(change, name, answer if load is None or answer is None else load(answer))
        found.append(change)
    return found


def by_ids(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, Change]:
    """Return changes by their ids."""
    return {c.id: c for part in parts(reader, ids) for c in changes(reader, among(Sql("c.id"), part))}


def with_parts(reader: Reader, ids: Iterable[UUID]) -> list[Change]:
    """Return changes with the further ones of the same commands, newest first."""
    found = by_ids(reader, ids)
    for part in parts(reader, list(found)):
        found |= {c.id: c for c in changes(reader, among(Sql("c.part_of_id"), part))}
    return sorted(found.values(), key=lambda change: -change.position)


def labelled(reader: Reader, label: str) -> list[Change]:
    """Return the changes of a group, undos left out, newest first."""
    return changes(reader, all_hold([compose("c.label = {}", value(label)), _no_undo()]))


def erasures(reader: Reader, numbers: Iterable[int]) -> list[Change]:
    """Return those of some changes that erased a person, newest first."""
    wanted = sorted(numbers, reverse=True)[:BATCH]
    if not wanted:
        return []
    return changes(reader, all_hold([compose("c.kind = {}", value("erase")), among(Sql("c.number"), wanted)]))


def own(reader: Reader, profile: str, kind: str | None = None) -> Iterator[Change]:
    """Yield the user's changes of a profile, newest first: those of a kind, or all that are no undo."""
    fits = [
        compose("c.actor_id = {}", value(reader.frame().id(reader.scope.user_id))),
        compose("c.profile = {}", value(profile)),
        compose("c.kind = {}", value(kind)) if kind else _no_undo(),
    ]
    last: list[Sql] = []
    while found := changes(reader, all_hold([*fits, *last]), BATCH // 10):
        yield from found
        last = [compose("c.position < {}", value(found[-1].position))]


def _no_undo() -> Sql:
    return compose("c.kind NOT IN ({})", marks(UNDOS))


def undone_by(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return, for those changes that are taken back, the undo that did it; an undo that is undone does not count."""
    undos = _undos(reader, ids)
    if not undos:
        return {}
    cancelled = undone_by(reader, {undo for several in undos.values() for undo in several})
    standing = {id: [undo for undo in several if undo not in cancelled] for id, several in undos.items()}
    return {id: several[-1] for id, several in standing.items() if several}


def _undos(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the undos of each change, whether they stand or not, oldest first."""
    found: dict[UUID, list[UUID]] = {}
    for part in parts(reader, ids):
        for target, undo in [*_named(reader, "undoes_id", part), *_listed(reader, "record_id", part)]:
            found.setdefault(target, []).append(undo)
    return {id: sorted(several) for id, several in found.items()}


def targets(reader: Reader, undos: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the changes that each undo takes back."""
    found: dict[UUID, list[UUID]] = {}
    for part in parts(reader, undos):
        for target, undo in [*_named(reader, "id", part), *_listed(reader, "change_id", part)]:
            found.setdefault(undo, []).append(target)
    return found


def _named(reader: Reader, column: str, ids: list[Any]) -> list[tuple[UUID, UUID]]:
    """Return (change, undo) of undos that name the change as their own."""
    frame, entity = reader.frame(), catalog.entity("changes")
    fits = [frame.within(entity, "c"), Sql("c.undoes_id IS NOT NULL"), among(Sql(f"c.{column}"), ids)]
    return _pairs(reader, compose("SELECT c.undoes_id, c.id FROM changes AS c WHERE {}", all_hold(fits)))


def _listed(reader: Reader, column: str, ids: list[Any]) -> list[tuple[UUID, UUID]]:
    """Return (change, undo) of undos that list the change among several."""
    frame, entity = reader.frame(), catalog.entity("change_items")
    fits = [frame.within(entity, "i"), compose("i.entity = {}", value("changes")), among(Sql(f"i.{column}"), ids)]
    return _pairs(reader, compose("SELECT i.record_id, i.change_id FROM change_items AS i WHERE {}", all_hold(fits)))


def _pairs(reader: Reader, statement: Sql) -> list[tuple[UUID, UUID]]:
    load = catalog.entity("changes").fields["id"].kind.loader(reader.connection.dialect) or (lambda key: key)
    return [(load(target), load(undo)) for target, undo in reader.run(statement)]


def parts(reader: Reader, ids: Iterable[UUID]) -> Iterator[list[Any]]:
    """Yield ids as parameters, as many as one statement takes."""
    frame, wanted = reader.frame(), list(ids)
    for start in range(0, len(wanted), BATCH):
        yield [frame.id(id) for id in wanted[start : start + BATCH]]
