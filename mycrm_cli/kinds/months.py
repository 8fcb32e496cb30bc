"""Months as people write them: ``2026-11``, ``this-month``, ``2026-q4``, ``2026-01..2026-12``."""

from __future__ import annotations

import re
from datetime import date

from mycrm_cli.kinds.base import BadValue
from mycrm_cli.kinds.times import EARLIEST, LATEST, add_months

MONTH = re.compile(r"(\d{4})-(\d\d?)(?:-01)?")
QUARTER = re.compile(r"(\d{4})-?q([1-4])")
YEAR = re.compile(r"(\d{4})")
WORDS = {"last-month": -1, "this-month": 0, "month": 0, "next-month": 1}
"""Words -> so many months from this one."""
LIKE = "2026-11, this-month, next-month, 2026-q4, 2026 or 2026-01..2026-12"
MOST = 120
"""So many months at a time."""


def first_day(text: str, today: date) -> date | None:
    """Return the first day of the month that a text names, None for what is no single month."""
    typed = text.strip().lower()
    if typed in WORDS:
        return add_months(today.replace(day=1), WORDS[typed])
    found = MONTH.fullmatch(typed)
    if found is None or not 1 <= int(found[2]) <= 12 or not EARLIEST.year <= int(found[1]) <= LATEST.year:
        return None
    return date(int(found[1]), int(found[2]), 1)


def several(text: str, today: date) -> list[date] | None:
    """Return the first days of the months that a text names, None for a text about something else.

    Raises BadValue for a range that ends before it begins, and for one that is longer than ten years.
    """
    low, dots, high = text.partition("..")
    start, end = _span(low, today), _span(high if dots else low, today)
    if start is None or end is None:
        return None
    if end[1] < start[0]:
        raise BadValue("out_of_range", f"{text!r} ends before it begins")
    count = (end[1].year - start[0].year) * 12 + end[1].month - start[0].month + 1
    if count > MOST:
        raise BadValue("out_of_range", f"{text!r} is {count} months; {MOST} are the most")
    return [add_months(start[0], number) for number in range(count)]


def _span(text: str, today: date) -> tuple[date, date] | None:
    """Return the first and the last month of a month, a quarter or a year."""
    typed = text.strip().lower()
    if (month := first_day(typed, today)) is not None:
        return month, month
    for pattern, months in ((QUARTER, 3), (YEAR, 12)):
        if (found := pattern.fullmatch(typed)) and EARLIEST.year <= int(found[1]) <= LATEST.year:
            start = date(int(found[1]), 1 if months == 12 else int(found[2]) * 3 - 2, 1)
            return start, add_months(start, months - 1)
    return None
