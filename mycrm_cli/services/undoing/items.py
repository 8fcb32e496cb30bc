"""The items of a change, newest first, and what they make together of each record."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.kinds.structures import read_json
from mycrm_cli.query.deeds import has_deed
from mycrm_cli.query.sheets import image, keys_of
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from mycrm_cli.query.journal import Change
    from mycrm_cli.query.sheets import Sheet
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

CHUNK = 2000
"""Items that are taken back at a time."""
MOST = 5000
"""Records of several items of many that are taken back at once, where the same was done with them."""


class Item(NamedTuple):
    """One item of a change; ``before`` is the image as JSON holds it, None where there is none (any more)."""

    entity: str
    record: UUID
    action: str
    before: Row | None
    lost: bool


class Many(NamedTuple):
    """An item of many records; ``sheet`` are their images, None where there are none (any more)."""

    entity: str
    keys: list[bytes]
    action: str
    touched: list[str]
    sheet: Sheet | None
    had: bool

    @property
    def whole(self) -> bool:
        """Whether all the images are there that there were."""
        return not self.had or (self.sheet is not None and None not in self.sheet["rows"])

    def is_like(self, other: Many) -> bool:
        """Return whether the same was done with other records, of which there are not too many together."""
        first, second = (
            (item.entity, item.action, item.touched, item.had, item.sheet["columns"] if item.sheet else None)
            for item in (self, other)
        )
        # Items of few records are of large ones.
        fitting = MOST // 10 <= len(self.keys) <= MOST - len(other.keys)
        return first == second and fitting and self.whole and other.whole and set(self.keys).isdisjoint(other.keys)

    def before(self, other: Many) -> Many:
        """Return both as one; this one came first."""
        sheet = None
        if self.sheet is not None and other.sheet is not None:
            sheet = {"columns": self.sheet["columns"], "rows": self.sheet["rows"] + other.sheet["rows"]}
        return self._replace(keys=self.keys + other.keys, sheet=sheet)

    def single(self) -> Iterator[list[Item]]:
        """Yield what it did to each record, the last one first, some at a time."""
        for end in range(len(self.keys), 0, -CHUNK):
            found = []
            for place in range(end - 1, max(end - CHUNK, 0) - 1, -1):
                id, before = UUID(bytes=self.keys[place]), image(self.sheet, place)
                if before is not None and self.action == "purge":
                    before["id"] = str(id)
                lost = self.had and before is None
                found.append(Item(self.entity, id, self.action, before, lost))
            yield found


class Net:
    """What a record is to be: not there (``absent``), a whole row again (``whole``), or with ``values`` as before."""

    __slots__ = ("absent", "lost", "values", "whole")

    def __init__(self) -> None:
        self.absent = False
        self.whole = False
        self.lost = False
        self.values: Row = {}

    def back(self, item: Item) -> None:
        """Go one step further back."""
        self.lost = self.lost or item.lost
        if item.action == "create":
            self.absent, self.whole, self.values = True, False, {}
        elif item.action == "purge":
            self.absent, self.whole, self.values = False, True, dict(item.before or {})
        else:
            self.absent = False
            self.values.update(item.before or {})


Nets = dict[str, dict[UUID, Net]]


def together(items: Sequence[Item]) -> Nets:
    """Return what the items make of each record, by entity and id, in the order in which they are met."""
    nets: Nets = {}
    for item in items:
        members = nets.setdefault(item.entity, {})
        net = members.get(item.record)
        if net is None:
            net = members[item.record] = Net()
        net.back(item)
    return nets


def chunks(work: Work, change: Change) -> Iterator[list[Item] | Many]:
    """Yield the items of a change, newest first: some at a time, those of many records as large as they may be."""
    last: Many | None = None
    for chunk in _chunks(work, change):
        if last is not None and isinstance(chunk, Many) and chunk.is_like(last):
            last = chunk.before(last)
            continue
        if last is not None:
            yield last
        last = chunk if isinstance(chunk, Many) else None
        if isinstance(chunk, list):
            yield chunk
    if last is not None:
        yield last


def _chunks(work: Work, change: Change) -> Iterator[list[Item] | Many]:
    """Yield the items as the journal has them."""
    connection = work.connection
    dialect = connection.dialect
    key = rows.converted(
        [work.scope.organization_id, change.id],
        rows.savers(catalog.entity("change_items"), ["organization_id", "change_id"], dialect),
    )
    last = connection.execute(
        "SELECT max(position) FROM change_items WHERE organization_id = ? AND change_id = ?", key
    ).fetchone()[0]
    load = catalog.entity("changes").fields["id"].kind.loader(dialect) or (lambda key: key)
    for high in range(last or 0, 0, -CHUNK):
        within = [*key, high - CHUNK, high]
        payloads = dict(connection.execute(PAYLOADS, within).fetchall())
        single: list[Item] = []
        for row in connection.execute(ITEMS, within).fetchall():
            if row[5] is None:
                if row[1] != "changes" and not has_deed(row[6]):
                    single.append(_item(row, payloads, load))
                continue
            if single:
                yield single
                single = []
            yield _many(row, payloads)
        if single:
            yield single


ITEMS = (
    "SELECT position, entity, record_id, action, payload_hash, members, touched FROM change_items"
    " WHERE organization_id = ? AND change_id = ? AND position > ? AND position <= ? ORDER BY position DESC"
)
PAYLOADS = (
    'SELECT position, "before" FROM change_payloads'
    " WHERE organization_id = ? AND change_id = ? AND position > ? AND position <= ?"
)


def _item(row: Sequence[Any], payloads: dict[int, Any], load: Any) -> Item:
    position, entity, record, action, digest, *_ = row
    before = payloads.get(position)
    image = None if before is None else read_json(before)
    return Item(entity, load(record), action, image, digest is not None and before is None)


def _many(row: Sequence[Any], payloads: dict[int, Any]) -> Many:
    position, entity, _, action, digest, members, touched = row
    before = payloads.pop(position, None)
    sheet = None if before is None else read_json(before)
    return Many(entity, keys_of(members), action, read_json(touched), sheet, digest is not None)
