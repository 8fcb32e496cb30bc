"""Bad files: a clear error with its line, the right exit status, and nothing written."""

import gzip
import os
import threading
from pathlib import Path

import pytest

from tests.program import Program
from tests.transfer.conftest import fingerprint, write

GOOD = "email,first_name,notes\n"
CASES: dict[str, tuple[bytes, str, int]] = {
    "wrong encoding": (GOOD.encode() + b"a@x.example.org,Andr\xe9,\n", "line 2", 6),
    "wrong encoding in the header": (b"email,Pr\xe9nom\na@x.example.org,A\n", "--encoding cp1252", 6),
    "nul": (GOOD.encode() + b"a@x.example.org,A\0,\n", "NUL", 6),
    "ragged, too many": (GOOD.encode() + b"a@x.example.org,A,,extra\n", "line 2", 6),
    "ragged, too few": (GOOD.encode() + b"a@x.example.org,A\n", "line 2", 6),
    "duplicate headers": (b"email,Name,Name\na@x.example.org,A,B\n", "--map 'Name[2]=-'", 6),
    "unclosed quote": (GOOD.encode() + b'a@x.example.org,"A,\nb@x.example.org,B,\n', "line 2", 6),
    "stray quote": (GOOD.encode() + b'a@x.example.org,"A"x,\nb@x.example.org,B,\n', "line 2", 6),
    "empty": (b"", "empty", 6),
    "blank lines only": (b"\n\n", "no header", 6),
    "unknown column": (b"email,shoe size\na@x.example.org,43\n", "'shoe size'", 6),
    "not an e-mail": (GOOD.encode() + b"\nnobody,A,\n", "line 3, column email", 6),
    "twice the same": (GOOD.encode() + b"a@x.example.org,A,\nA@x.example.org,B,\n", "line 2 and line 3", 6),
    "too long": (GOOD.encode() + b"a@x.example.org," + b"A" * 200 + b",\n", "at most 100", 6),
    "multi-line cells": (
        GOOD.encode() + b'a@x.example.org,A,"one\ntwo\nthree"\nnobody,B,\n',
        "line 5, column email",
        6,
    ),
    "excel": (b"PK\x03\x04rest", "save it as CSV", 6),
    "reference": (b"email,owner\na@x.example.org,nobody@x.example.org\n", "line 2, column owner", 6),
    "utf-16 cut": (GOOD.encode("utf-16")[:-1], "error", 6),
}
JSON_CASES: dict[str, tuple[str, str]] = {
    "not closed": ('[{"email": "a@x.example.org"}', "not closed"),
    "no array": ('{"email": "a@x.example.org"}', "array of objects"),
    "nan": ('[\n{"email": "a@x.example.org", "score": NaN}]', "line 2"),
    "repeated key": ('[{"email": "a@x.example.org", "email": "b@x.example.org"}]', "repeated"),
    "surrogate": ('[{"email": "a@x.example.org", "first_name": "\\ud800"}]', "surrogate"),
    "nul": ('[{"email": "a@x.example.org", "first_name": "a\\u0000b"}]', "NUL"),
    "large integer": ('[{"email": "a@x.example.org", "score": 9223372036854775808}]', "too large"),
    "infinite": ('[{"email": "a@x.example.org", "custom_fields": {"x": 1e999}}]', "too large"),
    "deep": ('[{"email": "a@x.example.org", "x": ' + "[" * 100_000 + "]" * 100_000 + "}]", "deep"),
    "not objects": ("[1, 2]", "JSON object"),
    "trailing": ('[{"email": "a@x.example.org"}] x', "follows"),
    "comma": ('[{"email": "a@x.example.org"}\n {"email": "b@x.example.org"}]', "line 2"),
    "unknown key": ('[{"email": "a@x.example.org", "shoe": {"size": 43}}]', "shoe.size"),
    "broken": ('[{"email": }]', "line 1"),
}


def refused(crm: Program, file: str, said: str, exit: int, *options: str) -> None:
    before = fingerprint(crm)
    result = crm("contact", "import", file, *options, exit=exit)
    assert said in result.stderr, result
    assert "Traceback" not in result.stderr
    assert "bug" not in result.stderr
    assert fingerprint(crm) == before


@pytest.mark.parametrize("name", CASES)
def test_bad_csv(crm: Program, tmp_path: Path, name: str) -> None:
    content, said, exit = CASES[name]
    refused(crm, write(tmp_path / "x.csv", content), said, exit)


@pytest.mark.parametrize("name", JSON_CASES)
def test_bad_json(crm: Program, tmp_path: Path, name: str) -> None:
    content, said = JSON_CASES[name]
    refused(crm, write(tmp_path / "x.json", content), said, 6)


def test_no_file(sqlite_crm: Program, tmp_path: Path) -> None:
    refused(sqlite_crm, str(tmp_path), "folder", 2)
    refused(sqlite_crm, str(tmp_path / "none.csv"), "no file", 2)
    refused(sqlite_crm, "a\0b", "not the name", 2)
    sqlite_crm("contact", "import", exit=2)


