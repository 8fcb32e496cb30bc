"""The log: one way to write it, for bugs as for jobs and hooks; nothing in it that is secret, nothing without end."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from mycrm_cli.config import logs
from mycrm_cli.query.reader import Reader
from tests.program import Program

VALUE = "mct_abcdefgh12345678 of Ana"


def break_down(*_: Any, **__: Any) -> None:
    """Be a bug."""
    raise RuntimeError(VALUE)


def test_bugs_go_through_the_log(sqlite_crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a time and the place, without values, for us alone; a full file makes room."""
    crm, log = sqlite_crm, sqlite_crm.home / "state" / "mycrm.log"
    monkeypatch.setattr(Reader, "count", break_down)
    monkeypatch.setattr(logs, "FULL", 1000)
    for _ in range(3):
        assert f"is in {log}" in crm("contact", "count", exit=1).stderr
    lines = log.read_text().splitlines()
    assert all(" bug[" in line and line[:2] == "20" for line in lines)
    assert any("RuntimeError" in line for line in lines)
    assert any("in break_down" in line for line in lines)
    assert "mct_" not in log.read_text()
    assert "of Ana" not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    assert (log.parent / "mycrm.log.1").exists()


def test_a_log_that_cannot_be_written_hides_nothing(
    sqlite_crm: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A link, a full disk, a file where the folder belongs: the message comes all the same, without a place."""
    crm, log = sqlite_crm, sqlite_crm.home / "state" / "mycrm.log"
    monkeypatch.setattr(Reader, "count", break_down)

    def refused() -> None:
        said = crm("contact", "count", exit=1).stderr
        assert "this is a bug in mycrm: RuntimeError" in said
        assert "mycrm.log" not in said

    log.unlink(missing_ok=True)
    log.symlink_to(tmp_path / "elsewhere")
    refused()
    assert not (tmp_path / "elsewhere").exists()
    log.unlink()
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if b" bug[" in data:
            raise OSError(errno.ENOSPC, "no space left on device")
        return write(descriptor, data)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        refused()
    log.unlink()
    log.mkdir()
    refused()
