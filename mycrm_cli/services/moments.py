"""Days and moments where the user is; what has happened does not lie in the future."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from mycrm_cli import clock
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds.times import at, zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import date

    from mycrm_cli.services.work import Work

NO_TIME = timedelta(0)


def local_day(work: Work, moment: datetime) -> date:
    """Return the day of a moment where the user is."""
    return moment.astimezone(zone(work.scope.locale.timezone)).date()


def moment_of(work: Work, day: date, earliest: datetime | None = None) -> datetime:
    """Return the moment at which something happened on a day: now for today, else the day's start or ``earliest``."""
    now = clock.now()
    if day == local_day(work, now):
        return now
    start = at(day, time(0, 0), work.scope.locale.timezone)
    return earliest if earliest and start < earliest and local_day(work, earliest) == day else start


def check_past(
    work: Work, field: str, when: date | datetime | None, hint: str | None = None, grace: timedelta = NO_TIME
) -> None:
    """Refuse what would have happened in the future; raises Invalid naming the field."""
    if when is None:
        return
    latest = clock.now() + grace
    if when <= (latest if isinstance(when, datetime) else local_day(work, latest)):
        return
    local = when.astimezone(zone(work.scope.locale.timezone)) if isinstance(when, datetime) else None
    raise Invalid(
        f"{field.replace('_', ' ')}: {f'{local:%Y-%m-%d %H:%M}' if local else when} is in the future",
        details=[{"field": field, "code": "in_the_future"}],
        hint=hint,
    )
