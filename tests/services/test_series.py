"""Series as people change them: this one or all that follow, some left out, an end, and holidays."""

from typing import Any

import pytest

from tests.program import Program

FRIDAY = {"MYCRM_NOW": "2026-11-27T10:00:00Z"}


def task(crm: Program, ref: str, *fields: str) -> list[Any]:
    record = crm.json("task", "view", ref)
    return [record[name] for name in fields]


def test_a_series_is_changed(crm: Program) -> None:
    """One occurrence moves, or all that follow; days are left out; it ends with a day or after so many."""
    crm("profile", "edit", "work", "--timezone", "Europe/Berlin")
    line = ["Stand-up", "--due", "2026-11-30T09:00", "--remind", "2026-11-30T08:30", "--recurrence", "Weekly;count=9"]
    crm("task", "add", *line, env=FRIDAY)
    assert task(crm, "T-1", "recurrence_rule", "when_missed") == ["FREQ=WEEKLY;COUNT=9", "once"]
    # Days that are left out are ones on which it would come.
    assert "comes on 2026-12-07" in crm("task", "skip", "T-1", "--on", "2026-12-15", exit=3, env=FRIDAY).stderr
    assert "mycrm task skip T-1" in crm("task", "skip", "T-1", "--on", "2026-11-30", exit=6, env=FRIDAY).stderr
    crm("task", "skip", "T-1", "--on", "someday", exit=6)
    change = crm.json("task", "skip", "T-1", "--on", "2026-12-14,2026-12-21", env=FRIDAY)["change"]
    assert task(crm, "T-1", "excluded_dates", "status") == [["2026-12-14", "2026-12-21"], "pending"]
    assert "nothing to change" in crm("task", "skip", "T-1", "--on", "2026-12-14", "-o", "table").stderr
    # This one alone: the series goes on from the time the rule gave.
    crm("task", "edit", "T-1", "--due", "2026-12-01T15:00", "--remind", "2026-12-01T14:30", env=FRIDAY)
    crm("undo", change, "-y")
    assert task(crm, "T-1", "excluded_dates", "due_date") == [[], "2026-12-01T14:00:00Z"]
    crm("task", "skip", "T-1", "--on", "2026-12-14")
    assert "T-2 on Mon 7 Dec 09:00" in crm("task", "done", "T-1", env=FRIDAY).stderr
    assert "T-2" in crm("task", "edit", "T-1", "--due", "fri", "--following", exit=6).stderr
    # All that follow: rule, reminder and left-out days move along.
    crm("task", "edit", "T-2", "--due", "2026-12-08T10:00", "--following", env=FRIDAY)
    same = ["due_date", "reminder_at", "excluded_dates", "recurrence_rule"]
    assert task(crm, "T-2", *same) == [
        "2026-12-08T09:00:00Z",
        "2026-12-08T08:30:00Z",
        ["2026-12-15"],
        "FREQ=WEEKLY;COUNT=8",
    ]
    assert "T-3 on Tue 22 Dec 10:00" in crm("task", "done", "T-2", env=FRIDAY).stderr
    assert task(crm, "T-3", "recurrence_rule") == ["FREQ=WEEKLY;COUNT=6"]
    crm("task", "edit", "T-3", "--until", "2027-01-05", env=FRIDAY)
    assert task(crm, "T-3", "recurrence_rule", "occurrence") == ["FREQ=WEEKLY;UNTIL=20270105", "2026-12-22T10:00:00"]
    crm("task", "edit", "T-3", "--excluded-dates", "2026-12-29", env=FRIDAY)
    # One occurrence that moves takes its reminder along; the next one is reminded of as far ahead as ever.
    crm("task", "edit", "T-3", "--due", "2026-12-24T11:00", env=FRIDAY)
    assert task(crm, "T-3", "reminder_at", "occurrence") == ["2026-12-24T09:30:00Z", "2026-12-22T10:00:00"]
    assert "T-4 on Tue 5 Jan" in crm("task", "done", "T-3", env=FRIDAY).stderr
    assert task(crm, "T-4", "due_date", "reminder_at") == ["2027-01-05T09:00:00Z", "2027-01-05T08:30:00Z"]
    assert "next" not in crm("task", "done", "T-4", env=FRIDAY).stderr


