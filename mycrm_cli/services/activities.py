"""What happened with records: whom it concerns, and when they were last heard of."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.services import moments, rows, updating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

UNSENT = frozenset(("queued", "failed"))
"""How far messages came that nobody has exchanged yet."""
MOVED = {"contact_id": "contact", "lead_id": "lead", "opportunity_id": "deal"}
"""The links to records that know when something last happened with them."""
LINKS = (*MOVED, "company_id")
ANSWERS = frozenset(("call", "email", "meeting"))
"""Kinds of activity by which a lead is answered."""


class Happening(NamedTuple):
    """Something that happened with the records a row links to; ``answer`` says that we spoke to them."""

    row: Row
    moment: datetime
    answer: bool = False


def imported(work: Work) -> bool:
    """Return whether an import is being written, which brings its own authors and times along."""
    return work.journal.kind == "import"


def sign(work: Work, values: Iterable[Row], *columns: str) -> None:
    """Enter the user where nobody is named, not even as nobody; an import says itself who it was."""
    if not imported(work):
        for value in values:
            for column in columns:
                value.setdefault(column, work.scope.user_id)


def check_past(work: Work, row: Row, column: str) -> None:
    """Refuse what would have happened more than a day from now; raises Invalid. Imports may bring plans along."""
    if not imported(work):
        hint = "plan it: mycrm task add TITLE --due DATE"
        moments.check_past(work, column, row[column], hint, timedelta(days=1))


def advance(work: Work, happenings: Sequence[Happening]) -> None:
    """Move the last activity of records forward, never back, and note the first answer to leads that had none."""
    now = clock.now()
    for column, noun in MOVED.items():
        last: dict[UUID, datetime] = {}
        first: dict[UUID, datetime] = {}
        for happening in happenings:
            id, moment = happening.row.get(column), min(happening.moment, now)
            if id is None:
                continue
            last[id] = max(moment, last.get(id, moment))
            if happening.answer and noun == "lead":
                first[id] = min(moment, first.get(id, moment))
        if last:
            _move(work, catalog.entity(noun), last, first)


def _move(work: Work, entity: Entity, last: dict[UUID, datetime], first: dict[UUID, datetime]) -> None:
    """Write the times that are later than the stored ones, and the first answers where there was none."""
    columns = ["id", "last_activity_at", *(["first_responded_at"] if first else [])]
    behind = []
    for id, stored, *answered in rows.fetch(work.connection, work.scope, entity, "id", sorted(last), columns):
        if stored is None or stored < last[id] or (id in first and answered == [None]):
            behind.append(id)
    for chunk in rows.chunks(behind):
        images = rows.images(work.connection, work.scope, entity, chunk, lock=True)
        changes = [(id, _later(image, last[id], first.get(id))) for id, image in images.items()]
        updating.write(work, entity, images, [(id, change) for id, change in changes if change])


def _later(image: Row, last: datetime, first: datetime | None) -> Row:
    """Return what changes in a record with which something happened."""
    changes: Row = {}
    if image["last_activity_at"] is None or image["last_activity_at"] < last:
        changes["last_activity_at"] = last
    if first is not None and image["first_responded_at"] is None:
        changes["first_responded_at"] = first
    return changes


def happened(row: Row) -> Happening:
    """Return what an activity means for its records."""
    answer = row["activity_type"] in ANSWERS and row["direction"] != "inbound"
    if row["activity_type"] != "meeting":
        answer = answer and row["direction"] == "outbound"
    return Happening(row, row["occurred_at"], answer)


def fill_links(work: Work, values: Sequence[Row]) -> None:
    """Link activities with what their task or their deal is about, and with the contact's company.

    What is given stays, be it nothing. A row with an id is the copy of another one and stays as it is.
    """
    fresh = [value for value in values if value.get("id") is None]
    unlinked = [value for value in fresh if not any(value.get(link) for link in LINKS)]
    _inherit(work, unlinked, "task_id", "task", LINKS)
    _inherit(work, fresh, "opportunity_id", "deal", ("contact_id", "company_id"))
    _inherit(work, fresh, "contact_id", "contact", ("company_id",))


def _inherit(work: Work, values: Sequence[Row], link: str, noun: str, columns: Sequence[str]) -> None:
    """Copy links of the record that a link leads to, where they are not given."""
    wanted = [value for value in values if value.get(link) and not all(column in value for column in columns)]
    if not wanted:
        return
    known = columns_of(work, noun, {value[link] for value in wanted}, columns)
    for value in wanted:
        for column, found in zip(columns, known.get(value[link], ()), strict=False):
            if found is not None:
                value.setdefault(column, found)


def columns_of(work: Work, noun: str, ids: Iterable[UUID], columns: Sequence[str]) -> dict[UUID, tuple[Any, ...]]:
    """Return columns of records, by id."""
    entity = catalog.entity(noun)
    found = rows.fetch(work.connection, work.scope, entity, "id", sorted(ids), ["id", *columns])
    return {row[0]: row[1:] for row in found}
