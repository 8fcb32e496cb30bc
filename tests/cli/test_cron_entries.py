"""What ``cron print`` prints, in folders with all that shells, crons and systemd read as their own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mycrm_cli.services.cron import entries
from tests.program import Program

ODD = 'ho me%1 it\'s $x "q" back\\slash'


def test_a_line_for_each_cron(sqlite_crm: Program, tmp_path: Path) -> None:
    """Some crons take the backslash before a percent sign away, some leave it to the shell; both do the job once."""
    crm = Program(tmp_path / ODD)
    shutil.copytree(sqlite_crm.home, crm.home)
    crm("profile", "add", "main-2", "--organization", "acme", "--user", "ana@acme.com", "-P", "work")
    for count, profile in enumerate(("work", "main-2"), 1):
        name = f"tick.{count}"
        crm("cron", "add", name, "-P", profile, "--schedule", "hourly", "--", "task", "add", "100% \n sure %d")
        command = crm("cron", "print", "-P", profile).stdout.rstrip("\n").removeprefix("* * * * * ")
        assert "\n" not in command
        assert f"-P {profile} cron run" in command
        for line in (command, command.replace("\\%", "%")):
            words = ["env", "-i", "PATH=/usr/bin:/bin", "/bin/sh", "-c", f"{line} {name}"]
            done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, cwd="/", check=False)
            assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert [task["title"] for task in crm.json("task", "list", "-P", "work")] == ["100% \n sure %d"] * 4
    broken = Program(tmp_path / "line\nend")
    shutil.copytree(sqlite_crm.home, broken.home)
    assert "line end" in broken("cron", "print", exit=78).stderr


def test_systemd_takes_its_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service and a timer, which systemd, where it is installed, reads without a complaint."""
    monkeypatch.setenv("MYCRM_HOME", str(tmp_path / ODD))
    files: dict[Path, list[str]] = {}
    lines: list[str] = []
    for line in entries.systemd("work", 5).splitlines():
        if line.startswith("# ~/"):
            lines = files.setdefault(tmp_path / Path(line).name, [])
        lines.append(line)
    for path, content in files.items():
        path.write_text("\n".join(content) + "\n")
    assert [path.suffix for path in files] == [".service", ".timer"]
    if shutil.which("systemd-analyze") is None:
        return
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, files)], capture_output=True, text=True, timeout=60, check=False
    )
    said = [line for line in done.stderr.splitlines() if "mycrm" in line]
    assert (done.returncode, said) == (0, []), done.stderr


def test_words_of_systemd() -> None:
    """Quotes where they are needed; a percent sign and a dollar sign stand for themselves."""
    assert entries._quoted("/opt/mycrm") == "/opt/mycrm"
    assert entries._quoted("A=it's") == '"A=it\'s"'
    assert entries._quoted('A=50% $x "\\') == '"A=50%% $x \\"\\\\"'


def test_what_cron_cannot_know_is_told(sqlite_crm: Program, tmp_path: Path) -> None:
    """A password in the keyring, a variable of this shell; a private file is what it takes."""
    crm, secret = sqlite_crm, tmp_path / "secret"
    mail = ("--smtp", "smtps://ana@mail.example:465", "--smtp-from", "ana@acme.com")
    crm("profile", "edit", "work", *mail, "--smtp-password", "keyring")
    assert "cron has no keyring: mycrm profile edit work --smtp-password file:PATH" in crm("cron", "print").stderr
    crm("profile", "password", "work", "--of", "imap", "--file", "-", exit=2)
    crm("profile", "edit", "work", "--smtp-password", "env:MAIL")
    assert "variables of this shell" in crm("cron", "print").stderr
    secret.touch(0o600)
    secret.write_text("hunter2\n")
    crm("profile", "edit", "work", "--smtp-password", f"file:{secret}")
    assert crm("cron", "print", "--systemd").stderr == ""
    assert "hunter2" not in crm("profile", "view", "work").stdout
