"""Exports as workbooks, vCards and calendars, and packed; other libraries read what comes out."""

import csv
import gzip
import io
import re
import stat
import subprocess
import sys
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import vobject
from backports import zstd
from python_calamine import CalamineWorkbook

from mycrm_cli.output import workbooks
from mycrm_cli.output.vcards import folded
from tests.program import Program

CARDS = """\
first_name,last_name,email,emails,phone,mobile,company,department,job_title,website,linkedin_url,twitter_handle,\
address_line1,address_line2,city,state,postal_code,country,tags
Ana,Petrova,a@x.example.org,a2@x.example.org;a3@x.example.org,+4930901820;ext=12,+491711234567,"Ünï, Söhne; & Co",R&D,\
"Head, of \\ all",https://x.example.org/a?b=c;d,https://linkedin.com/in/ana,ana_p,Hauptstr. 1,Hinterhaus,Köln,NW,50667,\
DE,"vip,news"
日本語の名前がとても長いので行が折り返されます日本語の名前がとても長いので,Łukasz,b@x.example.org,,,,,,,,,,,,,,,,
,,c@x.example.org,,,,,,,,,,,,,,,,
"""
COMPARED = CARDS.partition("\n")[0].replace("emails,", "")


@pytest.fixture
def people(sqlite_crm: Program, tmp_path: Path) -> Program:
    """Three contacts, one of them with everything a card can hold."""
    file = tmp_path / "people.csv"
    file.write_text(CARDS)
    sqlite_crm("contact", "import", str(file))
    return sqlite_crm


def second(tmp_path: Path) -> Program:
    """Return another organization in another database."""
    program = Program(tmp_path / "second")
    line = "init --profile other --organization Other --slug other --email ana@acme.com --first-name Ana --last-name B"
    program(*line.split(), "--no-input")
    return program


@pytest.mark.parametrize("version", ["4.0", "3.0", "2.1"])
def test_vcards(people: Program, tmp_path: Path, version: str) -> None:
    """They are read by another library and by our own, with nothing lost."""
    file = tmp_path / "people.vcf"
    people("contact", "export", "-O", str(file), "--vcard", version, "-s", "number")
    data = file.read_bytes()
    assert all(len(line) <= 76 and line.decode() is not None for line in data.split(b"\r\n"))
    if version != "2.1":
        cards = list(vobject.readComponents(data.decode()))
        ana = cards[0]
        assert ana.fn.value == "Ana Petrova"
        assert ana.n.value.family == "Petrova"
        assert [address.value for address in ana.email_list] == [
            "a@x.example.org",
            "a2@x.example.org",
            "a3@x.example.org",
        ]
        assert ana.org.value == ["Ünï, Söhne; & Co", "R&D"]
        assert ana.title.value == "Head, of \\ all"
        assert ana.adr.value.city == "Köln"
        assert ana.categories.value == ["vip", "news"]
        assert ana.uid.value == f"urn:uuid:{people.json('contact', 'view', 'C-1')['id']}"
        assert cards[1].n.value.given.startswith("日本語の名前")
        assert cards[2].fn.value == "c@x.example.org"
    other = second(tmp_path)
    assert other.json("contact", "import", str(file))["created"] == 3
    theirs, ours = (one.json("contact", "list", "-s", "email", "-F", COMPARED) for one in (other, people))
    for record, original in zip(theirs, ours, strict=True):
        for name in original.keys() - {"id"}:
            assert record[name] == original[name], name
    assert other.json("contact", "view", "a3@x.example.org")["email"] == "a@x.example.org"


def test_leads_and_what_has_no_cards(people: Program) -> None:
    people("lead", "add", "Roof for Novak", "--email", "n@novak.example.org", "--notes", "one\ntwo")
    card = vobject.readOne(people("lead", "export", "-o", "vcf").stdout)
    assert (card.fn.value, card.note.value) == ("Roof for Novak", "one\ntwo")
    said = people("deal", "export", "-o", "vcf", exit=2).stderr
    assert "mycrm contact export -o vcf" in said
    people("contact", "export", "-O", "x.ics", exit=2)
    people("contact", "list", "-o", "vcf", exit=2)
    people("contact", "export", "-o", "vcf", "--vcard", "5", exit=2)
    people("contact", "export", "--vcard", "3.0", exit=2)
    people("contact", "export", "-o", "vcf", "-F", "email", exit=2)


def test_folding() -> None:
    for text in ("x" * 75, "x" * 76, "é" * 200, "x" + "😀" * 90, ""):
        lines = folded(text)
        assert "".join([lines[0], *(line[1:] for line in lines[1:])]) == text
        assert all(len(line.encode()) <= 75 for line in lines)


def test_a_phone_number_as_it_was_typed_stays_in_its_line(sqlite_crm: Program) -> None:
    sqlite_crm("contact", "add", "Ana", "--phone", "ask\r\nEND:VCARD")
    assert sqlite_crm("contact", "export", "-o", "vcf").stdout.count("\nEND:VCARD") == 1


