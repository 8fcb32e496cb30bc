"""What happened to records after a change: the changes that are in the way of taking it back.

A change that was taken back, and the undo that did it, count for nothing together: altogether where
the undo left nothing out, else field by field.
"""

from __future__ import annotations

from mycrm_cli.query import journal, touches
from mycrm_cli.query.sql import Sql, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.query.journal import Change
    from mycrm_cli.services.work import Work

WHOLE = frozenset("*")
"""Stands for all fields: the record came into being, or went for good."""
PARTLY = "--keep-later"
"""The word in the command of an undo that left something out."""
MOST_CHANGES, MOST_ITEMS = 1000, 20_000
"""Up to so many later changes and items are read at once; of more, those about each record are looked up."""

Hits = dict["UUID", list[tuple[int, frozenset[str]]]]
Touched = dict["UUID", dict["UUID", set[str]]]


class Later:
    """Looks for later touches; ``targets`` are the changes that are about to be taken back together."""

    def __init__(self, work: Work, targets: Sequence[Change]) -> None:
        self.work = work
        self.targets = {change.id for change in targets}
        self.known: dict[UUID, Change | None] = {}
        self.undone: dict[UUID, UUID] = {}
        self.undoing: dict[UUID, int] = {}
        self.looked: tuple[UUID, int] | None = None
        self.loaded: dict[str, Touched] | None = {}

    def after(self, change: Change, entity: str, ids: Collection[UUID]) -> Hits:
        """Return (number, fields) of what later changes in force did to records, by id.

        To be called when the records are locked: another writer may have committed until then.
        """
        self._look(change)
        if self.loaded is not None:
            of_entity = self.loaded.get(entity, {})
            found = {id: of_entity[id] for id in ids if id in of_entity} if of_entity else {}
        else:
            found = self._of_records(entity, ids)
        standing = {id: self._standing(change, several) for id, several in found.items()}
        return {id: left for id, left in standing.items() if left}

    def is_untouched(self, change: Change, entity: str) -> bool:
        """Return whether it can be seen at a glance that no later change in force touched records of an entity."""
        self._look(change)
        return self.loaded is not None and not self.loaded.get(entity)

    def _look(self, change: Change) -> None:
        """Find out which changes were made since, unless that is known already."""
        end = journal.changes(self.work.reader, Sql("1 = 1"), 1)[0].position
        if self.looked == (change.id, end):
            return
        self.looked = (change.id, end)
        since = compose("c.position > {}", value(change.position))
        later = journal.changes(self.work.reader, since, MOST_CHANGES + len(self.targets))
        if len(later) >= MOST_CHANGES + len(self.targets):
            self.loaded = None
            return
        self._learn({each.id for each in later})
        there = [each for each in later if each.id not in self.targets and not self._counts_for_nothing(change, each)]
        items = sum(each.created_count + each.updated_count + each.deleted_count for each in there)
        self.loaded = self._of_changes(there) if items <= MOST_ITEMS else None

    def _counts_for_nothing(self, change: Change, other: Change) -> bool:
        """Whether a later change was taken back completely, or is an undo of a change that is later as well."""
        undo = self.known.get(self.undone[other.id]) if other.id in self.undone else None
        taken_back = undo is not None and PARTLY not in undo.command
        takes_back = self.undoing.get(other.id, 0) > change.position and PARTLY not in other.command
        return taken_back or takes_back

    def _of_changes(self, changes: Iterable[Change]) -> dict[str, Touched]:
        """Return what changes did: by entity, record and change."""
        found: dict[str, Touched] = {}
        for of, entity, record, action, touched in touches.items(self.work.reader, [each.id for each in changes]):
            _note(found.setdefault(entity, {}), record, of, action, touched)
        return found

    def _of_records(self, entity: str, ids: Collection[UUID]) -> Touched:
        """Return what all changes did to records: by record and change."""
        found: Touched = {}
        for record, of, _, action, touched in touches.touches(self.work.reader, entity, ids):
            if of not in self.targets and of != self.work.journal.id:
                _note(found, record, of, action, touched)
        self._learn({of for several in found.values() for of in several})
        return found

    def _standing(self, change: Change, several: dict[UUID, set[str]]) -> list[tuple[int, frozenset[str]]]:
        """Return what is left of the later touches of one record when undos and what they took back are dropped."""
        left = []
        for of, touched in several.items():
            known = self.known[of]
            if known is None or known.position <= change.position or self.undoing.get(of, 0) > change.position:
                continue
            fields = frozenset(touched)
            undo = self.undone.get(of)
            if undo is not None and undo in several:
                fields = frozenset() if fields & WHOLE or several[undo] & WHOLE else fields - several[undo]
            if fields:
                left.append((known.number, fields))
        return left

    def _learn(self, ids: set[UUID]) -> None:
        """Look up changes that were not met before: their place, and what was taken back."""
        new = ids - self.known.keys()
        if not new:
            return
        reader = self.work.reader
        found = journal.by_ids(reader, new)
        undone = journal.undone_by(reader, new)
        self.known |= {id: found.get(id) for id in new}
        self.undone |= undone
        undos = [id for id, change in found.items() if change.kind in journal.UNDOS and id not in undone]
        aims = journal.targets(reader, undos)
        places = journal.by_ids(reader, {aim for several in aims.values() for aim in several})
        for undo, several in aims.items():
            self.undoing[undo] = min((places[aim].position for aim in several if aim in places), default=0)


def _note(found: Touched, record: UUID, of: UUID, action: str, touched: Iterable[str]) -> None:
    fields = WHOLE if action in ("create", "purge") else touched
    found.setdefault(record, {}).setdefault(of, set()).update(fields)
