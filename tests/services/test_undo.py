"""Undo and redo: everything comes back as it was, later changes are left in peace, nobody undoes twice."""

import json
import subprocess
import sys
from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.db import connect as connecting
from mycrm_cli.services import transcripts
from mycrm_cli.services.entries import dumped, undumped
from tests.program import Program
from tests.rowhash import everything, rows_of

CSV = b"""first_name,last_name,email,hs_id,city
Ana,Berg,ana@example.com,1,Berlin
Eva,Zorn,eva@example.com,2,Rome
Jan,Holt,jan@example.com,3,Paris
"""
IMPORT = ("contact", "import", "-", "--format", "csv", "--map", "hs_id=ext:hubspot")
STORY: list[tuple[tuple[str, ...], bytes]] = [
    (("company", "add", "Acme Ltd", "--domain", "acme.example", "--tag", "vip"), b""),
    (
        ("contact", "add", "Ana Berg", "--email", "ana@example.com", "--company", "CO-1", "--tag", "a", "--tag", "b"),
        b"",
    ),
    (("contact", "edit", "C-1", "--email", "new@example.com", "--untag", "a", "--clear", "company"), b""),
    (("contact", "edit", "C-1", "--email", "ana@example.com", "--company", "CO-1"), b""),
    (("deal", "add", "Big one", "--company", "CO-1", "--contact", "C-1", "--value", "12400.50"), b""),
    (("deal", "move", "D-1", "Proposal"), b""),
    (("note", "add", "Called her", "--contact", "C-1"), b""),
    (IMPORT, CSV),
    (("contact", "edit", "--all", "--job-title", "CTO", "--country", "DE", "-y"), b""),
    (("contact", "delete", "C-1", "C-2"), b""),
    (("contact", "restore", "C-2"), b""),
    (("deal", "delete", "D-1"), b""),
    (("deal", "purge", "D-1", "--confirm", "acme"), b""),
    (("contact", "purge", "C-1", "--confirm", "acme"), b""),
    (("company", "delete", "CO-1"), b""),
    (("user", "add", "eve@acme.com", "--first-name", "Eve", "--last-name", "Holt", "--role", "sales_rep"), b""),
    (("team", "add", "North", "--lead", "eve@acme.com"), b""),
    (("user", "edit", "eve@acme.com", "--team", "North"), b""),
]


def differing(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, set[str]]:
    """Return the rows that are in one and not in the other, by table."""
    return {table: set(before[table]) ^ set(after[table]) for table in before if before[table] != after[table]}


def test_everything_comes_back(crm: Program) -> None:
    """Each step of a story is undone and redone, then the whole story is taken back to nothing."""
    empty = rows_of(crm)
    for line, stdin in STORY:
        before = rows_of(crm)
        crm(*line, stdin=stdin)
        after = rows_of(crm)
        assert before != after, line
        crm("undo", terminal=True)
        assert not differing(before, rows_of(crm)), line
        crm("redo", terminal=True)
        assert not differing(after, rows_of(crm)), line
    assert crm("search", "eva", "-o", "ids").lines
    for _ in STORY:
        crm("undo", terminal=True)
    assert not differing(empty, rows_of(crm))
    assert (
        "nothing" in crm("undo", terminal=True, exit=3).stderr
        or "no change" in crm("undo", terminal=True, exit=3).stderr
    )
    for _ in STORY:
        crm("redo", terminal=True)
    assert crm("contact", "list", "-F", "number,city", "-s", "number").rows == [["2", "Rome"], ["3", "Paris"]]
    assert crm("search", "zorn", "-o", "ids").lines
    assert crm("change", "verify", exit=0).lines[0].startswith(f"{1 + 5 * len(STORY)}\t")
    connection = connecting.connect(crm.database, organization_id=UUID(crm.json("org", "view")["id"]))
    if connection.dialect == "sqlite":
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchall()
    connection.close()


