"""What belongs together after an import was cut off, and what may not be asked of one that is taken up again."""

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from mycrm_cli.db.connect import connect
from mycrm_cli.services.transfer import ahead, job, jobs, parting, queueing, reading, reports, staging
from tests.faults.test_cut import after
from tests.program import Program
from tests.transfer.conftest import organization_id, write


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few rows be many."""
    monkeypatch.setattr(reading, "BATCH", 100)
    monkeypatch.setattr(staging, "KEPT", 1)
    monkeypatch.setattr(ahead, "LARGE", 1000)


def people(path: Path, count: int, *more: str) -> str:
    """Write a file of people."""
    rows = [f"p{number}@x.example.org,P{number}" for number in range(count)]
    return write(path / "people.csv", "\n".join(["email,first_name", *rows, *more]) + "\n")


def test_all_parts_are_one_change(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = people(tmp_path, 450)
    with monkeypatch.context() as cut:
        cut.setattr(parting.Parts, "_commit", after(2, parting.Parts._commit))
        crm("contact", "import", file, "--on-error", "skip", exit=130)
    assert crm("contact", "count").stdout == "400\n"
    for refused in (["--dry-run"], [file], ["--on-error", "abort"], ["--results", str(tmp_path / "r.csv")]):
        crm("contact", "import", "--resume", "last", *refused, exit=2)
    assert crm("contact", "count").stdout == "400\n"
    found = crm.json("contact", "import", "--resume", "last")
    assert (found["rows"], found["created"]) == (450, 450)
    assert found["change"] == f"X-{crm('change', 'list', '-o', 'json').json[-2]['number']}"
    crm("undo", found["change"], "--yes")
    assert crm("contact", "count").stdout == "0\n"
    crm("contact", "import", "--resume", "last", exit=3)


def test_a_key_that_comes_twice_is_found_at_the_end(crm: Program, tmp_path: Path) -> None:
    file = people(tmp_path, 320, "p7@x.example.org,Again", "p8@x.example.org,P8")
    failed = crm("contact", "import", file, exit=6)
    assert failed.stderr.count("duplicate_row") == 2
    assert crm("contact", "count").stdout == "0\n"
    found = crm("contact", "import", file, "--on-error", "skip", "--repeated", "ignore", "--json", exit=7).json
    assert [found[name] for name in ("rows", "created", "skipped", "rejected")] == [322, 320, 1, 1]
    crm("contact", "import", "--resume", "last", exit=3)


def test_a_reader_that_dies_costs_nothing(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is read again from its first row; what was staged before is not counted."""
    file = people(tmp_path, 320)

    def dies(self: reading.Reading, batch: object) -> None:
        if self.staging.rows == 200 and self.staging.path is None:
            raise MemoryError
        take(self, batch)

    take = reading.Reading._take
    monkeypatch.setattr(reading.Reading, "_take", dies)
    found = crm.json("contact", "import", file)
    assert (found["rows"], found["created"], found["warnings"]) == (320, 320, 0)


def test_a_file_that_cannot_be_read_leaves_no_job(crm: Program, tmp_path: Path) -> None:
    crm("contact", "import", people(tmp_path, 320), "--on-conflict", "nope=keep", exit=2)
    crm("contact", "import", "--resume", "last", exit=3)
    assert not list((crm.home / "state" / "imports").iterdir())


