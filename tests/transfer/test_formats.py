"""Files of every format and packing are read alike: the same rows, the same warnings, clear errors for the others."""

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from backports import zstd

from tests.program import Program
from tests.transfer.conftest import write
from tests.transfer.packing import workbook, zipped

TEXT = "First name;Last name;Email\nZoë;Berg;zoe@x.example.org\n"


def inspected(program: Program, path: Path, content: bytes | str, *options: str) -> Any:
    return program.json("contact", "import", write(path, content), "--inspect", *options)


def test_packed_and_encoded_files_are_read_alike(sqlite_crm: Program, tmp_path: Path) -> None:
    utf8, crm = TEXT.encode(), sqlite_crm
    cases = {
        "a.csv.gz": (gzip.compress(utf8), "gzip", "utf-8"),
        "two.gz": (gzip.compress(utf8[:20]) + gzip.compress(utf8[20:]), "gzip", "utf-8"),
        "a.csv.zst": (zstd.compress(utf8), "zstd", "utf-8"),
        "no_ending": (zipped(data__csv=utf8, __MACOSX_x=b""), "zip", "utf-8"),
        "a.zip": (zipped(readme__pdf=b"%PDF", data__csv=utf8), "zip", "utf-8"),
        "16.csv": (TEXT.encode("utf-16"), None, "utf-16"),
        "16le.csv": (TEXT.encode("utf-16-le"), None, "utf-16-le"),
        "16be.csv": (TEXT.encode("utf-16-be"), None, "utf-16-be"),
        "32.csv": (TEXT.encode("utf-32"), None, "utf-32"),
        "32le.csv": (TEXT.encode("utf-32-le"), None, "utf-32-le"),
        "bom.csv.gz": (gzip.compress(TEXT.encode("utf-8-sig")), "gzip", "utf-8"),
        "16.csv.gz": (gzip.compress(TEXT.encode("utf-16")), "gzip", "utf-16"),
        "book.zip": (zipped(book__xlsx=workbook(A=[["Email", "First name", "Last name"], ["zoe@x.example.org", "Zoë", "Berg"]])), "zip", None),
    }  # fmt: skip
    for name, (content, packed, encoding) in cases.items():
        found = inspected(crm, tmp_path / name, content)
        assert (found["packed"], found["encoding"]) == (packed, encoding), name
        assert found["sample"][0]["first_name"] == "Zoë", name
        assert found["rows"] == 1
    from_pipe = crm("contact", "import", "-", "--inspect", stdin=gzip.compress(utf8)).stdout
    assert "delimiter ';', packed with gzip" in from_pipe
    json = gzip.compress(b'{"email": "a@x.example.org"}\n{"email": "b@x.example.org"}')
    assert inspected(crm, tmp_path / "a.jsonl.gz", json)["rows"] == 2
    two = write(tmp_path / "two.zip", zipped(a__csv=utf8, b__csv=utf8))
    refused = crm("contact", "import", two, "--inspect", exit=2)
    assert "has 2 files" in refused.stderr
    assert "--member 'a.csv'" in refused.stderr
    assert crm.json("contact", "import", two, "--inspect", "--member", "b.csv")["member"] == "b.csv"
    crm("contact", "import", two, "--inspect", "--member", "c.csv", exit=2)
    assert crm.json("contact", "import", "-", stdin=gzip.compress(utf8))["created"] == 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: gzip.compress(b"email\n" + b"a" * 200_000_000, 9), "more than 200 times"),
        (lambda: zipped(a__csv=b"email\n" + b"a" * 200_000_000), "more than 200 times"),
        (lambda: gzip.compress(TEXT.encode())[:-9], "cannot be unpacked as gzip: it is cut off"),
        (lambda: gzip.compress(gzip.compress(TEXT.encode())), "packed twice"),
        (lambda: b"\x28\xb5\x2f\xfd" + b"no zstd" * 9, "cannot be unpacked as zstd"),
        (lambda: b"PK\x03\x04 nothing", "damaged or cut off"),
        (lambda: zipped(), "without files"),
        (lambda: b"email,first_name\n" + b"a\0\0\0\xff" * 99, "not a text file"),
        (lambda: b"<!DOCTYPE html><table><tr><td>", "web page"),
        (lambda: zipped(xl__sheet=b"x").replace(b"xl.sheet", b"xl/sheet"), "no header"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "cannot be read as a workbook"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_cannot_be_unpacked(sqlite_crm: Program, tmp_path: Path, make: Callable[[], bytes], said: str) -> None:
    result = sqlite_crm("contact", "import", write(tmp_path / "x", make()), "--inspect", exit=None)
    assert result.exit in {2, 6} or said == "no header", result
    assert said in result.stderr or said == "no header", result
    assert "bug" not in result.stderr


def test_percentages_of_a_workbook(sqlite_crm: Program, tmp_path: Path) -> None:
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed)
    formats = [book.add_format({"num_format": code}) for code in ("0%", "0.00%", '#,##0 "%"', "0 %;[Red]-0 %", "")]
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["name", "probability", "job_title"])
    for row, (value, shown) in enumerate(zip((1, 0.25, 25, 0.07, 50), formats, strict=True), 1):
        sheet.write_row(row, 0, [f"L{row}"])
        sheet.write_number(row, 1, value, shown)
        sheet.write_number(row, 2, 0.5, formats[0])
    book.close()
    done = sqlite_crm.json("lead", "import", write(tmp_path / "l.xlsx", packed.getvalue()))
    assert done["created"] == 5
    leads = sqlite_crm.json("lead", "list", "-s", "name", "-F", "probability,job_title")
    assert [(lead["probability"], lead["job_title"]) for lead in leads] == [
        (n, "50%") for n in (1.0, 0.25, 0.25, 0.07, 0.5)
    ]


