"""Moments as local days and hours, worked out by the database, so that only sums leave it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mycrm_cli.kinds.times import add_months, zone

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from mycrm_cli.query.reports.asked import Asked

DAY, HOUR = 86400, 3600
FIRST = date(1900, 1, 1)
"""A Monday; local time is counted in seconds from its midnight on."""
BEFORE = 2208988800
"""Seconds from then until 1970."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
UNITS = ("day", "week", "month")


class LocalTime:
    """The clock of a time zone in SQL.

    Rows are grouped by ``slot(moment)``, which is cheap; ``seconds(slot)`` is when a slot begins, in seconds since
    1970, and ``local(seconds)`` the local clock then, in seconds since 1900: divided by a day or an hour it is a
    local day or hour.
    """

    def __init__(self, asked: Asked, dialect: str) -> None:
        low, high = asked.period.moments(asked.locale.timezone)
        last = max(asked.now, high) if high else asked.now + timedelta(days=366)
        self.offsets = offsets(zone(asked.locale.timezone), max(low or EARLIEST, EARLIEST), last)
        self.whole = all(offset % HOUR == 0 for _, offset in self.offsets)
        self.dialect = dialect

    def slot(self, moment: str) -> str:
        """Return the hour that a moment lies in, or less than that where the zone is off by parts of an hour."""
        if self.dialect == "sqlite":
            return f"substr({moment}, 1, {13 if self.whole else 16})"
        size = HOUR if self.whole else 900
        return f"(CAST(floor(extract(epoch FROM {moment}) / {size}) AS BIGINT) * {size})"

    def seconds(self, slot: str) -> str:
        """Return when a slot begins, in seconds since 1970."""
        if self.dialect == "sqlite":
            return f"CAST(strftime('%s', {slot} || '{':00:00' if self.whole else ':00'}') AS INTEGER)"
        return slot

    def local(self, seconds: str) -> str:
        """Return the local clock at so many seconds since 1970."""
        *changes, (_, last) = self.offsets
        if not changes:
            return f"({seconds} + {last + BEFORE})"
        whens = " ".join(f"WHEN {seconds} < {until} THEN {offset + BEFORE}" for until, offset in changes)
        return f"({seconds} + CASE {whens} ELSE {last + BEFORE} END)"


def offsets(of: tzinfo, low: datetime, high: datetime) -> list[tuple[int, int]]:
    """Return (until, seconds ahead of UTC) for each time between two moments in which a zone's clock stays."""

    def ahead(seconds: int) -> int:
        shift = datetime.fromtimestamp(seconds, of).utcoffset()
        return int(shift.total_seconds()) if shift else 0

    found: list[tuple[int, int]] = []
    at, end = int(low.timestamp()), int(high.timestamp())
    known = ahead(at)
    while at < end:
        after = min(at + 7 * DAY, end)
        if (new := ahead(after)) != known:
            below, above = at, after
            while above - below > 1:
                middle = (below + above) // 2
                below, above = (middle, above) if ahead(middle) == known else (below, middle)
            found.append((above, known))
            known = new
        at = after
    return [*found, (end, known)]


def day(count: Any) -> date:
    """Return the day that is so many days after the first."""
    return FIRST + timedelta(int(count))


def begin(unit: str, of: date) -> date:
    """Return the first day of the week or month of a day, or the day itself."""
    if unit == "week":
        return of - timedelta(of.weekday())
    return of.replace(day=1) if unit == "month" else of


def after(unit: str, of: date) -> date:
    """Return the first day of the next day, week or month."""
    return add_months(of, 1) if unit == "month" else of + timedelta(7 if unit == "week" else 1)


def label(unit: str, of: date) -> str:
    """Return what a day, a week (by its Monday) or a month is called."""
    return f"{of:%Y-%m}" if unit == "month" else of.isoformat()


def run(asked: Asked, unit: str, known: Iterable[date]) -> list[date]:
    """Return the days, weeks or months of the period one after the other, those in which nothing was included.

    A period that is open, or begins long before anything happened, begins with the first thing that happened; it goes
    on until today, or until the last thing.
    """
    days = sorted(known)
    if not days:
        return []
    start, end = asked.period.start, asked.period.end
    low = days[0] if start is None or (days[0] - start).days > 400 else min(start, days[0])
    high = max(min(end - timedelta(1), asked.today) if end else asked.today, days[-1])
    found, at = [], begin(unit, low)
    while at <= high:
        found.append(at)
        at = after(unit, at)
    return found


def fitting(known: Iterable[date]) -> str:
    """Return the unit in which days make a picture that is neither too wide nor too coarse."""
    days = list(known)
    span = (max(days) - min(days)).days if days else 0
    return "day" if span <= 62 else "week" if span <= 730 else "month"
