"""How undo, redo and the journal are asked for, and what they say."""

import json

from tests.program import Program
from tests.rowhash import everything


def test_what_is_said(crm: Program) -> None:
    """Sentences on a terminal, numbers in a pipe, objects for programs; without a terminal the change is named."""
    said = crm("contact", "add", "Ana Berg", terminal=True).stderr
    assert "added C-1 Ana Berg (X-2; mycrm undo takes it back)" in said
    crm("contact", "edit", "C-1", "--city", "Rome")
    refused = crm("undo", exit=2)
    assert "which change?" in refused.stderr
    crm("redo", exit=2)
    crm("undo", "X-3", "--label", "x", exit=2)
    crm("undo", "X-9", exit=3)
    before = everything(crm, journal=True, without=())
    tried = crm("undo", "-n", terminal=True).stderr
    assert "would take back X-3: 1 updated" in tried
    assert everything(crm, journal=True, without=()) == before
    said = crm("undo", terminal=True, env={"MYCRM_NOW": "2099-01-01"}).stderr.splitlines()
    assert said[0].startswith("X-3: contact edit, 1 updated, ")
    assert said[1] == "took back X-3: 1 updated (X-4; mycrm redo brings it back)"
    assert "taken back already, by X-4" in crm("undo", "X-3", exit=6).stderr
    said = crm("redo", terminal=True).stderr.splitlines()
    assert said[1] == "brought back X-4: 1 updated (X-5; mycrm undo takes it back)"
    assert crm("undo", "X-3").stdout == "X-6\n"
    done = crm.json("redo", "X-3")
    assert (done["change"], done["undone"], done["updated"], done["skipped"]) == ("X-7", ["X-6"], 1, [])
    kinds = [row[0] for row in crm("change", "list", "-F", "kind", "-s", "number").rows]
    assert kinds == ["write", "write", "write", "undo", "redo", "undo", "redo"]


def test_a_protected_profile_wants_its_name(sqlite_crm: Program) -> None:
    """Taking back many records is a bulk write."""
    crm = sqlite_crm
    crm("contact", "add", "--from-json", "-", "--yes", stdin=json.dumps([{"first_name": name} for name in "abc"]))
    crm("profile", "edit", "work", "--protected", "yes")
    crm("undo", "X-2", exit=2)
    crm("undo", "X-2", "--confirm", "work")


def test_looking_at_changes(crm: Program) -> None:
    """The list is readable; a view shows each field before and after, 50 items for people and all for programs."""
    crm("company", "add", "Acme Ltd")
    crm("contact", "add", "--from-json", "-", "--yes", stdin=json.dumps([{"first_name": f"P{n}"} for n in range(60)]))
    crm("contact", "edit", "C-1", "--city", "Rome", "--company", "CO-1", "--label", "tidy")
    crm("contact", "edit", "C-1", "--city", "Oslo")
    crm("undo", "X-5")
    listed = crm("change", "list", "-s", "number").rows
    assert [row[0] for row in listed] == ["1", "2", "3", "4", "5", "6"]
    assert listed[3][2:] == ["Ana Berg", "contact edit", "0", "1", "0", "tidy", ""]
    assert listed[4][-1] == "X-6"
    by_number = {record["number"]: record for record in crm("change", "list", "-o", "json").json}
    assert (by_number[4]["command"], by_number[5]["undone_by"]) == (["contact", "edit"], "X-6")
    assert crm("change", "list", "-w", "label=tidy", "-F", "number").lines == ["4"]
    screen = crm("change", "view", "X-4", terminal=True).stdout
    assert "C-1 P0 changed" in screen
    assert "city: – → Rome" in screen
    assert screen.count("Acme Ltd") == 1
    assert "taken back by X-6" in crm("change", "view", "X-5", terminal=True).stdout
    assert "city: Rome → Oslo" in crm("change", "view", "X-5", terminal=True).stdout
    people = crm("change", "view", "X-3", terminal=True)
    assert people.stdout.count(" created") == 51  # and the summary
    assert "more items" in people.stderr
    document = crm.json("change", "view", "X-3")
    assert (document["number"], len(document["items"])) == (3, 60)
    assert len(crm("change", "view", "X-3", "-o", "jsonl").lines) == 60
    rows = crm("change", "view", "X-4", "-o", "csv").lines
    assert rows[0] == "change,position,entity,record,id,action,field,old,new"
    assert any(row.endswith(",update,city,,Rome") for row in rows)
    crm("contact", "delete", "C-1")
    crm("contact", "purge", "C-1", "--confirm", "acme")
    assert "C-1 P0 removed" in crm("change", "view", "X-8", terminal=True).stdout


def test_what_a_rehearsal_says_in_a_pipe(crm: Program) -> None:
    """A dry run of an undo tells what it would do, and a live record is not in the trash."""
    crm("contact", "add", "Ana Berg")
    change = crm("change", "list", "-L", "1").rows[0][0]
    assert f"would take back X-{change}: 1 removed" in crm("undo", f"X-{change}", "--dry-run").stderr
    refused = crm("contact", "restore", "C-1", exit=3)
    assert "C-1 Ana Berg is not in the trash" in refused.stderr
    crm("contact", "restore", "C-9", exit=3)
