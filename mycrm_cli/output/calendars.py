"""Writes tasks for calendars (iCalendar, RFC 5545), one after another: to-dos, and events where one meets people."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from mycrm_cli import __version__, clock
from mycrm_cli.errors import ConfigError
from mycrm_cli.kinds.times import zone
from mycrm_cli.output import calendarseals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import Any, TextIO

FIELDS = (
    "id version title description notes task_type priority status due_date reminder_at completed_at outcome"
    " recurrence_rule timezone occurrence excluded_dates parent_task_id contact.name lead.name deal.name company.name"
    " created_at updated_at"
).split()
"""What an entry is made of."""
EXACT = (
    "number created_at updated_at title description task_type priority status due_date reminder_at completed_at outcome"
    " notes assigned_to.email created_by.email contact_id lead_id opportunity_id company_id recurrence_rule"
    " parent_task_id timezone occurrence when_missed excluded_dates"
).split()
"""The fields that an entry carries as they are."""
MEETINGS = {"call": timedelta(minutes=30), "meeting": timedelta(hours=1), "demo": timedelta(hours=1)}
"""Kinds of task that are events where they have a time, and how long they take in a calendar."""
HERE = "@mycrm"
"""What follows a task's id in the name by which calendars know it."""
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
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
ABOUT = ("contact.name", "lead.name", "deal.name", "company.name")


class Written:
    """What all entries of one calendar have in common.

    ``zones`` are those of the tasks that recur, ``continued`` the ids of tasks that have a next one: their
    series go on from there.
    """

    def __init__(self, own_zone: str, zones: Collection[str] = (), continued: Collection[str] = ()) -> None:
        self.own_zone = own_zone
        self.zones = {*zones, own_zone} - {"UTC"}
        self.continued = frozenset(continued)
        self.library = library("writing")


def write(out: TextIO, columns: Sequence[Any], rows: Iterable[Sequence[Any]], common: Written) -> int:
    """Write a calendar and return how many tasks are in it."""
    out.write(_text(_head(common.library)).removesuffix("END:VCALENDAR\r\n"))
    year = clock.now().year
    span = {"first_date": date(year - PAST, 1, 1), "last_date": date(year + FUTURE, 1, 1)}
    known = (common.library.Timezone.from_tzid(name, **span) for name in sorted(common.zones))
    out.writelines(_text(_a_line_each(found)) for found in known)
    count = 0
    texts = {column.name: column.kind.text for column in columns}
    for row in rows:
        task = {name: value for name, value in zip(texts, row, strict=True) if value not in (None, "", [])}
        out.writelines(_text(entry) for entry in entries(common, task, texts))
        count += 1
    out.write("END:VCALENDAR\r\n")
    return count


def library(doing: str) -> Any:
    """Return the library for calendars; raises ConfigError where it is not installed."""
    try:
        import icalendar
    except ImportError:
        hint = "pip install 'mycrm[calendar]'"
        raise ConfigError(f"{doing} calendars needs a library that is not installed", hint=hint) from None
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


def entries(common: Written, task: dict[str, Any], texts: dict[str, Any]) -> Iterator[Any]:
    """Yield the entry of a task, and where its series goes on from another time, the one that was moved."""
    is_event = task["task_type"] in MEETINGS and "due_date" in task and not _is_day(task, common)
    found = common.library.Event() if is_event else common.library.Todo()
    _add_text(common, found, task)
    _add_state(found, task, is_event=is_event)
    _add_times(common, found, task, is_event=is_event)
    if "reminder_at" in task and task["status"] in OPEN:
        found.add_component(_alarm(common.library, task, "START" if is_event else "END", repeats="RRULE" in found))
    exact = {name: texts[name](task[name]) for name in EXACT if name in task}
    found.add(calendarseals.NAME, common.library.vText(calendarseals.pack(found, exact, _further(task))))
    yield found
    due = task["due_date"] if is_event else None
    if due is not None and "RRULE" in found and found["DTSTART"].dt.astimezone(UTC) != due.replace(microsecond=0):
        yield _moved(common, found, task)


def _moved(common: Written, series: Any, task: dict[str, Any]) -> Any:
    """Return the one occurrence of an event that was moved."""
    found = common.library.Event()
    _add_text(common, found, task)
    _add_state(found, task, is_event=True)
    found.add("recurrence-id", series["DTSTART"].dt)
    found.add("dtstart", task["due_date"].replace(microsecond=0))
    found.add("duration", MEETINGS[task["task_type"]])
    found.add("x-mycrm-moved", common.library.vText("yes"))
    return found


