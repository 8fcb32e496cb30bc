"""One attempt at taking changes back. What stands in the way is gathered, so that all of it can be told."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Duplicate
from mycrm_cli.query import deeds
from mycrm_cli.services import roles, rows, statistics
from mycrm_cli.services.savepoint import Savepoint
from mycrm_cli.services.undoing import items as reading
from mycrm_cli.services.undoing import mailed, pointers, restoring, standing, wholesale
from mycrm_cli.services.undoing.aside import Aside
from mycrm_cli.services.undoing.easing import eased
from mycrm_cli.services.undoing.findings import Findings, Problem, Problems
from mycrm_cli.services.undoing.later import WHOLE, Later
from mycrm_cli.services.undoing.rights import Rights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.journal import Change
    from mycrm_cli.services.undoing.items import Item, Many, Net
    from mycrm_cli.services.undoing.later import Hits
    from mycrm_cli.services.work import Work

DERIVED = frozenset(("last_activity_at", "score", "score_breakdown", "grade"))
"""What the program works out of other records: no reason to refuse, and left alone where it went on since."""
PLACE = "pipeline_id stage_id status actual_close_date stage_changed_at loss_reason".split()
TOGETHER = {
    "deal": (frozenset(PLACE), frozenset(("probability",))),
    "stage": (frozenset(("is_won", "is_lost")), frozenset(("probability",))),
}
"""Fields that mean something only with each other, and those that are left alone with them, but not they with those.

