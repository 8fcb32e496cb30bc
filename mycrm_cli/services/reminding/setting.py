"""Puts reminders on tasks: at a moment, some time before they are due, or none."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.times import OFFSET, at, parse
from mycrm_cli.services import records, recurrence, rows, tasks
from mycrm_cli.services.snoozing import DAY_END

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.services.work import Work

MORNING = time(9)
"""The clock time of a reminder on a day."""
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def span(option: str, text: str) -> tuple[timedelta, bool]:
    """Return a length of time such as ``30m``, ``24h`` or ``1d``, and whether it is in days; raises Invalid."""
    word = text.strip().lower().removesuffix("in") if text.strip().lower().endswith("min") else text.strip().lower()
    match = OFFSET.fullmatch(word)
    if match is None or match[1] == "-" or match[3] not in UNITS:
        raise Invalid(
            f"{option}: {text!r} is no length of time",
            details=[{"field": option, "code": "not_a_span"}],
            hint="minutes, hours, days or weeks: 30m, 24h, 1d, 1w",
        )
    return int(match[2]) * UNITS[match[3]], match[3] in "dw"


def put(work: Work, ids: Sequence[UUID], *, at_text: str | None = None, before: str | None = None) -> list[UUID]:
    """Set the reminders of open tasks, and return the ids of those that are different now.

    Unless told otherwise a task is reminded of when it is due; a day without a clock time is its morning.
    """
    tasks.check_open(work, ids)
    if at_text is not None:
        moment = _moment(work, at_text)
        return records.edit(work, catalog.entity("task"), [(id, {"reminder_at": moment}) for id in ids])
    ahead, in_days = span("before", before) if before is not None else (timedelta(0), False)
    edits = [(id, {"reminder_at": _before(work, number, due, ahead, in_days)}) for id, number, due in _due(work, ids)]
    return records.edit(work, catalog.entity("task"), edits)


def clear(work: Work, ids: Sequence[UUID]) -> list[UUID]:
    """Take the reminders of tasks away."""
    return records.edit(work, catalog.entity("task"), [(id, {"reminder_at": None}) for id in ids])


def _moment(work: Work, text: str) -> datetime:
    """Return the moment that a text names; raises Invalid."""
    locale = work.scope.locale
    try:
        found = parse(text, locale)
    except BadValue as error:
        detail: dict[str, object] = {"field": "reminder_at", "code": error.code}
        raise Invalid(f"at: {error.message}", details=[detail], hint="tomorrow, '2026-12-01 09:30', 2h") from None
    return found if isinstance(found, datetime) else at(found, MORNING, locale.timezone)


def _due(work: Work, ids: Sequence[UUID]) -> list[tuple[UUID, int, datetime | None]]:
    task = catalog.entity("task")
    columns = ["id", "number", "due_date"]
    found = {row[0]: row for row in rows.fetch(work.connection, work.scope, task, "id", sorted(ids), columns)}
    return [found[id] for id in ids if id in found]


def _before(work: Work, number: int, due: datetime | None, ahead: timedelta, in_days: bool) -> datetime:
    """Return the moment some time before a task is due; days keep the clock time."""
    if due is None:
        raise Invalid(
            f"T-{number} has no due date to be reminded before",
            details=[{"field": "due_date", "code": "required"}],
            hint=f"mycrm task remind T-{number} --at TIME",
        )
    zone = work.scope.locale.timezone
    local = recurrence.local_time(due, zone)
    if local.time() == DAY_END:
        local = datetime.combine(local.date(), MORNING)
    if in_days:
        return recurrence.moment(local - ahead, zone)
    return recurrence.moment(local, zone) - ahead
