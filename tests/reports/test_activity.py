"""``report activity``: whatever it is broken down by, the sums of the activities themselves."""

import csv
import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.program import Program

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
ENV = {"MYCRM_NOW": "2026-11-23T15:30:00Z"}
LATER = {"MYCRM_NOW": "2026-12-24T12:00:00Z"}
TYPES = ("call", "email", "meeting", "note", "task", "web_visit", "form", "other")
NAMES = ("calls", "emails", "meetings", "notes", "tasks", "visits", "forms", "other")
USERS = {"ana@acme.com": "Ana Berg", "bo@acme.com": "Bo Li", None: ""}
TEAMS = {"ana@acme.com": "", "bo@acme.com": "North", None: ""}


def table(crm: Program, *line: str, env: dict[str, str] | None = None) -> list[dict[str, str]]:
    """Return the rows of a report."""
    return list(csv.DictReader(crm("report", *line, "-o", "csv", env=env or ENV).stdout.splitlines()))


def happened() -> list[dict[str, Any]]:
    """Return activities around the end of summer time, by several users."""
    chance = random.Random(5)
    found = []
    for _ in range(300):
        at = NOW - timedelta(minutes=chance.randint(0, 60 * 24 * 60))
        kind = chance.choice([*TYPES, "stage_change", "status_change"])
        row = {
            "activity_type": kind,
            "occurred_at": at.isoformat(),
            "user_id": chance.choice(list(USERS)),
            "duration_minutes": chance.choice([None, 5, 45]),
        }
        found.append(row)
    return found


def test_activity(crm: Program) -> None:
    crm("team", "add", "North")
    crm(*"user add bo@acme.com --role sales_rep --first-name Bo --last-name Li --team North".split())
    assert table(crm, "activity") == []
    rows = happened()
    crm("activity", "add", "--from-json", "-", "-y", stdin=json.dumps(rows), env=ENV)
    real = [row for row in rows if row["activity_type"] in TYPES]
    month = [row for row in real if moment(row, "UTC").date() >= date(2026, 10, 25)]
    compare(table(crm, "activity"), month, lambda row: USERS[row["user_id"]], "user")
    compare(table(crm, "activity", "--by", "team"), month, lambda row: TEAMS[row["user_id"]], "team")
    kinds = Counter(row["activity_type"] for row in month)
    assert {row["type"]: int(row["total"]) for row in table(crm, "activity", "--by", "type")} == kinds
    calls = table(crm, "activity", "--by", "type", "--owner", "bo@acme.com", "-w", "activity_type=call")
    assert int(calls[0]["total"]) == sum(
        row["user_id"] == "bo@acme.com" and row["activity_type"] == "call" for row in month
    )
    for zone in ("America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"):
        crm("user", "edit", "ana@acme.com", "--timezone", zone)
        by_time(crm, real, zone)
    before = table(crm, "activity")
    crm("activity", "delete", "A-1", "A-2", "A-3", env=LATER)
    crm("activity", "edit", "A-5", "A-6", "--activity-type", "other", "--duration-minutes", "900", env=LATER)
    assert table(crm, "activity", "--as-of", "2026-11-23T15:30:00Z", env=LATER) == before
    assert "Mon" in crm("report", "activity", "-o", "table", env=ENV).stdout


def moment(row: dict[str, Any], zone: str) -> datetime:
    """Return when something happened, by the clock of a zone."""
    return datetime.fromisoformat(row["occurred_at"]).astimezone(ZoneInfo(zone))


def by_time(crm: Program, real: list[dict[str, Any]], zone: str) -> None:
    """Compare days, weeks and months in a zone, and the map of the week."""
    local = [moment(row, zone) for row in real]
    days = Counter(at.date().isoformat() for at in local)
    found = table(crm, "activity", "--by", "day", "--period", "all")
    assert {row["day"]: int(row["total"]) for row in found if row["total"] != "0"} == days
    assert len(found) == (max(local).date() - min(local).date()).days + 1
    weeks = Counter((at.date() - timedelta(at.weekday())).isoformat() for at in local)
    found = table(crm, "activity", "--by", "week", "--period", "all")
    assert {row["week"]: int(row["total"]) for row in found if row["total"] != "0"} == weeks
    months = Counter(f"{at:%Y-%m}" for at in local)
    found = table(crm, "activity", "--by", "month", "--period", "all")
    assert {row["month"]: int(row["total"]) for row in found} == months
    assert heat(crm) == Counter((at.weekday(), at.hour) for at in local)


def heat(crm: Program) -> Counter[tuple[int, int]]:
    """Return the cells of the map of the week."""
    from unittest.mock import patch

    from mycrm_cli.query.reports import activity

    kept: dict[int, int] = {}
    draw = activity.heat
    with patch.object(activity, "heat", lambda hours: kept.update(hours) or draw(hours)):
        table(crm, "activity", "--period", "all")
    return Counter({divmod(hour, 24): count for hour, count in kept.items()})


def compare(found: list[dict[str, str]], rows: list[dict[str, Any]], name: Any, by: str) -> None:
    """Compare the rows of a report with those that were written."""
    expected = {}
    for label in {name(row) for row in rows}:
        own = [row for row in rows if name(row) == label]
        counts = Counter(row["activity_type"] for row in own)
        expected[label] = [len(own), *(counts[kind] for kind in TYPES), sum(r["duration_minutes"] or 0 for r in own)]
    columns = ("total", *NAMES, "minutes")
    assert {row[by]: [int(row[column]) for column in columns] for row in found} == expected
    assert len(found) == len(expected)
