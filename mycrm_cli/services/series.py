"""What one does with a whole series: move it from an occurrence on, end it on a day, leave out later ones."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Invalid, NotFound, UsageError
from mycrm_cli.kinds import BadValue
from mycrm_cli.services import moving, records, recurrence, repeating, rows, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

FOLLOWING, UNTIL = "+following", "+until"
"""What an edit says beside the fields: that the series moves along, and the day with which it ends."""
OPEN = ("pending", "in_progress")
AHEAD = 20_000
"""Occurrences in which a day that is to be left out is looked for: 54 years of a daily task."""


def adapt(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Turn what is said of series into fields, in place: (row before, what is given)."""
    moved = [before for before, changes in edits if changes.get(FOLLOWING)]
    _check_moved(work, moved)
    for before, changes in edits:
        if changes.pop(FOLLOWING, False):
            _move(before, changes)
        elif before["recurrence_rule"] and before["timezone"]:
            _take_reminder_along(before, changes, before["timezone"])
        if (day := changes.pop(UNTIL, None)) is not None:
            _end(before, changes, day)


def _check_moved(work: Work, tasks: Sequence[Row]) -> None:
    """Refuse to move series from a task from which they do not go on."""
    for task in tasks:
        if not (task["recurrence_rule"] and task["occurrence"]):
            raise _no_series(task)
    for next_one in repeating.following(work, [task["id"] for task in tasks]):
        number = next(task["number"] for task in tasks if task["id"] == next_one["parent_task_id"])
        raise Conflict(
            f"T-{number} has its next one already",
            details=[{"field": "status", "code": "has_next"}],
            hint=f"the series goes on from T-{next_one['number']}: mycrm task edit T-{next_one['number']} --following",
        )


def _no_series(task: Row) -> Invalid:
    return Invalid(
        f"T-{task['number']} does not come again",
        details=[{"field": "recurrence_rule", "code": "required"}],
        hint=f"mycrm task edit T-{task['number']} --recurrence '{recurrence.EXAMPLE}'",
    )


def _move(before: Row, changes: Row) -> None:
    """Let the series of a task start anew at its new due date: rule, reminder and excluded days move along."""
    due, zone = changes.get("due_date"), changes.get("timezone") or before["timezone"]
    if due is None:
        hint = f"mycrm task edit T-{before['number']} --due fri --following"
        raise UsageError("--following moves a series: to which --due?", hint=hint)
    old = datetime.fromisoformat(before["occurrence"])
    try:
        start = recurrence.local_time(due, zone)
        rule = changes.get("recurrence_rule") or moving.moved(before["recurrence_rule"], old, start)
        changes["recurrence_rule"] = recurrence.normal(rule)
    except BadValue as error:
        raise values.invalid(catalog.entity("task").fields["recurrence_rule"], error) from None
    changes["occurrence"] = start.isoformat()
    if before["excluded_dates"] and "excluded_dates" not in changes:
        changes["excluded_dates"] = [_shifted(text, old, start) for text in before["excluded_dates"]]
    _take_reminder_along(before, changes, zone)


def _take_reminder_along(before: Row, changes: Row, zone: str) -> None:
    """Let a reminder stay as far ahead of its due date: the next ones of a series are reminded of by this one."""
    due, old, reminder = changes.get("due_date"), before["due_date"], before["reminder_at"]
    if due is None or old is None or reminder is None or "reminder_at" in changes:
        return
    ahead = recurrence.local_time(old, zone) - recurrence.local_time(reminder, zone)
    changes["reminder_at"] = recurrence.moment(recurrence.local_time(due, zone) - ahead, zone)


def _shifted(text: str, old: datetime, start: datetime) -> str:
    """Return an excluded occurrence as it is in the series that moved."""
    if len(text) == len("2026-11-05"):
        return (date.fromisoformat(text) + (start.date() - old.date())).isoformat()
    return (datetime.fromisoformat(text) + (start - old)).isoformat()


def _end(before: Row, changes: Row, day: date) -> None:
    """Let the series of a task end with a day."""
    rule = changes.get("recurrence_rule") or before["recurrence_rule"]
    if not rule:
        raise _no_series(before)
    try:
        changes["recurrence_rule"] = recurrence.ended(rule, day)
    except BadValue as error:
        raise values.invalid(catalog.entity("task").fields["recurrence_rule"], error) from None
    # A new end is no new start: the series stays where it is, wherever its task was put off to.
    changes.setdefault("occurrence", before["occurrence"])


def leave_out(work: Work, ids: Sequence[UUID], days: Collection[date]) -> list[UUID]:
    """Leave later occurrences out of the series of open tasks; raises Invalid for days on which there is none."""
    task = catalog.entity("task")
    edits = []
    for row in rows.images(work.connection, work.scope, task, ids, lock=True).values():
        if not row["recurrence_rule"] or not row["occurrence"]:
            raise _no_series(row)
        if row["status"] not in OPEN:
            hint = f"mycrm task reopen T-{row['number']}"
            raise Conflict(
                f"T-{row['number']} is {row['status']}", details=[{"field": "status", "code": row["status"]}], hint=hint
            )
        known = list(row["excluded_dates"] or ())
        new = [day.isoformat() for day in sorted(days) if day.isoformat() not in known]
        for text in new:
            _check_day(row, date.fromisoformat(text), known)
        edits.append((row["id"], {"excluded_dates": sorted([*known, *new])}))
    return records.edit(work, task, edits)


def _check_day(row: Row, day: date, known: Collection[str]) -> None:
    """Refuse a day on which a series has no later occurrence; raises Invalid or NotFound."""
    local = datetime.fromisoformat(row["occurrence"])
    name = f"T-{row['number']}"
    if day == local.date():
        raise Invalid(
            f"{day} is the day of {name} itself",
            details=[{"field": "excluded_dates", "code": "own_day"}],
            hint=f"mycrm task skip {name}",
        )
    steps = islice(recurrence.occurrences(row["recurrence_rule"], local, row["timezone"], known), AHEAD)
    coming: list[str] = []
    for step in steps:
        if step.local.date() == day:
            return
        if step.local.date() > day + timedelta(366):
            break
        if len(coming) < 3 or step.local.date() < day:
            coming = [*coming[-2:], step.local.date().isoformat()]
    hint = f"it comes on {', '.join(coming)} …" if coming else "it has no later occurrence"
    raise NotFound(
        f"{name} does not come on {day}", details=[{"field": "excluded_dates", "code": "no_occurrence"}], hint=hint
    )