def test_the_account_is_whole(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was rejected and restored before the cut is told with the rest."""
    crm("contact", "add", "In Trash", "--email", "p1@x.example.org")
    crm("contact", "delete", "C-1", "-y")
    bad = "nobody,Bad\nnothing@x.example.org," + "x" * 300 + "\n"
    rows = [f"p{number}@x.example.org,P{number}" for number in range(450)]
    file = write(tmp_path / "x.csv", "email,first_name\n" + bad + "\n".join(rows) + f"\n{bad}")
    reports = [tmp_path / "rejects.csv", tmp_path / "results.csv"]
    line = ["--on-error", "skip", "--deleted", "restore", "--rejects", str(reports[0]), "--results", str(reports[1])]
    whole = crm("contact", "import", file, *line, "--json", exit=7).json
    expected = [sorted(row[1] for row in csv.reader(path.read_text().splitlines())) for path in reports]
    for gone in (True, False):
        crm("undo", whole["change"], "-y")
        with monkeypatch.context() as cut:
            cut.setattr(parting.Parts, "_commit", after(1, parting.Parts._commit))
            crm("contact", "import", file, *line, exit=130)
        if gone:
            reports[0].unlink()
        said = crm("contact", "import", "--resume", "last", "--json", exit=7)
        assert ("rejects.csv is not there as it was left" in said.stderr, "results.csv is" in said.stderr) == (
            gone,
            False,
        )
        if gone:
            whole = said.json
    resumed = said.json
    for name in ("rows", "created", "updated", "restored", "rejected", "rejected_details"):
        assert resumed[name] == whole[name], name
    assert [detail["line"] for detail in resumed["rejected_details"]] == [2, 3, 454, 455]
    assert [sorted(row[1] for row in csv.reader(path.read_text().splitlines())) for path in reports] == expected


def test_what_was_cut_off_long_ago_goes(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its staged rows go when the next import begins, and who wants it back hears why it cannot be."""
    folder, small, results = crm.home / "state" / "imports", tmp_path / "small.csv", tmp_path / "results.csv"
    write(small, "email\na@x.example.org\n")
    for name, count in (("one", 349), ("two", 350)):
        (tmp_path / name).mkdir()
        with monkeypatch.context() as cut:
            cut.setattr(job.Job, "_stage", after(2, job.Job._stage))
            crm("contact", "import", people(tmp_path / name, count), "--results", str(results), exit=130)
    orphan = folder / "of-another-database.rows"
    orphan.touch()
    crm("contact", "import", str(small))
    kept = {path.name for path in folder.iterdir()}
    assert len(kept) == 3
    first, _ = sorted(kept - {orphan.name})
    for path in (orphan, folder / first):
        os.utime(path, (0, 0))
    crm("contact", "import", str(small), "--dry-run")
    assert len(list(folder.iterdir())) == 3
    crm("contact", "import", str(small))
    assert {path.name for path in folder.iterdir()} == kept - {first, orphan.name}
    refused = crm("contact", "import", "--resume", "J-1", exit=3)
    assert "J-1 people.csv" in refused.stderr and "expired" in refused.stderr and "30 days" in refused.stderr
    assert crm.json("contact", "import", "--resume", "last")["created"] == 350
    assert "expired" in crm("contact", "import", "--resume", "last", exit=3).stderr
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_two_imports_with_one_file_of_results(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each writes a file of its own, and the later one is what stays."""
    file, results = people(tmp_path, 20), tmp_path / "results.csv"
    other = write(tmp_path / "other.csv", "email\nother@x.example.org\n")
    publish = reports.Results.publish

    def meanwhile(self: reports.Results) -> None:
        monkeypatch.setattr(reports.Results, "publish", publish)
        crm("contact", "import", other, "--results", str(results))
        assert len(results.read_text().splitlines()) == 2
        publish(self)

    monkeypatch.setattr(reports.Results, "publish", meanwhile)
    crm("contact", "import", file, "--results", str(results))
    assert len(results.read_text().splitlines()) == 21
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_who_writes_on_another_machine_is_alive(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long its transaction takes: PostgreSQL knows of it."""
    with monkeypatch.context() as cut:
        cut.setattr(job.Job, "_stage", after(2, job.Job._stage))
        cut.setattr(jobs, "process", lambda: "elsewhere:1")
        crm("contact", "import", people(tmp_path, 350), exit=130)
    own = organization_id(crm)
    connection = connect(crm.database, write=True, organization_id=own)
    connection.begin()
    connection.execute("UPDATE import_jobs SET heartbeat_at = '2020-01-01T00:00:00Z' WHERE organization_id = ?", (own,))
    (id,) = connection.execute("SELECT id FROM import_jobs WHERE organization_id = ?", (own,)).fetchone()
    connection.commit()
    connection.begin()
    connection.execute("SELECT pg_advisory_xact_lock(?)", (queueing.key("job", id),))
    assert "elsewhere:1 works on it" in crm("contact", "import", "--resume", "last", exit=75).stderr
    connection.close()
    assert crm.json("contact", "import", "--resume", "last")["created"] == 350


def test_a_part_that_was_committed_meanwhile_counts(
    crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may commit a part after its program was killed, and after the next one has looked for the job."""
    file = people(tmp_path, 450)
    with monkeypatch.context() as cut:
        cut.setattr(parting.Parts, "_commit", after(2, parting.Parts._commit))
        crm("contact", "import", file, "--on-error", "skip", exit=130)
    find = jobs.find

    def late(*given: Any) -> Any:
        found = find(*given)
        return found | {"options": found["options"] | {"parts": {}}, "change_id": None}

    monkeypatch.setattr(jobs, "find", late)
    found = crm.json("contact", "import", "--resume", "last")
    assert (found["rows"], found["created"], found["unchanged"]) == (450, 450, 0)
