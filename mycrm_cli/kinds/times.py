"""Dates and moments, as people and machines write them.

Relative words (``today``, ``fri``, ``eom``, ``+2w``) follow the filter language, so that
``--due fri`` and ``due<=fri`` mean the same day.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta

from mycrm_cli import clock
from mycrm_cli.kinds.base import PLAIN, BadValue, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo
    from typing import Any

    from mycrm_cli.kinds.base import Converter, Reader
    from mycrm_cli.scope import Locale

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
OFFSET = re.compile(r"([+-]?)(\d{1,5})(mo|[mhdwy])")
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
ISO_START = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}.*|Z|[+-].*)?)?$")
CLOCK = r"(?:,?[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AaPp])\.?[Mm]\.?)?)?"
NUMERIC = re.compile(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})" + CLOCK)
NAMED = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4})" + CLOCK)
AT_CLOCK = re.compile(r"([a-z]+) (\d{1,2}):(\d\d)")
NAMED_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})" + CLOCK)
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)


def zone(name: str) -> tzinfo:
    """Return the IANA time zone called ``name``."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadValue("not_a_zone", f"{name!r} is not an IANA time zone") from None


def at(day: date, moment: time, zone_name: str) -> datetime:
    """Return the UTC moment of a local clock time (the first of the two where clocks go back)."""
    return datetime.combine(day, moment, zone(zone_name)).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the last one of a shorter month."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def named_day(word: str, today: date) -> date | None:
    """Return the day a word names (``today``, ``fri``, ``eom`` …), or None for another word.

    A weekday is the next one after today; ``so`` and ``eo`` are the start and the end of the week
    (Monday to Sunday), month, quarter and year.
    """
    if word in ("today", "tomorrow", "yesterday"):
        return today + timedelta({"today": 0, "tomorrow": 1, "yesterday": -1}[word])
    if word[:3] in WEEKDAYS and word in _weekday_names():
        return today + timedelta((WEEKDAYS.index(word[:3]) - today.weekday() - 1) % 7 + 1)
    if len(word) == 3 and word[:2] in ("so", "eo") and word[2] in "wmqy":
        return _edge(today, word[2], word[0] == "e")
    return None


def _weekday_names() -> set[str]:
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return {*WEEKDAYS, *full}


def _edge(today: date, unit: str, end: bool) -> date:
    """Return the first or last day of today's week, month, quarter or year."""
    if unit == "w":
        return today + timedelta((6 if end else 0) - today.weekday())
    months = {"m": 1, "q": 3, "y": 12}[unit]
    first = date(today.year, (today.month - 1) // months * months + 1, 1)
    return add_months(first, months) - timedelta(1) if end else first


def shifted(text: str, start: datetime) -> datetime | None:
    """Return ``start`` moved by an offset such as ``+2w``, ``-30d``, ``3mo`` or ``15m``, or None."""
    match = OFFSET.fullmatch(text)
    if not match:
        return None
    count = int(match[2]) * (-1 if match[1] == "-" else 1)
    try:
        if match[3] in ("mo", "y"):
            return datetime.combine(add_months(start.date(), count * (12 if match[3] == "y" else 1)), start.timetz())
        unit = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[match[3]]
        return start + timedelta(**{unit: count})
    except (OverflowError, ValueError):
        raise BadValue("out_of_range", f"{text!r} is too far away") from None


def written(text: str) -> tuple[date, time | None] | None:
    """Read a date with an optional clock time as offices write it; None where it is no date.

    ``3/15/2024`` and ``15.3.2024`` are read because only one order is possible; ``01/02/2024`` is
    ambiguous and refused. A dot always means day first.
    """
    if match := NUMERIC.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] == "/" and first <= 12 and second <= 12 and first != second:
            raise BadValue("ambiguous_date", f"{text!r} may be two different days; write YYYY-MM-DD or name the format")
        day, month = (second, first) if match[2] == "/" and second > 12 else (first, second)
        rest = match.groups()[4:]
    elif match := NAMED.fullmatch(text) or NAMED_FIRST.fullmatch(text):
        number, name = (match[1], match[2]) if match[1].isdigit() else (match[2], match[1])
        if name[:3].lower() not in MONTHS:
            return None
        day, month, year = int(number), MONTHS.index(name[:3].lower()) + 1, int(match[3])
        rest = match.groups()[3:]
    else:
        return None
    return date(year, month, day), _clock(*rest)


def _clock(hour: str | None, minute: str, second: str | None, half: str | None) -> time | None:
    """Return the time of day that the parts of a match name."""
    if hour is None:
        return None
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError("hour must be in 1..12")
        hours = hours % 12 + (12 if half in "pP" else 0)
    return time(hours, int(minute), int(second or 0))


def parse(text: str, locale: Locale) -> date | datetime:
    """Read a day or a moment; moments are aware and in UTC. Raises BadValue.

    A clock time without an offset is in the locale's time zone.
    """
    typed = text.strip()
    try:
        value = _parse(typed, locale)
    except (ValueError, OverflowError) as error:
        if isinstance(error, BadValue):
            raise
        raise BadValue("not_a_date", f"{typed!r} is not a date: {error}") from None
    if value is None:
        way = f"expected {locale.date_format}" if locale.date_format else "write YYYY-MM-DD"
        raise BadValue("not_a_date", f"{typed!r} is not a date; {way}")
    day = value.date() if isinstance(value, datetime) else value
    if not EARLIEST <= day <= LATEST:
        raise BadValue("out_of_range", f"{typed!r} is not between 1900 and 2999")
    return value


