"""Reminders, alerts and digests of which nobody knows whether they went out: seen, sent again, or settled."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.program import Program


def at(clock: str, day: int = 2) -> dict[str, str]:
    """Return the environment of a moment in November."""
    return {"MYCRM_NOW": f"2026-11-{day:02}T{clock}:00Z"}


def notified(crm: Program, folder: Path, line: str) -> None:
    """Let notices go out through a shell script."""
    script = folder / "tell"
    script.write_text(f"#!/bin/sh\ncat > /dev/null\n{line}\n")
    script.chmod(0o700)
    config = crm.home / "config.toml"
    if "[notify]" not in config.read_text():
        config.write_text(config.read_text() + f'\n[notify]\ncommand = ["{script}"]\ntime_limit = 1\n')
        config.chmod(0o600)


def test_what_is_in_doubt_is_told_until_somebody_sees_to_it(crm: Program, tmp_path: Path) -> None:
    """Exit 8, what it is about, which command sends it again; settled or done it is no doubt any more."""
    send = ("task", "remind", "--all", "--channel", "command")
    for title in ("Call Jan", "Mail Eve"):
        crm("task", "add", title, "--remind", "2026-11-02 09:00", env=at("08:00"))
    crm("lead", "add", "Ida Iversen", "--owner", "me", env={"MYCRM_NOW": "2026-11-01T08:30:00Z"})
    assert crm("cron", "doubts", "--json", env=at("08:00")).json == []
    notified(crm, tmp_path, "exec sleep 20")
    crm(*send, env=at("09:01"), exit=7)
    crm("alert", "run", "--channel", "command", env=at("09:01"), exit=7)
    status = crm("cron", "status", env=at("09:02"))
    assert "2 reminders by command are in doubt: mycrm task remind --all --again --channel command" in status.stderr
    assert "1 alert by command is in doubt: mycrm alert run --again --channel command" in status.stderr
    assert "mycrm cron doubts" in status.stderr
    told = crm("cron", "status", "--exit-code", env=at("09:02"), exit=8)
    assert "in doubt" in told.stderr and "mycrm cron doubts" in told.stderr
    found = crm.json("cron", "doubts", env=at("09:02"))
    assert [(one["kind"], one["reference"], one["user"], one["state"]) for one in found] == [
        ("reminder", "T-1", "ana@acme.com", "uncertain"),
        ("reminder", "T-2", "ana@acme.com", "uncertain"),
        ("unanswered", "L-1", "ana@acme.com", "uncertain"),
    ]
    assert "took longer" in found[0]["error"]
    crm("task", "done", "T-2", env=at("09:03"))
    assert [one["reference"] for one in crm.json("cron", "doubts", env=at("09:04"))] == ["T-1", "L-1"]
    notified(crm, tmp_path, "exit 0")
    crm(*send, env=at("09:05"))
    assert "1 reminder by command" in crm("cron", "status", env=at("09:05")).stderr
    crm(*send, "--again", env=at("09:06"))
    assert [one["reference"] for one in crm.json("cron", "doubts", env=at("09:06"))] == ["L-1"]
    assert "would" in crm("cron", "settle", "-n", env=at("09:06")).stderr
    assert len(crm.json("cron", "doubts", env=at("09:06"))) == 1
    assert "1 " in crm("cron", "settle", env=at("09:06")).stderr
    assert crm("cron", "status", "--exit-code", env=at("09:07")).stderr == ""
    assert "nothing" in crm("cron", "settle", env=at("09:06")).stderr
    assert crm("alert", "run", "--channel", "command", env=at("09:08")).stdout == ""
    assert crm.json("cron", "doubts", env=at("09:08")) == []


def test_what_failed_is_told_and_only_what_is_given_up_is_settled(crm: Program, tmp_path: Path) -> None:
    """What the next run tries again stays; a digest of days ago is nobody's business any more."""
    crm("task", "add", "Call Jan", "--remind", "2026-11-02 09:00", "--due", "2026-11-02 10:00", env=at("08:00"))
    notified(crm, tmp_path, "echo no line; exit 3")
    crm("digest", "run", "--channel", "command", env=at("09:01"), exit=7)
    crm("task", "remind", "--all", "--channel", "command", env=at("09:01"), exit=7)
    said = crm("cron", "status", "--exit-code", env=at("09:02"), exit=8).stderr
    assert "1 reminder by command failed" in said
    assert "1 digest by command failed" in said
    assert "no line" in crm.json("cron", "doubts", env=at("09:02"))[0]["error"]
    assert "nothing" in crm("cron", "settle", env=at("09:02")).stderr
    kinds = {one["kind"] for one in crm.json("cron", "doubts", env=at("09:02", day=4))}
    assert kinds == {"reminder"}
    crm("cron", "settle", env=at("09:02", day=4))
    assert crm("cron", "status", "--exit-code", env=at("09:02", day=4)).exit == 0
    crm("user", "add", "rep@acme.com", "--role", "sales_rep")
    crm("profile", "add", "rep", "--organization", "acme", "--user", "rep@acme.com", "-P", "work")
    crm.sign_in("rep")
    crm("cron", "settle", "-P", "rep", exit=4)


def test_mail_in_doubt_is_told(sqlite_crm: Program) -> None:
    """A run over the outbox that was killed says nothing itself: the next one finds it, and cron status tells."""
    crm = sqlite_crm
    crm("profile", "edit", "work", "--smtp", "smtp://127.0.0.1:2525", "--smtp-from", "ana@acme.com")
    crm("contact", "add", "Zoe", "--email", "zoe@example.com")
    crm("email", "send", "zoe@example.com", "--subject", "Prices", "--body", "Here they are.", "--later")
    assert crm("cron", "status", "--exit-code").stderr == ""
    with closing(sqlite3.connect(crm.database.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE outbox SET state = 'uncertain'")
    said = crm("cron", "status", "--exit-code", exit=8).stderr
    assert "1 message is in doubt: mycrm email outbox list --state uncertain" in said
    crm("email", "outbox", "cancel", "-w", "state=uncertain", "-y")
    assert crm("cron", "status", "--exit-code").stderr == ""
