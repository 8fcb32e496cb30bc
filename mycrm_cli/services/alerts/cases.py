"""What calls for an alert now, the oldest first, and who has to hear of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.query import Select
from mycrm_cli.query.nodes import Compare, Not, Value, Virtual, all_of
from mycrm_cli.query.virtual import CLOSED_LEAD, RESPONSE_LIMIT, USUAL_LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.query import Reader
    from mycrm_cli.query.nodes import Node

UNANSWERED, STALLED, OVERDUE = "unanswered", "stalled", "overdue"
KINDS = (UNANSWERED, STALLED, OVERDUE)
REACH = timedelta(days=30)
"""What has been so for longer is told no more: the first run does not tell of years."""


class Case(NamedTuple):
    """A record that calls for an alert, since when, and who is responsible, if anybody is.

    ``began`` is what the waiting is counted from: another limit does not make it another case.
    """

    kind: str
    id: UUID
    reference: str
    title: str
    since: datetime
    owner: UUID | None
    began: datetime


def find(reader: Reader, now: datetime) -> list[Case]:
    """Return what calls for an alert now, except what was late before it was written down, as imports bring it."""
    found = [*_leads(reader, now), *_deals(reader), *_tasks(reader, now)]
    kept = [case for case in found if now - REACH <= case.since <= now and not _came_late(case, now)]
    return sorted(kept, key=lambda case: (KINDS.index(case.kind), case.since, case.id.int))


def limit(reader: Reader) -> timedelta | None:
    """Return within what time leads are to be answered, None for no limit."""
    settings = reader.record(catalog.entity("org"), reader.scope.organization_id)["settings"] or {}
    minutes = int(settings.get(RESPONSE_LIMIT, USUAL_LIMIT))
    return timedelta(minutes=minutes) if minutes > 0 else None


def _leads(reader: Reader, now: datetime) -> Iterator[Case]:
    wait = limit(reader)
    if wait is None:
        return
    where = all_of(
        [
            Compare("first_responded_at", "=", [Value("none")]),
            Not(Compare("status", "=", [Value(word) for word in CLOSED_LEAD])),
            _between("created_at", now - wait - REACH, now - wait),
        ]
    )
    names = ["id", "number", "name", "company", "created_at", "assigned_to_id", "owner_id"]
    for id, number, name, company, created, assigned, owner in reader.rows(
        Select(catalog.entity("lead"), names, where=where, sort="id")
    ):
        title = f"{name} ({company})" if company else name
        yield Case(UNANSWERED, id, f"L-{number}", title, created + wait, assigned or owner, created)


def _deals(reader: Reader) -> Iterator[Case]:
    names = ["id", "number", "name", "stage", "stage_changed_at", "stage.stale_after_days", "owner_id"]
    found = reader.rows(Select(catalog.entity("deal"), names, where=Virtual("STALE"), sort="id"))
    for id, number, name, stage, changed, days, owner in found:
        yield Case(STALLED, id, f"D-{number}", f"{name} ({stage})", changed + timedelta(days=days), owner, changed)


def _tasks(reader: Reader, now: datetime) -> Iterator[Case]:
    names = ["id", "number", "title", "due_date", "assigned_to_id", "created_by_id"]
    where = all_of([Virtual("OVERDUE"), _between("due_date", now - REACH, now)])
    for id, number, title, due, assigned, creator in reader.rows(
        Select(catalog.entity("task"), names, where=where, sort="id")
    ):
        yield Case(OVERDUE, id, f"T-{number}", title, due, assigned or creator, due)


def _between(field: str, first: datetime, last: datetime) -> Node | None:
    """Return the condition that a moment lies between two others."""
    values = [[Value(moment.isoformat(), quoted=True)] for moment in (first, last)]
    return all_of([Compare(field, ">=", [*values[0]]), Compare(field, "<", [*values[1]])])


def _came_late(case: Case, now: datetime) -> bool:
    """Return whether it was so before the record came here; its id knows when that was."""
    if case.id.version != 7:
        return False
    came = datetime.fromtimestamp((case.id.int >> 80) / 1000, UTC)
    return case.since < came <= now
