"""Periods of reports: days from the first to the last, in the user's time zone."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mycrm_cli.errors import UsageError
from mycrm_cli.kinds.base import BadValue
from mycrm_cli.kinds.times import add_months, at, parse

if TYPE_CHECKING:
    from mycrm_cli.scope import Locale

UNITS = {"month": 1, "quarter": 3, "year": 12}
"""Named periods -> their months."""
NAMES = (*("week", "month", "quarter", "year"), *("last-week", "last-month", "last-quarter", "last-year"), "all")
SINCE = re.compile(r"([1-9]\d{0,3})(d|w|m|y)")
MONTH = re.compile(r"(\d{4})-(\d\d)")
QUARTER = re.compile(r"(\d{4})-?q([1-4])")
YEAR = re.compile(r"(\d{4})")
FIRST, LAST = 1000, 3000
"""Years of periods."""
LIKE = "month, last-quarter, 90d, 12m, 2026, 2026-q3, 2026-11, 2026-01-01..2026-03-31, all"


class Period(NamedTuple):
    """Days from ``start`` until before ``end``; None is open."""

    start: date | None
    end: date | None

    def moments(self, timezone: str) -> tuple[datetime | None, datetime | None]:
        """Return when it begins and when it is over."""
        edges = [None if day is None else at(day, time(0, 0), timezone) for day in self]
        return edges[0], edges[1]

    def until(self, day: date) -> Period:
        """Return what there is of it before a day."""
        return Period(self.start, day if self.end is None else min(self.end, day))

    def months(self) -> list[date]:
        """Return the first days of its months; none where it is open."""
        found: list[date] = []
        if self.start is None or self.end is None:
            return found
        month = self.start.replace(day=1)
        while month < self.end:
            found.append(month)
            month = add_months(month, 1)
        return found

    def told(self) -> str:
        """Return it as people read it, both days included."""
        last = None if self.end is None else self.end - timedelta(1)
        if self.start is None:
            return "until " + last.isoformat() if last else "all the time"
        return f"{self.start} to {last}" if last else f"since {self.start}"


def read(text: str, today: date, locale: Locale) -> Period:
    """Return the period that a text means; raises UsageError with what can be said."""
    typed = text.strip().lower()
    if typed in NAMES:
        return named(typed, today)
    try:
        return checked(spelled(typed, today, locale))
    except (ValueError, OverflowError, BadValue):
        raise UsageError(f"--period does not understand {text!r}", hint=f"--period is one of: {LIKE}") from None


def checked(found: Period) -> Period:
    """Return a period of years that every time zone has moments for; raises ValueError."""
    if any(day is not None and not FIRST <= day.year <= LAST for day in found):
        raise ValueError(found.told())
    return found


def spelled(typed: str, today: date, locale: Locale) -> Period:
    """Return the period that is spelled out; raises ValueError, OverflowError, BadValue."""
    if found := SINCE.fullmatch(typed):
        return back(int(found[1]), found[2], today)
    if found := MONTH.fullmatch(typed):
        return of_months(date(int(found[1]), int(found[2]), 1), 1)
    if found := QUARTER.fullmatch(typed):
        return of_months(date(int(found[1]), int(found[2]) * 3 - 2, 1), 3)
    if found := YEAR.fullmatch(typed):
        return of_months(date(int(found[1]), 1, 1), 12)
    return between(typed, locale)


def named(name: str, today: date) -> Period:
    """Return a named period around today."""
    if name == "all":
        return Period(None, None)
    last, _, unit = name.rpartition("-")
    if unit == "week":
        start = today - timedelta(today.weekday() + (7 if last else 0))
        return Period(start, start + timedelta(7))
    months = UNITS[unit]
    start = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    return of_months(add_months(start, -months) if last else start, months)


def back(count: int, unit: str, today: date) -> Period:
    """Return the last days, weeks, months or years, today included."""
    end = today + timedelta(1)
    if unit in "dw":
        return Period(end - timedelta(count * (7 if unit == "w" else 1)), end)
    return Period(add_months(end, -count * (12 if unit == "y" else 1)), end)


def of_months(start: date, months: int) -> Period:
    """Return so many months from a day on."""
    return Period(start, add_months(start, months))


def between(typed: str, locale: Locale) -> Period:
    """Return the days from the first to the last that are named, both included; one may be missing."""
    low, dots, high = typed.partition("..")
    start = day_of(low, locale) if low else None
    end = day_of(high, locale) if high else None
    if not dots:
        end = start
    if start is None and end is None:
        raise ValueError(typed)
    if start and end and end < start:
        raise UsageError(f"--period ends before it begins: {typed}", hint="the earlier day comes first")
    return Period(start, None if end is None else end + timedelta(1))


def day_of(text: str, locale: Locale) -> date:
    """Return the day that a text names; raises BadValue."""
    found = parse(text, locale)
    return found.date() if isinstance(found, datetime) else found
