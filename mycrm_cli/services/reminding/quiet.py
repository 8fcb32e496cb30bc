"""Quiet hours: when a user gets no notices, by the clock on the wall where the user is."""

from __future__ import annotations

import re
from datetime import time

from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.services import recurrence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-3]):([0-5]\d)")


def read(text: str | None) -> tuple[time, time] | None:
    """Return the beginning and the end of quiet hours such as ``21:00-07:00``, None for none."""
    match = HOURS.fullmatch((text or "").replace(" ", ""))
    if match is None:
        return None
    start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    return None if start == end else (start, end)


def check(text: str | None) -> None:
    """Refuse quiet hours that cannot be read; raises Invalid."""
    if text and HOURS.fullmatch(text.replace(" ", "")) is None:
        raise Invalid(
            f"quiet hours: {text!r} are no hours of the day",
            details=[{"field": "quiet_hours", "code": "not_hours"}],
            hint="from and to, local time: 21:00-07:00",
        )


def holds(text: str | None, zone: str, now: datetime) -> bool:
    """Return whether it is quiet for somebody in a zone now; the end belongs to the day."""
    hours = read(text)
    if hours is None:
        return False
    try:
        local = recurrence.local_time(now, zone).time()
    except BadValue:
        local = now.time()
    start, end = hours
    return start <= local < end if start < end else local >= start or local < end
