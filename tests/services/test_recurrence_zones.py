"""Ten years of series in many zones against somebody who only looks at the clock on the wall.

The oracle knows nothing of rules' libraries: it steps through time by quarters of an hour, sees what the clock
shows, and asks of each day whether a rule means it. ``MYCRM_TEST_ZONES`` is the number of zones.
"""

import calendar
import os
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from mycrm_cli.services import recurrence

COUNT = int(os.environ.get("MYCRM_TEST_ZONES", "4"))
YEARS = 10
START = datetime(2026, 1, 5, tzinfo=UTC).replace(tzinfo=None)
QUARTER = timedelta(minutes=15)
ZONES = """Europe/Berlin America/New_York Australia/Lord_Howe Africa/Casablanca Europe/London Europe/Dublin Europe/Lisbon
Europe/Athens Europe/Chisinau Europe/Istanbul Europe/Moscow Europe/Kyiv America/Chicago America/Denver America/Phoenix
America/Los_Angeles America/Anchorage America/Adak America/Halifax America/St_Johns America/Toronto America/Mexico_City
America/Tijuana America/Havana America/Port-au-Prince America/Bogota America/Caracas America/Sao_Paulo America/Santiago
America/Asuncion America/Argentina/Buenos_Aires America/Nuuk America/Scoresbysund America/Miquelon Atlantic/Azores
Atlantic/Bermuda Atlantic/Reykjavik Africa/Cairo Africa/El_Aaiun Africa/Lagos Africa/Johannesburg Asia/Jerusalem
Asia/Beirut Asia/Gaza Asia/Amman Asia/Tehran Asia/Kabul Asia/Karachi Asia/Kolkata Asia/Kathmandu Asia/Dhaka
Asia/Bangkok Asia/Shanghai Asia/Tokyo Australia/Adelaide Australia/Sydney Pacific/Auckland Pacific/Chatham
Pacific/Easter Antarctica/Troll UTC""".split()


def last_of_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def weeks(day: date) -> int:
    return (day - date(2026, 1, 5)).days // 7


RULES: list[tuple[str, str, Callable[[date], bool]]] = [
    ("FREQ=DAILY", "02:30", lambda day: True),
    ("FREQ=DAILY;INTERVAL=10", "00:00", lambda day: (day - date(2026, 1, 5)).days % 10 == 0),
    ("FREQ=WEEKLY;BYDAY=MO,WE,SU", "01:30", lambda day: day.weekday() in (0, 2, 6)),
    (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=MO",
        "03:15",
        lambda day: day.weekday() in (0, 6) and weeks(day) % 2 == 0,
    ),
    ("FREQ=MONTHLY;BYDAY=-1SU", "02:00", lambda day: day.weekday() == 6 and day.day > last_of_month(day) - 7),
    ("FREQ=MONTHLY;BYDAY=2SU", "02:45", lambda day: day.weekday() == 6 and 8 <= day.day <= 14),
    ("FREQ=MONTHLY;BYMONTHDAY=31", "23:45", lambda day: day.day == 31),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "00:30", lambda day: day.day == last_of_month(day)),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "12:00", lambda day: (day.month, day.day) == (2, 29)),
    ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "02:15", lambda day: (day.month, day.weekday()) == (3, 6) and day.day > 24),
]


def seen(zone: str, wanted: set[str]) -> dict[datetime, datetime]:
    """When the clock first shows each of these times of every day; a time that it skips comes as late as the skip."""
    found: dict[datetime, datetime] = {}
    here = ZoneInfo(zone)
    instant = START.replace(tzinfo=UTC) - timedelta(days=2)
    end = instant + timedelta(days=YEARS * 366)
    before = instant.astimezone(here).replace(tzinfo=None)
    while instant < end:
        shown = instant.astimezone(here).replace(tzinfo=None)
        skipped = before + QUARTER
        while skipped < shown:
            if f"{skipped:%H:%M}" in wanted:
                found.setdefault(skipped, instant + (skipped - before - QUARTER))
            skipped += QUARTER
        if f"{shown:%H:%M}" in wanted:
            found.setdefault(shown, instant)
        before, instant = shown, instant + QUARTER
    return found


def expected(moments: dict[datetime, datetime], clock: str, means: Callable[[date], bool]) -> list[datetime]:
    last = START.date() + timedelta(days=YEARS * 365)
    return [
        moment
        for local, moment in sorted(moments.items())
        if f"{local:%H:%M}" == clock and START.date() <= local.date() < last and means(local.date())
    ]


def test_ten_years_of_clocks(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is missed, nothing comes twice, wherever and whenever clocks change."""
    choose, total, missed, doubled = random.Random(os.environ.get("PYTEST_SEED", "7")), 0, 0, 0
    zones = ZONES[:3] + choose.sample(ZONES[3:], min(max(COUNT - 3, 0), len(ZONES) - 3))
    for zone in zones:
        moments = seen(zone, {clock for _, clock, _ in RULES})
        for rule, clock, means in RULES:
            wanted = expected(moments, clock, means)
            first = datetime.combine(START.date() - timedelta(days=1), time.fromisoformat(clock))
            if rule.startswith("FREQ=DAILY;INTERVAL") or "INTERVAL=2" in rule:
                first, wanted = datetime.combine(START.date(), first.time()), wanted[1:]
            steps = []
            for step in recurrence.occurrences(rule, first, zone):
                if step.local.date() >= START.date() + timedelta(days=YEARS * 365):
                    break
                steps.append(step)
            found = [step.moment for step in steps]
            total += len(wanted)
            missed += len(set(wanted) - set(found))
            doubled += len(found) - len(set(found))
            assert found == wanted, (zone, rule)
            for place in choose.sample(range(len(steps) - 1), min(20, len(steps) - 1)):
                after = recurrence.next_occurrence(rule, steps[place].local, zone)
                assert after is not None and after.moment == wanted[place + 1]
                late = wanted[choose.randrange(place, len(wanted) - 1)]
                after = recurrence.next_occurrence(rule, steps[place].local, zone, after=late)
                assert after is not None and after.moment == min(moment for moment in wanted if moment > late)
    with capsys.disabled():
        print(
            f"\nrecurrence: {len(zones)} zones, {YEARS} years, {total:,} occurrences, missed {missed}, doubled {doubled}"
        )
    assert (missed, doubled) == (0, 0) and total > 5000
