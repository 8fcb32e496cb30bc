"""Times as people say them: ``2h ago``, ``in 3d``."""

from __future__ import annotations

from mycrm_cli import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import date, datetime

    from mycrm_cli.scope import Locale

STEPS = ((60, "s", 1), (3600, "m", 60), (86400, "h", 3600), (86400 * 14, "d", 86400), (86400 * 60, "w", 86400 * 7))


def since(moment: datetime, locale: Locale) -> str:
    """Return the distance to now, or the local day where that says more."""
    seconds = (clock.now() - moment).total_seconds()
    distance = abs(seconds)
    if distance < 45:
        return "now"
    for below, unit, size in STEPS:
        if distance < below:
            return f"{int(distance / size)}{unit} ago" if seconds > 0 else f"in {int(distance / size)}{unit}"
    from mycrm_cli.kinds.times import zone

    return moment.astimezone(zone(locale.timezone)).date().isoformat()


def day(value: date, locale: Locale) -> str:
    """Return a day near today by name, others as YYYY-MM-DD."""
    from mycrm_cli.kinds.times import zone

    days = (value - clock.now().astimezone(zone(locale.timezone)).date()).days
    return {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days) or value.isoformat()