def test_later_changes_stand_in_the_way(crm: Program) -> None:
    """The same fields of the same records; records that were created and are needed now; keys that are taken."""
    crm(*IMPORT, stdin=CSV)
    crm("contact", "edit", "--all", "--city", "Oslo", "--state", "X", "-y")
    crm("contact", "edit", "C-1", "--city", "Bonn")
    crm("contact", "edit", "C-2", "--job-title", "CEO")  # another field, no conflict with X-3
    before = everything(crm)
    refused = crm("undo", "X-3", exit=6)
    assert "X-4" in refused.stderr
    assert "X-5" not in refused.stderr
    assert "--keep-later" in refused.stderr
    error = json.loads(crm("undo", "X-3", "--json", exit=6).stderr)["error"]
    assert [(d["fields"], d["changes"]) for d in error["details"]] == [(["city"], ["X-4"])]
    assert everything(crm) == before
    kept = crm("undo", "X-3", "--keep-later", "--json", exit=7).json
    assert (kept["change"], kept["updated"], kept["skipped_count"]) == ("X-6", 3, 1)
    cities = {row[0]: row[1:] for row in crm("contact", "list", "-F", "number,city,state").rows}
    assert cities == {"1": ["Bonn", ""], "2": ["Rome", ""], "3": ["Paris", ""]}
    # What X-3 did to C-1's city stands, although X-3 was taken back: X-4 is still after the import.
    assert "X-4" in crm("undo", "X-2", exit=6).stderr
    crm("undo", "X-4")  # an undone change is in nobody's way
    crm("undo", "X-5")
    crm("note", "add", "hello", "--contact", "C-2")
    refused = crm("undo", "X-2", exit=6)
    assert "X-9" in refused.stderr
    assert "X-4" not in refused.stderr
    kept = crm("undo", "X-2", "--keep-later", "--json", exit=7).json
    assert [skip["record"] for skip in kept["skipped"]]
    left = crm("contact", "list", "-o", "json").json
    assert {record["number"]: record["email"] for record in left} == {1: "ana@example.com", 2: "eva@example.com"}
    assert crm("contact", "view", "eva@example.com", "-F", "number").lines == ["2"]
    assert crm("contact", "view", "ext:hubspot:2", "-F", "number").lines == ["2"]


def test_keys_and_references_that_are_gone(crm: Program) -> None:
    """What took a key, or what a record pointed to, decides whether it comes back."""
    crm("company", "add", "Acme Ltd", "--domain", "acme.example")
    crm("company", "edit", "CO-1", "--domain", "acme2.example")
    crm("company", "add", "Other", "--domain", "acme.example")
    assert "key" in crm("undo", "X-3", exit=6).stderr
    crm("undo", "X-3", "--keep-later", exit=7)
    assert crm("company", "view", "CO-1", "-F", "domain").lines == ["acme2.example"]
    crm("undo", "X-4", "X-3")
    assert crm("company", "list", "-F", "domain").lines == ["acme.example"]
    # Domains change hands within one change.
    crm("company", "add", "--from-json", "-", stdin='[{"name": "A", "domain": "a.example"}, {"name": "B"}]')
    hand = "name,domain\nB,b.example\nA,a2.example\nB2,a.example\n"
    crm("company", "import", "-", "--format", "csv", "--match", "name", stdin=hand)
    before = rows_of(crm)
    crm("undo", terminal=True)
    crm("redo", terminal=True)
    assert not differing(before, rows_of(crm))
    crm("contact", "add", "Ana", "--company", "CO-1")
    crm("contact", "edit", "Ana", "--clear", "company")
    cleared = crm("change", "list", "-L", "1", "-F", "number").lines[0]
    crm("company", "delete", "CO-1")
    assert "gone" in crm("undo", f"X-{cleared}", exit=6).stderr
    crm("undo", f"X-{cleared}", "--keep-later", exit=7)
    assert crm.json("contact", "view", "Ana")["company"] == "Acme Ltd"
    assert crm.json("contact", "view", "Ana")["company_id"] is None


