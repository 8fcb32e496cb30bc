"""When a job runs: five cron fields or plain words, in the job's time zone and right across changes of the clock.

A time of day that does not exist moves forward by the gap, one that exists twice is the first of the two: each day
has it once. A schedule with a star for the hours follows the clock instead: an hour that comes twice runs twice.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from mycrm_cli.errors import Invalid
from mycrm_cli.kinds.times import zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = "'*/15 8-18 * * 1-5', hourly, 'daily 07:30', 'weekly mon 07:30' or 'every 15m'"
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()
LIMITS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
PART = re.compile(r"(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/(\d{1,2}))?")
EVERY = re.compile(r"every (\d{1,4}) ?(m|h)")
DAILY = re.compile(r"daily (\d{1,2}):(\d\d)")
WEEKLY = re.compile(r"weekly ([a-z]{3}) (\d{1,2}):(\d\d)")
WORDS = {
    "hourly": "0 * * * *",
    "@hourly": "0 * * * *",
    "daily": "0 0 * * *",
    "@daily": "0 0 * * *",
    "weekly": "0 0 * * 1",
    "@weekly": "0 0 * * 0",
    "monthly": "0 0 1 * *",
    "@monthly": "0 0 1 * *",
}
DAY_MINUTES = 24 * 60
FURTHEST = 366 * 40
"""Days that are looked at for the next time: the 29th of February may be eight years away, on a Monday forty."""


class Fields(NamedTuple):
    """The five fields, read; ``is_moving`` follows the clock, ``is_either`` takes the day or the weekday."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_moving: bool
    is_either: bool


class Schedule:
    """A schedule, read; raises Invalid for what is none, or never comes."""

    __slots__ = ("fields", "minutes")

    def __init__(self, text: str) -> None:
        plain = " ".join(text.casefold().split())
        self.minutes = _interval(plain)
        self.fields = None if self.minutes else _fields(_spelt(plain), text)
        if self.fields and next(self._days(date(2026, 1, 1)), None) is None:
            raise bad(text, "it never comes")

    def after(self, moment: datetime, zone_name: str) -> datetime:
        """Return the first time after a moment, in UTC."""
        if self.minutes:
            step = self.minutes * 60
            return datetime.fromtimestamp((int(moment.timestamp()) // step + 1) * step, UTC)
        here = moment.astimezone(zone(zone_name))
        for day in self._days(here.date() - timedelta(days=1)):
            if found := next((time for time in self._times(day, zone_name, moment) if time > moment), None):
                return found
        raise bad("this schedule", "it never comes again")

    def _days(self, first: date) -> Iterator[date]:
        """Yield the days from ``first`` on that the schedule names."""
        fields = self.fields
        assert fields is not None
        for place in range(FURTHEST):
            day = first + timedelta(days=place)
            if day.month not in fields.months:
                continue
            both = day.day in fields.days, day.isoweekday() % 7 in fields.weekdays
            if any(both) if fields.is_either else all(both):
                yield day

    def _times(self, day: date, zone_name: str, moment: datetime) -> Iterator[datetime]:
        """Yield the times of a day, in UTC, in their order; those before ``moment`` may be missing."""
        fields, midnight = self.fields, datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone follows
        assert fields is not None
        if not fields.is_moving:
            places = [(hour, minute) for hour in fields.hours for minute in fields.minutes]
            local_times = [midnight.replace(hour=h, minute=m, tzinfo=zone(zone_name)) for h, m in places]
            yield from sorted(local.astimezone(UTC) for local in local_times)  # a gap changes their order
            return
        time = max(midnight.replace(tzinfo=zone(zone_name)).astimezone(UTC), _minute(moment))
        for _ in range(DAY_MINUTES * 2):
            local = time.astimezone(zone(zone_name))
            if local.date() > day:
                return
            if local.date() == day and local.hour in fields.hours and local.minute in fields.minutes:
                yield time
            time += timedelta(minutes=1)


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def bad(text: str, reason: str = "") -> Invalid:
    """Return the error for a schedule that cannot be."""
    return Invalid(
        f"schedule: {text!r} is none{': ' if reason else ''}{reason}",
        details=[{"field": "schedule", "code": "not_a_schedule"}],
        hint=f"--schedule {EXAMPLES}",
    )


def _interval(plain: str) -> int:
    """Return the minutes of ``every 15m``, 0 for another schedule; raises Invalid."""
    match = EVERY.fullmatch(plain)
    if not match:
        return 0
    minutes = int(match[1]) * (60 if match[2] == "h" else 1)
    if not 1 <= minutes <= DAY_MINUTES:
        raise bad(plain, "every takes 1m to 24h")
    return minutes


def _spelt(plain: str) -> str:
    """Return the five fields of a schedule in words, and any other text as it is."""
    if match := DAILY.fullmatch(plain):
        return f"{int(match[2])} {int(match[1])} * * *"
    if match := WEEKLY.fullmatch(plain):
        return f"{int(match[3])} {int(match[2])} * * {match[1]}"
    return WORDS.get(plain, plain)


def _fields(plain: str, text: str) -> Fields:
    """Read five fields; raises Invalid."""
    parts = plain.split()
    if len(parts) != len(LIMITS):
        raise bad(text)
    read = [frozenset(_numbers(part, place, text)) for place, part in enumerate(parts)]
    weekdays = frozenset(day % 7 for day in read[4])
    is_either = not parts[2].startswith("*") and not parts[4].startswith("*")
    return Fields(read[0], read[1], read[2], read[3], weekdays, parts[1].startswith("*"), is_either)


def _numbers(field: str, place: int, text: str) -> Iterator[int]:
    """Yield the numbers that a field names; raises Invalid."""
    name, low, high = LIMITS[place]
    for part in field.split(","):
        match = PART.fullmatch(part)
        if not match or (match[1] == "*" and match[2]) or (match[3] and match[1] != "*" and not match[2]):
            raise bad(text, f"{part!r} is no {name}")
        step = int(match[3] or 1)
        if match[1] == "*":
            first, last = low, high - (place == 4)
        else:
            first = _number(match[1], place, text)
            last = first if match[2] is None else _number(match[2], place, text)
        if not (low <= first <= last <= high and step):
            raise bad(text, f"{part!r} is no {name} from {low} to {high}")
        yield from range(first, last + 1, step)


def _number(word: str, place: int, text: str) -> int:
    """Return a number or what a name of a month or a day stands for; raises Invalid."""
    names = {3: MONTHS, 4: DAYS}.get(place, [])
    if word in names:
        return names.index(word) + (place == 3)
    if not (word.isascii() and word.isdigit() and len(word) <= 2):
        raise bad(text, f"{word!r} is no {LIMITS[place][0]}")
    return int(word)