def _parse(typed: str, locale: Locale) -> date | datetime | None:
    if locale.date_format:
        return _by_format(typed, locale.date_format, locale)
    if ISO_DATE.fullmatch(typed):
        return date.fromisoformat(typed)
    if typed[:4].isdigit() and typed[4:5] == "-":
        moment = datetime.fromisoformat(typed)
        return moment.astimezone(UTC) if moment.tzinfo else at(moment.date(), moment.time(), locale.timezone)
    if found := written(typed):
        day, moment_of_day = found
        return day if moment_of_day is None else at(day, moment_of_day, locale.timezone)
    return _relative(typed.lower(), locale)


def _by_format(typed: str, pattern: str, locale: Locale) -> date | datetime | None:
    """Read a date of an import by a strptime pattern, or by the order of day, month and year."""
    from mycrm_cli.kinds import orders

    order = pattern if pattern in orders.ORDERS else orders.order_of(pattern)
    value: date | datetime
    try:
        if pattern in orders.ORDERS:
            raise ValueError(pattern)
        value = datetime.strptime(typed, pattern)  # noqa: DTZ007 - the zone follows
        if not re.search(r"%[HIMSTcX]", pattern):
            return value.date()
    except ValueError:
        if ISO_START.match(typed) and not pattern.startswith(("%Y-", "%y-")):
            value = datetime.fromisoformat(typed)
            value = value.date() if len(typed) == 10 else value
        elif order is None:
            raise
        elif found := orders.read(typed, order, dots="." in pattern):
            value = orders.moment(found)
        else:
            return None
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC) if value.tzinfo else at(value.date(), value.time(), locale.timezone)


def _relative(word: str, locale: Locale) -> date | datetime | None:
    local_now = clock.now().astimezone(zone(locale.timezone))
    if word == "now":
        return local_now.astimezone(UTC)
    if match := AT_CLOCK.fullmatch(word):  # tomorrow 09:00
        day = named_day(match[1], local_now.date())
        return day and at(day, time(int(match[2]), int(match[3])), locale.timezone)
    moved = shifted(word, local_now)
    if moved is None:
        return named_day(word, local_now.date())
    exact = word.endswith("h") or (word.endswith("m") and not word.endswith("mo"))
    return moved.astimezone(UTC) if exact else moved.date()


class Date(Kind):
    """A calendar day."""

    name = "date"
    ordered = True
    metavar = "DATE"

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reads a day; of a moment it takes the local day."""

        def read(text: str) -> date:
            if len(text) == 10 and ISO_DATE.fullmatch(text) and not locale.date_format and "1900" <= text < "3000":
                try:
                    return date.fromisoformat(text)
                except ValueError as error:
                    raise BadValue("not_a_date", f"{text!r} is not a date: {error}") from None
            value = parse(text, locale)
            return value.astimezone(zone(locale.timezone)).date() if isinstance(value, datetime) else value

        return read

    def saver(self, dialect: str) -> Converter | None:
        """SQLite stores ISO text."""
        return date.isoformat if dialect == "sqlite" else None

    def loader(self, dialect: str) -> Converter | None:
        """SQLite stores ISO text."""
        return date.fromisoformat if dialect == "sqlite" else None

    def dump(self, value: Any) -> Any:
        """Write YYYY-MM-DD."""
        return value.isoformat()

    def undump(self, value: Any) -> Any:
        """Return the day."""
        return date.fromisoformat(value)


class Timestamp(Kind):
    """A moment, aware, in UTC. A day alone means its start, or its end where ``day_end`` is set."""

    name = "timestamp"
    ordered = True
    metavar = "TIME"

    def __init__(self, day_end: bool = False) -> None:
        self.day_end = day_end

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reads a moment."""
        edge = time(23, 59, 59) if self.day_end else time(0, 0)

        def read(text: str) -> datetime:
            value = parse(text, locale)
            return value if isinstance(value, datetime) else at(value, edge, locale.timezone)

        return read

    def saver(self, dialect: str) -> Converter | None:
        """SQLite stores ISO text of fixed width, which sorts."""
        return stamp if dialect == "sqlite" else None

    def loader(self, dialect: str) -> Converter | None:
        """SQLite stores ISO text; PostgreSQL's driver answers in the session's zone."""
        return datetime.fromisoformat if dialect == "sqlite" else (lambda value: value.astimezone(UTC))

    def text(self, value: Any) -> str:
        """Write RFC 3339 in UTC."""
        return str(self.dump(value))

    def dump(self, value: Any) -> Any:
        """Write RFC 3339 in UTC, with microseconds only where there are some."""
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def undump(self, value: Any) -> Any:
        """Return the moment, in UTC."""
        return datetime.fromisoformat(value).astimezone(UTC)

    def show(self, value: Any, locale: Locale = PLAIN) -> str:
        """Show the local date and time."""
        return f"{value.astimezone(zone(locale.timezone)):%Y-%m-%d %H:%M}"


def stamp(moment: datetime) -> str:
    """Return the form in which SQLite stores a moment: ``2026-11-05T10:30:00.000000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
