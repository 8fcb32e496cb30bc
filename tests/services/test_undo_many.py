"""Many records in one item of the journal: told, taken back and brought again like single ones."""

import json
from uuid import UUID

import pytest

from mycrm_cli.db import connect as connecting
from mycrm_cli.services import journal, loading, referring
from mycrm_cli.services.undoing import items
from tests.program import Program
from tests.rowhash import everything, rows_of
from tests.services.schemas import schema
from tests.services.test_undo import differing

COUNT = 60
IMPORT = ("contact", "import", "-", "--format", "csv", "--map", "hs_id=ext:hubspot")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done for many is done for a few."""
    monkeypatch.setattr(journal, "MANY", 2)
    monkeypatch.setattr(journal, "MOST", 7)
    monkeypatch.setattr(loading, "LARGE", 10)
    monkeypatch.setattr(referring, "MANY", 10)
    monkeypatch.setattr(items, "CHUNK", 5)
    monkeypatch.setattr(items, "MOST", 20)


def contacts(city: str = "Rome", *, count: int = COUNT) -> str:
    """Return a file of contacts; every third one has a tag, every fourth a company."""
    lines = ["first_name,last_name,email,hs_id,city,tags,company"]
    for n in range(count):
        firm = f"Firm {n % 8}" if n % 4 == 0 else ""
        lines.append(f"Ana{n},Berg {city},ana{n}@example.com,{n},{city},{'vip' if n % 3 == 0 else ''},{firm}")
    return "\n".join(lines) + "\n"


def checked(crm: Program) -> None:
    """See that the journal is whole, and on SQLite the references, the indexes and the full text."""
    crm("change", "verify")
    connection = connecting.connect(crm.database, write=True, organization_id=UUID(crm.json("org", "view")["id"]))
    if connection.dialect == "sqlite":
        assert connection.raw.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.raw.execute("INSERT INTO contacts_search (contacts_search, rank) VALUES ('integrity-check', 1)")
    connection.close()


def test_imports_come_and_go(crm: Program) -> None:
    """Creates and updates of a file are undone and redone, in any order that makes sense."""
    crm("company", "add", "Firm 0")
    crm("contact", "add", "Old One", "--email", "old@example.com")
    made = schema(crm)
    states = [rows_of(crm)]
    for city in ("Rome", "Oslo"):
        crm(*IMPORT, stdin=contacts(city))
        states.append(rows_of(crm))
    crm("contact", "edit", "--all", "--country", "DE", "--tag", "new", "-y")
    states.append(rows_of(crm))
    crm("contact", "delete", "--all", "-w", "last_name~Berg", "-y")
    states.append(rows_of(crm))
    gone = crm("contact", "list", "--deleted", "-o", "ids", "-L", "0").stdout
    crm("contact", "purge", "-", "--confirm", "acme", "-y", stdin=gone)
    states.append(rows_of(crm))
    for state in reversed(states[:-1]):
        crm("undo", terminal=True)
        assert not differing(state, rows_of(crm))
    checked(crm)
    assert crm("search", "rome", "-o", "ids").lines == []
    for state in states[1:]:
        crm("redo", terminal=True)
        assert not differing(state, rows_of(crm))
    for state in (states[-2], states[-3]):
        crm("undo", terminal=True)
        assert not differing(state, rows_of(crm))
    assert crm("contact", "count").lines == ["61"]
    assert len(crm("search", "oslo", "-o", "ids", "-L", "100").lines) == COUNT
    checked(crm)
    assert schema(crm) == made


def test_what_is_told(crm: Program) -> None:
    """The items of many are shown record by record, with places, names and values like single ones."""
    crm(*IMPORT, stdin=contacts())
    crm(*IMPORT, stdin=contacts("Oslo"))
    crm("contact", "edit", "C-5", "--city", "Bonn")
    change = crm.json("change", "view", "X-2")
    told = [item for item in change["items"] if item["entity"] == "contact"]
    assert [item["record"].split()[0] for item in told] == [f"C-{n}" for n in range(1, COUNT + 1)]
    change = crm.json("change", "view", "X-3")
    told = [item for item in change["items"] if item["record"].startswith("C-5 ")]
    assert {"field": "city", "old": "Rome", "new": "Oslo"} in told[0]["fields"]
    assert len(crm.json("change", "view", "X-3", "-L", "3")["items"]) == 3
    told = crm.json("contact", "history", "C-5")
    assert [entry["change"] for entry in told if entry.get("change")] == ["X-4", "X-3", "X-2"]
    counts = crm("change", "list", "-F", "number,created_count,updated_count", "-s", "number").rows
    assert counts[1][1] != "0"
    assert counts[2][2] != "0"


def test_later_changes(crm: Program) -> None:
    """One record of many that was touched since stands in the way, or stays."""
    crm(*IMPORT, stdin=contacts())
    crm("contact", "edit", "C-9", "--city", "Bonn")
    before = everything(crm)
    assert "X-3" in crm("undo", "X-2", exit=6).stderr
    assert everything(crm) == before
    kept = crm("undo", "X-2", "--keep-later", "--json", exit=7).json
    assert kept["skipped_count"] == 1
    assert crm("contact", "list", "-F", "number,city").rows == [["9", "Bonn"]]
    crm("redo", terminal=True)
    crm("note", "add", "hello", "--contact", "C-4")  # a reference
    newest = json.loads(crm("undo", "X-2", "--json", exit=6).stderr)["error"]
    assert newest["details"]
    checked(crm)
    crm(*IMPORT, stdin=contacts("Oslo"))
    updated = f"X-{crm('change', 'list', '-L', '1', '-F', 'number').lines[0]}"
    crm("contact", "edit", "C-11", "--city", "Paris")
    crm("contact", "delete", "C-12")
    crm("contact", "purge", "C-12", "--confirm", "acme")
    assert crm("undo", updated, exit=6).stderr
    crm("undo", updated, "--keep-later", exit=7)
    cities = [row[0] for row in crm("contact", "list", "-F", "city", "-L", "0").rows]
    assert sorted(set(cities)) == ["Bonn", "Paris", "Rome"]
    checked(crm)
