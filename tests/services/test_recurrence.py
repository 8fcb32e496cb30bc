"""Rules of recurrence against an oracle that looks at every day and every minute, over many zones.

``MYCRM_TEST_RULES`` is the number of rules to try; the run says how many it tried.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mycrm_cli.kinds import BadValue
from mycrm_cli.services import recurrence

COUNT = int(os.environ.get("MYCRM_TEST_RULES", "60"))
HORIZON = 1500
"""Days that the oracle looks ahead."""
STEPS = 6
ZONES = """UTC Europe/Berlin Europe/London Europe/Dublin Europe/Istanbul Europe/Moscow America/New_York
America/Los_Angeles America/St_Johns America/Sao_Paulo America/Santiago America/Havana America/Asuncion
America/Scoresbysund America/Nuuk America/Caracas Asia/Beirut Asia/Tehran Asia/Amman Asia/Gaza Asia/Kolkata
Asia/Kathmandu Asia/Tokyo Asia/Pyongyang Africa/Cairo Africa/Casablanca Atlantic/Azores Australia/Sydney
Australia/Lord_Howe Australia/Adelaide Pacific/Auckland Pacific/Chatham Pacific/Apia Pacific/Easter
Antarctica/Troll""".split()
LOCAL = datetime(2026, 11, 5, 9, tzinfo=UTC).replace(tzinfo=None)
NAMES = "MO TU WE TH FR SA SU".split()
Parts = dict[str, str]


def numbers(parts: Parts, name: str) -> list[int]:
    return [int(number) for number in parts[name].split(",")]


def month_length(day: date) -> int:
    return (date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(1)).day


def year_length(day: date) -> int:
    return (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days


def is_day(parts: Parts, start: datetime, day: date) -> bool:
    """Whether a rule's lists, and what the start stands for where there are none, allow a day."""
    frequency = parts["FREQ"]
    if "BYMONTH" in parts and day.month not in numbers(parts, "BYMONTH"):
        return False
    if "BYMONTHDAY" in parts and not {day.day, day.day - month_length(day) - 1} & set(numbers(parts, "BYMONTHDAY")):
        return False
    place = (day - date(day.year, 1, 1)).days + 1
    if "BYYEARDAY" in parts and not {place, place - year_length(day) - 1} & set(numbers(parts, "BYYEARDAY")):
        return False
    if "BYWEEKNO" in parts and day.isocalendar().week not in numbers(parts, "BYWEEKNO"):
        return False
    if "BYDAY" in parts:
        return any(is_weekday(parts, day, word) for word in parts["BYDAY"].split(","))
    if {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"} & parts.keys():
        return True
    if frequency == "WEEKLY":
        return day.weekday() == start.weekday()
    if frequency == "YEARLY" and "BYMONTH" not in parts and day.month != start.month:
        return False
    return frequency not in ("MONTHLY", "YEARLY") or day.day == start.day


def is_weekday(parts: Parts, day: date, word: str) -> bool:
    if day.weekday() != NAMES.index(word[-2:]):
        return False
    if len(word) == 2:
        return True
    in_month = parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts
    place, length = (day.day, month_length(day)) if in_month else (int(day.strftime("%j")), year_length(day))
    return int(word[:-2]) in ((place - 1) // 7 + 1, -((length - place) // 7 + 1))


def period(parts: Parts, moment: datetime) -> int:
    """The number of the period a time is in, for intervals and places."""
    match parts["FREQ"]:
        case "HOURLY":
            return moment.toordinal() * 24 + moment.hour
        case "DAILY":
            return moment.toordinal()
        case "WEEKLY":
            return (moment.toordinal() - 1 - NAMES.index(parts.get("WKST", "MO"))) // 7
        case "MONTHLY":
            return moment.year * 12 + moment.month
    return moment.year


def brute(parts: Parts, start: datetime) -> Iterator[datetime]:
    """Every local time of a series from its start on: all days are looked at, whole periods at a time."""
    hours = numbers(parts, "BYHOUR") if "BYHOUR" in parts else [start.hour]
    if parts["FREQ"] == "HOURLY" and "BYHOUR" not in parts:
        hours = list(range(24))
    minutes = numbers(parts, "BYMINUTE") if "BYMINUTE" in parts else [start.minute]
    first = start.date().replace(day=1, month=1) - timedelta(7)
    end = start.date() + timedelta(HORIZON)
    groups: dict[int, list[datetime]] = {}
    for day in (first + timedelta(count) for count in range((end - first).days + 400)):
        if is_day(parts, start, day):
            for clock in sorted({time(hour, minute, start.second) for hour in hours for minute in minutes}):
                local = datetime.combine(day, clock)
                groups.setdefault(period(parts, local), []).append(local)
    own, interval = period(parts, start), int(parts.get("INTERVAL", "1"))
    for number in sorted(groups):
        members = groups[number]
        if (number - own) % interval == 0:
            if "BYSETPOS" in parts:
                places = {p - 1 if p > 0 else len(members) + p for p in numbers(parts, "BYSETPOS")}
                members = [local for place, local in enumerate(members) if place in places]
            yield from (local for local in members if start <= local and local.date() <= end)


def instant(local: datetime, zone: str) -> datetime:
    """When a local time is, found by asking the zone's clock hour by hour what it has been around then."""
    around = [local.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-30, 31)]
    shown = [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in around]
    offsets = list(
        dict.fromkeys(face - moment.replace(tzinfo=None) for face, moment in zip(shown, around, strict=True))
    )
    possible = sorted(local.replace(tzinfo=UTC) - offset for offset in offsets)
    real = [moment for moment in possible if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local]
    return real[0] if real else local.replace(tzinfo=UTC) - offsets[0]


def some(low: int, high: int, most: int = 3) -> st.SearchStrategy[str]:
    number = st.integers(low, high).filter(bool) if low < 0 else st.integers(low, high)
    return st.lists(number, min_size=1, max_size=most, unique=True).map(lambda found: ",".join(map(str, found)))


@st.composite
def rules(draw: st.DrawFn) -> Parts:
    frequency = draw(st.sampled_from(recurrence.FREQUENCIES))
    parts = {"FREQ": frequency}
    allowed = {"BYMONTH": some(1, 12), "BYHOUR": some(0, 4), "BYMINUTE": some(0, 59, 2)}
    if frequency != "WEEKLY":
        allowed["BYMONTHDAY"] = some(-31, 31)
    if frequency in ("HOURLY", "YEARLY"):
        allowed["BYYEARDAY"] = some(-366, 366)
    ordinal = st.sampled_from(["", "", "1", "2", "-1", "+3"]) if frequency in ("MONTHLY", "YEARLY") else st.just("")
    place = draw(ordinal)
    days = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
    allowed["BYDAY"] = days.map(lambda names: ",".join(place + name for name in names))
    for name in draw(st.lists(st.sampled_from(sorted(allowed)), max_size=3, unique=True)):
        parts[name] = draw(allowed[name])
    if draw(st.booleans()):
        parts["INTERVAL"] = str(draw(st.integers(1, 5)))
    if frequency == "YEARLY" and draw(st.integers(0, 9)) == 0:
        return {"FREQ": "YEARLY", "BYWEEKNO": draw(some(1, 53)), "BYDAY": draw(st.sampled_from(NAMES))}
    if frequency != "HOURLY" and "BYDAY" in parts and draw(st.integers(0, 3)) == 0:
        parts["BYSETPOS"] = draw(some(-3, 3, 2))
    if draw(st.integers(0, 4)) == 0:
        parts["WKST"] = draw(st.sampled_from(NAMES))
    return parts


STARTS = st.datetimes(LOCAL.replace(2015), LOCAL.replace(2035)).map(lambda moment: moment.replace(microsecond=0))
NIGHTS = STARTS.map(lambda moment: moment.replace(hour=moment.hour % 4, minute=moment.minute // 30 * 30, second=0))
tried = 0


@settings(max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(rules(), st.one_of(STARTS, NIGHTS), st.sampled_from(ZONES), st.data())
def series_are_those_of_the_oracle(parts: Parts, start: datetime, zone: str, data: st.DataObject) -> None:
    """Each occurrence gives the next, with COUNT, UNTIL and excluded days, wherever clocks change."""
    global tried
    ahead = [(local, instant(local, zone)) for local in islice(brute(parts, start), STEPS * 3) if local > start]
    end = data.draw(st.sampled_from(["", "COUNT", "UNTIL", "UTC"]))
    if end == "COUNT":
        parts["COUNT"] = str(data.draw(st.integers(1, STEPS + 2)))
    elif end and ahead:
        local, utc = data.draw(st.sampled_from(ahead))
        parts["UNTIL"] = f"{local:%Y%m%dT%H%M%S}" if end == "UNTIL" else f"{utc:%Y%m%dT%H%M%SZ}"
    dropped = {local.isoformat() for local, _ in ahead if data.draw(st.integers(0, 9)) == 0}
    expected, latest = [], instant(start, zone)
    for gone, (local, utc) in enumerate(ahead, 1):
        if end == "COUNT" and gone >= int(parts["COUNT"]):
            break
        if "UNTIL" in parts and parts["UNTIL"] < (
            f"{local:%Y%m%dT%H%M%S}" if end == "UNTIL" else f"{utc:%Y%m%dT%H%M%SZ}"
        ):
            break
        if utc > latest and local.isoformat() not in dropped:
            expected.append((local, utc))
            latest = utc
    text, here, found = ";".join(f"{k}={v}" for k, v in parts.items()), start, []
    for _ in range(min(STEPS, len(expected))):
        step = recurrence.next_occurrence(text, here, zone, dropped)
        if step is None:
            break
        found.append((step.local, step.moment))
        here, text = step.local, step.rule
    assert found == expected[:STEPS]
    if len(expected) < STEPS and end:
        after = recurrence.next_occurrence(text, here, zone, dropped)
        assert after is None or after.local > max([local for local, _ in ahead], default=start)
    tried += 1


def test_series_are_those_of_the_oracle(capsys: pytest.CaptureFixture[str]) -> None:
    """Rules, starts and zones at random; say how many were tried."""
    series_are_those_of_the_oracle()
    with capsys.disabled():
        print(f"\nrecurrence: rules tried {tried}, wrong 0")
    assert tried >= COUNT


def test_clocks_that_change() -> None:
    """02:30 is 03:30 on the day of the gap and 02:30 again after it; of two it is the first."""
    zone, rule, local = "America/New_York", "FREQ=DAILY", LOCAL.replace(2027, 3, 13, 2, 30)
    gap = recurrence.next_occurrence(rule, local, zone)
    assert gap is not None and f"{gap.moment:%d %H:%M}" == "14 07:30" and f"{gap.local:%H:%M}" == "02:30"
    back = recurrence.next_occurrence(rule, gap.local, zone)
    assert back is not None and f"{back.moment:%d %H:%M}" == "15 06:30"
    twice = recurrence.next_occurrence(rule, LOCAL.replace(2026, 10, 31, 1, 30), zone)
    assert twice is not None and f"{twice.moment:%d %H:%M}" == "01 05:30"


def test_a_series_left_alone_goes_on_once() -> None:
    """The missed ones are counted, not made."""
    now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    step = recurrence.next_occurrence("FREQ=DAILY;COUNT=40", LOCAL.replace(2026, 11, 1), "UTC", after=now)
    assert step is not None and (f"{step.local:%m-%d}", step.rule) == ("12-02", "FREQ=DAILY;COUNT=9")
    assert recurrence.next_occurrence("FREQ=DAILY;COUNT=30", LOCAL.replace(2026, 11, 1), "UTC", after=now) is None


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        ("every monday", "NAME=VALUE"),
        ("BYDAY=MO", "FREQ is missing"),
        ("FREQ=MINUTELY", "FREQ is one of"),
        ("FREQ=DAILY;FREQ=DAILY", "twice"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "exclude each other"),
        ("FREQ=DAILY;UNTIL=20270230", "UNTIL is a day"),
        ("FREQ=DAILY;UNTIL=20200101", "before the due date"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY takes numbers"),
        ("FREQ=MONTHLY;BYDAY=2MO,TU", "BYDAY takes numbers"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "counts from 1"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never comes true"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never comes true"),
        ("FREQ=HOURLY;INTERVAL=24;BYHOUR=5", "never comes true"),
        ("FREQ=DAILY;BYEASTER=1", "no part of a rule"),
        ("DTSTART:20260101T090000", "NAME=VALUE"),
        ("FREQ=DAILY;DTSTART=20260101", "no part of a rule"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS needs"),
        ("", "NAME=VALUE"),
    ],
)
def test_nonsense_is_refused(rule: str, part: str) -> None:
    """The message says what is wrong and gives an example."""
    with pytest.raises(BadValue) as caught:
        recurrence.check(rule, LOCAL, "UTC")
    assert part in caught.value.message and recurrence.EXAMPLE in caught.value.message
