"""Reminders as a user meets them: set, sent once, quiet at night, everybody's for those who may."""

import json
from pathlib import Path

import pytest

from tests.program import Program

MORNING = {"MYCRM_NOW": "2026-11-23T08:00:00Z"}


def at(moment: str) -> dict[str, str]:
    return {"MYCRM_NOW": moment}


def titles(crm: Program, moment: str, *words: str, exit: int = 0) -> list[str]:
    return [row[1] for row in crm("task", "remind", *words, env=at(moment), exit=exit).rows]


def test_a_reminder_is_set_and_goes_out_once(crm: Program) -> None:
    crm("task", "add", "Call Jan", "--due", "2026-11-24 10:00", env=MORNING)
    crm("task", "add", "Mail Eve", "--due", "2026-11-25", env=MORNING)
    crm("task", "add", "Someday", env=MORNING)
    assert "Tue 24 Nov 09:30" in crm("task", "remind", "T-1", "--before", "30m", env=MORNING).stderr
    # A day alone is its morning.
    assert "Wed 25 Nov 09:00" in crm("task", "remind", "T-2", env=MORNING).stderr
    assert "Tue 24 Nov 09:00" in crm("task", "remind", "T-2", "--before", "1d", env=MORNING).stderr
    assert "Tue 24 Nov 08:15" in crm("task", "remind", "T-3", "--at", "tomorrow 08:15", env=MORNING).stderr
    for wrong in ("tomorrow 25:00", "someday 09:00", "tomorrow 9"):
        crm("task", "remind", "T-3", "--at", wrong, env=MORNING, exit=6)
    crm("task", "remind", "T-3", "--clear", env=MORNING)
    crm("task", "remind", "T-3", "--before", "1h", env=MORNING, exit=6)
    crm("task", "remind", "T-3", "--before", "soon", env=MORNING, exit=6)
    crm("task", "remind", "T-1", "--at", "fri", "--clear", env=MORNING, exit=2)
    crm("task", "remind", "T-1", "--within", "2h", env=MORNING, exit=2)

    silent = crm("task", "remind", env=MORNING)
    assert (silent.stdout, silent.stderr) == ("", "")
    ahead = crm("task", "remind", "-n", "--json", env=at("2026-11-24T09:30:00Z")).json
    assert [one["title"] for one in ahead] == ["Mail Eve", "Call Jan"]
    assert titles(crm, "2026-11-24T09:29:00Z") == ["Mail Eve"]
    found = crm("task", "remind", "--json", env=at("2026-11-24T09:30:00Z")).json
    assert [(one["number"], one["reminder_at"], one["assigned_to"]) for one in found] == [
        (1, "2026-11-24T09:30:00Z", "Ana Berg")
    ]
    # Putting it off makes another occurrence; what is done is no longer reminded of.
    assert titles(crm, "2026-11-24T09:40:00Z") == []
    crm("task", "snooze", "T-1", "+1d", env=at("2026-11-24T09:40:00Z"))
    crm("task", "snooze", "T-2", "+1d", env=at("2026-11-24T09:40:00Z"))
    crm("task", "done", "T-2", env=at("2026-11-24T09:40:00Z"))
    assert titles(crm, "2026-11-26T09:30:00Z") == ["Call Jan"]
    crm("task", "remind", "T-1", "--at", "2026-11-27", env=MORNING)
    crm("task", "remind", "T-1", "--clear", env=MORNING)
    assert titles(crm, "2026-11-28T09:30:00Z") == []


def test_without_a_reminder_and_overdue_and_again_and_again(crm: Program) -> None:
    crm("task", "add", "Offer", "--due", "2026-11-24 10:00", env=MORNING)
    crm("task", "add", "Visit", "--due", "2026-11-24 12:00", "--remind", "2026-11-24 11:00", env=MORNING)
    assert titles(crm, "2026-11-23T09:59:00Z", "--within", "24h") == []
    assert titles(crm, "2026-11-23T10:00:00Z", "--within", "24h") == ["Offer"]
    assert titles(crm, "2026-11-23T11:00:00Z", "--within", "24h") == []
    assert titles(crm, "2026-11-24T10:00:00Z", "--overdue") == []
    assert titles(crm, "2026-11-24T10:01:00Z", "--overdue") == ["Offer"]
    # After some days the newest reason alone counts, once.
    assert titles(crm, "2026-11-27T08:00:00Z", "--overdue", "--repeat", "1d") == ["Offer", "Visit"]
    assert titles(crm, "2026-11-27T09:59:00Z", "--overdue", "--repeat", "1d") == []
    assert titles(crm, "2026-11-27T10:05:00Z", "--overdue", "--repeat", "1d") == ["Offer"]
    assert titles(crm, "2026-11-27T12:05:00Z", "--overdue", "--repeat", "1d") == ["Visit"]
    assert titles(crm, "2026-11-27T14:30:00Z", "--overdue", "--repeat", "2h") == ["Offer", "Visit"]
    crm("task", "remind", "--repeat", "0d", env=MORNING, exit=2)
    crm("task", "remind", "--channel", "pigeon", env=MORNING, exit=2)


