"""What follows when a task is done: an activity on its records, and the next one of what recurs."""

from __future__ import annotations

from datetime import datetime

from mycrm_cli import catalog, clock
from mycrm_cli.services import activities, records, recurrence, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

KEPT = (
    "title description task_type priority assigned_to_id contact_id lead_id opportunity_id company_id timezone"
    " excluded_dates"
).split()
"""What the next task has of the one before."""
SPOKEN = {"call": "outbound", "email": "outbound", "meeting": "none", "demo": "none"}
"""Kinds of task by which we speak to people, and who begins."""


def write_down(work: Work, done: Sequence[Row]) -> None:
    """Add an activity for each task that is done and is about a record."""
    new = [_activity(work, task) for task in done if any(task[link] for link in activities.LINKS)]
    if new:
        records.add(work, catalog.entity("activity"), new)


def _activity(work: Work, task: Row) -> Row:
    """Return what happened when a task was done."""
    kind = {"demo": "meeting"}.get(task["task_type"], task["task_type"])
    return {
        "activity_type": kind if kind in activities.ANSWERS else "task",
        "direction": SPOKEN.get(task["task_type"], "none"),
        "subject": task["title"],
        "body": task["notes"],
        "outcome": task["outcome"],
        "occurred_at": task["completed_at"],
        "user_id": work.scope.user_id,
        "task_id": task["id"],
        **{link: task[link] for link in activities.LINKS if task[link]},
    }


def repeat(work: Work, tasks: Sequence[Row]) -> list[Row]:
    """Make the next task of each that recurs and return them; a task that has a next one gets no other.

    A series that was left alone goes on behind today with one task.
    """
    recurring = [task for task in tasks if task["recurrence_rule"] and task["occurrence"]]
    if not recurring:
        return []
    there = {row["parent_task_id"] for row in following(work, [task["id"] for task in recurring])}
    new = [row for task in recurring if task["id"] not in there and (row := _next(work, task, clock.now()))]
    return records.add(work, catalog.entity("task"), new) if new else []


def _next(work: Work, task: Row, after: datetime) -> Row | None:
    """Return the values of the next task, or None where the series has ended."""
    local, zone = datetime.fromisoformat(task["occurrence"]), task["timezone"]
    step = recurrence.next_occurrence(task["recurrence_rule"], local, zone, task["excluded_dates"] or (), after)
    if step is None:
        return None
    return {name: task[name] for name in KEPT} | {
        "due_date": step.moment,
        "occurrence": step.local.isoformat(),
        "recurrence_rule": step.rule,
        "reminder_at": _reminder(task, step.local),
        "parent_task_id": task["id"],
        "created_by_id": work.scope.user_id,
    }


def _reminder(task: Row, local: datetime) -> datetime | None:
    """Return when to remind of the next task: as far before it, by the clock on the wall, as of this one."""
    if task["reminder_at"] is None:
        return None
    zone = task["timezone"]
    ahead = recurrence.local_time(task["due_date"], zone) - recurrence.local_time(task["reminder_at"], zone)
    return recurrence.moment(local - ahead, zone)


def following(work: Work, ids: Iterable[UUID]) -> list[Row]:
    """Return the tasks that were made when these recurred."""
    columns = ["parent_task_id", "id", "number", "due_date", "status", "version", "created_at", "updated_at"]
    task = catalog.entity("task")
    found = rows.fetch(work.connection, work.scope, task, "parent_task_id", sorted(ids), columns)
    return [dict(zip(columns, row, strict=True)) for row in found]
