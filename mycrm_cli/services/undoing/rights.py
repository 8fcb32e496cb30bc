"""Whether the user may take something back: write its records as they are now, and as they come to be.

It is asked for many records at once, and not at all of those who may write everything. What followed from a change
in the records of others is no obstacle: that something happened with them, and to what their links lead since
records were merged or converted.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli import roles as matrix
from mycrm_cli.errors import Denied
from mycrm_cli.query import journal
from mycrm_cli.services import ownership, rows
from mycrm_cli.services.undoing import glance
from mycrm_cli.services.undoing.findings import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.journal import Change
    from mycrm_cli.services.undoing.items import Many, Net
    from mycrm_cli.services.work import Work

FOLLOWING = frozenset("last_activity_at first_responded_at score score_breakdown grade version updated_at".split())
"""What moves in records of others when something happens with them."""
CARRYING = frozenset(("convert", "merge"))
"""Verbs after which what points to a record points to another one, whoever it belongs to."""
PEOPLE = frozenset(("contacts", "companies", "leads", "opportunities"))
JOINING = frozenset(("deal_contacts", "deal_companies", "contact_companies"))
"""Tables that hold nothing but links and the part that somebody has."""
STEP = 16 * 5000
"""Bytes of as many ids as are looked at together."""


class Rights:
    """Refuses what the user may not take back; raises Denied with who may."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.is_free = work.scope.role in matrix.ADMINISTRATORS
        self.carries: dict[UUID, bool] = {}
        self.changed: dict[tuple[UUID, str], bytearray] = {}
        self.inserted: dict[tuple[UUID, str], bytearray] = {}
        self.changes: dict[UUID, Change] = {}

    def check(self, change: Change, entity: Entity, members: Mapping[UUID, Net]) -> None:
        """Look at records that are about to be put back one by one, when they are locked."""
        if self.is_free:
            return
        concerned = {
            id: net
            for id, net in members.items()
            if not self._follows(change, entity, None if net.absent or net.whole else net.values.keys())
        }
        columns, me = matrix.OWNERS.get(entity.name, ()), str(self.work.scope.user_id)
        taken = {id for id, net in concerned.items() if any(net.values.get(column) == me for column in columns)}
        self._refuse(change, entity, [id.bytes for id in concerned], lambda: taken, "is not")
        for id, net in concerned.items():
            if not net.absent:
                self._remember(self.inserted if net.whole else self.changed, change, entity, id.bytes)

    def check_many(self, change: Change, entity: Entity, item: Many) -> None:
        """Look at the records of an item that is about to be taken back as a whole, when they are locked."""
        names = None if item.action in ("create", "purge") else item.touched
        if self.is_free or self._follows(change, entity, names):
            return
        if item.action != "purge":
            self._refuse(change, entity, item.keys, partial(self._taken, entity, item), "is not")
        if item.action != "create":
            where = self.inserted if item.action == "purge" else self.changed
            self._remember(where, change, entity, b"".join(item.keys))

    def check_written(self) -> None:
        """Look at what was put back, now that all is done; who had a record may leave it to nobody."""
        for held, may_leave in ((self.changed, True), (self.inserted, False)):
            for (change, name), packed in held.items():
                for start in range(0, len(packed), STEP):
                    part = bytes(packed[start : start + STEP])
                    keys = [part[place : place + 16] for place in range(0, len(part), 16)]
                    left = partial(_ids, keys if may_leave else ())
                    self._refuse(self.changes[change], catalog.entity(name), keys, left, "would not be")

    def _follows(self, change: Change, entity: Entity, touched: Iterable[str] | None) -> bool:
        """Return whether what a change did to a record follows from what it did elsewhere; None is all of it."""
        if touched is None:
            return entity.name in JOINING and self._is_carrying(change)
        rest = set(touched) - FOLLOWING
        return not rest or (rest <= links(entity) and self._is_carrying(change))

    def _is_carrying(self, change: Change) -> bool:
        """Return whether a change moved what points to records, or takes back one that did."""
        known = self.carries.get(change.id)
        if known is None:
            reader = self.work.reader
            known = change.kind not in journal.UNDOS and bool(CARRYING & set(map(str, change.command[1:2])))
            if change.kind in journal.UNDOS:
                aims = journal.targets(reader, [change.id]).get(change.id, [])
                several = journal.by_ids(reader, aims).values()
                known = bool(several) and all(self._is_carrying(each) for each in several)
            self.carries[change.id] = known
        return known

    def _taken(self, entity: Entity, item: Many) -> Collection[UUID]:
        """Return the records of an item that come to be the user's own."""
        columns, me = matrix.OWNERS.get(entity.name, ()), str(self.work.scope.user_id)
        if item.sheet is None or not (places := [p for p, name in enumerate(item.sheet["columns"]) if name in columns]):
            return ()
        pairs = zip(item.keys, item.sheet["rows"], strict=True)
        return {_id(key) for key, row in pairs if row is not None and any(row[place] == me for place in places)}

    def _remember(self, where: dict[tuple[UUID, str], bytearray], change: Change, entity: Entity, keys: bytes) -> None:
        """Keep records for the end."""
        self.changes[change.id] = change
        where.setdefault((change.id, entity.name), bytearray()).extend(keys)

    def _refuse(
        self, change: Change, entity: Entity, keys: Sequence[bytes], taken: Callable[[], Collection[UUID]], verb: str
    ) -> None:
        """Refuse records that are somebody else's, given by their ids as sixteen bytes each."""
        if not keys:
            return
        scope = self.work.scope
        head = f"{scope.email} is {scope.role} and may not take back {change.reference}"
        hint = f"an administrator can: mycrm undo {change.reference}"
        reach = matrix.allowed(scope.role, entity.name, matrix.EDIT)
        if reach is None:
            raise Denied(f"{head}: it changed {entity.plural}", hint=hint)
        if reach == matrix.ALL:
            return
        if len(keys) > rows.CHUNK and glance.is_own(self.work, entity, _id(min(keys)), _id(max(keys)), reach):
            return
        others = ownership.foreign(self.work, entity, [_id(key) for key in keys], reach, taken())
        if others:
            whose = "the team's" if reach == matrix.TEAM else "their own"
            raise Denied(f"{head}: {self._called(entity, others[0])} {verb} {whose}", hint=hint)

    def _called(self, entity: Entity, id: UUID) -> str:
        """Return how a record is called."""
        image = rows.images(self.work.connection, self.work.scope, entity, [id]).get(id)
        return label(entity, id, image)


def _ids(keys: Sequence[bytes]) -> frozenset[UUID]:
    return frozenset(map(_id, keys))


def _id(key: bytes) -> UUID:
    return UUID(bytes=key)


def links(entity: Entity) -> set[str]:
    """Return the columns that lead to people and deals, with the names beside them; not who they belong to."""
    found = {field.name for field in entity.fields.values() if field.table in PEOPLE and field.name != "id"}
    return found | ({str(entity.fields[name].relation) for name in found} & entity.fields.keys())