def test_groups_and_people(crm: Program) -> None:
    """A label takes back a group in one change; others' changes are for managers; another organization's are unknown."""
    before = rows_of(crm)
    for name in ("Ana", "Eva", "Jan"):
        crm("contact", "add", name, "--label", "batch")
    crm("contact", "edit", "Ana", "--city", "Rome", "--label", "batch")
    crm("undo", "X-4")
    done = crm("undo", "--label", "batch", "--json").json
    assert (done["undone"], done["removed"]) == (["X-5", "X-3", "X-2"], 2)
    assert not differing(before, rows_of(crm))
    crm("undo", "--label", "batch", exit=6)
    crm("undo", "--label", "nobody", exit=3)
    crm("redo", done["change"])
    assert crm("contact", "list", "-F", "first_name,city").rows == [["Eva", ""], ["Ana", "Rome"]]
    undone = crm("change", "list", "-F", "number,undone_by", "-s", "number").rows
    assert undone[1:5] == [["2", ""], ["3", ""], ["4", "X-6"], ["5", ""]]

    crm("user", "add", "rep@acme.com", "--role", "sales_rep")
    crm("profile", "add", "rep", "--organization", "acme", "--user", "rep@acme.com")
    crm.sign_in("rep")
    crm("undo", "X-5", "-P", "rep", exit=4)
    crm("contact", "add", "Own", "-P", "rep")
    own = crm.json("change", "list", "-P", "rep", "-L", "1")[0]
    crm("undo", terminal=True, env={"MYCRM_PROFILE": "rep"})
    crm("undo", terminal=True, env={"MYCRM_PROFILE": "rep"}, exit=3)
    crm("redo", f"X-{own['number']}", "-P", "work")  # an administrator may
    crm("undo", "X-1", "-P", "work", exit=6)

    crm("org", "add", "--name", "Globex", "--slug", "globex", "--admin-email", "gus@globex.com", "-P", "work")
    crm("profile", "add", "globex", "--organization", "globex", "--user", "gus@globex.com")
    crm.sign_in("globex")
    whole = everything(crm, journal=True)
    crm("undo", "X-5", "-P", "globex", exit=3)
    crm("undo", own["id"], "-P", "globex", exit=3)
    crm("redo", own["id"], "-P", "globex", exit=3)
    crm("change", "view", own["id"], "-P", "globex", exit=3)
    assert everything(crm, journal=True) == whole


def test_verify_sees_tampering(crm: Program, dialect: str) -> None:
    """An edit, a removal, another order, a payload: each is found, and what is whole is said to be."""
    crm("contact", "add", "Ana Berg", "--email", "ana@example.com")
    crm("contact", "edit", "C-1", "--city", "Rome")
    verdict = crm.json("change", "verify")
    assert (verdict["ok"], verdict["changes"]) == (True, 3)
    crm("contact", "edit", "C-1", "--city", "Oslo")
    crm("change", "verify", "--head", verdict["head"])
    crm("change", "verify", "--head", "f" * 64, exit=8)
    organization = UUID(crm.json("org", "view")["id"])

    def tampered(sql: str) -> str:
        connection = connecting.connect(crm.database, write=True, organization_id=organization)
        connection.begin()
        if dialect == "sqlite":
            connection.raw.execute("PRAGMA defer_foreign_keys = ON")
            named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'change%'"
            for (name,) in connection.raw.execute(named).fetchall():
                connection.raw.execute(f"DROP TRIGGER {name}")
        else:
            for table in ("changes", "change_items", "change_payloads"):
                connection.raw.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.raw.execute(sql)
        connection.commit()
        connection.close()
        return str(crm("change", "verify", exit=8).stderr)

    assert "X-2 was altered" in tampered("UPDATE changes SET label = 'x' WHERE number = 2")
    tampered_back = "UPDATE changes SET label = NULL WHERE number = 2"
    with pytest.raises(AssertionError):
        tampered(tampered_back)
    assert "items of X-3" in tampered("UPDATE change_items SET action = 'delete' WHERE action = 'update'")
    assert "before-image" in tampered("""UPDATE change_payloads SET before = '{"city":"Bonn"}'""")
    assert "missing" in tampered("DELETE FROM change_payloads")
    assert "newest change" in tampered("UPDATE counters SET next_value = 9 WHERE entity = 'changes'")


def test_one_wins(crm: Program) -> None:
    """Two processes that take back the same change at once: one does, the other is told so."""
    crm(*IMPORT, stdin=CSV)
    script = "import sys\nfrom mycrm_cli.main import run\nsys.exit(run(['undo', 'X-2']))"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script], env=crm.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    ends = sorted(process.wait(timeout=60) for process in running)
    for process in running:
        process.communicate()
    assert ends == [0, 6, 6, 6]
    assert crm("contact", "count").stdout == "0\n"
    assert crm("change", "count").stdout == "3\n"


