"""Files that an import writes: rejects that are imported again as they are, results that tell the truth."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import Program
from tests.transfer.conftest import fingerprint, write

BAD = "wrong-place"
PEOPLE = [
    ("1", "a@x.example.org", "Ann", "first; line"),
    ("2", BAD, "Bea", 'says "no"\nand more'),
    ("3", "c@x.example.org", "Cee", "Ünïcode, comma"),
    ("4", BAD, "=Dee", "tab\there"),
]
HEAD = ("ext:old", "email", "first_name", "notes")


def separated(path: Path, delimiter: str) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([HEAD, *PEOPLE])


def workbook(path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([HEAD, *PEOPLE]):
            sheet.write_row(number, 0, row)


def objects(path: Path) -> None:
    rows = [dict(zip(HEAD, row, strict=True)) for row in PEOPLE]
    path.write_text("\n".join(map(json.dumps, rows)) if path.suffix == ".jsonl" else json.dumps(rows, indent=1))


def cards(path: Path) -> None:
    lines: list[str] = []
    for key, email, name, note in PEOPLE:
        text = note.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")
        lines += ["BEGIN:VCARD", "VERSION:3.0", f"UID:{key}", f"FN:{name}", f"N:;{name};;;", f"EMAIL:{email}"]
        lines += [f"NOTE:{text}", "END:VCARD"]
    path.write_bytes("\r\n".join([*lines, ""]).encode())


FORMATS: dict[str, Any] = {
    "people.csv": lambda path: separated(path, ","),
    "people.tsv": lambda path: separated(path, "\t"),
    "semicolon.csv": lambda path: separated(path, ";"),
    "people.xlsx": workbook,
    "people.jsonl": objects,
    "people.json": objects,
    "people.vcf": cards,
}


@pytest.mark.parametrize("name", FORMATS)
def test_rejects_are_imported_as_they_are(sqlite_crm: Program, tmp_path: Path, name: str) -> None:
    crm, file = sqlite_crm, tmp_path / name
    FORMATS[name](file)
    ending = {".xlsx": ".csv", ".vcf": ".csv", ".json": ".jsonl"}.get(file.suffix, file.suffix)
    rejects, again = tmp_path / f"bad{ending}", tmp_path / f"again{ending}"
    account = crm.json("contact", "import", str(file), "--on-error", "skip", "--rejects", str(rejects), exit=7)
    assert (account["created"], account["rejected"]) == (2, 2)
    untouched = crm.json("contact", "import", str(rejects), "--on-error", "skip", "--rejects", str(again), exit=7)
    assert (untouched["created"], untouched["rejected"]) == (0, 2)
    text = again.read_text(encoding="utf-8")
    # The message quotes the value as well: the cell comes first in each row.
    cell, quoted, other, last, end = text.split(BAD)
    again.write_text(f"{cell}b@x.example.org{quoted}{BAD}{other}d@x.example.org{last}{BAD}{end}", encoding="utf-8")
    account = crm.json("contact", "import", str(again))
    assert (account["created"], account["rejected"]) == (2, 0), text
    people = {person["email"]: person["first_name"] for person in crm.json("contact", "list", "-F", "email,first_name")}
    assert people == {f"{name[-3].lower()}@x.example.org": name for _, _, name, _ in PEOPLE}
    notes = {note["body"] for note in crm.json("note", "list", "-F", "body")}
    assert notes == {note for *_, note in PEOPLE}
    source = "ext:vcard" if file.suffix == ".vcf" else "ext:old"
    exported = csv.DictReader(crm("contact", "export", "--raw", "-o", "csv").stdout.splitlines())
    assert sorted(row[source] for row in exported) == ["1", "2", "3", "4"]
    assert crm.json("contact", "import", str(again))["unchanged"] == 2


def results_of(path: Path) -> list[list[str]]:
    return [
        [row["line"], row["status"], row["id"], row["number"]] for row in csv.DictReader(path.read_text().splitlines())
    ]


def test_results_tell_the_truth(crm: Program, tmp_path: Path) -> None:
    crm("contact", "add", "Ann", "--email", "a@x.example.org", "--city", "Rome")
    crm("contact", "add", "Bea", "--email", "b@x.example.org", "--city", "Rome")
    head, results = "email,city\n", tmp_path / "results.csv"
    good = "a@x.example.org,Oslo\nb@x.example.org,Rome\nc@x.example.org,Paris\n"
    file, bad = write(tmp_path / "x.csv", head + good), write(tmp_path / "y.csv", head + good + "nobody,\n")
    line = ["contact", "import", "--results", str(results)]
    results.write_text("of another time\n")
    before = fingerprint(crm)
    crm(*line, bad, exit=6)
    crm(*line, bad, "--map", "city=no_such", exit=2)
    assert results.read_text() == "of another time\n"
    assert fingerprint(crm) == before
    ids = {c["number"]: c["id"] for c in crm.json("contact", "list", "-F", "number,id")}
    crm(*line, file, "-n")
    assert results_of(results) == [
        ["2", "updated", ids[1], "1"],
        ["3", "unchanged", ids[2], "2"],
        ["4", "created", "", ""],
    ]
    crm(*line, bad, "--on-error", "skip", "--mode", "update", exit=7)
    found = sorted(results_of(results))
    assert found == [
        ["2", "updated", ids[1], "1"],
        ["3", "unchanged", ids[2], "2"],
        ["4", "skipped", "", ""],
        ["5", "rejected", "", ""],
    ]
    crm(*line, file, "--mode", "insert")
    new = crm.json("contact", "view", "c@x.example.org")
    assert sorted(results_of(results)) == [
        ["2", "skipped", ids[1], "1"],
        ["3", "skipped", ids[2], "2"],
        ["4", "created", new["id"], str(new["number"])],
    ]
    manifest = write(
        tmp_path / "m.toml",
        '[[file]]\npath = "x.csv"\nentity = "contact"\nresults = "all.csv"\n'
        '[[file]]\npath = "y.csv"\nentity = "contact"\n',
    )
    crm("import", manifest, exit=6)
    assert not (tmp_path / "all.csv").exists()
    Path(bad).write_text(head + "d@x.example.org,\n")
    crm("import", manifest)
    assert [row[1] for row in results_of(tmp_path / "all.csv")] == ["unchanged"] * 3
    assert not [path for path in tmp_path.iterdir() if "part" in path.name]


def test_rejects_do_not_depend_on_how_their_file_was_written(sqlite_crm: Program, tmp_path: Path) -> None:
    crm, rejects = sqlite_crm, tmp_path / "bad.csv"
    file = tmp_path / "x.csv"
    file.write_bytes(
        "A list;;\r\nemail;first_name;notes\r\na@x.example.org;Åsa;\r\nnobody;Müller;\r\n".encode("cp1252")
    )
    options = ["--encoding", "cp1252", "--header-line", "2", "--on-error", "skip"]
    crm("contact", "import", str(file), *options, "--rejects", str(rejects), exit=7)
    rejects.write_text(rejects.read_text(encoding="utf-8").replace("nobody;", "m@x.example.org;"), encoding="utf-8")
    crm("contact", "import", str(rejects), *options)
    assert crm.json("contact", "view", "m@x.example.org")["first_name"] == "Müller"
    same = crm("contact", "import", str(file), *options, "--rejects", "r.csv", "--results", "./r.csv", exit=2)
    assert "another option writes" in same.stderr
