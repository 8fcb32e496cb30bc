"""Jobs from outside: added, accepted, run when they are due, reported when they fail, started by cron itself."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mycrm_cli.config import logs
from mycrm_cli.services.cron import children
from tests.program import Program


def at(day: int, clock: str = "12:00") -> dict[str, str]:
    """Return the environment of a day in November."""
    return {"MYCRM_NOW": f"2026-11-{day:02}T{clock}:00"}


def jobs(crm: Program, word: str, **options: object) -> dict[str, dict[str, object]]:
    """Return what a command says of each job."""
    return {job["name"]: job for job in crm.json("cron", word, **options)}


def test_what_may_be_a_job(crm: Program) -> None:
    """One command of mycrm, spelt out and checked; a schedule; a program with an absolute path."""
    when = ("--schedule", "daily 07:30")
    for words in ("profile edit work --user x@y.z", "cron run", "auth login", "user token create --name x", "init"):
        crm("cron", "add", "bad", *when, "--", *words.split(), exit=6)
    for words in ("deal explode", "deal", "deal list --nothing", "deal list -P other", "deal list --help", "rm -rf /"):
        crm("cron", "add", "worse", *when, "--", *words.split(), exit=2)
    for schedule in ("sometimes", "61 * * * *", "0 0 30 2 *", "every 0m", "daily 25:00"):
        assert "schedule" in crm("cron", "add", "x", "--schedule", schedule, "--", "score", "run", exit=6).stderr
    crm("cron", "add", "x", *when, "--timezone", "Mars/North", "--", "score", "run", exit=6)
    crm("cron", "add", "x y", *when, "--", "score", "run", exit=6)
    crm("cron", "add", "x", *when, "--on-failure", "alarm", "--", "score", "run", exit=6)
    crm("cron", "add", "x", *when, "--time-limit", "long", "--", "score", "run", exit=6)
    crm("cron", "add", "x", "score", "run", exit=2)
    crm("cron", "add", "x", *when, "--on-failure", "/bin/true now", "--time-limit", "2m", "mycrm deal ls -w +STALE")
    job = jobs(crm, "list", env=at(3))["x"]
    assert job["command"] == "deal list -w +STALE"
    assert (job["on_failure"], job["time_limit_seconds"], job["here"]) == ("/bin/true now", 120, True)
    assert crm("cron", "add", "x", *when, "--", "score", "run", exit=6).stderr.startswith("error")
    assert "no way to people" in crm("cron", "add", "--defaults").stderr
    assert jobs(crm, "list")["scores"]["command"] == "score run"
    crm("profile", "edit", "work", "--smtp", "smtps://ana@mail.example:465", "--smtp-from", "ana@acme.com")
    crm("cron", "add", "--defaults")
    known = {job["command"] for job in jobs(crm, "list").values()}
    assert known >= {f"{name} --channel email" for name in ("task remind --all", "alert run", "digest run")}
    assert known >= {"sequence run --all", "email outbox run --all", "report dashboard --send"}
    assert "there already" in crm("cron", "add", "--defaults").stderr
    crm("profile", "edit", "work", "--imap", "imaps://ana@mail.example")
    crm("cron", "add", "--defaults")
    assert jobs(crm, "list")["mail"]["command"] == "email sync"


def test_jobs_run_once_for_a_time(crm: Program) -> None:
    """Silent while idle; a due time is done once; missed ones are made up for once, or left out."""
    crm("cron", "add", "tick", "--schedule", "daily 08:00", "--", "task", "add", "Tick", env=at(2))
    crm("cron", "add", "tack", "--schedule", "daily 08:00", "--no-catch-up", "task add Tack", env=at(2))
    crm("cron", "add", "off", "--schedule", "daily 08:00", "--disabled", "task add Off", env=at(2))

    def ran(env: dict[str, str]) -> tuple[int, int, int]:
        result = crm("cron", "run", env=env)
        assert (result.stdout, result.stderr) == ("", "")
        titles = [task["title"] for task in crm.json("task", "list")]
        return titles.count("Tick"), titles.count("Tack"), titles.count("Off")

    assert ran(at(2)) == (0, 0, 0)
    assert ran(at(3, "08:01")) == (1, 1, 0)
    assert ran(at(3, "08:02")) == (1, 1, 0)
    assert ran(at(9, "12:00")) == (2, 1, 0)  # six days were missed
    state = jobs(crm, "status", env=at(9))
    assert {name: job["state"] for name, job in state.items()} == {
        "tick": "waiting",
        "tack": "waiting",
        "off": "disabled",
    }
    assert state["tick"]["next_run_at"] == "2026-11-10T08:00:00Z"
    assert state["tack"]["last_started_at"] == "2026-11-03T08:01:00Z"
    crm("cron", "edit", "tick", "--schedule", "0 9 * * *", "--timezone", "Europe/Berlin", env=at(9))
    assert jobs(crm, "list")["tick"]["next_run_at"] == "2026-11-10T08:00:00Z"
    crm("cron", "disable", "tack", env=at(9))
    crm("cron", "enable", "off", env=at(9))
    assert ran(at(10, "08:00")) == (3, 1, 1)
    crm("cron", "run", "tack", env=at(10))  # by its name also while it is off
    assert ran(at(10, "08:01")) == (3, 2, 1)
    crm("cron", "run", "nothing", exit=3)
    assert crm("cron", "status", "--exit-code", env=at(10)).exit == 0
    assert "late" in crm("cron", "status", "--exit-code", env=at(12), exit=8).stderr
    crm("cron", "delete", "tack", "off")
    assert list(jobs(crm, "list")) == ["tick"]
    if crm.database.startswith("sqlite:"):  # beside the file is the lock of the job that is left, and of no other
        assert len(list(Path(crm.database.removeprefix("sqlite:///")).parent.glob("*.cron-*.lock"))) == 1


def test_failures_are_told(crm: Program, tmp_path: Path) -> None:
    """Exit 7, the log, the count, and a program that reads JSON; what is locked is only put off."""
    heard, alarm = tmp_path / "heard.json", tmp_path / "alarm"
    alarm.write_text(f'#!/bin/sh\ncat > "{heard}"\nenv > "{heard}.env"\n')
    alarm.chmod(0o700)
    line = ("--schedule", "hourly", "--on-failure", str(alarm), "--", "deal", "view", "mct_notatokenatall", "-q")
    crm("cron", "add", "bad", *line, env=at(2))
    crm("cron", "add", "good", "--schedule", "hourly", "task add Good", env=at(2))
    result = crm("cron", "run", env=at(2, "13:00") | {"MAIL_PASSWORD": "hidden"}, exit=7)
    assert result.stdout == ""
    assert "1 of 2 jobs failed" in result.stderr
    seen = Path(f"{heard}.env").read_text()
    assert "MYCRM_HOME=" in seen and "hidden" not in seen
    assert "bad: exit 3: no deal" in result.stderr
    told = json.loads(heard.read_text())
    assert (told["job"], told["exit"], told["failures"], told["profile"]) == ("bad", 3, 1, "work")
    assert told["command"][:3] == ["mycrm", "deal", "view"]
    log = (crm.home / "state" / "mycrm.log").read_text()
    assert "good is done" in log
    assert "bad ended with exit 3" in log
    assert "mct_notatoken" not in log + told["error"] + told["output"]
    assert (crm.home / "state" / "mycrm.log").stat().st_mode & 0o777 == 0o600
    assert jobs(crm, "status", env=at(2, "13:01"))["bad"]["state"] == "failed"
    assert "bad failed" in crm("cron", "status", "--exit-code", env=at(2, "13:01"), exit=8).stderr
    crm("cron", "run", env=at(2, "14:00"), exit=7)
    assert json.loads(heard.read_text())["failures"] == 2


def test_what_others_wrote_does_not_run_here(crm: Program, tmp_path: Path) -> None:
    """A job runs on the machine and with the profile that accepted its words, by who may run its command."""
    crm("cron", "add", "tick", "--schedule", "hourly", "task add Tick", env=at(2))
    there = Program(tmp_path / "there", crm.database)
    shutil.copytree(crm.home, there.home, ignore=shutil.ignore_patterns("cache", "cron", "*.lock"))
    assert not jobs(there, "list")["tick"]["here"]
    there("cron", "run", env=at(2, "13:30"))
    assert "does not run here" in there("cron", "run", "tick", env=at(2), exit=4).stderr
    there("cron", "edit", "tick", "task", "add", "Evil", env=at(2))
    crm("cron", "run", env=at(2, "13:30"))
    assert crm("task", "count").stdout.strip() == "0"
    assert jobs(crm, "status", env=at(2))["tick"]["state"] == "changed"
    assert "changed elsewhere" in crm("cron", "run", "tick", env=at(2), exit=4).stderr
    crm("cron", "accept", "tick")
    crm("user", "add", "jobs@acme.com", "--role", "readonly")
    crm("user", "add", "rep@acme.com", "--role", "sales_rep")
    for name, role in (("look", "jobs"), ("rep", "rep")):
        crm("profile", "add", name, "--organization", "acme", "--user", f"{role}@acme.com", "-P", "work")
        crm.sign_in(name)
    crm("cron", "add", "train", "--schedule", "hourly", "score train", "-P", "work", env=at(2))
    crm("cron", "accept", "tick", "train", "-P", "rep")
    crm("cron", "run", "-P", "look", env=at(2, "13:40"), exit=4)
    crm("cron", "add", "more", "--schedule", "hourly", "task add More", "-P", "rep", exit=4)
    crm("cron", "run", "-P", "rep", env=at(2, "13:40"))
    assert crm("task", "count", "-P", "work").stdout.strip() == "1"
    state = {job["name"]: job for job in crm.json("cron", "status", "-P", "work", env=at(2, "13:41"))}
    assert state["train"]["last_started_at"] is None  # left for somebody who may
    assert state["tick"]["last_exit"] == 0


def test_a_service_user_runs_what_its_token_names(crm: Program, tmp_path: Path) -> None:
    """Its token comes from a private file; jobs of others stay for others, and a token that ends is told."""
    crm("cron", "add", "tick", "--schedule", "hourly", "task add Tick", env=at(2))
    crm("user", "add", "jobs@acme.com", "--role", "manager", "--service")
    create = ("user", "token", "create", "--name", "cron", "--user", "jobs@acme.com", "--can", "cron.run,score.run")
    if crm("profile", "view", "work", "--json").json["database"].startswith("postgresql:"):
        return  # whose test profile works with a token, and a token makes no tokens
    made = crm.json(*create, "--expires", "30d", env=at(2))
    secret = tmp_path / "token"
    secret.touch(0o600)
    secret.write_text(made["token"])
    settings = ("--organization", "acme", "--user", "jobs@acme.com", "--token", f"file:{secret}")
    crm("profile", "add", "nightly", *settings, "-P", "work")
    crm("cron", "add", "--defaults", "--for", "nightly", "-P", "work", env=at(2))
    crm("cron", "accept", "tick", "--for", "nightly", "-P", "work", env=at(2))
    crm("cron", "status", "-P", "nightly", env=at(2), exit=4)
    crm("cron", "run", "-P", "nightly", env=at(3))
    state = {job["name"]: job for job in crm.json("cron", "status", "-P", "work", env=at(3))}
    assert state["scores"]["last_exit"] == 0
    assert not state["scores"]["here"]
    assert state["tick"]["last_started_at"] is None
    crm("cron", "edit", "scores", "score run --all", "-P", "work", env=at(3))
    crm("cron", "run", "scores", "-P", "nightly", env=at(3))
    crm("cron", "run", "-P", "work", env=at(3))
    told = crm("cron", "status", "--exit-code", "-P", "work", env=at(28), exit=8)
    assert "the token cron of jobs@acme.com ends at 2026-12-02" in told.stderr


def test_the_printed_line_works_for_cron(crm: Program) -> None:
    """With an empty environment, a minimal PATH, no terminal, no keyring and another folder; also systemd's."""
    crm("cron", "add", "tick", "--schedule", "every 1m", "task add Tick", env={"MYCRM_NOW": "2020-01-01"})
    line = crm("cron", "print", "--crontab").lines[-1]
    minute, command = line[: line.index("MYCRM_HOME")], line[line.index("MYCRM_HOME") :].replace("\\%", "%")
    assert minute == "* * * * * "
    words = ["env", "-i", "PATH=/usr/bin:/bin", "/bin/sh", "-c", command]
    for _ in range(2):
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd="/",
            start_new_session=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert int(crm("task", "count").stdout) in (1, 2)  # a minute may pass in between
    units = crm("cron", "print", "--systemd", "--every", "5").stdout
    start = next(line for line in units.splitlines() if line.startswith("ExecStart="))
    assert os.path.isabs(shlex.split(start.removeprefix("ExecStart="))[0])
    assert f"MYCRM_HOME={crm.home}" in units
    assert "OnCalendar=*:0/5" in units
    crm("cron", "print", "--every", "7", exit=2)