def test_images_come_back(crm: Program) -> None:
    """What the journal holds of a row is the row, on both ways that lead there."""
    for line, stdin in STORY[:9]:
        crm(*line, stdin=stdin)
    connection = connecting.connect(crm.database, organization_id=UUID(crm.json("org", "view")["id"]))
    connection.begin()
    own = UUID(crm.json("org", "view")["id"])
    seen = 0
    for entity in catalog.entities().values():
        if "id" not in entity.fields or not entity.tenant:
            continue
        names = transcripts.columns(entity)
        columns = ", ".join(f'"{name}"' for name in names)
        key = own.bytes if connection.dialect == "sqlite" else own
        found = connection.execute(f"SELECT {columns} FROM {entity.table} WHERE organization_id = ?", (key,)).fetchall()
        loads = [entity.fields[name].kind.loader(connection.dialect) for name in names]
        for row, image in zip(found, transcripts.images(entity, connection.dialect, found), strict=True):
            values = {
                name: value if value is None or load is None else load(value)
                for name, load, value in zip(names, loads, row, strict=True)
            }
            written = dumped(entity, values)
            assert {name: value for name, value in written.items() if value is not None} == image
            assert undumped(entity, json.loads(json.dumps(written))) == values
            seen += 1
    connection.close()
    assert seen >= 30


def newest(crm: Program) -> str:
    """Return the reference of the newest change."""
    return f"X-{crm('change', 'list', '-L', '1', '-F', 'number').lines[0]}"


def test_status_and_stage_come_back_together(crm: Program) -> None:
    """Stage, status and dates of a deal are put back together or not at all; its probability is its own."""
    crm("deal", "add", "One", "--stage", "Proposal")
    crm("deal", "win", "D-1")
    crm("deal", "edit", "D-1", "--actual-close-date", "2026-01-01")
    assert "X-4" in crm("undo", "X-3", exit=6).stderr
    crm("undo", "X-3", "--keep-later", exit=7)
    shown = ("deal", "list", "-F", "stage,status,probability,actual_close_date", "-s", "number")
    assert crm(*shown).rows == [["Closed won", "won", "100%", "2026-01-01"]]
    crm("deal", "add", "Two", "--stage", "Proposal")
    crm("deal", "move", "D-2", "Negotiation")
    moved = newest(crm)
    crm("deal", "edit", "D-2", "--probability", "55")
    crm("undo", moved, "--keep-later", exit=7)
    assert crm(*shown).rows[1] == ["Proposal", "open", "55%", ""]


def test_deals_go_with_their_stages(crm: Program) -> None:
    """No open deal comes back into a stage that was made won, and no stage becomes open under won deals."""
    for name in ("One", "Two"):
        crm("deal", "add", name, "--stage", "Proposal")
    crm("deal", "move", "D-1", "D-2", "Negotiation", "-y")
    moved = newest(crm)
    crm("deal", "delete", "D-2")
    deleted = newest(crm)
    crm("deal", "purge", "D-2", "--confirm", "acme", "-y")
    purged = newest(crm)
    crm("stage", "edit", "Proposal", "--won")
    kind = newest(crm)
    before = everything(crm)
    error = json.loads(crm("undo", purged, deleted, moved, "--json", exit=6).stderr)["error"]
    assert [(d["fields"], d["changes"]) for d in error["details"]] == [(["stage_id", "status"], [kind])] * 2
    assert "would not go together since" in error["details"][0]["message"]
    assert everything(crm) == before
    crm("undo", purged, deleted)
    crm("undo", moved, "--keep-later", exit=7)
    shown = ("deal", "list", "-F", "stage,status", "-s", "number")
    assert crm(*shown).rows == [["Negotiation", "open"]] * 2
    # A whole deal stays away where its stage is of another kind now.
    crm("deal", "delete", "D-2")
    crm("deal", "purge", "D-2", "--confirm", "acme", "-y")
    purged = newest(crm)
    crm("deal", "move", "D-1", "Qualification")
    crm("stage", "edit", "Negotiation", "--lost")
    assert newest(crm) in crm("undo", purged, exit=6).stderr
    crm("undo", purged, "--keep-later", exit=7)
    assert crm(*shown).rows == [["Qualification", "open"]]
    # Nor does a stage change under the deals that have come to it since.
    crm("deal", "move", "D-1", "Proposal")
    before = everything(crm)
    assert "deals that stand there" in crm("undo", kind, exit=6).stderr
    crm("undo", kind, "--keep-later", exit=7)
    assert everything(crm) == before