def test_calendar(crm: Program, tmp_path: Path) -> None:
    """Days, moments, series and reminders mean the same to another program."""
    crm("profile", "edit", "work", "--timezone", "Europe/Berlin")
    crm("contact", "add", "Ana Berg", "--email", "a@x.example.org")
    rule = "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270301"
    series = ("--due", "2026-10-19T09:00", "--recurrence", rule, "--remind", "2026-10-19T08:30")
    crm("task", "add", "Wöchentlich, böse; Zeile " * 5, *series, "--contact", "C-1")
    crm("task", "add", "Day", "--due", "2026-11-30", "--priority", "urgent", "--description", "a\nb")
    crm("task", "add", "Done", "--due", "2026-12-01T14:30")
    crm("task", "done", "T-3")
    crm("task", "add", "Whenever", "--recurrence", "FREQ=DAILY;COUNT=3", "--due", "2026-12-24")
    file = tmp_path / "tasks.ics"
    crm("task", "export", "-O", str(file), "-s", "number")
    data = file.read_bytes()
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    weekly, day, done, daily = vobject.readOne(data.decode()).vtodo_list
    assert weekly.uid.value == crm.json("task", "view", "T-1")["id"] + "@mycrm"
    start = weekly.dtstart.value
    assert (start.isoformat(), start.utcoffset()) == ("2026-10-19T09:00:00+02:00", timedelta(hours=2))
    moments = list(weekly.rruleset)
    assert len(moments) == 20
    assert moments[1].utcoffset() == timedelta(hours=1)
    assert moments[1].hour == 9
    assert weekly.valarm.trigger.value == timedelta(minutes=-30)
    assert weekly.description.value == "Ana Berg"
    assert day.due.value == date(2026, 11, 30)
    assert (day.priority.value, day.status.value, day.description.value) == ("1", "NEEDS-ACTION", "a\nb")
    assert done.due.value.isoformat() == "2026-12-01T13:30:00+00:00"
    assert done.status.value == "COMPLETED"
    assert done.completed.value
    assert len(list(daily.rruleset)) == 3


def test_workbook(people: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts stay texts, numbers, days and times are what they are, and it comes back as it was."""
    people("profile", "edit", "work", "--timezone", "Europe/Berlin")
    people("contact", "add", "=1+1", "--email", "f@x.example.org", "--website", "https://x.example.org")
    people("deal", "add", "Roof", "--value", "1200.5", "--close", "2026-12-24", "--contact", "C-1")
    file = tmp_path / "contacts.xlsx"
    people("contact", "export", "-O", str(file), "-s", "number")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert not re.search(r"<f[ >]|hyperlink", sheet)
    assert "<autoFilter" in sheet
    assert 'state="frozen"' in sheet
    rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    contacts = list(csv.reader(io.StringIO(people("contact", "export", "--raw", "-s", "number").stdout)))
    assert rows[0] == contacts[0]
    place = rows[0].index
    assert [row[place("first_name")] for row in rows] == [row[place("first_name")] for row in contacts]
    assert rows[4][place("number")] == 4
    assert rows[1][place("do_not_call")] is False
    assert isinstance(rows[1][place("created_at")], datetime)
    assert people.json("contact", "import", str(file))["unchanged"] == 4
    people("deal", "export", "-O", str(file), "-F", "id,value,probability,expected_close_date")
    (row,) = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()[1:]
    assert row[1:] == [1200.5, 10.0, date(2026, 12, 24)]
    assert people.json("deal", "import", str(file))["unchanged"] == 1
    people("task", "add", "Call", "--due", "2026-10-25T02:30:00+01:00")
    people("task", "export", "-O", str(file), "-F", "id,title,due_date")
    assert people.json("task", "import", str(file))["unchanged"] == 1
    before = file.read_bytes()
    monkeypatch.setattr(workbooks, "MOST", 3)
    assert "contacts.csv" in people("contact", "export", "-O", str(file), exit=2).stderr
    monkeypatch.setattr(workbooks, "LONGEST", 3)
    people("contact", "export", "-O", str(file), "-L", "1", exit=6)
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    people("contact", "export", "-o", "xlsx", terminal=True, exit=2)
    people("contact", "export", "-O", "x.xlsx.gz", exit=2)
    people("contact", "list", "-o", "xlsx", exit=2)


def test_workbook_into_a_pipe(people: Program) -> None:
    line = [sys.executable, "-m", "mycrm_cli", "contact", "export", "-o", "xlsx"]
    done = subprocess.run(line, env=people.environment(), capture_output=True, check=True)
    assert zipfile.ZipFile(io.BytesIO(done.stdout)).testzip() is None


def test_packed(people: Program, tmp_path: Path) -> None:
    """The file is what an unpacked export is, and comes in again."""
    plain = people("contact", "export").stdout.encode()
    for ending in ("csv.gz", "csv.zst", "csv.zip", "CSV.GZ"):
        file = tmp_path / f"people.{ending}"
        people("contact", "export", "-O", str(file))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        data = file.read_bytes()
        if ending.endswith("zip"):
            archive = zipfile.ZipFile(io.BytesIO(data))
            assert archive.namelist() == ["people.csv"]
            data = archive.read("people.csv")
        else:
            data = zstd.decompress(data) if ending.endswith("zst") else gzip.decompress(data)
        assert data == plain
        assert people.json("contact", "import", str(file))["unchanged"] == 3
    file = tmp_path / "people.jsonl.gz"
    people("contact", "export", "-O", str(file))
    assert gzip.decompress(file.read_bytes()).decode() == people("contact", "export", "-o", "jsonl").stdout
