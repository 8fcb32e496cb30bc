"""Exports: formats, guards, files, and the way back."""

import csv
import io
import json
import stat
from pathlib import Path

import pytest

from tests.program import Program
from tests.transfer.conftest import write


@pytest.fixture
def filled(crm: Program) -> Program:
    crm("company", "add", "Mother", "--domain", "mother.example.org", "--annual-revenue", "12.50")
    crm("company", "add", "=Acme", "--parent", "CO-1", "--owner", "me", "--tag", "vip")
    crm(
        "contact",
        "add",
        "Ana Berg",
        "--email",
        "a@x.example.org",
        "--company",
        "Mother",
        "--owner",
        "me",
        "--tag",
        "a,b",
    )
    crm(
        "contact",
        "add",
        "@SUM(A1) '=x",
        "--email",
        "b@x.example.org",
        "--phone",
        "+4930901820",
        "--company",
        "line\nbreak",
    )
    return crm


def test_formats(filled: Program, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(filled("contact", "export", "-s", "number").stdout)))
    assert rows[0]["owner.email"] == "ana@acme.com"
    assert rows[1]["first_name"] == "'@SUM(A1)"
    assert rows[1]["phone"] == "+4930901820"
    raw = list(csv.DictReader(io.StringIO(filled("contact", "export", "--raw", "-s", "number").stdout)))
    assert raw[1]["first_name"] == "@SUM(A1)"
    for ending in ("csv", "tsv", "json", "jsonl"):
        file = tmp_path / f"x.{ending}"
        filled("contact", "export", "-O", str(file))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text().count("a@x.example.org") == 1
    assert len(json.loads((tmp_path / "x.json").read_text())) == 2
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".mycrm")] == []


def test_excel(filled: Program, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    filled("contact", "export", "--excel", "-F", "email,city", "-O", str(file))
    assert file.read_bytes() == b"\xef\xbb\xbfemail,city\r\na@x.example.org,\r\nb@x.example.org,\r\n"


def test_filters_and_limits(filled: Program) -> None:
    assert len(filled("contact", "export", "-w", "email~a@x", "-F", "email").lines) == 2
    assert len(filled("contact", "export", "-L", "1", "-F", "email").lines) == 2
    assert len(filled("contact", "export", "--since", "tomorrow", "-F", "email").lines) == 1
    assert len(filled("contact", "export", "--since", "yesterday", "-F", "email").lines) == 3


def test_no_such_folder(filled: Program) -> None:
    filled("contact", "export", "-O", "/no/such/folder/x.csv", exit=2)
    filled("contact", "export", "-O", "/no/such/folder/x.xlsx", exit=2)


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "tsv"])
def test_round_trip(filled: Program, tmp_path: Path, ending: str) -> None:
    """Export and import into an empty database gives the same records: ids, numbers and times included."""
    mail = write(tmp_path / "more.csv", "email,emails,tier\na@x.example.org,a2@x.example.org,gold\n")
    filled("contact", "import", mail, "--unknown", "custom")
    files = {}
    for noun in ("company", "contact"):
        files[noun] = str(tmp_path / f"{noun}.{ending}")
        filled(noun, "export", "-O", files[noun])
    program = Program(tmp_path / "second")
    program(
        *"init --profile other --organization Other --slug other --email ana@acme.com".split(),
        *"--first-name Ana --last-name Berg --no-input".split(),
    )
    for noun, file in files.items():
        account = program.json(noun, "import", file)
        assert account["created"] == account["rows"] == 2
        assert program.json(noun, "import", file)["unchanged"] == 2
        theirs, ours = program.json(noun, "list", "-s", "number"), filled.json(noun, "list", "-s", "number")
        for record, original in zip(theirs, ours, strict=True):
            for name in original.keys() - {"organization_id", "owner_id", "assigned_to_id", "change"}:
                assert record[name] == original[name], name
            assert bool(record["owner_id"]) == bool(original["owner_id"])
    assert program.json("contact", "view", "a2@x.example.org")["email"] == "a@x.example.org"
    assert program.json("contact", "add", "New")["number"] == 3


def test_own_file_into_the_same_organization_changes_nothing(filled: Program, tmp_path: Path) -> None:
    for noun in ("company", "contact"):
        file = str(tmp_path / f"{noun}.csv")
        filled(noun, "export", "-O", file)
        assert filled.json(noun, "import", file)["unchanged"] == 2
