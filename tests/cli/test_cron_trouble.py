"""Jobs that run too long, that cannot be started, whose clock is wrong, and what people type by mistake."""

import errno
import tempfile
from pathlib import Path
from typing import Any

import pytest

from mycrm_cli.errors import Unavailable
from mycrm_cli.services import joblock
from mycrm_cli.services.cron import jobs
from tests.program import Program


def at(day: int, clock: str = "12:00") -> dict[str, str]:
    """Return the environment of a moment in November."""
    return {"MYCRM_NOW": f"2026-11-{day:02}T{clock}:00Z"}


def status(crm: Program, env: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return how each job is."""
    return {job["name"]: job for job in crm.json("cron", "status", env=env)}


def ticks(crm: Program) -> int:
    return int(crm("task", "count").stdout)


def test_over_its_time(crm: Program, tmp_path: Path) -> None:
    """A job that is over its time limit is stopped with what it started, told, and its reminders are in doubt."""
    script, mark = tmp_path / "tell", tmp_path / "went-on"
    script.write_text(f"#!/bin/sh\nsleep 4\ntouch '{mark}'\n")
    script.chmod(0o700)
    config = crm.home / "config.toml"
    config.write_text(config.read_text() + f'\n[notify]\ncommand = ["{script}"]\n')
    crm("task", "add", "Call Jan", "--remind", "2026-11-02 09:00", env=at(2, "08:00"))
    line = ("--time-limit", "2s", "--", "task", "remind", "--all", "--channel", "command")
    crm("cron", "add", "reminders", "--schedule", "hourly", *line, env=at(2, "08:00"))
    said = crm("cron", "run", env=at(2, "09:00"), exit=7).stderr
    assert "reminders: exit 143: it was stopped after its time limit of 2 seconds" in said
    assert status(crm, at(2, "09:01"))["reminders"]["state"] == "failed"
    assert "is in doubt" in crm("cron", "status", "--exit-code", env=at(2, "09:01"), exit=8).stderr
    assert not mark.exists()


def test_what_cannot_be_started_is_put_off(crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room or processes it is tried again two minutes later; the fifth time it is a failure; others go on."""
    crm("cron", "add", "a", "--schedule", "daily 12:00", "task add A", env=at(1))
    crm("cron", "add", "b", "--schedule", "daily 12:00", "task add B", env=at(1))
    make, count = tempfile.TemporaryFile, iter(range(100))

    def full(*given: Any, **more: Any) -> Any:
        if next(count) % 2 == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return make(*given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "TemporaryFile", full)
        assert crm("cron", "run", env=at(2)).stderr == ""
    assert [task["title"] for task in crm.json("task", "list")] == ["B"]
    job = status(crm, at(2))["a"]
    assert (job["last_exit"], job["state"]) == (75, "waiting")
    assert "no space left" in job["last_error"]
    crm("cron", "run", env=at(2, "12:01"))
    assert ticks(crm) == 1
    crm("cron", "run", env=at(2, "12:02"))
    assert ticks(crm) == 2
    assert status(crm, at(2))["a"]["last_exit"] == 0


def test_a_clock_that_was_wrong(crm: Program) -> None:
    """Set back a little, nothing is done twice; was it far ahead, jobs come back to today by themselves."""
    crm("cron", "add", "tick", "--schedule", "daily 12:00", "task add Tick", env=at(1, "13:00"))
    crm("cron", "run", env=at(2, "12:00"))
    for clock in ("11:00", "11:59", "12:00", "12:01"):
        crm("cron", "run", env=at(2, clock))
    assert ticks(crm) == 1
    assert status(crm, at(2, "11:30"))["tick"]["state"] == "waiting"
    crm("cron", "run", "tick", env=at(2, "11:30"))
    assert status(crm, at(2, "11:30"))["tick"]["state"] == "waiting"
    crm("cron", "run", env={"MYCRM_NOW": "2031-01-01T12:00:00Z"})
    assert ticks(crm) == 3
    crm("cron", "run", env=at(3, "15:00"))
    assert ticks(crm) == 4
    job = status(crm, at(3, "15:01"))["tick"]
    assert (job["next_run_at"], job["state"]) == ("2026-11-04T12:00:00Z", "waiting")
    crm("cron", "run", env=at(3, "15:02"))
    assert ticks(crm) == 4


def test_a_run_never_ends_before_it_began() -> None:
    """Nor does one begin before the last one ended: it would count as finished while it runs."""
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 11, 2, 12, tzinfo=UTC)
    job: dict[str, Any] = dict.fromkeys(jobs.COLUMNS)
    assert not jobs.is_astray(job, now)
    job |= {"last_started_at": now, "last_finished_at": now}
    assert not jobs.is_open(job)
    assert not jobs.is_astray(job, now - timedelta(hours=23))
    assert jobs.is_astray(job, now - timedelta(hours=25))


