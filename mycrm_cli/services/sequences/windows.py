"""When a step is due: delays in working days, and windows of the recipient's own day.

Days are counted on the recipient's clock: two working days after Thursday 09:00 is Monday 09:00, whatever the clock
did in between. A time that does not exist moves forward by the gap, one that exists twice is the first of the two.
Holidays are not known: Monday to Friday are working days everywhere.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from mycrm_cli import catalog
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.times import zone
from mycrm_cli.services import rows
from mycrm_cli.services.recurrence import local_time, moment
from mycrm_cli.services.sequences import zones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.work import Work

DAY = 24 * 60
SATURDAY = 5
FARTHEST = 14
"""Days that are tried; a window that the clock leaves out on one day is there on the next."""
START, END = time(0, 0), time(23, 59)


class Timing(NamedTuple):
    """When a step is sent: after which delay, on which days, at which times."""

    delay_minutes: int = 0
    business_days: bool = True
    window_start: str | None = None
    window_end: str | None = None

    @property
    def window(self) -> tuple[time, time]:
        """Return the times between which it is sent."""
        return clock_time(self.window_start) or START, clock_time(self.window_end) or END


def clock_time(text: str | None) -> time | None:
    """Return a time of day; raises BadValue for what is none."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        raise BadValue("not_a_time", f"{text[:20]!r} is not a time such as 09:00") from None


def due(step: Timing, base: datetime, zone_name: str) -> datetime:
    """Return when a step is due that follows something at ``base``."""
    days, minutes = divmod(step.delay_minutes, DAY)
    instant = base
    if days:
        local = local_time(base, zone_name)
        instant = moment(datetime.combine(later(local, days, step.business_days), local.time()), zone_name)
    return fit(step, instant + timedelta(minutes=minutes), zone_name)


def later(local: datetime, days: int, business_days: bool) -> Any:
    """Return the day so many days after another one, or so many working days."""
    day = local.date()
    if not business_days:
        return day + timedelta(days)
    weeks, rest = divmod(days, 5)
    if day.weekday() >= SATURDAY:
        day -= timedelta(day.weekday() - SATURDAY + 1)  # the Friday before: the first working day is Monday
    day += timedelta(weeks * 7)
    for _ in range(rest):
        day += timedelta(3 if day.weekday() == SATURDAY - 1 else 1)
    return day


def fit(step: Timing, instant: datetime, zone_name: str) -> datetime:
    """Return the first moment from then on at which a step may be sent."""
    first, last = step.window
    for _ in range(FARTHEST):
        local = local_time(instant, zone_name)
        is_free = step.business_days and local.weekday() >= SATURDAY
        if not is_free and first <= local.time().replace(second=0) <= last:
            return instant
        # The window of this day is yet to come, or that of another day.
        is_early = not is_free and local.time() < first
        day = local.date() if is_early else local.date() + timedelta(1)
        while step.business_days and day.weekday() >= SATURDAY:
            day += timedelta(1)
        at = local.time() if is_free and first <= local.time() <= last else first
        ahead = moment(datetime.combine(day, at), zone_name)
        instant = ahead if ahead > instant else instant + timedelta(hours=1)
    return instant


def home(source: Reader | Work) -> str:
    """Return the organization's zone."""
    org, own = catalog.entity("org"), source.scope.organization_id
    [(settings,)] = rows.fetch(source.connection, source.scope, org, "id", [own], ["settings"])
    return known((settings or {}).get("timezone")) or "UTC"


def known(name: Any) -> str | None:
    """Return the name of a zone, None for what is none."""
    try:
        return str(name) if name and zone(str(name)) else None
    except BadValue:
        return None


def zones_of(source: Reader | Work, contacts: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Return the zone of each contact: its country's, its company's, or the organization's; leads have the last."""
    wanted = sorted({id for id in contacts if id is not None})
    table, company, ours = catalog.entity("contact"), catalog.entity("company"), zones.of()
    columns = ["id", "country", "company_id"]
    found: Sequence[Any] = list(rows.fetch(source.connection, source.scope, table, "id", wanted, columns))
    employers = sorted({row[2] for row in found if row[2] is not None and row[1] not in ours})
    theirs = dict(rows.fetch(source.connection, source.scope, company, "id", employers, ["id", "country"]))
    usual = home(source)
    names: dict[UUID | None, str] = {None: usual}
    for id, country, employer in found:
        names[id] = known(ours.get(country or "") or ours.get(theirs.get(employer) or "")) or usual
    return names