def test_workbook(crm: Program, tmp_path: Path) -> None:
    rows = [
        ["Our contacts"],
        ["As of:", date(2024, 3, 1)],
        [],
        ["Email", "First name", "Phone", "postal_code", "do_not_call", "created_at", "cf.Size"],
        ["a@x.example.org", "Ann", 12025550123.0, "01234", True, date(2024, 2, 1), 12.5],
        ["b@x.example.org", "Bea", "+1 202 555 0124", 7.0, False, datetime(2024, 2, 1, 13, 30), 0.1 + 0.2],  # noqa: DTZ001
        ["c@x.example.org", "#N/A", None, 123456789012345.0, "yes", None, 10000000000.0],
        ["nobody", "Dan"],
        [],
        ["Grand Total", 4],
        ["Copyright (c) 2024 Acme"],
    ]
    total = ["Total", None, None, None, None, None, 1234.5]
    file = write(tmp_path / "people.xlsx", workbook(Cover=[["Report"]], People=rows, More=[*rows[3:5], total]))
    rejects = tmp_path / "rejects.csv"
    options = ["--unknown", "custom", "--on-error", "skip", "--rejects", str(rejects)]
    report = crm.json("contact", "import", file, *options, exit=7)
    assert (report["rows"], report["created"], report["rejected"]) == (4, 3, 1)
    said = {(each["line"], each["code"]) for each in report["warning_details"]}
    assert said >= {(1, "sheet"), (1, "preamble"), (2, "preamble"), (7, "cell_error"), (10, "footer"), (11, "footer")}
    assert report["rejected_details"][0]["line"] == 8
    ann, bea, cee = (crm.json("contact", "view", f"{name}@x.example.org") for name in "abc")
    assert (ann["phone"], ann["postal_code"], ann["do_not_call"]) == ("+12025550123", "01234", True)
    assert (ann["created_at"], bea["created_at"]) == ("2024-02-01T00:00:00Z", "2024-02-01T13:30:00Z")
    assert (bea["postal_code"], cee["postal_code"], cee["first_name"]) == ("7", "123456789012345", None)
    assert [each["custom_fields"]["size"] for each in (ann, bea, cee)] == ["12.5", "0.3", "10000000000"]
    mended = write(tmp_path / "mended.csv", rejects.read_text().replace("nobody", "d@x.example.org"))
    assert crm.json("contact", "import", mended)["created"] == 1
    again = crm.json("contact", "import", file, "--sheet", "More", "--unknown", "custom")
    assert (again["rows"], again["unchanged"]) == (1, 1)
    by_number = crm.json("contact", "import", file, "--inspect", "--sheet", "2", "--header-line", "4")
    assert (by_number["sheet"], by_number["rows"]) == ("People", 4)
    crm("contact", "import", file, "--sheet", "Nothing", exit=2)
    crm("contact", "import", write(tmp_path / "x.csv", TEXT), "--sheet", "1", exit=2)


