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


def test_the_name_of_a_folder(filled: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever writes the file: nothing is written under another name."""
    monkeypatch.chdir(tmp_path)
    Path("p.csv").write_text("email\np@x.example\n")
    for line in (
        "contact export -O x.csv/",
        "contact export -O x.csv.gz//",
        "contact export -O x.xlsx/",
        "contact export -o vcf -O cards/",
        "org export --all -O all.jsonl/",
        "contact import p.csv --rejects r.csv/ --on-error skip",
        "contact import p.csv --results r.csv/",
        "contact import p.csv --plan p.jsonl/",
        "contact import p.csv --inspect --save-map m.toml/",
    ):
        said = filled(*line.split(), exit=2)
        assert "names a folder, not a file" in said.stderr and "without / at its end" in said.stderr, said
    Path("there").mkdir()
    assert "is a folder" in filled("contact", "export", "-O", "there", exit=2).stderr
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".db") == ["home", "p.csv", "there"]


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


def test_what_was_touched_after_a_change(filled: Program, tmp_path: Path) -> None:
    """The journal tells it, whatever the records' own times say, and of what hangs on them as well."""

    def since(change: int | str, *more: str, noun: str = "contact") -> list[int]:
        found = filled(noun, "export", "--since", f"X-{change}", "-F", "number", "-s", "number", *more).lines[1:]
        return [int(number) for number in found]

    def newest() -> int:
        return int(filled.json("change", "list", "-L", "1")[0]["number"])

    begun = newest()
    assert (since(1), since(begun)) == ([1, 2], [])
    filled("contact", "edit", "C-2", "--city", "Rome", "-q")
    assert since(begun, "-w", "city=Rome") == [2] == since(f"{begun} ")
    rows = "".join(f"p{n:03}@x.example.org,2020-01-01T00:00:00Z\n" for n in range(600))
    imported = filled.json("contact", "import", write(tmp_path / "old.csv", f"email,updated_at\n{rows}"))["change"]
    assert len(since(begun)) == 601
    assert since(begun, "-L", "2") == [2, 3]
    many = newest()
    extras = write(tmp_path / "extras.csv", "email,emails,ext:hub\na@x.example.org,aa@x.example.org,1\n")
    filled("contact", "import", extras)
    assert since(many) == [1]
    added = newest()
    filled("undo", f"X-{added}", "-y")
    assert since(added) == [1]
    filled("undo", imported, "-y")
    assert since(many) == [1]
    filled("deal", "add", "D", "--contact", "C-1")
    last = newest()
    filled("deal", "contact", "add", "D-1", "C-2")
    assert (since(last), since(last, noun="deal")) == ([], [1])
    filled("contact", "export", "--since", "X-999", exit=3)
    filled("contact", "export", "--since", "x-nope", exit=3)
    filled("contact", "export", "--since", "nonsense", exit=2)


def test_endings_that_say_nothing(filled: Program, tmp_path: Path) -> None:
    for name in ("c.pdf", "c.txt", "c.", "c.pdf.gz", ".hidden.doc"):
        refused = filled("contact", "export", "-O", str(tmp_path / name), exit=2)
        assert "--output" in refused.stderr and ".xlsx" in refused.stderr
        assert not (tmp_path / name).exists()
    for name in ("plain", "PLAIN.CSV", "c.gz"):
        filled("contact", "export", "-O", str(tmp_path / name))
    filled("contact", "export", "-O", str(tmp_path / "c.pdf"), "-o", "csv")
    usual = {"MYCRM_OUTPUT": "json"}
    filled("contact", "export", "-O", str(tmp_path / "c.pdf.csv"), env=usual)
    filled("contact", "export", "-O", str(tmp_path / "x.pdf"), env=usual, exit=2)
    assert filled("contact", "export", env=usual).json
    assert (tmp_path / "c.pdf.csv").read_text() == (tmp_path / "c.pdf").read_text()
    assert (tmp_path / "c.pdf").read_text() == (tmp_path / "plain").read_text() == (tmp_path / "PLAIN.CSV").read_text()