def test_rules_move_with_their_series(sqlite_crm: Program) -> None:
    """Mondays become Tuesdays; what nobody can tell is asked for."""
    crm = sqlite_crm
    cases = [
        ("2026-11-30T09:00", "FREQ=WEEKLY;BYDAY=MO", "2026-12-03T09:00", "FREQ=WEEKLY;BYDAY=TH"),
        ("2026-11-30T09:00", "FREQ=WEEKLY;BYDAY=MO", "2026-11-30T11:00", "FREQ=WEEKLY;BYDAY=MO"),
        ("2026-11-30T09:00", "weekdays", "2026-12-01T09:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ("2026-11-30T09:00", "FREQ=MONTHLY;BYDAY=-1MO", "2026-12-25T09:00", "FREQ=MONTHLY;BYDAY=-1FR"),
        ("2026-11-30T09:00", "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-12-30T09:00", "FREQ=MONTHLY;BYMONTHDAY=-2"),
        ("2026-12-05T09:00", "FREQ=MONTHLY;BYMONTHDAY=5", "2026-12-12T09:00", "FREQ=MONTHLY;BYMONTHDAY=12"),
        ("2026-12-05T09:00", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "2026-12-05T10:30", "FREQ=DAILY;BYHOUR=10;BYMINUTE=30"),
    ]
    for number, (due, rule, to, moved) in enumerate(cases, 1):
        crm("task", "add", "x", "--due", due, "--recurrence", rule, env=FRIDAY)
        crm("task", "edit", f"T-{number}", "--due", to, "--following", env=FRIDAY)
        assert task(crm, f"T-{number}", "recurrence_rule", "occurrence") == [moved, f"{to}:00"]
    said = crm("task", "edit", "T-3", "--due", "2026-12-05T09:00", "--following", exit=6, env=FRIDAY).stderr
    assert "--recurrence" in said
    crm("task", "edit", "T-3", "--due", "2026-12-05", "--recurrence", "weekly", "--following", env=FRIDAY)
    crm("task", "edit", "T-1", "--following", exit=2)
    crm("task", "add", "Once", "--due", "fri")
    assert "does not come again" in crm("task", "edit", "T-8", "--due", "sat", "--following", exit=6).stderr
    assert "does not come again" in crm("task", "edit", "T-8", "--until", "2027-01-01", exit=6).stderr
    crm("task", "add", "No rule", "--due", "fri", "--until", "2027-01-01", exit=2)
    crm("task", "add", "Both", "--due", "fri", "--recurrence", "daily;count=3", "--until", "2027-01-01", exit=6)
    for text in ("yesterday", "2026-02-30", "[1]", "2026-12-24T09:00:00Z"):
        crm("task", "edit", "T-1", "--excluded-dates", text, exit=6)


@pytest.mark.parametrize("policy", ["once", "each"])
def test_after_a_holiday(crm: Program, policy: str) -> None:
    """What was missed is made up for once, or each occurrence has its task; at most forty of them."""
    crm("task", "add", "Backup", "--due", "2026-11-20T09:00", "--recurrence", "daily", "--when-missed", policy)
    told = crm("task", "done", "T-1", env={"MYCRM_NOW": "2026-11-27T09:59:00Z"}).stderr
    open_ones = crm("task", "list", "-w", "status=pending", "-s", "due", "-F", "due_date,when_missed").rows
    if policy == "once":
        assert open_ones == [["2026-11-28T09:00:00Z", "once"]]
        return
    assert "next: 8 tasks" in told
    assert [row[0][8:10] for row in open_ones] == ["21", "22", "23", "24", "25", "26", "27", "28"]
    assert "next: T-3" in crm("task", "done", "T-2", env=FRIDAY).stderr
    assert crm("task", "count").lines == ["9"]
    late = crm("task", "done", "T-9", env={"MYCRM_NOW": "2027-03-01T10:00:00Z"}).stderr
    assert "the latest 40 are made up for" in late and crm("task", "count").lines == ["50"]