def test_workbooks_that_are_too_large(sqlite_crm: Program, tmp_path: Path) -> None:
    good = workbook(A=[["email"], ["a@x.example.org"]])

    def changed(part: str, old: bytes, new: bytes) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as copy:
            for name in source.namelist():
                content = source.read(name)
                copy.writestr(name, content.replace(old, new) if name.endswith(part) else content)
        return packed.getvalue()

    far = changed("sheet1.xml", b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    bomb = changed("sharedStrings.xml", b"</sst>", b" " * 700_000_000 + b"</sst>")
    lying = bytearray(good)
    place = good.rindex(b"PK\x01\x02")
    lying[place + 24 : place + 28] = (5).to_bytes(4, "little")
    many = changed("sheet1.xml", b"</sheetData>", b"<row>" + b"<c><v>1</v></c>" * 2_100_000 + b"</row></sheetData>")
    for content in (far, bomb, many):
        result = sqlite_crm("contact", "import", write(tmp_path / "x.xlsx", content), exit=6)
        assert "too large for a workbook" in result.stderr
        assert "save the sheet as CSV" in result.stderr
    assert (
        "Traceback" not in sqlite_crm("contact", "import", write(tmp_path / "x.xlsx", bytes(lying)), exit=None).stderr
    )
    for seed in range(60):
        broken = bytearray(good)
        for step in range(8):
            broken[(seed * 7919 + step * 104_729) % len(broken)] ^= 1 << (seed + step) % 8
        result = sqlite_crm("contact", "import", write(tmp_path / "x.xlsx", bytes(broken)), "-n", exit=None)
        assert result.exit in {0, 2, 6}, result


def test_opendocument_and_its_repeated_cells(sqlite_crm: Program, tmp_path: Path) -> None:
    def ods(rows: str) -> bytes:
        spaces = " ".join(
            f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
        )
        content = (
            f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
            f'<table:table table:name="One">{rows}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>"
        )
        manifest = '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        return zipped(
            **{"META-INF/manifest.xml": manifest},
            mimetype="application/vnd.oasis.opendocument.spreadsheet",
            content__xml=content,
        )

    def cell(text: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'

    plain = f"<table:table-row>{cell('email')}</table:table-row><table:table-row>{cell('a@x.example.org')}</table:table-row>"
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    found = inspected(sqlite_crm, tmp_path / "x.ods", ods(plain + empty))
    assert (found["rows"], found["sheet"]) == (1, "One")
    bomb = empty.replace("/></", ' office:value-type="float" office:value="1"/></')
    result = sqlite_crm("contact", "import", write(tmp_path / "x.ods", ods(plain + bomb)), exit=6)
    assert "too large" in result.stderr


def test_workbook_from_a_pipe_has_a_mapping(sqlite_crm: Program, tmp_path: Path) -> None:
    content = workbook(A=[["E-Mail", "Betrag"], ["a@x.example.org", 1234.5]])
    target = str(tmp_path / "m.toml")
    options = ["--map", "E-Mail=email", "--map", "Betrag=estimated_value", "--decimal", ",", "--save-map", target]
    assert sqlite_crm.json("lead", "import", "-", *options, stdin=content)["created"] == 1
    assert sqlite_crm.json("lead", "list")[0]["estimated_value"] == "1234.50"
    assert sqlite_crm.json("lead", "import", "-", "--map-file", target, stdin=content)["unchanged"] == 1
    assert os.stat(target).st_mode & 0o777 == 0o600