def test_packed_files_that_are_broken(sqlite_crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is said once, also of a file of a manifest."""
    monkeypatch.chdir(tmp_path)
    whole = gzip.compress(b"email\na@x.example\n")
    files = {
        "cut.csv.gz": (whole[:20], "it is cut off"),
        "bad.csv.gz": (whole[:12] + b"\xff" * 20, "cannot be unpacked as gzip"),
        "bad.zip": (b"PK\x03\x04garbage", "damaged or cut off"),
        "empty.zip": (b"PK\x05\x06" + bytes(18), "an archive without files"),
    }
    for name, (data, wanted) in files.items():
        Path(name).write_bytes(data)
        Path("m.toml").write_text(f'[[file]]\npath = "{name}"\nentity = "contact"\n')
        for line in (f"contact import {name}", "import m.toml"):
            said = sqlite_crm(*line.split(), exit=6).stderr
            assert said.startswith(f"error: {name} ") and said.count(wanted) == said.count(name) == 1, said


def test_header_only_is_fine(sqlite_crm: Program, tmp_path: Path) -> None:
    result = sqlite_crm("contact", "import", write(tmp_path / "x.csv", GOOD))
    assert "no rows" in result.stderr
    assert sqlite_crm.json("contact", "import", write(tmp_path / "x.json", "[]"))["rows"] == 0


def test_pipe(sqlite_crm: Program, tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_text(GOOD + "a@x.example.org,A,\n"))
    writer.start()
    assert sqlite_crm.json("contact", "import", str(fifo))["created"] == 1
    writer.join()
    assert sqlite_crm.json("contact", "import", "-", stdin=GOOD + "b@x.example.org,B,\n")["created"] == 1


def test_huge_line_takes_little_memory(sqlite_crm: Program, tmp_path: Path) -> None:
    file = tmp_path / "huge.csv"
    with file.open("wb") as out:
        out.write(GOOD.encode() + b"a@x.example.org,")
        for _ in range(100):
            out.write(b"x" * 1_000_000)
        out.write(b",\nb@x.example.org,B,\n")
    script = (
        "import sys; from mycrm_cli.main import run; status = run(sys.argv[1:]);"
        # What the process itself took; getrusage counts the parent it was forked from.
        "lines = open('/proc/self/status').read().splitlines();"
        "print(next(int(line.split()[1]) // 1024 for line in lines if line.startswith('VmHWM'))); sys.exit(status)"
    )
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", script, "contact", "import", str(file)],
        env=sqlite_crm.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6, done
    assert "line 2: the line is longer" in done.stderr
    assert int(done.stdout.split()[-1]) < 150


def test_one_stray_quote_takes_no_other_row(sqlite_crm: Program, tmp_path: Path) -> None:
    rows = [f"u{i}@x.example.org,U{i}," for i in range(3000)]
    rows[1500] = 'u1500@x.example.org,"U1500,'
    file = write(tmp_path / "x.csv", GOOD + "\n".join(rows) + "\n")
    report = sqlite_crm.json("contact", "import", file, "--on-error", "skip", exit=7)
    assert (report["rows"], report["created"], report["rejected"]) == (3000, 2999, 1)


def test_encodings(crm: Program, tmp_path: Path) -> None:
    text = "email,first_name\nx@a.example.org,Zoë\n"
    for name, data, options in (
        ("utf8bom", text.encode("utf-8-sig"), []),
        ("utf16", text.encode("utf-16"), []),
        ("cp1252", text.encode("cp1252"), ["--encoding", "cp1252"]),
        ("mac", text.replace("\n", "\r\n").encode("utf-8"), []),
    ):
        report = crm.json("contact", "import", write(tmp_path / f"{name}.csv", data), *options)
        assert report["created"] + report["unchanged"] == 1
    assert crm.json("contact", "view", "C-1")["first_name"] == "Zoë"


def test_messy_shared_files(crm: Program, shared: Path) -> None:
    folder = shared / "import_samples"
    refused(crm, str(folder / "messy_duplicate_headers.csv"), "same heading", 6)
    refused(crm, str(folder / "messy_semicolon_cp1252.csv"), "--encoding cp1252", 6)
    crm("contact", "import", str(folder / "messy_formula_injection.csv"))
    assert crm.json("contact", "view", "a@example.com")["first_name"].startswith("=HYPERLINK(")
    options = ["--encoding", "cp1252", "--region", "FR", "--map", "Montant=-"]
    options += ["--map-value", "Statut:Nouveau=active", "--map-value", "Statut:Kontaktiert=active"]
    crm("contact", "import", str(folder / "messy_semicolon_cp1252.csv"), *options)
    jean = crm.json("contact", "view", "jean@example.fr")
    assert (jean["last_name"], jean["phone"], jean["company"]) == ("Dupré", "+33612345678", "Société Générique")
