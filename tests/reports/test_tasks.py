"""``report tasks``: what is open and due, and what was done in time, computed from the tasks themselves."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.program import Program
from tests.reports.test_activity import table

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # a Wednesday
MADE, ENV, LATER = (
    {"MYCRM_NOW": text} for text in ("2026-09-01T00:00:00Z", "2026-11-18T15:30:00Z", "2026-12-24T12:00:00Z")
)
ZONE = ZoneInfo("America/New_York")
COLUMNS = ("open", "overdue", "today", "this_week", "done", "on_time", "late")


def test_tasks(crm: Program) -> None:
    assert table(crm, "tasks", env=ENV) == []
    crm("team", "add", "North")
    crm(*"user add bo@acme.com --role sales_rep --first-name Bo --last-name Li --team North".split())
    crm("user", "edit", "ana@acme.com", "--timezone", "America/New_York")
    made(crm)
    rows = crm.json("task", "list", "-L", "0", env=ENV)
    names = {row["assigned_to_id"]: crm.json("user", "view", row["assigned_to_id"])["first_name"] for row in rows}
    keys: dict[str, Any] = {
        "user": lambda row: {"Ana": "Ana Berg", "Bo": "Bo Li"}[names[row["assigned_to_id"]]],
        "team": lambda row: {"Ana": "", "Bo": "North"}[names[row["assigned_to_id"]]],
        "type": lambda row: row["task_type"],
        "priority": lambda row: row["priority"],
        "month": month,
    }
    before = {}
    for by, key in keys.items():
        before[by] = table(crm, "tasks", "--by", by, env=ENV)
        found = {row[by]: [int(row[name]) for name in COLUMNS] for row in before[by]}
        assert found == expected(rows, key), by
    whole = expected(rows, lambda row: "")[""]
    lateness = [moment(r["completed_at"]) - moment(r["due_date"]) for r in rows if was_done(r) and is_late(r)]
    [only] = table(crm, "tasks", "--by", "team", "-w", "assigned_to.team=none", env=ENV)
    assert int(only["done"]) < whole[4]
    late_days = sum(lateness, timedelta()) / len(lateness) / timedelta(days=1)
    rows_of = table(crm, "tasks", "--by", "user", env=ENV)
    told = sum(float(row["days_late"] or 0) * int(row["late"]) for row in rows_of) / whole[6]
    assert abs(told - late_days) < 0.06
    for row in rows_of:
        dated = int(row["on_time"]) + int(row["late"])
        assert abs(float(row["on_time_rate"]) - int(row["on_time"]) / dated) <= 0.00005
    crm("task", "done", "-w", "status=pending", "-y", env=LATER)
    crm("task", "edit", "-w", "status=completed", "--priority", "low", "--assigned-to", "ana@acme.com", "-y", env=LATER)
    crm("task", "add", "New", env=LATER)
    for by, answer in before.items():
        assert table(crm, "tasks", "--by", by, "--as-of", "2026-11-18T15:30:00Z", env=LATER) == answer, by
    assert "on time" in crm("report", "tasks", "-o", "table", env=ENV).stdout


def made(crm: Program) -> None:
    """Add tasks, and do some of them."""
    chance = random.Random(3)
    rows = []
    for number in range(60):
        due = NOW + timedelta(hours=chance.randint(-50 * 24, 20 * 24), minutes=chance.randint(0, 59))
        rows.append(
            {
                "title": f"Task {number}",
                "due_date": due.isoformat() if chance.random() < 0.9 else None,
                "task_type": chance.choice(["call", "demo"]),
                "priority": chance.choice(["low", "urgent", "medium"]),
                "assigned_to_id": chance.choice(["ana@acme.com", "bo@acme.com"]),
            }
        )
    crm("task", "add", "--from-json", "-", "-y", stdin=json.dumps(rows), env=MADE)
    for number in range(1, 61, 5):
        at = NOW - timedelta(hours=chance.randint(1, 45 * 24))
        stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        crm("task", "done", f"T-{number}", f"T-{number + 1}", f"T-{number + 2}", "--on", stamp, env=ENV)
    crm("task", "edit", "T-4", "--status", "cancelled", env=ENV)


def month(row: dict[str, Any]) -> str:
    """Return the month in which a task was done or is due."""
    at = row["completed_at"] or row["due_date"]
    return f"{local(at):%Y-%m}" if at else ""


def moment(text: str) -> datetime:
    """Return a moment."""
    return datetime.fromisoformat(text)


def local(text: str) -> datetime:
    """Return a moment by the user's clock."""
    return moment(text).astimezone(ZONE)


def was_done(row: dict[str, Any]) -> bool:
    """Return whether a task was done in the last thirty days."""
    first = (NOW.astimezone(ZONE) - timedelta(days=29)).date()
    return row["status"] == "completed" and local(row["completed_at"]).date() >= first


def is_late(row: dict[str, Any]) -> bool:
    """Return whether a task was done too late."""
    return bool(row["due_date"]) and moment(row["completed_at"]) > moment(row["due_date"])


def expected(rows: list[dict[str, Any]], key: Any) -> dict[str, list[int]]:
    """Return the numbers of each group of tasks."""
    found: dict[str, list[int]] = {}
    today = NOW.astimezone(ZONE).date()
    monday = today - timedelta(today.weekday())
    for row in rows:
        still = row["status"] in ("pending", "in_progress")
        if not still and not was_done(row):
            continue
        due = row["due_date"]
        day = local(due).date() if due else None
        flags = (
            still,
            still and due and moment(due) < NOW,
            still and day == today,
            still and day and monday <= day < monday + timedelta(7),
            not still,
            not still and due and not is_late(row),
            not still and is_late(row),
        )
        known = found.setdefault(key(row), [0] * len(COLUMNS))
        found[key(row)] = [count + bool(flag) for count, flag in zip(known, flags, strict=True)]
    return found
