"""Tasks as people use them: done, again, skipped, put off; told as stories, on both databases."""

from typing import Any

import pytest

from tests.program import Program

FRIDAY = {"MYCRM_NOW": "2026-11-27T10:00:00Z"}
RULE = "FREQ=WEEKLY;BYDAY=MO"


def task(crm: Program, ref: str, *fields: str) -> list[Any]:
    record = crm.json("task", "view", ref)
    return [record[name] for name in fields]


def test_a_task_is_done(crm: Program) -> None:
    """It knows who wrote it down, becomes an activity, moves what it is about, and can be reopened."""
    crm("contact", "add", "Jan Rott", "--email", "jan@example.com", env=FRIDAY)
    crm("deal", "add", "Big deal", "--contact", "C-1", env=FRIDAY)
    made = crm.json("task", "add", "Call Jan", "--task-type", "call", "--due", "fri", "--deal", "D-1", env=FRIDAY)
    assert made["due_date"] == "2026-12-04T23:59:59Z" and made["opportunity_id"] and not made["is_recurring"]
    assert made["created_by_id"] == made["assigned_to_id"] is not None
    assert crm("task", "list", "-w", "deal.name=Big +MINE", "-F", "number,deal,deal.name").rows == []
    assert crm("task", "list", "--deal", "D-1", "-F", "number,deal", "-s", "deal").rows == [["1", "Big deal"]]
    crm("task", "add", "Nobody's", "--assigned-to", "")
    assert task(crm, "T-2", "assigned_to_id", "status") == [None, "pending"]
    crm("task", "start", "T-1")
    assert task(crm, "T-1", "status") == ["in_progress"]
    late = crm("task", "done", "T-1", "--on", "2026-11-30", "--outcome", "x", "--json", exit=6, env=FRIDAY)
    assert '"code": "in_the_future"' in late.stderr
    crm("task", "done", "T-1", "--outcome", "x" * 256, exit=6, env=FRIDAY)
    crm("task", "done", "T-1", "--on", "2026-11-26T15:00", "--outcome", "Wants a quote", "--notes", "Soon", env=FRIDAY)
    assert task(crm, "T-1", "status", "completed_at", "outcome", "notes") == [
        "completed",
        "2026-11-26T15:00:00Z",
        "Wants a quote",
        "Soon",
    ]
    activity = crm("activity", "list", "-o", "json", "-F", "activity_type,direction,subject,outcome,body,task").json
    assert [list(row.values())[1:] for row in activity] == [
        ["call", "outbound", "Call Jan", "Wants a quote", "Soon", "Call Jan"]
    ]
    for noun, ref in (("contact", "C-1"), ("deal", "D-1")):
        assert crm.json(noun, "view", ref)["last_activity_at"] == "2026-11-26T15:00:00Z"
    assert "nothing to change" in crm("task", "done", "T-1", "-o", "table", env=FRIDAY).stderr
    crm("task", "snooze", "T-1", "+2d", exit=6)
    crm("task", "reopen", "T-1")
    assert task(crm, "T-1", "status", "completed_at", "outcome") == ["pending", None, "Wants a quote"]
    crm("task", "edit", "T-1", "--status", "completed", env=FRIDAY)
    assert task(crm, "T-1", "completed_at") == ["2026-11-27T10:00:00Z"]
    assert crm("activity", "count").lines == ["2"]


