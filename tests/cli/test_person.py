"""People's rights: what is held about somebody, how all of it goes, and that nobody brings it back."""

import json
import stat
from pathlib import Path

from tests.program import Program

JAN = "jan@mail.example"
OLD = "jan.old@mail.example"


def spread(crm: Program) -> None:
    """Write Jan down twice as a contact and once as a lead, beside Eva, who shares a deal and an office phone."""
    crm("contact", "add", "Jan Vermeer", "--email", JAN, "--phone", "+31201234567", "--mobile", "+31612345678")
    crm("contact", "add", "Eva Bos", "--email", "eva@mail.example", "--phone", "+31201234567")
    crm("lead", "add", "Vermeer, Jan", "--email", JAN.upper(), "--notes", "likes pearls")
    rows = json.dumps({"email": f"{JAN};{OLD}", "ext:hubspot": "77"})
    crm("contact", "import", "-", "--format", "jsonl", stdin=rows)
    crm("contact", "add", "J. Vermeer", "--email", OLD, "--city", "Delft", "--allow-duplicate")
    crm("contact", "delete", "C-3", "-y")
    crm("deal", "add", "Pearls", "--contact", "C-1", "--description", f"ask {JAN}")
    crm("log", "call", "C-1", "spoke about pearls")
    crm("log", "call", "D-1", "the deal moves on")
    crm("note", "add", "Girl with an earring", "--contact", "C-1")
    crm("note", "add", "Jan Vermeer knows her", "--contact", "C-2")
    crm("note", "add", "to be removed", "--contact", "C-1")
    crm("note", "delete", "N-3", "-y")
    crm("task", "add", "Call Jan", "--contact", "C-1")
    crm("contact", "edit", "C-1", "--city", "Delft", "--label", "moved")
    rows = json.dumps({"name": "Imported", "ext:hubspot": "9", "description": f"from {JAN}"})
    crm("deal", "import", "-", "--format", "jsonl", stdin=rows)
    crm("deal", "edit", "D-2", "--description", "nothing")


def waiting(crm: Program, path: Path, read: str = "people.csv") -> None:
    """Write down an import of the organization that was cut off after its rows had been staged."""
    from mycrm_cli import catalog, clock
    from mycrm_cli.ids import uuid7
    from mycrm_cli.services import rows
    from mycrm_cli.services.fresh import default_of
    from tests.services.test_concurrency import organization_of, work

    table = catalog.entity("import_jobs")
    with work(crm, organization_of(crm)) as unit:
        row = {name: default_of(field) for name, field in table.fields.items()}
        row |= {"id": uuid7(), "organization_id": unit.scope.organization_id, "number": sum(map(ord, path.name))}
        row |= {"entity": "contact", "state": "staged", "file_name": read, "staging_path": path.name}
        row |= {"started_at": clock.now(), "heartbeat_at": clock.now(), "user_id": unit.scope.user_id}
        rows.insert(unit.connection, table, [row | {"mapping_hash": "0" * 64, "mapping": {}, "options": {}}])