def _zone(task: dict[str, Any], common: Written) -> Any:
    return zone(task.get("timezone") or common.own_zone)


def _is_day(task: dict[str, Any], common: Written) -> bool:
    """Return whether a due date is a day alone."""
    moment: datetime = task["due_date"].replace(microsecond=0)
    return moment.astimezone(_zone(task, common)).time() == DAY_END


def _add_text(common: Written, found: Any, task: dict[str, Any]) -> None:
    """Add what a task is called, and when it was written down."""
    found.add("uid", f"{task['id']}{HERE}")
    found.add("dtstamp", clock.now().replace(microsecond=0))
    found.add("summary", _clean(task["title"]))
    found.add("created", task["created_at"].replace(microsecond=0))
    found.add("last-modified", task["updated_at"].replace(microsecond=0))
    found.add("sequence", task["version"])
    found.add("categories", [task["task_type"]])
    if about := "\n\n".join(filter(None, [task.get("description"), _further(task)])):
        found.add("description", _clean(about))
    if "parent_task_id" in task:
        found.add("related-to", f"{task['parent_task_id']}{HERE}")


def _further(task: dict[str, Any]) -> str:
    """Return what there is to say of a task beside its own words: what came of it, and whom it is about."""
    about = ", ".join(str(task[name]) for name in ABOUT if name in task)
    return "\n\n".join(filter(None, [*(task.get(name) for name in ("notes", "outcome")), about]))


def _clean(text: str) -> str:
    """Return a text without characters that no calendar shows, and that some stumble over."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _add_state(found: Any, task: dict[str, Any], *, is_event: bool) -> None:
    """Add how far a task is, and how much it matters."""
    found.add("priority", PRIORITIES[task["priority"]])
    if is_event:
        found.add("status", "CANCELLED" if task["status"] == "cancelled" else "CONFIRMED")
        return
    found.add("status", STATUSES[task["status"]])
    if task["status"] == "completed" and "completed_at" in task:
        found.add("completed", task["completed_at"].replace(microsecond=0))
        found.add("percent-complete", 100)


def _add_times(common: Written, found: Any, task: dict[str, Any], *, is_event: bool) -> None:
    """Add when a task is due, and when it comes again: by the clock of its zone, or the day alone."""
    if "due_date" not in task:
        return
    moment = task["due_date"].replace(microsecond=0)
    local, whole_day = moment.astimezone(_zone(task, common)), _is_day(task, common)
    due: date | datetime = local.date() if whole_day else moment
    start: date | datetime = due
    if "recurrence_rule" in task and task["status"] in OPEN and str(task["id"]) not in common.continued:
        # An hour that comes twice has no name of its own in a zone, so that its second one is told in UTC.
        due = local.date() if whole_day else moment if local.fold else local
        start = _start(task, local, whole_day=whole_day, is_event=is_event)
        _add_rule(common.library, found, task, local, start)
    if is_event:
        found.add("dtstart", start)
        found.add("duration", MEETINGS[task["task_type"]])
        return
    if "RRULE" in found:
        found.add("dtstart", start)
    found.add("due", due)


def _add_rule(library: Any, found: Any, task: dict[str, Any], local: datetime, start: date | datetime) -> None:
    """Add the rule by which a task comes again, and what is left out of it."""
    rule = library.vRecur.from_ical(task["recurrence_rule"])
    if "UNTIL" in rule:
        rule["UNTIL"] = [_until(until, local, whole_day=not isinstance(start, datetime)) for until in rule["UNTIL"]]
    found.add("rrule", rule)
    for day in task.get("excluded_dates", ()):
        found.add("exdate", _excluded(day, start))


def _start(task: dict[str, Any], due: datetime, *, whole_day: bool, is_event: bool) -> date | datetime:
    """Return the time that the rule gave the task, from which it counts; it may have been put off since.

    A to-do does not begin after it is due.
    """
    given = datetime.fromisoformat(task["occurrence"]).replace(tzinfo=due.tzinfo) if "occurrence" in task else due
    start = given if is_event else min(given, due)
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


def _alarm(library: Any, task: dict[str, Any], end: str, *, repeats: bool) -> Any:
    """Return the alarm of a reminder: at its own moment, or as far before each occurrence of a series."""
    alarm = library.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _clean(task["title"]))
    moment = task["reminder_at"].replace(microsecond=0)
    if repeats:
        alarm.add("trigger", moment - task["due_date"].replace(microsecond=0), parameters={"RELATED": end})
    else:
        alarm.add("trigger", moment)
    return alarm