def test_a_task_comes_again(crm: Program) -> None:
    """The next one has what the one before had, at the same clock time, and there is one of it only."""
    crm("contact", "add", "Jan Rott", env=FRIDAY)
    line = ["Weekly", "--due", "2026-11-23T09:00", "--remind", "2026-11-22T18:00", "--contact", "C-1"]
    crm("task", "add", *line, "--recurrence", RULE + ";COUNT=3", "--priority", "high", env=FRIDAY)
    assert task(crm, "T-1", "is_recurring", "timezone") == [True, "UTC"]
    told = crm("task", "done", "T-1", env=FRIDAY)
    assert "next: T-2 on Mon 30 Nov 09:00" in told.stderr
    same = ["title", "priority", "due_date", "reminder_at", "recurrence_rule", "status"]
    assert task(crm, "T-2", *same) == [
        "Weekly",
        "high",
        "2026-11-30T09:00:00Z",
        "2026-11-29T18:00:00Z",
        RULE + ";COUNT=2",
        "pending",
    ]
    first, second = (crm.json("task", "view", ref) for ref in ("T-1", "T-2"))
    assert (second["parent_task_id"], second["contact_id"]) == (first["id"], first["contact_id"])
    assert "T-2 had come next" in crm("task", "reopen", "T-1", env=FRIDAY).stderr
    crm("task", "edit", "T-1", "--status", "completed", env=FRIDAY)
    assert crm("task", "count").lines == ["2"]
    # Put off, it moves with its reminder; the series does not.
    crm("task", "snooze", "T-2", "+2d", env=FRIDAY)
    assert task(crm, "T-2", "due_date", "reminder_at") == ["2026-12-02T09:00:00Z", "2026-12-01T18:00:00Z"]
    assert "next: T-3 on Mon 7 Dec 09:00" in crm("task", "skip", "T-2", env=FRIDAY).stderr
    assert task(crm, "T-2", "status", "outcome", "completed_at") == ["cancelled", "skipped", None]
    crm("task", "reopen", "T-2")
    assert task(crm, "T-2", "status", "outcome") == ["pending", None]
    change = crm.json("task", "done", "T-2", env=FRIDAY)["change"]
    assert "next" not in crm("task", "done", "T-3", env=FRIDAY).stderr
    assert crm("task", "count").lines == ["3"]
    assert crm("activity", "count").lines == ["4"]
    crm("undo", change, "-y", env=FRIDAY)
    assert task(crm, "T-2", "status") == ["pending"] and crm("activity", "count").lines == ["3"]


def test_a_series_in_a_zone_with_summer_time(crm: Program) -> None:
    """Half past two stays half past two; a series left alone for weeks goes on with one task."""
    zone = ["--timezone", "America/New_York", "--recurrence", "daily"]
    crm("task", "add", "Backup", "--due", "2027-03-13T07:30:00Z", *zone, env={"MYCRM_NOW": "2027-03-12T00:00:00Z"})
    early = {"MYCRM_NOW": "2027-03-13T08:00:00Z"}
    assert task(crm, "T-1", "recurrence_rule") == ["FREQ=DAILY"]
    crm("task", "done", "T-1", env=early)
    crm("task", "done", "T-2", env=early)
    assert [task(crm, ref, "due_date")[0] for ref in ("T-2", "T-3")] == ["2027-03-14T07:30:00Z", "2027-03-15T06:30:00Z"]
    assert "T-4 on Thu 1 Apr 06:30" in crm("task", "done", "T-3", env={"MYCRM_NOW": "2027-03-31T12:00:00Z"}).stderr
    # A new date alone moves one task; a rule with it moves the series.
    late = {"MYCRM_NOW": "2027-03-31T12:00:00Z"}
    crm("task", "edit", "T-4", "--due", "2027-04-01T12:00:00Z", env=late)
    assert "T-5 on Fri 2 Apr 06:30" in crm("task", "done", "T-4", env=late).stderr
    crm("task", "edit", "T-5", "--due", "2027-04-02T12:00:00Z", "--recurrence", "weekly", env=late)
    assert "T-6 on Fri 9 Apr 12:00" in crm("task", "done", "T-5", env=late).stderr
    crm("task", "edit", "T-6", "--clear", "due_date", exit=6)
    crm("task", "edit", "T-6", "--clear", "timezone")
    assert task(crm, "T-6", "timezone") == ["UTC"]
    crm("task", "edit", "T-6", "--clear", "recurrence_rule")
    assert task(crm, "T-6", "is_recurring") == [False]
    assert "next" not in crm("task", "done", "T-6", env=late).stderr


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--recurrence", "every monday", "--due", "fri"], "recurrence_rule"),
        (["--recurrence", "FREQ=MINUTELY", "--due", "fri"], "recurrence_rule"),
        (["--recurrence", RULE], "due_date"),
        (["--recurrence", RULE, "--due", "fri", "--timezone", "Mars/Base"], "timezone"),
        (["--timezone", "CET-1"], "timezone"),
        (["--recurrence", "FREQ=DAILY;UNTIL=20200101", "--due", "fri"], "recurrence_rule"),
        (["--due", "1899-12-31"], "due_date"),
        (["--title", "x" * 300], "title"),
    ],
)
def test_nonsense_is_refused(sqlite_crm: Program, options: list[str], field: str) -> None:
    """With the field named, and nothing written."""
    name = [] if "--title" in options else ["Task"]
    answer = sqlite_crm("task", "add", *name, *options, "--json", exit=6)
    assert f'"field": "{field}"' in answer.stderr or f'"field":"{field}"' in answer.stderr
    assert sqlite_crm("task", "count").lines == ["0"]


