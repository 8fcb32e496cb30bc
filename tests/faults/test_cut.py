"""Imports that are cut off at a certain point, and what the next run makes of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mycrm_cli.services.transfer import jobs, parting, reading, staging
from tests.faults import checks
from tests.program import Program
from tests.transfer.conftest import write

ROWS = 900
"""More than stay in memory, in more than two parts."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few rows be many."""
    monkeypatch.setattr(reading, "BATCH", 100)
    monkeypatch.setattr(staging, "KEPT", 2)
    monkeypatch.setattr(parting, "BATCHES", 2)


def after(calls: int, what: Callable[..., object]) -> Callable[..., object]:
    """Return a function that is interrupted after so many calls."""
    count = 0

    def interrupted(*given: object, **named: object) -> object:
        nonlocal count
        found = what(*given, **named)
        count += 1
        if count == calls:
            raise KeyboardInterrupt
        return found

    return interrupted


@pytest.fixture
def twice(tmp_path: Path) -> str:
    """A file whose last rows say again what rows of the first part said, and name what is not there."""
    rows = [f"p{number}@x.example.org,P{number},Acme" for number in range(ROWS)]
    rows[750] = "p1@x.example.org,Other,Acme"
    rows[850] = "P2@x.example.org,Other,Globex"
    rows[10] = "nobody,P10,Acme"
    return write(tmp_path / "twice.csv", "email,first_name,company.name\n" + "\n".join(rows) + "\n")


def test_rows_of_an_earlier_part_are_remembered(
    crm: Program, tmp_path: Path, twice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes an import up again knows what the rows said that were written before."""
    rejects = tmp_path / "rejects.csv"
    line = ["--on-error", "skip", "--create-missing", "company", "--rejects", str(rejects)]
    with monkeypatch.context() as cut:
        cut.setattr(parting.Parts, "_commit", after(3, parting.Parts._commit))
        crm("contact", "import", twice, *line, exit=130)
    assert crm("contact", "count").stdout == "599\n"
    account = crm.json("contact", "import", "--resume", "last", exit=7)
    assert [account[name] for name in ("rows", *checks.COUNTS)] == [ROWS, ROWS - 3, 0, 0, 0, 3]
    assert account["created_parents"] == {"company": 2}
    assert [row.split(",")[-4:-1] for row in rejects.read_text().splitlines()[1:]] == [
        ["12", "email", "not_an_email"],
        ["752", "email", "duplicate_row"],
        ["852", "email", "duplicate_row"],
    ]
    assert crm.json("contact", "view", "p1@x.example.org")["first_name"] == "P1"


def test_staged_rows_of_finished_imports_are_removed(crm: Program, twice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed after its last commit leaves a file that the next one removes."""
    folder = crm.home / "state" / "imports"
    with monkeypatch.context() as cut:
        cut.setattr(os, "unlink", lambda path: None)
        crm("contact", "import", twice, "--on-error", "skip", "--create-missing", "company", exit=7)
    assert len(list(folder.iterdir())) == 1
    crm("contact", "import", "--resume", "last", exit=3)
    assert not list(folder.iterdir())


def test_a_file_of_staged_rows_has_a_job(crm: Program, twice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed before its job is known leaves no file that nobody knows."""
    folder = crm.home / "state" / "imports"
    with monkeypatch.context() as cut:
        cut.setattr(jobs, "begin", after(1, jobs.begin))
        crm("contact", "import", twice, exit=130)
    assert not folder.exists() or not list(folder.iterdir())


def test_results_are_there_however_late_the_kill(
    crm: Program, tmp_path: Path, twice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept back until the last commit is published by the next run; reports stay where they were begun."""
    results = tmp_path / "results.csv"
    rows = [f"p{number}@x.example.org,P{number}" for number in range(ROWS)]
    file = write(tmp_path / "good.csv", "email,first_name\n" + "\n".join(rows) + "\n")
    with monkeypatch.context() as cut:
        cut.chdir(tmp_path)
        cut.setattr(os, "unlink", lambda path: None)
        cut.setattr(os, "replace", lambda old, new: None)
        crm("contact", "import", file, "--results", results.name)
    assert not results.exists()
    crm("contact", "import", "--resume", "last", exit=3)
    assert len(results.read_text().splitlines()) == ROWS + 1
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
