"""Which time zone a calendar means: by its own name, by Windows' one, or by how its clocks go."""

from __future__ import annotations

from datetime import datetime, timedelta

from mycrm_cli import clock
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.times import zone
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SAMPLES, APART = 36, timedelta(days=20)
"""Moments at which the clocks of two zones are compared: two years."""


USUAL = (
    "Europe/London Europe/Berlin Europe/Helsinki America/New_York America/Chicago America/Denver America/Los_Angeles"
    " Asia/Kolkata Asia/Shanghai Asia/Tokyo Australia/Sydney"
).split()
"""Zones that are meant rather than others whose clocks go alike."""


class Zones:
    """The time zones of a file."""

    def __init__(self) -> None:
        self.defined: dict[str, Any] = {}
        self.known: dict[str, str | None] = {}

    def define(self, component: Any) -> None:
        """Take note of a definition."""
        self.defined[str(component.get("TZID") or "")] = component

    def name(self, tzid: str) -> str:
        """Return the IANA name of a zone; raises Problem where nothing tells."""
        if tzid not in self.known:
            self.known[tzid] = self._named(tzid) or self._alike(tzid)
        found = self.known[tzid]
        if found is None:
            raise Problem("unknown_zone", f"the time zone {tzid[:60]!r} is not known, and the file does not define it")
        return found

    def _named(self, tzid: str) -> str | None:
        from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

        location = str(self.defined[tzid].get("X-LIC-LOCATION") or "") if tzid in self.defined else ""
        parts = tzid.strip("/").split("/")
        endings = ["/".join(parts[place:]) for place in range(1, len(parts))]
        words = [tzid, WINDOWS_TO_OLSON.get(tzid, ""), location, *endings]
        return next((word for word in words if word and _is_zone(word)), None)

    def _alike(self, tzid: str) -> str | None:
        """Return a zone whose clocks go like those that the file defines."""
        from zoneinfo import available_timezones

        component = self.defined.get(tzid)
        if component is None:
            return None
        try:
            meant = component.to_tz()
            wanted = _offsets(meant)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
            return None
        places = [name for name in available_timezones() if "/" in name and not name.startswith("Etc/")]
        return next((name for name in [*USUAL, *sorted(places)] if _offsets(zone(name)) == wanted), None)


def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except BadValue:
        return False
    return True


def _offsets(tz: Any) -> list[timedelta | None]:
    first = datetime(clock.now().year, 1, 15, 12)  # noqa: DTZ001 - the zone is put in below
    return [(first + place * APART).replace(tzinfo=tz).utcoffset() for place in range(SAMPLES)]