def test_maintenance(crm: Program) -> None:
    """Writes of everybody wait, reads and signing in go on; it ends by itself."""
    crm("contact", "add", "Jan", env=at(2))
    assert crm("db", "maintenance").stdout == "off\n"
    crm("db", "maintenance", "on", exit=2)
    for wrong in ("yesterday", "never", "90d"):
        crm("db", "maintenance", "on", "--until", wrong, env=at(2), exit=6)
    crm("db", "maintenance", "on", "--until", "30m", env=at(2))
    assert crm.json("db", "maintenance", env=at(2)) == {"maintenance_until": "2026-11-02T12:30:00Z"}
    refused = crm("contact", "add", "Eva", env=at(2), exit=75)
    assert "in maintenance until 2026-11-02 12:30 UTC" in refused.stderr
    crm("contact", "delete", "Jan", "-n", env=at(2), exit=75)
    assert crm("contact", "count", env=at(2)).stdout == "1\n"
    crm("contact", "add", "Eva", env=at(2, "12:31"))
    crm("db", "maintenance", "off", env=at(2))
    crm("contact", "add", "Ida", env=at(2))
    crm("user", "add", "rep@acme.com", "--role", "sales_rep")
    crm("profile", "add", "rep", "--organization", "acme", "--user", "rep@acme.com", "-P", "work")
    crm.sign_in("rep")
    crm("db", "maintenance", "on", "--until", "1h", "-P", "rep", exit=4)