def test_export_holds_everything(crm: Program, tmp_path: Path) -> None:
    """Every record with any of the addresses, what hangs on it, and what the journal says, in a private file."""
    spread(crm)
    target = tmp_path / "jan.json"
    crm("person", "export", JAN, "-O", str(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    held = json.loads(target.read_text())
    assert held["addresses"] == [OLD, JAN]
    counts = {name: len(members) for name, members in held["records"].items()}
    assert counts | {"contacts": 2, "leads": 1, "notes": 1, "activities": 2, "tasks": 1, "deals": 1} == counts
    assert held["records"]["external ids"][0]["external_id"] == "77"
    assert held["records"]["contacts"][0]["city"] == "Delft"
    edit = next(change for change in held["changes"] if change["command"] == "contact edit")
    assert (edit["before"], edit["by"]) == ({"city": None}, "ana@acme.com")
    spots = {(each["noun"], each["field"]) for each in held["mentions"]}
    assert spots == {("note", "body"), ("deal", "description"), ("external_ids", "last_values")}
    assert any(change["before"] and change["before"].get("body") == "to be removed" for change in held["changes"])
    assert {"note add", "lead add", "contact import"} <= {change["command"] for change in held["changes"]}
    for name in ("C-1", "L-1", "+31 6 12345678", OLD, "ext:hubspot:77"):
        assert crm.json("person", "export", name)["records"] == held["records"]
    assert "likes pearls" in crm("person", "export", JAN, terminal=True).stdout
    assert crm("person", "export", "+31201234567", exit=5).stdout == ""
    crm("contact", "add", "Ana too", "--email", "ana@acme.com")
    assert "works with mycrm" in crm("person", "erase", "ana@acme.com", "-n", exit=6).stderr
    crm("person", "export", "nobody@mail.example", exit=3)


def test_erase_is_for_good(crm: Program) -> None:
    """Nothing goes without a confirmation; afterwards nothing brings the person back, and the journal is whole."""
    spread(crm)
    count = crm("contact", "count").stdout
    told = crm("person", "erase", JAN, exit=2)
    assert "contacts (2): C-1 C-3" in told.stderr and f"--confirm {JAN}" in told.stderr
    assert "deal D-1: description" in told.stderr and "note N-2: body" in told.stderr
    crm("person", "erase", JAN, "--confirm", "no@mail.example", exit=2)
    assert crm.json("person", "erase", JAN, "-n")["dry_run"] and crm("contact", "count").stdout == count
    staged = crm.home / "state" / "imports" / "left.rows"
    staged.parent.mkdir(parents=True, exist_ok=True)
    staged.write_bytes(b"\x00" * 7 + b"\x63" + b"?" * 9 + JAN.encode())
    other = staged.with_name("other.rows")
    other.write_bytes(staged.read_bytes())
    waiting(crm, staged)
    done = crm.json("person", "erase", JAN, "--confirm", JAN)
    assert done["files_removed"] == [str(staged)] and not staged.exists() and other.exists()
    assert done["erased"]["leads"] == ["L-1"] and done["erased"]["notes"] == ["N-1"] and done["remaining"] == []
    assert done["kept"]["deals"] == ["D-1"] and done["kept"]["activities"] == ["A-2"] and done["journal_images"] >= 4
    assert crm.json("deal", "view", "D-1")["contact_id"] is None
    assert crm("contact", "list", "-o", "plain", "--deleted").stdout == ""
    assert crm("change", "verify").exit == 0
    assert JAN not in crm("deal", "export", "-o", "json").stdout.replace(f"ask {JAN}", "")
    assert not [each for each in done["mentions"] if each["noun"] not in ("deal", "note")]
    assert crm("search", "pearls", "-o", "plain").stdout.count("Pearls") == 1
    again = crm.json("person", "erase", OLD, "--confirm", OLD)
    assert again["erased_before"] and again["erased"] == {} and again["change"] is None
    _stays_away(crm, done["change"])
    crm("contact", "add", "Colleague", "--email", "piet@mail.example", "--phone", "+31201234567")
    crm("contact", "add", "No address", "--phone", "+31612345678", exit=6)
    crm("person", "forgive", JAN, exit=2)
    crm("person", "forgive", JAN, "+31 6 12345678", "--confirm", JAN)
    crm("contact", "add", "Jan Vermeer", "--email", JAN, "--phone", "+31612345678")
    crm("contact", "add", "Jan Vermeer", "--email", OLD, exit=6)


def _stays_away(crm: Program, change: str) -> None:
    """No way of writing accepts the person."""
    for line in (("contact", "add", "Jan"), ("lead", "add", "Jan"), ("contact", "edit", "C-2")):
        refused = crm(*line, "--email", JAN.title(), "--json", exit=6)
        assert json.loads(refused.stderr)["error"]["details"] == [{"field": "email", "code": "erased"}]
    crm("email", "add", "Hello", "--to-email", JAN, exit=6)
    rows = "email,name\nnew@mail.example,New\njan@MAIL.example,Jan\neva@mail.example;jan.old@mail.example,Eva Bos\n"
    refused = crm("contact", "import", "-", "--format", "csv", "--json", stdin=rows, exit=6)
    details = json.loads(refused.stderr)["error"]["details"]
    assert {(detail["line"], detail["code"]) for detail in details} == {(3, "erased"), (4, "erased")}
    crm("contact", "import", "-", "--format", "csv", "--on-error", "skip", stdin=rows, exit=7)
    assert JAN not in crm("contact", "list", "-o", "json").stdout
    crm("undo", change, exit=6)
    changes = crm.json("change", "list", "-L", "0")
    mine = [each for each in changes if each["command"] != ["init"] and each["label"] == "moved"]
    first = next(each for each in changes if each["command"] == ["contact", "add"] and each["number"] == 2)
    assert f"({change} erased a person" in crm("undo", f"X-{first['number']}", exit=6).stderr
    for each in mine:
        assert "erased" in crm("undo", f"X-{each['number']}", exit=6).stderr
    for each in changes:
        crm("undo", f"X-{each['number']}", "--keep-later", exit=None)
        crm("redo", f"X-{each['number']}", "--keep-later", exit=None)
    for noun in ("contact", "lead", "note", "email"):
        held = crm(noun, "list", "-o", "json", "-L", "0").stdout + crm(noun, "export", "-o", "json").stdout
        assert "earring" not in held and "jan" not in held.lower().replace("jan vermeer knows her", "")
    assert crm("change", "verify").exit == 0


def test_an_older_backup_meets_the_tombstones(crm: Program) -> None:
    """Who was erased and came back with an older backup goes again, by the hashes that were kept."""
    crm("contact", "add", "Jan Vermeer", "--email", JAN)
    crm("lead", "add", "Eva", "--email", "eva@mail.example")
    crm("person", "erase", JAN, "--confirm", JAN)
    stones = crm("person", "list", "-o", "jsonl").stdout
    assert JAN not in stones and len(stones.splitlines()) == 1
    crm("person", "forgive", JAN, "--confirm", JAN)
    assert crm("person", "list", "-o", "jsonl").stdout == ""
    crm("contact", "add", "Jan Vermeer", "--email", JAN)
    told = crm("person", "erase", "--again", "-", stdin=stones, exit=2)
    assert "would erase contacts (1): C-2" in told.stderr
    done = crm.json("person", "erase", "--again", "-", "--confirm", "again", stdin=stones)
    assert done["erased"]["contacts"] == ["C-2"] and "leads" not in done["erased"]
    crm("contact", "add", "Jan Vermeer", "--email", JAN, exit=6)
    crm("person", "erase", "--again", "-", "--confirm", "again", stdin="{}", exit=6)


def test_refusals_are_kept(crm: Program) -> None:
    """Mailing lists leave out who refused; files only ever add refusals, merges keep them."""
    crm("contact", "add", "Ja", "--email", "ja@mail.example", "--phone", "+4930111111")
    crm("contact", "add", "Nein", "--email", "nein@mail.example", "--do-not-email", "yes")
    crm("lead", "add", "Nein too", "--email", "nein@mail.example", "--phone", "+4930222222", "--do-not-call", "yes")
    crm("contact", "add", "Post", "--phone", "+4930333333")
    assert crm("contact", "list", "-w", "+MAILABLE", "-F", "name").lines == ["Ja"]
    assert crm("lead", "count", "-w", "+MAILABLE").stdout.strip() == "0"
    assert sorted(crm("contact", "export", "-w", "+CALLABLE", "-F", "name", "-o", "plain").lines) == ["Ja", "Post"]
    assert crm("lead", "count", "-w", "+CALLABLE").stdout.strip() == "0"
    rows = "Email,Unsubscribed from all email,Do not call\nnein@mail.example,false,false\nja@mail.example,true,false\n"
    crm("contact", "import", "-", "--format", "csv", "--preset", "hubspot", stdin=rows)
    assert crm("contact", "count", "-w", "do_not_email=yes").stdout.strip() == "2"
    crm("contact", "edit", "nein@mail.example", "--do-not-email", "no")
    crm("contact", "merge", "nein@mail.example", "ja@mail.example", "-y")
    assert crm("contact", "count", "-w", "do_not_email=yes").stdout.strip() == "1"
    crm("task", "list", "-w", "+MAILABLE", exit=2)
