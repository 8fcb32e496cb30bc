"""When a task comes again: iCalendar rules, expanded in local time and right across changes of the clock.

A rule (RFC 5545, RRULE) is read strictly here and expanded by ``dateutil`` over times without a zone; the
zone is applied to what comes out. A time that does not exist moves forward by the gap, one that exists twice
is the first of the two, and since the next one starts from the time the rule gave, 02:30 stays 02:30.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.times import EARLIEST, zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

EXAMPLE = "FREQ=WEEKLY;BYDAY=MO"
FREQUENCIES = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SPOKEN = {word.lower(): f"FREQ={word}" for word in FREQUENCIES} | {
    "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "quarterly": "FREQ=MONTHLY;INTERVAL=3",
}
"""Words that people may use for common rules."""

LIMITS = {
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYSETPOS": (-366, 366),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 59),
}
NOT_WITH = {
    "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYWEEKNO": ("HOURLY", "DAILY", "WEEKLY", "MONTHLY"),
    "BYMONTHDAY": ("WEEKLY",),
    "BYSETPOS": ("HOURLY",),
}
"""Parts that mean nothing with a frequency."""

DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
SAID_DAY = re.compile(r"(UNTIL=)(\d{4})-(\d\d)-(\d\d)(?=;|$)")
"""The end of a series as people type it."""

CYCLE, LAST = 400, 9899
"""The calendar repeats after 400 years. A search starts in the last such year before 9900, so that it ends soon
for rules that never give anything: ``dateutil`` gives up after the year 9999."""

MOST = 100_000
"""Occurrences that are looked at for one answer; an hourly task is forgotten after eleven years."""


class Next(NamedTuple):
    """The next occurrence: as the rule gives it, when that really is (UTC), and the rule from then on."""

    local: datetime
    moment: datetime
    rule: str


class Rule:
    """A recurrence rule, read. Raises BadValue for what is none."""

    __slots__ = ("count", "parts", "until")

    def __init__(self, text: str) -> None:
        self.parts = _parts(text)
        for name, value in self.parts.items():
            _check_part(name, value)
        _check_together(self.parts)
        self.count = int(self.parts["COUNT"]) if "COUNT" in self.parts else None
        self.until = _until(self.parts["UNTIL"]) if "UNTIL" in self.parts else None

    def less(self, gone: int) -> str:
        """Return the rule as it is after so many occurrences."""
        if self.count is None:
            return _joined(self.parts)
        return _joined(self.parts | {"COUNT": str(self.count - gone)})

    def over(self, local: datetime, moment: datetime) -> bool:
        """Return whether the series has ended before an occurrence."""
        if self.until is None:
            return False
        return (moment if self.until.tzinfo else local) > self.until

    def series(self, start: datetime) -> Iterator[datetime]:
        """Yield the local times that the rule gives from ``start`` on, whatever COUNT and UNTIL say."""
        from dateutil.rrule import rrulestr

        years = (LAST - start.year) // CYCLE * CYCLE
        first = anchor = start.replace(year=start.year + years, microsecond=0)
        pattern = {"WKST": "MO"} | {name: text for name, text in self.parts.items() if name not in ("COUNT", "UNTIL")}
        if pattern["FREQ"] == "WEEKLY" and "BYSETPOS" in pattern:
            # Places in a week are counted from the week's beginning, not from the day of the first occurrence.
            anchor -= timedelta((anchor.weekday() - WEEKDAYS.index(pattern["WKST"])) % 7)
        try:
            expanded = rrulestr(_joined(pattern), dtstart=anchor)
        except ValueError:
            return  # hours that steps from this start never meet
        for local in expanded:
            if local >= first:
                yield local.replace(year=local.year - years)


def _joined(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def bad(message: str) -> BadValue:
    """Return the error for a rule that cannot be, with an example of one that can."""
    return BadValue("not_a_rule", f"{message}; an example: {EXAMPLE}")


def normal(text: str) -> str:
    """Return a rule as it is kept: without a name before it, and for the words that people say what they mean.

    A word may have its end behind it: ``weekly;count=5``, ``daily;until=2026-12-31``.
    """
    plain = text.strip()
    plain = plain[6:].strip() if plain[:6].upper() == "RRULE:" else plain
    word, mark, rest = plain.partition(";")
    if word.strip().casefold() not in SPOKEN:
        return plain
    rest = SAID_DAY.sub(r"\1\2\3\4", rest.strip().upper())
    return SPOKEN[word.strip().casefold()] + (mark + rest if rest else "")


def ended(text: str, until: date) -> str:
    """Return a rule that ends with a day, whatever end it had before; raises BadValue for none."""
    Rule(text)
    return _joined((endless(text) or {}) | {"UNTIL": f"{until:%Y%m%d}"})


def endless(text: str) -> dict[str, str] | None:
    """Return the parts of a rule without its end, by which rules are compared; None for what is no rule."""
    try:
        return {name: value for name, value in _parts(text).items() if name not in ("COUNT", "UNTIL")}
    except BadValue:
        return None


def _parts(text: str) -> dict[str, str]:
    """Split a rule into its parts, each of which may stand there once."""
    parts: dict[str, str] = {}
    for piece in normal(text).upper().strip(";").split(";"):
        name, mark, value = (word.strip() for word in piece.partition("="))
        if not mark or not value:
            raise bad(f"{piece[:40]!r} is not NAME=VALUE")
        if name in parts:
            raise bad(f"{name} is there twice")
        parts[name] = value
    if "FREQ" not in parts:
        raise bad("FREQ is missing")
    return parts


def _check_part(name: str, value: str) -> None:
    """Refuse a part that means nothing; raises BadValue."""
    if name == "FREQ":
        if value not in FREQUENCIES:
            raise bad(f"FREQ is one of {', '.join(FREQUENCIES)}, not {value[:40]!r}")
    elif name in ("COUNT", "INTERVAL"):
        if not (value.isascii() and value.isdigit() and int(value[:6]) >= 1 and len(value) <= 5):
            raise bad(f"{name} is a number from 1 to 99999, not {value[:40]!r}")
    elif name == "UNTIL":
        _until(value)
    elif name == "WKST":
        if value not in WEEKDAYS:
            raise bad(f"WKST is one of {', '.join(WEEKDAYS)}, not {value[:40]!r}")
    elif name == "BYDAY":
        if not all(_is_day(day) for day in value.split(",")):
            raise bad(f"BYDAY is a list of weekdays such as MO,WE or -1FR, not {value[:40]!r}")
    elif name in LIMITS:
        _check_numbers(name, value)
    else:
        raise bad(f"{name[:40]!r} is no part of a rule")


def _is_day(text: str) -> bool:
    match = DAY.fullmatch(text)
    return bool(match) and (match[1] is None or 1 <= abs(int(match[1])) <= 53) if match else False


def _check_numbers(name: str, value: str) -> None:
    """Refuse a list of numbers with one that is out of range; days and weeks are counted from 1 or -1."""
    low, high = LIMITS[name]
    for number in value.split(","):
        if not re.fullmatch(r"[+-]?\d{1,3}", number) or not low <= int(number) <= high:
            raise bad(f"{name} is a list of numbers from {low} to {high}, not {value[:40]!r}")
        if int(number) == 0 and low < 0:
            raise bad(f"{name} counts from 1 or from -1, not from 0")


def _check_together(parts: dict[str, str]) -> None:
    """Refuse parts that contradict each other; raises BadValue."""
    frequency, days = parts["FREQ"], parts.get("BYDAY", "")
    if "COUNT" in parts and "UNTIL" in parts:
        raise bad("COUNT and UNTIL exclude each other")
    for name, frequencies in NOT_WITH.items():
        if name in parts and frequency in frequencies:
            raise bad(f"{name} does not go with FREQ={frequency}")
    counted = [day[0] in "+-" or day[0].isdigit() for day in filter(None, days.split(","))]
    if any(counted) and (frequency not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts or not all(counted)):
        raise bad("BYDAY takes numbers for all days, only with FREQ=MONTHLY or FREQ=YEARLY, and without BYWEEKNO")
    if "BYWEEKNO" in parts and not days:
        raise bad("BYWEEKNO needs BYDAY")
    if "BYSETPOS" in parts and not days and not {"BYMONTHDAY", "BYYEARDAY", "BYHOUR", "BYMINUTE"} & parts.keys():
        raise bad("BYSETPOS needs a list to choose from, such as BYDAY=MO,TU,WE,TH,FR")


def _until(value: str) -> datetime:
    """Return the last moment of a series: aware where it is UTC; a day alone means its end."""
    match = UNTIL.fullmatch(value)
    try:
        if not match:
            raise ValueError(value)
        day, clock, utc = match.groups()
        until = datetime.strptime(day + (clock or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - the zone follows
    except ValueError:
        raise bad(f"UNTIL is a day such as 20261231 or 20261231T170000Z, not {value[:40]!r}") from None
    if until.date() < EARLIEST:
        raise bad("UNTIL lies before 1900")
    return until.replace(tzinfo=UTC) if utc else until


def check(text: str, start: datetime, zone_name: str) -> None:
    """Refuse a rule that cannot be read or gives nothing from its start, a local time; raises BadValue."""
    rule = Rule(text)
    if rule.over(start, moment(start, zone_name)):
        raise bad("UNTIL lies before the due date")
    if next(rule.series(start), None) is None:
        raise bad("the rule never comes true")


def moment(local: datetime, zone_name: str) -> datetime:
    """Return when a local time is: after a gap it is as far behind it, of two it is the first."""
    return local.replace(tzinfo=zone(zone_name), fold=0).astimezone(UTC)


def local_time(instant: datetime, zone_name: str) -> datetime:
    """Return the local time of a moment, without a zone and to the second."""
    return instant.astimezone(zone(zone_name)).replace(tzinfo=None, microsecond=0, fold=0)


def next_occurrence(
    text: str,
    local: datetime,
    zone_name: str,
    excluded: Collection[str] = (),
    after: datetime | None = None,
) -> Next | None:
    """Return what comes after an occurrence (the local time its rule gave it), or None where the series ends.

    With ``after`` it is the first one behind that moment too, so that a series left alone for weeks goes on
    with one occurrence; the missed ones count. ``excluded`` are local times or days in ISO form.
    """
    steps = occurrences(text, local, zone_name, excluded)
    return next((step for step in steps if after is None or step.moment > after), None)


def occurrences(text: str, local: datetime, zone_name: str, excluded: Collection[str] = ()) -> Iterator[Next]:
    """Yield what comes after an occurrence, one by one, each later than the one before; at most ``MOST`` are tried."""
    rule = Rule(text)
    latest = moment(local, zone_name)
    ahead = (candidate for candidate in rule.series(local) if candidate > local)
    for gone, candidate in enumerate(islice(ahead, MOST), 1):
        if rule.count is not None and gone >= rule.count:
            return
        instant = moment(candidate, zone_name)
        if rule.over(candidate, instant):
            return
        if instant > latest and not is_excluded(candidate, excluded):
            latest = instant
            yield Next(candidate, instant, rule.less(gone))


def is_excluded(local: datetime, excluded: Collection[str]) -> bool:
    """Return whether an occurrence is left out, by its local time or its day."""
    day: date = local.date()
    return local.isoformat() in excluded or day.isoformat() in excluded
