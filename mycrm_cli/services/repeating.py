"""What follows when a task is done: an activity on its records, and the next one of what recurs."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from mycrm_cli import catalog, clock
from mycrm_cli.ids import uuid7
from mycrm_cli.services import activities, records, recurrence, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.services.recurrence import Next
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

KEPT = (
    "title description task_type priority assigned_to_id contact_id lead_id opportunity_id company_id timezone"
    " excluded_dates when_missed"
).split()
"""What the next task has of the one before."""
SPOKEN = {"call": "outbound", "email": "outbound", "meeting": "none", "demo": "none"}
"""Kinds of task by which we speak to people, and who begins."""
MOST_MISSED = 40
"""Missed occurrences that are made up for, each with a task of its own: the latest ones."""


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
    """Make what comes next of each task that recurs, and return it; a task that has a next one gets no other.

    A series that was left alone goes on behind today with one task, or with one for each missed occurrence
    where the task says so.
    """
    recurring = [task for task in tasks if task["recurrence_rule"] and task["occurrence"]]
    if not recurring:
        return []
    there = {row["parent_task_id"] for row in following(work, [task["id"] for task in recurring])}
    new: list[Row] = []
    for task in recurring:
        if task["id"] not in there:
            new += _chain(work, task)
    return records.add(work, catalog.entity("task"), new) if new else []


def _chain(work: Work, task: Row) -> list[Row]:
    """Return the values of the tasks that come next: each repeats the one before."""
    new: list[Row] = []
    parent = task["id"]
    for step in _steps(work, task):
        values = _values(work, task, step) | {"id": uuid7(), "parent_task_id": parent}
        parent = values["id"]
        new.append(values)
    return new


def _steps(work: Work, task: Row) -> list[Next]:
    """Return the occurrences that get a task: the first one ahead, and those that were missed where each counts."""
    local, zone, now = datetime.fromisoformat(task["occurrence"]), task["timezone"], clock.now()
    rule, excluded = task["recurrence_rule"], task["excluded_dates"] or ()
    if task["when_missed"] != "each":
        step = recurrence.next_occurrence(rule, local, zone, excluded, now)
        return [step] if step else []
    missed: deque[Next] = deque(maxlen=MOST_MISSED)
    count = 0
    for step in recurrence.occurrences(rule, local, zone, excluded):
        if step.moment > now:
            _tell(work, task, count)
            return [*missed, step]
        missed.append(step)
        count += 1
    _tell(work, task, count)
    return list(missed)


def _tell(work: Work, task: Row, count: int) -> None:
    """Tell of missed occurrences that are more than are made up for."""
    if count > MOST_MISSED:
        work.scope.locale.warn(
            f"T-{task['number']}: {count:,} occurrences were missed; the latest {MOST_MISSED} are made up for, "
            f"{count - MOST_MISSED:,} are left out"
        )


def _values(work: Work, task: Row, step: Next) -> Row:
    """Return the values of a task at an occurrence of the series; nobody is reminded of what was missed."""
    missed = step.moment <= clock.now()
    return {name: task[name] for name in KEPT} | {
        "due_date": step.moment,
        "occurrence": step.local.isoformat(),
        "recurrence_rule": step.rule,
        "reminder_at": None if missed else _reminder(task, step.local),
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
