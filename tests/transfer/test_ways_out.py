"""Files that cannot be read as they are: the message says in words what is wrong, and what to do next."""

from pathlib import Path

import pytest
from python_calamine import PasswordError

from mycrm_cli.errors import Invalid
from mycrm_cli.services.transfer import ahead
from mycrm_cli.services.transfer.workbooks import guarded
from tests.program import Program
from tests.transfer.conftest import write
from tests.transfer.packing import workbook, zipped


def test_ways_out_of_a_workbook(sqlite_crm: Program, tmp_path: Path) -> None:
    """Headings that are not found and sheets that cannot be read name the other sheets and --header-line."""

    def said(content: bytes | str, *options: str, exit: int = 6) -> str:
        return sqlite_crm("contact", "import", write(tmp_path / "x", content), *options, exit=exit).stderr

    people, title = [["Email"], ["a@x.example.org"]], [["Report"], ["x"]]
    told = said(workbook(Cover=title, People=people))
    assert "--sheet 'People' reads the other sheet; --header-line N says" in told
    several = workbook(Cover=title, Empty=[], People=people)
    assert "--sheet NAME reads another sheet ('Empty', 'People')" in said(several)
    for options in (["--sheet", "Empty"], ["--sheet", "3", "--header-line", "9"]):
        told = said(several, *options)
        assert "has no headings" in told and "--sheet NAME" in told and "--header-line N" in told
    assert "a number from 1 to 3" in said(several, "--sheet", "4", exit=2)
    assert "--sheet" not in said(workbook(Cover=title)) and "--header-line N" in said("Report,of\nx,y\n")
    assert "--header-line" not in said("Report,email\nx,y\n")
    far = several.replace(b"sheet1.xml", b"sheetX.xml")
    told = said(far)
    assert "--sheet NAME reads another sheet" in told and "save it as CSV" in told
    with pytest.raises(Invalid, match="protected with a password") as refused:
        guarded("x.xlsx", lambda: (_ for _ in ()).throw(PasswordError("locked")))
    assert "take the password off" in str(refused.value.hint)


def test_sentences_for_what_libraries_say(sqlite_crm: Program, tmp_path: Path) -> None:
    def said(name: str, content: bytes | str, *options: str, exit: int = 6) -> str:
        return sqlite_crm("contact", "import", write(tmp_path / name, content), *options, exit=exit).stderr

    assert "a quote is opened and not closed" in said("a.csv", 'email\n"a@x.example.org\n')
    assert 'doubled ("")' in said("a.csv", 'email\n"a"b@x.example.org\n')
    assert "--header-line N says" in said("a.csv", '"email"x\na@x.example.org\n')
    assert "--encoding cp1252 reads" in said("a.json", b'[{"email": "a@x.example.org", "first_name": "Zo\xeb"}]')
    assert "from here on; the rest of the file is not read" in said("a.csv", "email\n".encode("utf-16") + b"\0\xd8\n\0")
    mapping = write(tmp_path / "m.toml", "[columns.E-Mail address]\n")
    assert "stand in quotes" in said("a.csv", "email\n", "--map-file", mapping)
    packed = bytearray(zipped(a__csv="email\n"))
    for mark, shift in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(mark) + shift] |= 1  # it says that it is encrypted
    told = said("a.zip", bytes(packed))
    assert "protected with a password" in told and "unpack it yourself" in told


def test_names_that_are_no_paths(sqlite_crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in an archive and standard input are called so; a large one in an archive is read ahead as any."""
    packed = write(tmp_path / "a.zip", zipped(**{"in/contacts__csv": "shoe\n1\n", "b__jsonl": "{"}))
    told = sqlite_crm("contact", "import", packed, "--member", "contacts.csv", exit=6).stderr
    assert f"in/contacts.csv in {packed}: nothing is known" in told
    assert sqlite_crm.json("contact", "import", packed, "--member", "b.jsonl", "--inspect")["format"] == "jsonl"
    assert "standard input: nothing is known" in sqlite_crm("contact", "import", "-", stdin="shoe\n1\n", exit=6).stderr
    assert "standard input is empty" in sqlite_crm("contact", "import", "-", exit=6).stderr
    assert "standard input is no export" in sqlite_crm("org", "import", "-", stdin="{}\n", exit=6).stderr
    monkeypatch.setattr(ahead, "LARGE", 1)
    rows = "email,first_name\n" + "".join(f"u{n}@x.example.org,U{n}\n" for n in range(6000))
    large = write(tmp_path / "large.zip", zipped(people__csv=rows))
    assert sqlite_crm.json("contact", "import", large)["created"] == 6000


def test_examples_of_unknown_columns(sqlite_crm: Program, tmp_path: Path) -> None:
    """Inspecting a file shows what stands in the columns that nobody knows: three different values of each."""
    rows = "".join(f"u{n}@x.example.org,{size},,{'x' * 90}\n" for n, size in enumerate((43, 43, "", 44, 45, 46)))
    file = write(tmp_path / "x.csv", f"email,shoe size,hat,note\n{rows}")
    found = sqlite_crm.json("contact", "import", file, "--inspect", "--map", "note=-")
    assert (found["unknown"], found["left_out"]) == (["shoe size", "hat"], ["note"])
    assert found["examples"]["shoe size"] == ["43", "44", "45"]
    assert found["examples"]["hat"] == []
    assert found["examples"]["email"] == [f"u{n}@x.example.org" for n in range(3)]
    assert found["examples"]["note"] == ["x" * 60 + "…"]
    told = sqlite_crm("contact", "import", file, "--inspect").stdout
    assert "shoe size -> UNKNOWN: --map 'shoe size=FIELD' or --map 'shoe size=-' (such as 43, 44, 45)\n" in told
    assert "hat -> UNKNOWN: --map 'hat=FIELD' or --map 'hat=-' (empty)\n" in told
    records = write(tmp_path / "x.json", '[{"email": "a@x.example.org"}, {"email": null, "shoe": {"size": 43}}]')
    assert sqlite_crm.json("contact", "import", records, "--inspect")["examples"]["shoe.size"] == ["43"]
