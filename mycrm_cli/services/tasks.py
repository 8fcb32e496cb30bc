"""What one does with tasks: finish, leave out, start, reopen and move them."""

from __future__ import annotations

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Conflict
from mycrm_cli.services import moments, records, recurrence, repeating, rows
from mycrm_cli.services.snoozing import Delay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

OPEN = frozenset(("pending", "in_progress"))
SKIPPED = "skipped"
"""The outcome of a task that was left out."""


def complete(
    work: Work,
    ids: Sequence[UUID],
    *,
    outcome: str | None = None,
    notes: str | None = None,
    on: datetime | None = None,
) -> list[UUID]:
    """Finish tasks, at a moment that may lie back, and return the ids of those that are different now.

    Each becomes an activity of its records, and one that recurs makes its next one (see ``own.task``).
    """
    now = clock.now()
    moments.check_past(work, "completed_at", on, "leave --on out")
    said: Row = {"status": "completed", "outcome": outcome, "notes": notes, "completed_at": on}
    said = {name: value for name, value in said.items() if value is not None}
    edits = []
    for id, status in _columns(work, ids, "status"):
        edits.append((id, said if status == "completed" else {"completed_at": now} | said))
    return records.edit(work, catalog.entity("task"), edits)


def reopen(work: Work, ids: Sequence[UUID]) -> list[UUID]:
    """Take tasks up again that were finished or left out; what was made from them stays."""
    edits = []
    for id, status, outcome in _columns(work, ids, "status", "outcome"):
        if status not in OPEN:
            edits.append((id, {"status": "pending"} | ({"outcome": None} if outcome == SKIPPED else {})))
    return records.edit(work, catalog.entity("task"), edits)


def begin(work: Work, ids: Sequence[UUID]) -> list[UUID]:
    """Set open tasks to be in progress."""
    check_open(work, ids)
    return records.edit(work, catalog.entity("task"), [(id, {"status": "in_progress"}) for id in ids])


def skip(work: Work, ids: Sequence[UUID]) -> list[UUID]:
    """Leave open tasks out: nothing was done, and one that recurs makes its next one."""
    check_open(work, ids)
    task = catalog.entity("task")
    changed = records.edit(work, task, [(id, {"status": "cancelled", "outcome": SKIPPED}) for id in ids])
    for chunk in rows.chunks(changed):
        repeating.repeat(work, list(rows.images(work.connection, work.scope, task, chunk).values()))
    return changed


def snooze(work: Work, ids: Sequence[UUID], text: str) -> list[UUID]:
    """Move the due date and the reminder of open tasks alike; the series of one that recurs stays where it is."""
    check_open(work, ids)
    delay = Delay(text, work.scope.locale)
    edits = []
    for id, due, reminder in _columns(work, ids, "due_date", "reminder_at"):
        edits.append((id, delay.moved(due, reminder)))
    return records.edit(work, catalog.entity("task"), edits)


def check_open(work: Work, ids: Sequence[UUID]) -> None:
    """Refuse tasks that are finished or left out; raises Conflict naming the first."""
    for _, status, number in _columns(work, ids, "status", "number"):
        if status not in OPEN:
            hint = f"mycrm task reopen T-{number}"
            raise Conflict(f"T-{number} is {status}", details=[{"field": "status", "code": status}], hint=hint)


def _columns(work: Work, ids: Sequence[UUID], *names: str) -> list[tuple[Any, ...]]:
    """Return columns of tasks that are about to change, behind their ids, in the order of the ids."""
    task = catalog.entity("task")
    found = rows.fetch(work.connection, work.scope, task, "id", sorted(ids), ["id", *names], lock=True)
    known = {row[0]: row for row in found}
    return [known[id] for id in ids if id in known]


def untouched(row: Row) -> bool:
    """Return whether nobody did anything with a task since it was made."""
    return bool(row["status"] == "pending" and row["version"] == 1)


def told(moment: datetime, zone: str) -> str:
    """Return a moment as sentences say it: ``Mon 30 Nov 09:00``; the end of a day is the day."""
    local, now = recurrence.local_time(moment, zone), recurrence.local_time(clock.now(), zone)
    year = "" if local.year == now.year else f" {local.year}"
    clock_time = "" if (local.hour, local.minute, local.second) == (23, 59, 59) else f" {local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b}{year}{clock_time}"