def test_a_time_limit_ends_all_that_a_job_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what it started itself, and what does not listen to being asked."""
    monkeypatch.setattr(children, "GRACE", 0.3)
    inner = "import signal, time; signal.signal(15, signal.SIG_IGN); print('in', flush=True); time.sleep(60)"
    outer = (
        f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {inner!r}]);"
        " print(p.pid, flush=True); p.wait()"
    )
    child = children.Child({"time_limit_seconds": 1}, [sys.executable, "-c", outer])
    while (status := child.poll()) is None:
        time.sleep(0.02)
    assert status in (137, 143)
    printed = child.printed()
    child.close()
    pid = int(next(word for word in printed.split() if word.isdigit()))
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text():
            return
        time.sleep(0.02)
    raise AssertionError("what the job started is still there")


def test_the_log_turns_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full file makes room for the next, and only so many stay; secrets and control characters do not."""
    monkeypatch.setenv("MYCRM_HOME", str(tmp_path))
    monkeypatch.setattr(logs, "FULL", 500)
    monkeypatch.setattr(logs, "KEPT", 2)
    for count in range(40):
        logs.append("cron", f"line {count} password=hunter2 \x1b[31m postgresql://u:hunter2@h/x")
    files = sorted(path.name for path in (tmp_path / "state").glob("mycrm.log*") if "lock" not in path.name)
    assert files == ["mycrm.log", "mycrm.log.1", "mycrm.log.2"]
    text = "".join((tmp_path / "state" / name).read_text() for name in files)
    assert "line 39" in text
    assert "hunter2" not in text
    assert "\x1b" not in text
