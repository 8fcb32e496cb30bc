"""Writes tasks as to-dos for calendars (iCalendar, RFC 5545), one after another."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from mycrm_cli import __version__, clock
from mycrm_cli.errors import ConfigError
from mycrm_cli.kinds.times import zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from typing import Any, TextIO

FIELDS = (
    "id title description notes task_type priority status due_date reminder_at completed_at outcome"
    " recurrence_rule timezone occurrence excluded_dates parent_task_id contact.name lead.name deal.name company.name"
    " created_at updated_at"
).split()
"""What a to-do is made of."""
PRIORITIES = {"urgent": 1, "high": 3, "medium": 5, "low": 9}
STATUSES = {
    "pending": "NEEDS-ACTION",
    "in_progress": "IN-PROCESS",
    "completed": "COMPLETED",
    "cancelled": "CANCELLED",
}
OPEN = ("pending", "in_progress")
PAST, FUTURE = 5, 20
"""Years for which a calendar says when clocks change."""
DAY_END = time(23, 59, 59)
"""The clock time of a due date that is a day alone."""
ABOUT = ("contact.name", "lead.name", "deal.name", "company.name")


def write(
    out: TextIO, names: Sequence[str], rows: Iterable[Sequence[Any]], zones: Collection[str], own_zone: str
) -> int:
    """Write a calendar and return how many to-dos are in it; ``zones`` are those of the tasks that recur."""
    library = _library()
    out.write(_text(_head(library)).removesuffix("END:VCALENDAR\r\n"))
    year = clock.now().year
    span = {"first_date": date(year - PAST, 1, 1), "last_date": date(year + FUTURE, 1, 1)}
    known = (library.Timezone.from_tzid(name, **span) for name in sorted({*zones, own_zone} - {"UTC"}))
    out.writelines(_text(_a_line_each(found)) for found in known)
    count = 0
    for row in rows:
        task = {name: value for name, value in zip(names, row, strict=True) if value not in (None, "", [])}
        out.write(_text(todo(library, task, own_zone)))
        count += 1
    out.write("END:VCALENDAR\r\n")
    return count


def _library() -> Any:
    try:
        import icalendar
    except ImportError:
        hint = "pip install 'mycrm[calendar]'"
        raise ConfigError("writing calendars needs a library that is not installed", hint=hint) from None
    return icalendar


def _a_line_each(found: Any) -> Any:
    """Return a time zone with one change of its clocks a line: some programs read no further."""
    for part in found.subcomponents:
        if "rdate" in part:
            moments = [moment.dt for moment in part.pop("rdate").dts]
            for moment in moments:
                part.add("rdate", [moment])
    return found


def _text(component: Any) -> str:
    return str(component.to_ical().decode())


def _head(library: Any) -> Any:
    calendar = library.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//mycrm//mycrm {__version__}//EN")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def todo(library: Any, task: dict[str, Any], own_zone: str) -> Any:
    """Return the to-do of a task."""
    found = library.Todo()
    found.add("uid", str(task["id"]))
    found.add("dtstamp", clock.now().replace(microsecond=0))
    found.add("summary", task["title"])
    found.add("created", task["created_at"].replace(microsecond=0))
    found.add("last-modified", task["updated_at"].replace(microsecond=0))
    found.add("status", STATUSES[task["status"]])
    found.add("priority", PRIORITIES[task["priority"]])
    found.add("categories", [task["task_type"]])
    if about := _description(task):
        found.add("description", about)
    if "parent_task_id" in task:
        found.add("related-to", str(task["parent_task_id"]))
    if task["status"] == "completed" and "completed_at" in task:
        found.add("completed", task["completed_at"].replace(microsecond=0))
        found.add("percent-complete", 100)
    if "due_date" in task:
        _add_due(library, found, task, task.get("timezone") or own_zone)
    if "reminder_at" in task and task["status"] in OPEN:
        found.add_component(_alarm(library, task))
    return found


def _description(task: dict[str, Any]) -> str:
    """Return what there is to say of a task: its own words, what came of it, and whom it is about."""
    about = ", ".join(str(task[name]) for name in ABOUT if name in task)
    return "\n\n".join(filter(None, [*(task.get(name) for name in ("description", "notes", "outcome")), about]))


def _add_due(library: Any, found: Any, task: dict[str, Any], zone_name: str) -> None:
    """Add when a task is due, and when it comes again: by the clock of its zone, or the day alone."""
    moment = task["due_date"].replace(microsecond=0)
    local = moment.astimezone(zone(zone_name))
    whole_day = local.time() == DAY_END
    due: date | datetime = local.date() if whole_day else moment
    if "recurrence_rule" in task and task["status"] in OPEN:
        due = local.date() if whole_day else local
        start = _start(task, local, whole_day=whole_day)
        rule = library.vRecur.from_ical(task["recurrence_rule"])
        if "UNTIL" in rule:
            rule["UNTIL"] = [_until(until, local, whole_day=whole_day) for until in rule["UNTIL"]]
        found.add("dtstart", start)
        found.add("rrule", rule)
        for day in task.get("excluded_dates", ()):
            found.add("exdate", _excluded(day, start))
    found.add("due", due)


def _start(task: dict[str, Any], due: datetime, *, whole_day: bool) -> date | datetime:
    """Return the time that the rule gave the task, from which it counts; it may have been put off since."""
    given = datetime.fromisoformat(task["occurrence"]).replace(tzinfo=due.tzinfo) if "occurrence" in task else due
    start = min(given, due)
    return date(start.year, start.month, start.day) if whole_day else start


def _until(until: Any, due: datetime, *, whole_day: bool) -> date | datetime:
    """Return the end of a series in the form that its start calls for: a day with days, else in UTC."""
    if not isinstance(until, datetime):
        until = datetime.combine(until, DAY_END)
    local: datetime = until.astimezone(due.tzinfo) if until.tzinfo else until.replace(tzinfo=due.tzinfo)
    return local.date() if whole_day else local.astimezone(UTC)


def _excluded(text: str, start: date | datetime) -> date | datetime:
    """Return an occurrence that is left out; a day alone is the one at the usual time of that day."""
    local = datetime.fromisoformat(text)
    if not isinstance(start, datetime):
        return local.date()
    clock_time = start.time() if len(text) == len("2026-11-05") else local.time()
    return datetime.combine(local.date(), clock_time, start.tzinfo)


def _alarm(library: Any, task: dict[str, Any]) -> Any:
    """Return the alarm of a reminder, at its own moment."""
    alarm = library.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", task["title"])
    alarm.add("trigger", task["reminder_at"].replace(microsecond=0))
    return alarm