A deal's own probability may be another than its stage's; the stage's probability stays when the stage stays.
"""
CHANGED = "was changed by"
TAKEN = "cannot come back: another record has its key"
NOWHERE = "points to what is gone since"
ERASED = "cannot be put back: what it held was erased with a person"

Blocked = dict[tuple[str, UUID], set[str]]


class Attempt:
    """Takes changes back, newest first, leaving out what is ``blocked``.

    Afterwards ``problems`` were met on the way and left out, ``late`` are those that only the end has
    shown: with them nothing of the attempt may stay. What was set ``aside`` has to be made again if it stays.
    """

    def __init__(self, work: Work, targets: Sequence[Change], blocked: Blocked) -> None:
        self.work = work
        self.targets = targets
        self.blocked = blocked
        self.later = Later(work, targets)
        self.rights = Rights(work)
        self.found = Findings()
        self.late = Problems()
        self.taken: set[tuple[str, UUID]] = set()
        self.kept: set[tuple[str, UUID]] = set()

    @property
    def problems(self) -> Problems:
        """What was left out."""
        return self.found.problems

    def run(self) -> None:
        """Take everything back that can be, then see what is left hanging."""
        many = any(change.created_count + change.deleted_count > reading.CHUNK for change in self.targets)
        self.aside = Aside(self.work, self.targets)
        with statistics.known(self.work.connection, wanted=many):
            for change in self.targets:
                with eased(self.work, change):
                    for step, chunk in enumerate(reading.chunks(self.work, change), 1):
                        names = self._step(change, chunk)
                        if many:
                            statistics.renew(self.work.connection, map(catalog.entity, names), step)
        end = Findings()
        end.problems = Problems(kept=None)
        end.removed = self.found.removed
        pointers.check(self.work, end)
        self._check_missing(end)
        self._check_standing(end)
        self.late = end.problems
        roles.keep_administrators(self.work, self.found.users)
        roles.end_changed(self.work, self.found.users)

    def _step(self, change: Change, chunk: list[Item] | Many) -> set[str]:
        """Take back some items, or one of many records; return the entities that were looked up one by one."""
        if isinstance(chunk, list):
            self._chunk(change, chunk)
            return {item.entity for item in chunk}
        if self._is_whole(change, chunk):
            return set()
        for part in chunk.single():
            self._chunk(change, part)
        return {chunk.entity}

    def _is_whole(self, change: Change, item: Many) -> bool:
        """Take back an item of many records as a whole, if nothing speaks against that; return whether it was."""
        entity = self._entity(item.entity, change)
        if any(entity.name == name for held in (self.blocked, self.taken) for name, _ in held):
            return False
        if mailed.concerns(self.work, entity, item.action):
            return False

        def is_free(keys: Sequence[bytes]) -> bool:
            if not self.later.is_untouched(change, item.entity) and self.later.after(
                change, item.entity, [UUID(bytes=key) for key in keys]
            ):
                return False
            self.rights.check_many(change, entity, item)
            return True

        found, point = Findings(), Savepoint(self.work)
        try:
            if wholesale.take_back(self.work, entity, item, found, is_free):
                point.keep()
                self.found.extend(found)
                return True
        except Duplicate:
            pass
        point.back()
        return False

    def _chunk(self, change: Change, chunk: Sequence[Item]) -> None:
        """Take some items back at once, or one after the other where keys change hands among them."""
        point = Savepoint(self.work)
        try:
            found = self._take_back(change, chunk)
        except Duplicate:
            point.back()
            for item in chunk:
                self._single(change, item)
        else:
            point.keep()
            self.found.extend(found)

    def _single(self, change: Change, item: Item) -> None:
        """Take one item back; a record whose key is taken stays as it is from here on."""
        point = Savepoint(self.work)
        try:
            found = self._take_back(change, [item])
        except Duplicate:
            point.back()
            self.found.problems.add(Problem(catalog.entity(item.entity), item.record, TAKEN, image=item.before))
            self.taken.add((item.entity, item.record))
        else:
            point.keep()
            self.found.extend(found)

    def _take_back(self, change: Change, chunk: Sequence[Item]) -> Findings:
        """Take items back together and return what came up."""
        found, work = Findings(), self.work
        for name, members in reading.together(chunk).items():
            entity = self._entity(name, change)
            # Locked first, looked at afterwards: what another writer has just committed counts as later.
            self._lock(entity, members)
            mailed.recall(work, entity, members, found)
            hits = self.later.after(change, name, members)
            plain = [id for id, net in members.items() if net.absent and self._is_free(name, id, hits)]
            self.rights.check(change, entity, {id: members[id] for id in plain})
            mailed.release(work, entity, plain)
            restoring.remove_created(work, entity, plain, found)
            gone = set(plain)
            rest = {id: net for id, net in members.items() if id not in gone}
            if rest:
                current = restoring.images(work, entity, rest)
                self._restrict(entity, rest, hits, current, found)
                self.rights.check(change, entity, rest)
                restoring.put_back(work, entity, rest, current, found)
                standing.note(work, entity, rest, found)
                found.missing += restoring.missing(work, entity, rest)
        return found

    def _lock(self, entity: Entity, members: dict[UUID, Net]) -> None:
        """Keep other writers from records; SQLite's writer is alone already."""
        if self.work.connection.dialect == "postgresql":
            list(rows.stored(self.work.connection, self.work.scope, entity, "id", sorted(members), ["id"], lock=True))

    def _is_free(self, name: str, id: UUID, hits: Hits) -> bool:
        """Return whether nothing speaks against removing a record without a look at it."""
        return name != "user" and id not in hits and (name, id) not in self.taken and (name, id) not in self.blocked

    def _entity(self, name: str, change: Change) -> Entity:
        """Return an entity that the user may write; raises Denied, and Conflict for what this program does not know."""
        entity = catalog.entities().get(name)
        if entity is None:
            raise Conflict(f"{change.reference} touched {name}, which this version of mycrm does not know")
        roles.check_undo(self.work.scope, entity)
        return entity

    def _restrict(
        self, entity: Entity, members: dict[UUID, Net], later: Hits, current: restoring.Images, found: Findings
    ) -> None:
        """Leave out the records and fields that are blocked, or that later changes have touched."""
        for id in list(members):
            if members[id].lost and not members[id].absent:
                found.problems.add(Problem(entity, id, ERASED, image=current.get(id)))
                del members[id]
                continue
            stop = {"*"} if (entity.name, id) in self.taken else self.blocked.get((entity.name, id), set())
            if hits := later.get(id):
                stop = stop | self._clash(entity, id, members[id], hits, current, found)
            if stop and not leave_out(entity, members[id], stop):
                del members[id]

    def _clash(
        self,
        entity: Entity,
        id: UUID,
        net: Net,
        hits: list[tuple[int, frozenset[str]]],
        current: restoring.Images,
        found: Findings,
    ) -> set[str]:
        """Return the fields of a record that later changes touched as well, and remember them as a problem."""
        whole = net.absent or net.whole
        stop: set[str] = set()
        numbers = []
        for number, later in hits:
            common = later if whole or later & WHOLE else later & net.values.keys()
            stop |= common
            if any(name not in DERIVED and not deeds.is_deed(name) for name in common):
                numbers.append(number)
        if not numbers:
            return set() if whole else stop
        fields: set[str] = set() if whole or "*" in stop else stop - DERIVED
        image = current.get(id) or net.values
        found.problems.add(Problem(entity, id, CHANGED, image=image, fields=fields, numbers=numbers))
        if net.absent:
            self.kept.add((entity.name, id))
        return {"*"} if whole else stop

    def _check_missing(self, end: Findings) -> None:
        """Add a problem for each reference that was put back and leads nowhere now that all is done."""
        by_table: dict[str, set[UUID]] = {}
        for _, _, _, table, target in self.found.missing:
            by_table.setdefault(table, set()).add(target)
        work = self.work
        there = {
            (table, row[0])
            for table, ids in by_table.items()
            for row in rows.fetch(work.connection, work.scope, catalog.by_table(table), "id", sorted(ids), ["id"])
        }
        missing = [each for each in self.found.missing if each[3:] not in there]
        removals = {table: self._since(catalog.by_table(table).name, ids) for table, ids in by_table.items() if missing}
        holders: dict[str, set[UUID]] = {}
        for entity, id, *_ in missing:
            holders.setdefault(entity.name, set()).add(id)
        images = {
            name: rows.images(work.connection, work.scope, catalog.entity(name), ids) for name, ids in holders.items()
        }
        for entity, id, field, table, target in missing:
            if image := images[entity.name].get(id):
                numbers = [number for number, fields in removals[table].get(target, ()) if fields & WHOLE]
                end.problems.add(Problem(entity, id, NOWHERE, image=image, fields=[field], numbers=numbers))

    def _check_standing(self, end: Findings) -> None:
        """Add a problem for each deal that does not go with its stage now that all is done."""
        apart = standing.stages_of(self.work, self.found)
        changed = self._since("stage", set(apart.values())) if apart else {}
        standing.check(self.work, self.found, apart, changed, end)

    def _since(self, name: str, ids: set[UUID]) -> Hits:
        """Return what was done to records since the oldest of the changes."""
        return self.later.after(self.targets[-1], name, sorted(ids))


def leave_out(entity: Entity, net: Net, stop: set[str]) -> bool:
    """Take fields out of what is put back; return whether anything is left."""
    group, along = TOGETHER.get(entity.name, (frozenset(), frozenset()))
    if stop & group:
        stop = stop | group | along
    if "*" in stop or (net.whole and any(not entity.fields[name].nullable for name in stop)):
        return False
    for name in stop:
        net.values.pop(name, None)
    return net.absent or net.whole or bool(net.values)