def test_mistakes(crm: Program) -> None:
    """Each is told with what to type instead; a job that only the log would hear is told of."""
    when = ("--schedule", "hourly")
    assert "goes to the log" in crm("cron", "add", "remind", *when, "task", "remind").stderr
    for channel in ("--channel=stdout", "--channel stdout"):
        assert "goes to the log" in crm("cron", "edit", "remind", f"alert run {channel}").stderr
    for channel in ("--channel=email", "--channel email"):
        assert "goes to the log" not in crm("cron", "edit", "remind", f"digest run {channel}").stderr
    assert "no option '--all'" in crm("cron", "add", "x", *when, "task", "remind", "--all", exit=2).stderr
    for name in ("my job", "..", "-x", "a/b", "a\nb", ""):
        crm("cron", "add", *when, "--", name, "task list", exit=6 if name else 2)
    crm("cron", "add", "a.b_c-1", *when, "task list")
    crm("cron", "run", "a.b_c-1")
    assert "did you mean: a.b_c-1" in crm("cron", "run", "a.b", exit=3).stderr
    crm("cron", "run", "a.b_c-1", "nope", exit=3)


def test_people_who_leave(crm: Program) -> None:
    """A profile whose user is disabled, or whose token ended, runs nothing; the jobs wait for somebody who may."""
    crm("user", "add", "rep@acme.com", "--role", "sales_rep")
    crm("profile", "add", "rep", "--organization", "acme", "--user", "rep@acme.com", "-P", "work")
    crm.sign_in("rep")
    crm("cron", "add", "tick", "--for", "rep", "--schedule", "hourly", "task add Tick", "-P", "work", env=at(2))
    crm("user", "disable", "rep@acme.com", "-P", "work")
    crm("cron", "run", "-P", "rep", env=at(3), exit=4)
    assert int(crm("task", "count", "-P", "work").stdout) == 0
    assert "late" in crm("cron", "status", "--exit-code", "-P", "work", env=at(3), exit=8).stderr
    crm("user", "enable", "rep@acme.com", "-P", "work")
    crm.sign_in("rep")
    crm("cron", "run", "-P", "rep", env=at(3))
    assert int(crm("task", "count", "-P", "work").stdout) == 1


def test_what_cannot_be_done_for_long_is_told(crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """In silence at first; from a quarter of an hour on it is a failure, but not maintenance or a run that goes on."""
    crm("cron", "add", "tick", "--schedule", "daily 12:00", "task add Tick", env=at(1))

    def refused(error: Exception) -> Any:
        def alone(*_: Any) -> Any:
            raise error

        return alone

    with monkeypatch.context() as patched:
        patched.setattr(joblock, "alone", refused(Unavailable("the database cannot be used")))
        assert crm("cron", "run", env=at(2, "12:14")).stderr == ""
        assert "tick: exit 75: the database cannot be used" in crm("cron", "run", env=at(2, "12:16"), exit=7).stderr
        assert "the database cannot be used" in crm("cron", "run", "tick", env=at(2, "12:16"), exit=75).stderr
        patched.setattr(joblock, "alone", refused(PermissionError(errno.EACCES, "Permission denied", "/srv/x.lock")))
        assert "Permission denied" in crm("cron", "run", env=at(2, "12:16"), exit=7).stderr
        patched.setattr(joblock, "alone", refused(joblock.busy("tick")))
        assert crm("cron", "run", env=at(2, "12:16")).stderr == ""
        assert "running already" in crm("cron", "run", "tick", env=at(2, "12:16"), exit=75).stderr
    crm("db", "maintenance", "on", "--until", "2h", env=at(2, "12:00"))
    assert crm("cron", "run", env=at(2, "12:20")).stderr == ""
    assert ticks(crm) == 0
    crm("cron", "run", env=at(2, "14:01"))
    assert ticks(crm) == 1


def test_jobs_go_with_their_profile(crm: Program) -> None:
    """A new name changes nothing; what was deleted runs nothing, also when somebody takes its name again."""
    crm("cron", "add", "tick", "--schedule", "hourly", "task add Tick", env=at(1))
    crm("profile", "rename", "work", "acme")
    crm("cron", "run", "-P", "acme", env=at(2))
    assert ticks(crm) == 1
    assert "state/cron/work.json" not in {str(path.relative_to(crm.home)) for path in crm.home.rglob("*.json")}
    crm("cron", "run", "-P", "work", env=at(3), exit=78)
    crm("profile", "rename", "acme", "Acme")
    assert [job["here"] for job in crm.json("cron", "list")] == [True]
    database = ("--database", crm.json("profile", "view", "Acme")["database"])
    crm("profile", "delete", "Acme")
    assert not list((crm.home / "state" / "cron").glob("*.json"))
    if database[1].startswith("sqlite:"):
        crm("profile", "add", "Acme", *database, "--organization", "acme", "--user", "ana@acme.com")
        assert [job["here"] for job in crm.json("cron", "list")] == [False]