def test_putting_off(sqlite_crm: Program) -> None:
    """A distance counts from the due date or from now, whichever is later; a day keeps the clock time."""
    crm, now = sqlite_crm, FRIDAY
    cases = [
        ("2026-11-30T09:00", "+2d", "2026-12-02T09:00:00Z"),
        ("2026-11-20T09:00", "+2d", "2026-11-29T09:00:00Z"),
        ("2026-11-20", "1w", "2026-12-04T23:59:59Z"),
        ("2026-11-20T09:00", "+2h", "2026-11-27T12:00:00Z"),
        ("2026-11-20T09:00", "tue", "2026-12-01T09:00:00Z"),
        ("2026-11-20T09:00", "2026-12-24", "2026-12-24T09:00:00Z"),
        ("2026-11-20T09:00", "2026-12-24T11:00", "2026-12-24T11:00:00Z"),
        ("", "+1d", "2026-11-28T23:59:59Z"),
    ]
    for place, (due, how, expected) in enumerate(cases, 1):
        crm("task", "add", f"Task {place}", "--due", due, env=now)
        crm("task", "snooze", f"T-{place}", how, env=now)
        assert task(crm, f"T-{place}", "due_date") == [expected], how
    assert "T-1 is due on Thu 3 Dec 09:00 now" in crm("task", "snooze", "T-1", "--by", "+1d", env=now).stderr
    crm("task", "add", "Reminder only", "--remind", "2026-11-30T09:00", env=now)
    crm("task", "snooze", "T-9", "+1d", env=now)
    assert task(crm, "T-9", "due_date", "reminder_at") == [None, "2026-12-01T09:00:00Z"]
    crm("task", "snooze", "T-1", "sometime", env=now, exit=6)
    crm("task", "snooze", "T-1", env=now, exit=2)


def test_the_agenda(crm: Program) -> None:
    """Sections by the user's day, whose they are, and every format."""
    now = {"MYCRM_NOW": "2026-11-27T23:30:00Z", "MYCRM_TZ": "Europe/Berlin"}
    crm("user", "add", "zoe@acme.com", "--role", "sales_rep", "--first-name", "Zoe", "--last-name", "Zink")
    for title, due in (
        ("Yesterday", "2026-11-27"),
        ("Today", "2026-11-28"),
        ("Soon", "2026-12-05"),
        ("Later", "2026-12-06"),
        ("Someday", ""),
    ):
        crm("task", "add", title, "--due", due, env=now)
    crm("task", "add", "Zoe's", "--due", "2026-11-28", "--assigned-to", "zoe@acme.com", env=now)
    crm("task", "add", "Over", "--due", "2026-11-28", "--status", "cancelled", env=now)
    sections = ["overdue", "today", "soon", "later", "someday"]
    assert [row[:3:2] for row in crm("task", "agenda", env=now).rows] == [
        [section, title]
        for section, title in zip(sections, ["Yesterday", "Today", "Soon", "Later", "Someday"], strict=True)
    ]
    assert [row["section"] for row in crm.json("task", "agenda", "--days", "30", env=now)] == [
        *sections[:3],
        "soon",
        "someday",
    ]
    assert [row[2] for row in crm("task", "agenda", "--user", "zoe@acme.com", env=now).rows] == ["Zoe's"]
    assert len(crm("task", "agenda", "--all", "-o", "ids", env=now).lines) == 6
    screen = crm("task", "agenda", "-o", "table", env=now).stdout
    assert "Overdue" in screen and "Next 7 days" in screen and "T-2" in screen
    crm("task", "agenda", "--all", "--user", "me", exit=2)


def test_many_at_once(crm: Program) -> None:
    """A pipe of recurring tasks makes all the next ones in one change."""
    lines = "\n".join(
        f'{{"title": "Task {n}", "due_date": "2026-11-23", "recurrence_rule": "FREQ=DAILY"}}' for n in range(600)
    )
    crm("task", "add", "--from-json", "-", "--yes", stdin=lines, env=FRIDAY)
    ids = crm("task", "list", "-o", "ids").stdout
    crm("task", "done", "-", stdin=ids, exit=2, env=FRIDAY)
    assert "next: 600 tasks" in crm("task", "done", "-", "-y", stdin=ids, env=FRIDAY).stderr
    due = crm("task", "list", "-w", "status=pending", "-F", "due_date", "-L", "0").lines
    assert due == ["2026-11-27T23:59:59Z"] * 600
