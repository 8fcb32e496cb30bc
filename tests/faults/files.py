"""Files as bytes, in all formats: from headings and rows, whole or broken."""

import csv
import gzip
import io
import json
import random
import zipfile
from typing import Any

FORMATS = ("csv", "csv", "csv", "csv", "tsv", "jsonl", "jsonl", "json", "xlsx", "vcf")
RAW = (
    "NaN",
    "Infinity",
    "-1e999",
    "1" * 30,
    "1.5",
    "-0",
    "true",
    "null",
    '"\\ud800"',
    '"\\u0000"',
    "[1, [2]]",
    '{"a": {"b": 1}}',
)
RAW += (
    "[" * 2000 + "]" * 2000,
    '{"a":' * 500 + "1" + "}" * 500,
    "0123",
    "'x'",
    "",
    "undefined",
    '"\\x"',
    "[]",
    "[null]",
    '["a", "b"]',
)
SPLICES = (
    b'"',
    b"'",
    b",",
    b";",
    b"\t",
    b"|",
    b"\r",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xff",
    b"\xc3",
)
SPLICES += (
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xe2\x80\xa8",
    b"\x1a",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b'""',
    b"\x85",
    b"PK\x03\x04",
)
SPLICES += (b"x" * 200_000, b"\x1f\x8b", b"=", b"<!ENTITY a 'b'>", b"&a;", b"BEGIN:VCARD\n", b"END:VCARD\n", b"sep=;\n")


def content(kind: str, header: list[str], rows: list[list[str]], choose: random.Random) -> bytes:
    """Return a file of a format."""
    makers = {"xlsx": workbook, "vcf": cards, "json": objects, "jsonl": objects}
    if kind in makers:
        return makers[kind](header, rows, choose) if kind != "json" else array(header, rows, choose)
    return text(kind, header, rows, choose)


def text(kind: str, header: list[str], rows: list[list[str]], choose: random.Random) -> bytes:
    """Return CSV as one of many programs writes it."""
    delimiter = "\t" if kind == "tsv" else choose.choice(",,,,,,;|\t")
    ending = choose.choice(("\n", "\n", "\r\n", "\r"))
    quoting = choose.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    file = io.StringIO(newline="")
    if choose.random() < 0.05:
        file.write(choose.choice(("sep=;\n", "Report of today\n\n", "# a comment\n")))
    writer = csv.writer(file, delimiter=delimiter, lineterminator=ending, quoting=quoting)
    writer.writerow(header)
    for row in rows:
        if choose.random() < 0.04:
            row = [*row, "more"] if choose.random() < 0.5 else row[:-1]
        writer.writerow(row)
        if choose.random() < 0.03:
            file.write(ending)
    if choose.random() < 0.03:
        file.write(choose.choice((f"Total{delimiter}5{ending}", "(3 rows)", ending * 3)))
    encoding = choose.choice(("utf-8",) * 8 + ("utf-8-sig", "utf-16", "cp1252"))
    return file.getvalue().encode(encoding, "surrogatepass" if encoding != "cp1252" else "replace")


def record(header: list[str], row: list[str], choose: random.Random) -> str:
    """Return a JSON object, now and then with what JSON or we do not allow."""
    cells = []
    for name, cell in zip(header, row, strict=True):
        value = json.dumps(cell, ensure_ascii=choose.random() < 0.5)
        if cell.isascii() and cell.isdigit() and choose.random() < 0.7:
            value = cell
        elif choose.random() < 0.05:
            value = choose.choice(RAW)
        if choose.random() < 0.95:
            cells.append(f"{json.dumps(name)}: {value}")
    return "{" + ", ".join(cells) + "}"


def objects(header: list[str], rows: list[list[str]], choose: random.Random) -> bytes:
    """Return lines of JSON."""
    lines = [record(header, row, choose) for row in rows]
    if choose.random() < 0.05:
        lines.insert(choose.randrange(len(lines) + 1), choose.choice(("", "[]", "1", "null", "{}", "  ", "{", '"a"')))
    return "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass")


def array(header: list[str], rows: list[list[str]], choose: random.Random) -> bytes:
    """Return one JSON array."""
    inner = ",\n".join(record(header, row, choose) for row in rows)
    found = f"[{inner}]" if choose.random() < 0.9 else f'{{"results": [{inner}]}}'
    return found.encode("utf-8", "surrogatepass")