def test_each_has_quiet_hours_of_their_own_and_only_some_send_for_all(crm: Program) -> None:
    for email, zone, quiet in (("ben@acme.com", "Asia/Tokyo", "21:00-07:00"), ("cy@acme.com", "America/New_York", "")):
        more = ["--quiet-hours", quiet] if quiet else []
        crm("user", "add", email, "--role", "sales_rep", "--timezone", zone, *more, env=MORNING)
    crm("user", "edit", "cy@acme.com", "--quiet-hours", "late", env=MORNING, exit=6)
    for title, email in (("Tokyo", "ben@acme.com"), ("York", "cy@acme.com"), ("Here", "ana@acme.com")):
        crm(
            *("task", "add", title, "--assigned-to", email, "--remind", "2026-11-23T12:30:00Z", "--due", "2026-12-01"),
            env=MORNING,
        )
    # 12:30 UTC is 21:30 in Tokyo, where it is quiet until 22:00 UTC.
    assert titles(crm, "2026-11-23T13:00:00Z") == ["Here"]
    assert titles(crm, "2026-11-23T21:55:00Z", "--all") == ["York"]
    assert titles(crm, "2026-11-23T22:00:00Z", "--all") == ["Tokyo"]
    assert titles(crm, "2026-11-23T23:00:00Z", "--all") == []

    # A person sends their own; a job sends everybody's, and says so to nobody when there is nothing.
    crm("profile", "add", "ben", "--organization", "acme", "--user", "ben@acme.com")
    crm.sign_in("ben", guarded=True)
    crm("task", "remind", "--all", "-P", "ben", env=MORNING, exit=4)
    crm("task", "remind", "T-1", "T-2", "--at", "2026-11-24 01:00Z", env=MORNING)
    assert titles(crm, "2026-11-24T02:00:00Z", "-P", "ben") == ["Tokyo"]
    crm("user", "add", "jobs@acme.com", "--role", "sales_rep", "--service", env=MORNING)
    crm("profile", "add", "jobs", "--organization", "acme", "--user", "jobs@acme.com")
    crm.sign_in("jobs", guarded=True)
    assert titles(crm, "2026-11-24T02:00:00Z", "-P", "jobs") == ["York"]
    assert titles(crm, "2026-11-24T02:00:00Z", "-P", "jobs") == []


def test_what_an_import_brings_is_told_only_when_it_lies_ahead(crm: Program, tmp_path: Path) -> None:
    file = tmp_path / "tasks.csv"
    file.write_text(
        "title,due_date,reminder_at\nOld,2026-11-01T10:00:00Z,2026-11-01T09:00:00Z\n"
        "New,2026-11-30T10:00:00Z,2026-11-30T09:00:00Z\nLate,2026-11-02T10:00:00Z,\n"
    )
    change = crm("task", "import", str(file), "--yes", "--json", env=MORNING).json["change"]
    assert titles(crm, "2026-11-24T09:00:00Z", "--all", "--overdue", "--within", "24h") == []
    assert titles(crm, "2026-11-30T09:00:00Z", "--all") == ["New"]
    late = titles(crm, "2026-11-30T11:00:00Z", "--all", "--overdue", "--repeat", "1d")
    assert sorted(late) == ["Late", "New", "Old"]
    crm("undo", change, "--yes", env=MORNING)
    assert crm("task", "count", env=MORNING).stdout == "0\n"


def test_a_table_on_a_terminal(sqlite_crm: Program) -> None:
    crm = sqlite_crm
    crm("user", "edit", "ana@acme.com", "--quiet-hours", "00:00-23:59", env=MORNING)
    crm("task", "add", "Call Jan", "--remind", "2026-11-23 07:00", "--due", "2026-11-23 07:30", env=MORNING)
    assert crm("task", "remind", env=MORNING).stdout == ""
    # Whoever asks for their own wants to see them, be it night.
    shown = crm("task", "remind", env=MORNING, terminal=True)
    assert "T-1" in shown.stdout and "Call Jan" in shown.stdout
    assert crm("task", "remind", env=MORNING, terminal=True).stderr == "nothing is due\n"
    assert crm("task", "remind", "--json", env=MORNING).stdout == "[]\n"


def test_a_closed_pipe_leaves_what_it_may_have_taken_in_doubt(
    sqlite_crm: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mycrm_cli.services.reminding import claims

    crm = sqlite_crm
    crm("task", "add", "Call Jan", "--remind", "2026-11-23 07:00", env=MORNING)
    with monkeypatch.context() as patched:
        patched.setattr(claims, "settle", lambda *words, **more: (_ for _ in ()).throw(KeyboardInterrupt()))
        crm("task", "remind", env=MORNING, exit=130)
    told = crm("task", "remind", env=MORNING)
    assert told.stdout == "" and "in doubt" in told.stderr and "T-1" in told.stderr
    assert crm("task", "remind", env=MORNING).stderr == ""
    assert json.loads(crm("task", "remind", "--again", "--json", env=MORNING).stdout)[0]["title"] == "Call Jan"
    assert crm("task", "remind", "--again", env=MORNING).stdout == ""
