"""What an event or a to-do says, as the cells of a row: any program's by the standard, ours by what it carries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from mycrm_cli.output import calendarseals
from mycrm_cli.output.calendars import HERE, PRIORITIES
from mycrm_cli.services.transfer.model import Problem
from mycrm_cli.services.transfer.presets.icalendar import EXACT, HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.transfer.calendarzones import Zones

TYPES = ("call", "email", "meeting", "follow_up", "demo", "proposal", "other")
STATUSES = {
    "NEEDS-ACTION": "pending",
    "IN-PROCESS": "in_progress",
    "COMPLETED": "completed",
    "CANCELLED": "cancelled",
}
OURS = {str(number): word for word, number in PRIORITIES.items()}
UNTITLED = "(no title)"
SEALED = {
    "SUMMARY": ("Summary", "title"),
    "DESCRIPTION": ("Description", "description"),
    "STATUS": ("Status", "status"),
    "PRIORITY": ("Priority", "priority"),
    "RRULE": ("Rule", "recurrence_rule"),
    "EXDATE": ("Excluded dates", "excluded_dates"),
    "VALARM": ("Alarm", "reminder_at"),
}
"""What a property of ours stands for, as long as nobody changed it: heading and field."""


class Cells:
    """One entry on its way to a row. ``moved`` are the occurrences of its series that have entries of their own."""

    def __init__(self, component: Any, zones: Zones, moved: Sequence[Any] = ()) -> None:
        self.component = component
        self.zones = zones
        self.moved = moved
        self.is_event = component.name == "VEVENT"
        self.ours = calendarseals.unpack(component)
        self.uid = str(component.get("UID") or "").strip()
        self.id = _our_id(self.uid)
        self.check()

    def check(self) -> None:
        """Refuse an entry of which the library could not read what matters; raises Problem."""
        for name, message in self.component.errors:
            if name in (None, "SUMMARY", "DTSTART", "DUE", "DURATION", "RRULE", "EXDATE", "RECURRENCE-ID"):
                raise Problem("not_calendar", f"{self.component.name}: {message}"[:200], column=name or "")
        for name in ("SUMMARY", "DTSTART", "DUE", "RRULE", "UID"):
            if isinstance(self.component.get(name), list):
                raise Problem("not_calendar", f"{self.component.name} has several {name}", column=name)

    def row(self) -> list[str]:
        """Return the cells in the order of the headings."""
        row = dict.fromkeys(HEADER, "")
        if self.id:
            row["Our id"] = self.id
        elif self.uid:
            occurrence = self.component.get("RECURRENCE-ID")
            row["UID"] = self.uid[:200] + (f"/{self._moment(occurrence)}" if occurrence is not None else "")
        self._say_text(row)
        self._say_state(row)
        self._say_times(row)
        if self.ours is not None and self.id:
            self._take_ours(row, *self.ours)
        row["Calendar entry"] = "ours" if self.id else "event" if self.is_event else "to-do"
        return [row[heading] for heading in HEADER]

    def _texts(self, name: str) -> list[str]:
        found = self.component.get(name) or []
        return [text for each in (found if isinstance(found, list) else [found]) if (text := str(each).strip())]

    def _say_text(self, row: dict[str, str]) -> None:
        """Fill what the task is called, and what is said of it."""
        row["Summary"] = " ".join(" ".join(self._texts("SUMMARY")).split()) or UNTITLED
        row["Description"] = "\n\n".join(self._texts("DESCRIPTION"))
        further = [f"{name.capitalize()}: {text}" for name in ("LOCATION", "URL") for text in self._texts(name)]
        row["Notes"] = "\n".join([*further, *self._texts("COMMENT")])
        words = self.component.get("CATEGORIES")
        known = [str(word).strip().lower() for each in _several(words) for word in getattr(each, "cats", [each])]
        kind = next((word for word in known if word in TYPES), "meeting" if self.is_event else "")
        row["Category"] = kind

    def _say_state(self, row: dict[str, str]) -> None:
        """Fill how far the task is, and how much it matters."""
        said = str(self.component.get("STATUS") or "").upper()
        done = "COMPLETED" in self.component or str(self.component.get("PERCENT-COMPLETE")) == "100"
        if self.is_event:
            row["Status"] = "cancelled" if said == "CANCELLED" else ""
        else:
            row["Status"] = STATUSES.get(said, "completed" if done else "")
            if row["Status"] == "completed" and (moment := self.component.get("COMPLETED")) is not None:
                row["Completed"] = self._moment(moment)
        number = str(self.component.get("PRIORITY") or "0")
        if self.id and number in OURS:
            row["Priority"] = OURS[number]
        elif number.isdigit() and 0 < int(number[:3]) < 10:
            row["Priority"] = "high" if int(number) < 5 else "medium" if int(number) == 5 else "low"

    def _say_times(self, row: dict[str, str]) -> None:
        """Fill when the task is due, when it comes again, and when to remind of it."""
        start, due = self.component.get("DTSTART"), self._due()
        if due is None:
            return
        row["Due"] = self._moment(due)
        rule = self.component.get("RRULE")
        if rule is not None:
            given = self._counts_from(start, due)
            row["Rule"] = ";".join(f"{key}={value}" for key, value in _parts(rule))
            row["Time zone"] = self._zone(given)
            if row["Time zone"]:
                row["Series start"] = self._local(given)
            row["Excluded dates"] = self._excluded()
        row["Alarm"] = self._alarm(start, due)

    def _counts_from(self, start: Any, due: Any) -> Any:
        """Return the time from which a series counts: the due time, as ours do, where that is on the same day."""
        if start is None or self.is_event or self.id:
            return due if start is None else start
        both = isinstance(start.dt, datetime) and isinstance(due.dt, datetime)
        return due if both and start.dt.date() == due.dt.date() else start

    def _due(self) -> Any:
        """Return the property that tells when something is due: an event when it begins."""
        start, due, takes = (self.component.get(name) for name in ("DTSTART", "DUE", "DURATION"))
        if self.is_event or due is not None:
            return start if self.is_event else due
        if start is not None and takes is not None:
            return Shifted(start, takes.dt)
        return start

    def _zone(self, value: Any) -> str:
        """Return the IANA name of a value's time zone; nothing for days and for times without one."""
        moment = value.dt
        if not isinstance(moment, datetime):
            return ""
        tzid = str(value.params.get("TZID") or "")
        return self.zones.name(tzid) if tzid else "UTC" if moment.tzinfo is not None else ""

    def _aware(self, value: Any, moment: Any) -> Any:
        """Return a moment in its zone, also where the library does not know the zone."""
        if not isinstance(moment, datetime) or moment.tzinfo is not None:
            return moment
        from mycrm_cli.kinds.times import zone

        tzid = str(value.params.get("TZID") or "")
        return moment.replace(tzinfo=zone(self.zones.name(tzid))) if tzid else moment

    def _moment(self, value: Any) -> str:
        """Return a date or time as it is typed: days alone, UTC with Z, times without a zone as they are."""
        moment = self._aware(value, value.dt)
        if isinstance(moment, datetime) and moment.tzinfo is not None:
            return _written(moment.astimezone(UTC))
        return str(moment.isoformat())

    def _local(self, value: Any) -> str:
        """Return the time on the clocks of its zone."""
        moment: datetime = value.dt
        return moment.replace(tzinfo=None, microsecond=0).isoformat()

    def _excluded(self) -> str:
        """Return what is left out of the series, and what has an entry of its own, as JSON."""
        import json

        found = [(each, value) for value in _several(self.component.get("EXDATE")) for each in value.dts]
        texts = [self._left_out(each.dt, value) for each, value in found]
        texts += [self._left_out(value.dt, value) for value in self.moved]
        return json.dumps(sorted(set(texts))) if texts else ""

    def _left_out(self, moment: Any, value: Any) -> str:
        if not isinstance(moment, datetime):
            return str(moment.isoformat())
        moment = self._aware(value, moment)
        start = self.component.get("DTSTART")
        if not self.is_event and not self.id and "HOURLY" not in str(self.component["RRULE"]):
            return str(moment.date().isoformat())
        name = self._zone(start) if start is not None else ""
        if moment.tzinfo is not None and name:
            from mycrm_cli.kinds.times import zone

            moment = moment.astimezone(zone(name))
        return str(moment.replace(tzinfo=None, microsecond=0).isoformat())

    def _alarm(self, start: Any, due: Any) -> str:
        """Return when to remind: of several alarms the first one that can be told."""
        for part in self.component.subcomponents:
            trigger = part.get("TRIGGER") if part.name == "VALARM" else None
            # Apple's programs write an alarm in 1976 that does nothing where there is to be none.
            is_none = str(part.get("ACTION") or "").strip().upper() == "NONE"
            if is_none or trigger is None or isinstance(trigger, list) or not hasattr(trigger, "dt"):
                continue
            if isinstance(trigger.dt, datetime):
                return self._moment(trigger)
            at_end = str(trigger.params.get("RELATED") or "").upper() == "END" or start is None
            if isinstance(trigger.dt, timedelta):
                return self._before(self._end(start, due) if at_end else start, trigger.dt)
        return ""

    def _end(self, start: Any, due: Any) -> Any:
        """Return the property that tells when an event is over, or when a to-do is due."""
        end, takes = self.component.get("DTEND"), self.component.get("DURATION")
        if not self.is_event or start is None:
            return due
        if hasattr(end, "dt"):
            return end
        return Shifted(start, takes.dt) if hasattr(takes, "dt") else start

    def _before(self, value: Any, distance: timedelta) -> str:
        moment = self._aware(value, value.dt)
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, datetime.min.time())
        if moment.tzinfo is None:
            return str((moment + distance).isoformat())
        return _written(moment.astimezone(UTC) + distance)

    def _take_ours(self, row: dict[str, str], fields: dict[str, str], sealed: set[str], about: str) -> None:
        """Let the fields count that an entry of ours carries, where no other program has said anything else."""
        for heading, name in EXACT.items():
            if heading != "Time zone" or row["Time zone"] == "" or "DTSTART" in sealed:
                row[heading] = fields.get(name, "")
        for name, (heading, field) in SEALED.items():
            if name in sealed:
                row[heading] = fields.get(field, "")
        if "DESCRIPTION" not in sealed and about:
            row["Description"] = row["Description"].removesuffix(about.strip()).rstrip()
        if "STATUS" not in sealed and row["Status"] != "completed":
            row["Completed"] = ""
        if self.is_event and not row["Status"] and "STATUS" not in sealed:
            row["Status"] = "pending"
        if {"DTSTART", "DUE"} <= sealed:
            row["Due"] = fields.get("due_date", "")
            row["Series start"] = fields.get("occurrence", "")
        elif "DTSTART" in sealed:
            row["Series start"] = fields.get("occurrence", "")


class Shifted:
    """A start and a duration, which together tell an end."""

    def __init__(self, start: Any, distance: timedelta) -> None:
        self.dt = start.dt + distance
        self.params = start.params


def _several(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _parts(rule: Any) -> list[tuple[str, str]]:
    """Return the parts of a rule; a week that begins on Monday needs not be said."""
    text = str(rule.to_ical().decode())
    found = [part.partition("=") for part in text.split(";") if "=" in part]
    return [(name, value) for name, _, value in found if (name, value) != ("WKST", "MO")]


def _our_id(uid: str) -> str:
    """Return the id that a name of ours has in it, or nothing."""
    text, mark, _ = uid.partition(HERE)
    if not mark or uid != f"{text}{HERE}":
        return ""
    try:
        return str(UUID(text)) if len(text) == 36 else ""
    except ValueError:
        return ""


def _written(moment: datetime) -> str:
    """Return a moment of UTC; its year has four digits, however early it is."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