def workbook(header: list[str], rows: list[list[str]], choose: random.Random) -> bytes:
    """Return a workbook; what looks like a number is one most of the time."""
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("data")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for line, row in enumerate([header, *rows]):
            for place, cell in enumerate(row):
                _cell(sheet, line, place, cell[:32_000], choose, day)
        if choose.random() < 0.1:
            book.add_worksheet("other").write(0, 0, "email")
    return file.getvalue()


def _cell(sheet: Any, line: int, place: int, cell: str, choose: random.Random, day: Any) -> None:
    if cell.isascii() and cell.isdigit() and len(cell) < 15 and choose.random() < 0.7:
        sheet.write_number(line, place, float(cell), day if choose.random() < 0.2 else None)
    elif choose.random() < 0.03:
        sheet.write_formula(line, place, "=1/0", None, choose.choice(("#DIV/0!", 5, "text")))
    elif choose.random() < 0.03:
        sheet.write_boolean(line, place, choose.random() < 0.5)
    elif "\x00" not in cell:
        sheet.write_string(line, place, cell)


def cards(header: list[str], rows: list[list[str]], choose: random.Random) -> bytes:
    """Return visiting cards, with properties that cards have and others."""
    lines = []
    names = ("EMAIL", "FN", "N", "TEL;TYPE=cell", "ORG", "NOTE", "item1.EMAIL", "CATEGORIES", "X-OWN", "BDAY", "PHOTO")
    for row in rows:
        lines += ["BEGIN:VCARD", f"VERSION:{choose.choice(('2.1', '3.0', '4.0', '9', ''))}"]
        for cell in row:
            name = choose.choice(names)
            if choose.random() < 0.1:
                name += choose.choice(
                    (";ENCODING=QUOTED-PRINTABLE", ";ENCODING=b", ";CHARSET=latin1", ';X="a:b', ";CHARSET=no")
                )
            lines.append(f"{name}:{cell[:3000]}" + choose.choice(("", "", "", "=", ";;;", "\n folded")))
        if choose.random() < 0.95:
            lines.append("END:VCARD")
    return choose.choice(("\r\n", "\n")).join([*lines, ""]).encode("utf-8", "surrogatepass")


def broken(data: bytes, kind: str, choose: random.Random) -> bytes:
    """Break a file in one to five places; of a workbook one of its parts."""
    if kind == "xlsx" and choose.random() < 0.75:
        return _broken_part(data, choose)
    for _ in range(choose.randint(1, 5)):
        data = _mutated(data, choose)
    return data


def _mutated(data: bytes, choose: random.Random) -> bytes:
    start = choose.randrange(len(data) + 1)
    end = min(len(data), start + choose.choice((1, 1, 2, 5, 20, 200)))
    what = choose.choice(("flip", "delete", "double", "cut", "insert", "splice", "splice", "splice", "noise"))
    if what == "flip" and start < len(data):
        return data[:start] + bytes([data[start] ^ 1 << choose.randrange(8)]) + data[start + 1 :]
    if what == "delete":
        return data[:start] + data[end:]
    if what == "double":
        return data[:end] + data[start:end] + data[end:]
    if what == "cut":
        return data[:start] if choose.random() < 0.5 else data[start:]
    inserted = {"insert": bytes([choose.randrange(256)]), "noise": choose.randbytes(choose.randint(1, 30))}
    return data[:start] + inserted.get(what, choose.choice(SPLICES)) + data[start:]


def _broken_part(data: bytes, choose: random.Random) -> bytes:
    """Break a part of a zip file, and write all of it anew."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = choose.choice([*parts, "xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"])
    for _ in range(choose.randint(1, 4)):
        parts[name] = _mutated(parts[name], choose)
    if choose.random() < 0.1:
        del parts[choose.choice(list(parts))]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", choose.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as new:
        for part, inner in parts.items():
            new.writestr(part, inner)
    return file.getvalue()


def packed(data: bytes, name: str, choose: random.Random) -> tuple[bytes, str]:
    """Pack a file, and perhaps break the packing; return its new name as well."""
    if choose.random() < 0.6:
        data, name = gzip.compress(data, mtime=0), f"{name}.gz"
    else:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(name, data)
            if choose.random() < 0.3:
                archive.writestr("readme.txt", "hello")
        data, name = file.getvalue(), f"{name}.zip"
    return (_mutated(data, choose) if choose.random() < 0.4 else data), name
