"""Moves a rule of recurrence with its series: Mondays become Tuesdays, the 5th becomes the 12th."""

from __future__ import annotations

from mycrm_cli.kinds import BadValue
from mycrm_cli.services.recurrence import WEEKDAYS, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

DATES = ("BYDAY", "BYMONTHDAY", "BYMONTH", "BYYEARDAY", "BYWEEKNO")
TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")


def moved(text: str, old: datetime, start: datetime) -> str:
    """Return a rule as it is for a series that starts anew; it stays where it gives the new start anyway.

    Raises BadValue for a rule of which nobody can tell how it moves, such as one with several weekdays.
    """
    if _gives(text, start):
        return text
    parts = dict(Rule(text).parts)
    for name in (*DATES, *TIMES):
        if name in parts:
            parts[name] = _part(name, parts[name], old, start)
    new = ";".join(f"{name}={value}" for name, value in parts.items())
    if not _gives(new, start):
        raise _unclear(text)
    return new


def _gives(text: str, start: datetime) -> bool:
    """Return whether a series that starts there has its start as its first occurrence."""
    return next(Rule(text).series(start), None) == start


def _unclear(text: str) -> BadValue:
    return BadValue(
        "unclear_move", f"{text} does not tell how it moves to the new date; give the new rule with --recurrence"
    )


def _part(name: str, value: str, old: datetime, start: datetime) -> str:
    """Return a part of a rule as it is for the new start."""
    if name in TIMES:
        unit = name[2:].lower()
        return str(getattr(start, unit)) if "," not in value else value
    if old.date() == start.date() or "," in value:
        return value
    if name == "BYDAY":
        return _weekday(value, start)
    if name == "BYMONTHDAY":
        return _from_end(start) if value.startswith("-") else str(start.day)
    if name == "BYMONTH":
        return str(start.month)
    if name == "BYYEARDAY":
        return str(start.timetuple().tm_yday)
    return str(start.isocalendar().week)


def _month_length(day: datetime) -> int:
    import calendar

    return calendar.monthrange(day.year, day.month)[1]


def _from_end(day: datetime) -> str:
    return str(day.day - _month_length(day) - 1)


def _weekday(value: str, start: datetime) -> str:
    """Return a weekday, with its place in the month where the old one had one."""
    place, word = value[:-2], WEEKDAYS[start.weekday()]
    if not place:
        return word
    if place.startswith("-"):
        return f"-{(_month_length(start) - start.day) // 7 + 1}{word}"
    return f"{(start.day - 1) // 7 + 1}{word}"
