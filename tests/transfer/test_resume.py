"""What belongs together after an import was cut off, and what may not be asked of one that is taken up again."""

from pathlib import Path

import pytest

from mycrm_cli.services.transfer import ahead, parting, reading, staging
from tests.faults.test_cut import after
from tests.program import Program
from tests.transfer.conftest import write


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
    first = crm("change", "list", "-o", "json").json[-2]["number"]
    crm("undo", f"X-{first}", "--yes")
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
