"""Schedules against an oracle that looks at every minute, across changes of the clock in many zones.

``MYCRM_TEST_RULES`` is the number of schedules to try.
"""

import os
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from mycrm_cli.services.cron.schedule import Schedule

COUNT = int(os.environ.get("MYCRM_TEST_RULES", "60"))
ZONES = """UTC Europe/Berlin America/New_York America/St_Johns Asia/Kolkata Asia/Beirut Australia/Lord_Howe
Pacific/Chatham Africa/Casablanca America/Santiago Antarctica/Troll America/Havana""".split()
FIELDS = {
    "minute": (0, 59, ("*", "*/15", "0", "30", "5,35", "10-20/5")),
    "hour": (0, 23, ("*", "2", "1-3", "*/2", "0", "23", "7,19")),
    "day": (1, 31, ("*", "1", "*/2", "25-31")),
    "month": (1, 12, ("*", "mar,oct,nov", "3-11")),
    "weekday": (0, 6, ("*", "sun", "1-5", "0,6")),
}
NAMES = {"mar": 3, "oct": 10, "nov": 11, "sun": 0}
CHANGES = ("2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31")


def numbers(name: str, text: str) -> set[int]:
    """Read a field the slow way."""
    low, high, _ = FIELDS[name]
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if span == "*" else NAMES.get(first) or int(NAMES.get(first, first))
        end = high if span == "*" else int(last or start)
        found |= set(range(start, end + 1, int(step or 1)))
    return found


def oracle(text: str, zone: str, start: datetime, end: datetime) -> list[datetime]:
    """Return all times between two, found by looking at every minute: local ones, or those of the clock."""
    fields = dict(zip(FIELDS, text.split(), strict=True))
    sets = {name: numbers(name, part) for name, part in fields.items()}
    either = not fields["day"].startswith("*") and not fields["weekday"].startswith("*")

    def fits(local: datetime) -> bool:
        days = local.day in sets["day"], local.isoweekday() % 7 in sets["weekday"]
        if not (any(days) if either else all(days)) or local.month not in sets["month"]:
            return False
        return local.hour in sets["hour"] and local.minute in sets["minute"]

    where, found = ZoneInfo(zone), set[datetime]()
    for minute in range(int((end - start) / timedelta(minutes=1)) + 2880):
        time = start - timedelta(days=1) + timedelta(minutes=minute)
        if fields["hour"].startswith("*"):
            local = time.astimezone(where)
            found |= {time} if fits(local) else set()
        elif fits(plain := time.replace(tzinfo=None)):
            # Each local time once: behind a gap by as much as it lies in it, the first of two.
            found.add(plain.replace(tzinfo=where, fold=0).astimezone(UTC))
    return sorted(time for time in found if start < time <= end)


def test_against_every_minute() -> None:
    """What comes next is what the oracle has found, each time once."""
    choose, tried = random.Random(7), 0
    for _ in range(COUNT):
        text = " ".join(choose.choice(forms) for _, _, forms in FIELDS.values())
        zone, day = choose.choice(ZONES), choose.choice(CHANGES)
        start = datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(minutes=choose.randrange(1440))
        end = start + timedelta(days=2)
        schedule, times, time = Schedule(text), [], start
        while (time := schedule.after(time, zone)) <= end:
            times.append(time)
        expected = oracle(text, zone, start, end)
        assert times == expected, (text, zone, start)
        tried += len(expected)
    assert tried > COUNT


def test_intervals_and_words() -> None:
    """Words mean fields; an interval has one length whatever the clock does."""
    moment = datetime(2026, 10, 25, 0, 7, tzinfo=UTC)
    times = [moment]
    for _ in range(20):
        times.append(Schedule("every 15m").after(times[-1], "Europe/Berlin"))
    assert {later - earlier for earlier, later in pairwise(times[1:])} == {timedelta(minutes=15)}
    for words, fields in {
        "hourly": "0 * * * *",
        "Daily  07:30": "30 7 * * *",
        "weekly fri 9:05": "5 9 * * 5",
        "every 1h": "0 * * * *",
        "* * * * 7": "* * * * sun",
    }.items():
        assert Schedule(words).after(moment, "UTC") == Schedule(fields).after(moment, "UTC")
    assert Schedule("0 0 29 2 *").after(moment, "UTC") == datetime(2028, 2, 29, tzinfo=UTC)
    berlin = Schedule("30 2 * * *").after
    assert berlin(datetime(2026, 3, 28, 12, tzinfo=UTC), "Europe/Berlin") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
