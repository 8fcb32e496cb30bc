"""Large exports come packed from the database; what is written is what one cell after another would give."""

import csv
import io
import json
import random
from pathlib import Path

import pytest

from mycrm_cli.cli import exporting
from mycrm_cli.query import travelling
from tests.program import Program

NASTY = (
    "",
    "=1+1",
    "'=1",
    "'",
    "''@x",
    "+4930",
    "-1",
    "@a",
    "a,b",
    ", ",
    'say "no"',
    '"',
    '",["',
    "a\nb",
    "a\tb",
    "\\",
    "\\n",
    "null",
    ",null",
    "[1]",
    "]\n[",
    "\x7f",
    "\x7f=1",
    "a\x7fb",
    "\x1f\x1e",
    "ünïcöde",
    "😀",
    "a\u2028b",
    "0",
    "Berlin",
    "Ana",
)
"""Texts that are easily quoted, guarded or split wrongly."""
FIELDS = (
    "id,number,created_at,is_deleted,deleted_at,first_name,last_name,email,phone,mobile,company,job_title,website,city,"
    "country,status,tags,custom_fields,cf.tier,score,owner.email,company.name,company_id,do_not_call,last_activity_at"
)


@pytest.fixture
def nasty(crm: Program, tmp_path: Path) -> Program:
    """400 contacts made of such texts, some with further addresses and keys of another system."""
    chance = random.Random(4)
    crm("field", "add", "contact", "tier")
    crm("company", "add", "Mother, Inc", "--domain", "mother.example.org")
    lines = []
    for place in range(400):
        some = {name: chance.choice(NASTY) for name in ("first_name", "last_name", "job_title", "city", "department")}
        record = {
            **some,
            "email": f"p{place}@x.example.org",
            "phone": chance.choice(["+49309018" + str(200 + place), 'ask; "her", x', "+1 + 2", ""]),
            "tags": chance.sample(["vip", "=risk", "a\\b", "new"], chance.randrange(3)),
            "company.domain": chance.choice(["mother.example.org", ""]),
            "cf.tier": chance.choice(["gold, or so", "=1", ""]),
            "do_not_call": chance.choice([True, False]),
            "created_at": chance.choice(["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000600Z"]),
            "emails": ["more@x.example.org"] if place == 350 else [],
            "ext:other": f"k{place}\\;x" if place % 3 == 0 else "",
        }
        lines.append(json.dumps({name: value for name, value in record.items() if value not in ("", [])}))
    file = tmp_path / "nasty.jsonl"
    file.write_text("\n".join(lines))
    crm("contact", "import", str(file))
    return crm


def test_the_same_as_cell_after_cell(nasty: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list writes each cell by itself, an export a chunk at a time; both say the same."""
    for format in ("csv", "tsv"):
        for fields in (FIELDS, "city,job_title", "phone,mobile", "city", "company_id", "cf.tier", "tags,city"):
            one = nasty("contact", "list", "-o", format, "-F", fields, "-s", "number").stdout
            assert nasty("contact", "export", "-o", format, "-F", fields, "-s", "number").stdout == one, fields
    raw = nasty("contact", "export", "--raw", "-F", FIELDS, "-s", "number", "--excel").stdout
    records = nasty.json("contact", "list", "-s", "number", "-F", FIELDS)
    for row, record in zip(csv.DictReader(io.StringIO(raw.lstrip("\ufeff"), newline="")), records, strict=True):
        for name in ("first_name", "last_name", "job_title", "city", "phone", "cf.tier"):
            assert row[name] == (record[name] or ""), name
    whole = nasty("contact", "export", "-s", "number").stdout
    rows = list(csv.DictReader(io.StringIO(whole, newline="")))
    assert [row["emails"] for row in rows if row["emails"]] == ["more@x.example.org"]
    assert rows[3]["ext:other"] == "k3\\;x"
    assert rows[4]["ext:other"] == ""
    monkeypatch.setattr(travelling, "SOON", 100)
    monkeypatch.setattr(exporting, "CHUNK", 7)
    assert nasty("contact", "export", "-s", "number").stdout == whole
    order = "emails,number,id,companies,city,ext:other,first_name"
    mixed = list(csv.reader(io.StringIO(nasty("contact", "export", "-F", order, "-s", "number").stdout, newline="")))
    assert mixed[0] == order.split(",")
    assert [row[6] for row in mixed[1:]] == [row["first_name"] for row in rows]
    assert [row[2] for row in mixed[1:]] == [row["id"] for row in rows]


def test_a_carriage_return_is_quoted(sqlite_crm: Program) -> None:
    """Readers take a bare one for the end of a line."""
    sqlite_crm("contact", "add", "Ana", "--city", "a\rb", "--email", "a@x.example.org")
    assert sqlite_crm("contact", "export", "-F", "city,email").stdout == 'city,email\n"a\rb",a@x.example.org\n'
    assert sqlite_crm("contact", "export", "-F", "job_title").stdout == 'job_title\n""\n'


def test_every_noun_and_kind(crm: Program) -> None:
    """Money, percent, dates, moments, JSON, computed fields."""
    crm("deal", "add", "Roof", "--value", "1200.5", "--close", "2026-12-24", "--owner", "me", "--tag", "a,b")
    crm("deal", "add", "=Gate", "--value", "7")
    crm("task", "add", "Call", "--due", "2026-11-30T10:00", "--recurrence", "FREQ=WEEKLY")
    crm("activity", "add", "Talked", "--activity-type", "call", "--occurred-at", "2026-01-02T10:00")
    wanted = {
        "deal": "name,value,probability,expected_close_date,days_in_stage,stage.name,owner.email,is_deleted,tags",
        "task": "title,due_date,reminder_at,is_recurring,excluded_dates,recurrence_rule,number",
        "activity": "subject,occurred_at,activity_type,duration_minutes",
    }
    for noun, fields in wanted.items():
        one = crm(noun, "list", "-o", "csv", "-F", fields, "-s", "id").stdout
        assert crm(noun, "export", "-F", fields).stdout == one
