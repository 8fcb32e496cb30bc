"""Plans: what would happen, written down and nothing else; then exactly that, or a refusal."""

import gzip
import hashlib
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mycrm_cli.db.connect import connect
from mycrm_cli.services import loading
from mycrm_cli.services.transfer import queueing
from tests.program import Program
from tests.transfer.conftest import fingerprint, organization_id, write

COUNTS = ("rows", "created", "updated", "unchanged", "skipped", "rejected")
FILE = (
    "email,first_name,city,company.name,+tags,cf.tier\n"
    "a@x.example.org,Ann,Milan,Acme,vip,gold\n"
    "b@x.example.org,Bea,Rome,Globex,,\n"
    "c@x.example.org,Cee,Paris,Initech,new,silver\n"
)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def sealed(path: Path, found: list[dict[str, Any]]) -> None:
    """Write lines with the right hash at their end."""
    head = b"".join(json.dumps(line).encode() + b"\n" for line in found[:-1])
    end = found[-1] | {"sha256": hashlib.sha256(head).hexdigest()}
    path.write_bytes(head + json.dumps(end).encode() + b"\n")


def everything(crm: Program) -> list[Any]:
    """Return what a plan must leave alone beside the records: numbers given out, and imports begun."""
    own = organization_id(crm)
    connection = connect(crm.database, organization_id=own)
    try:
        connection.begin()
        key = own.bytes if connection.dialect == "sqlite" else own
        tables = ("counters", "import_jobs")
        return [
            sorted(map(repr, connection.execute(f"SELECT * FROM {t} WHERE organization_id = ?", (key,)).fetchall()))
            for t in tables
        ]
    finally:
        connection.close()


def undo(crm: Program, count: int = 1) -> None:
    """Take the newest changes back."""
    numbers = sorted((change["number"] for change in crm.json("change", "list")), reverse=True)
    crm("undo", *(f"X-{number}" for number in numbers[:count]), "-y")


def ready(crm: Program) -> None:
    """Two contacts, one company, and a custom field."""
    crm("field", "add", "contact", "tier", "--type", "text")
    crm("company", "add", "Acme", "--domain", "acme.example.org")
    crm("contact", "add", "Ann Old", "--email", "a@x.example.org", "--city", "Rome", "--tag", "old")
    crm("contact", "add", "Bea Berg", "--email", "b@x.example.org", "--city", "Rome")
    crm("company", "add", "Globex")
    crm("contact", "edit", "C-2", "--company", "Globex")


def test_plan_then_apply(crm: Program, tmp_path: Path) -> None:
    ready(crm)
    file, plan, results = write(tmp_path / "x.csv", FILE), tmp_path / "plan.jsonl", tmp_path / "results.csv"
    before = (fingerprint(crm), everything(crm))
    said = crm("contact", "import", file, "--create-missing", "company", "--plan", str(plan))
    assert "would be: 1 created, 1 updated, 1 unchanged" in said.stderr
    assert "--apply" in said.stderr
    assert (fingerprint(crm), everything(crm)) == before
    assert stat.S_IMODE(plan.stat().st_mode) == 0o600
    header, *rows, end = lines(plan)
    own = crm.json("company", "view", "CO-1")["id"]
    assert (header["plan"], header["entity"], header["organization_id"]) == (1, "contact", str(organization_id(crm)))
    assert header["file"] == {"name": file, "sha256": hashlib.sha256(Path(file).read_bytes()).hexdigest()}
    assert header["mapping"]["columns"]["company.name"]["target"] == "company.name"
    assert header["options"]["create_missing"] == ["company"]
    assert [header["counts"][name] for name in COUNTS] == [3, 1, 1, 1, 0, 0] == [end["counts"][n] for n in COUNTS]
    assert end["sha256"] == hashlib.sha256(b"".join(plan.read_bytes().splitlines(True)[:-1])).hexdigest()
    parent, ann, bea, cee = rows
    assert (parent["action"], parent["entity"], parent["values"]) == ("parent", "company", {"name": "Initech"})
    assert (ann["line"], ann["action"], ann["number"]) == (2, "update", 1)
    assert ann["values"] == {
        "city": ["Rome", "Milan"],
        "company": [None, "Acme"],
        "company_id": [None, own],
        "tags": [["old"], ["old", "vip"]],
        "cf.tier": [None, "gold"],
    }
    assert (ann["same"]["first_name"], bea["action"], bea["line"]) == ("Ann", "unchanged", 3)
    assert (cee["action"], cee["keys"]) == ("create", [["email", "c@x.example.org"]])
    assert (cee["values"]["company_id"], cee["values"]["cf.tier"]) == (parent["id"], "silver")

    checked = crm("contact", "import", "--apply", str(plan), "-n")
    assert "would be: 1 created" in checked.stderr
    assert (fingerprint(crm), everything(crm)) == before
    account = crm.json("contact", "import", "--apply", str(plan), "--results", str(results))
    assert [account[name] for name in COUNTS] == [3, 1, 1, 1, 0, 0]
    assert account["created_parents"] == {"company": 1}
    ann_now, cee_now = crm.json("contact", "view", "C-1"), crm.json("contact", "view", "C-3")
    assert (ann_now["city"], ann_now["tags"], ann_now["company"]) == ("Milan", ["old", "vip"], "Acme")
    assert (cee_now["id"], cee_now["company_id"], cee_now["tags"]) == (cee["id"], parent["id"], ["new"])
    told = [line.split(",")[:4] for line in results.read_text().splitlines()[1:]]
    assert sorted(told) == [
        ["2", "updated", ann["id"], "1"],
        ["3", "unchanged", bea["id"], "2"],
        ["4", "created", cee["id"], "3"],
    ]
    assert crm.json("contact", "import", file)["unchanged"] == 3

    after = fingerprint(crm)
    again = crm("contact", "import", "--apply", str(plan), "--json", exit=6)
    assert "was applied already" in again.stderr
    assert fingerprint(crm) == after
    undo(crm)
    assert crm.json("contact", "view", "C-1")["city"] == "Rome"
    assert crm.json("contact", "count") == crm.json("company", "count") == {"count": 2}
    crm("contact", "import", "--apply", str(plan))
    assert crm.json("contact", "view", "C-1")["city"] == "Milan"


CHANGES: dict[str, tuple[list[str], str, int | None]] = {
    "in the way": (["contact", "add", "Cee Two", "--email", "c@x.example.org"], "in_the_way", 4),
    "changed": (["contact", "edit", "C-1", "--city", "Oslo"], "changed", 2),
    "changed as planned": (["contact", "edit", "C-1", "--city", "Milan"], "applied", 2),
    "unchanged no more": (["contact", "edit", "C-2", "--city", "Oslo"], "changed", 3),
    "tags": (["contact", "tag", "more", "C-1"], "changed", 2),
    "own field": (["contact", "edit", "C-1", "--set", "cf.tier=lead"], "changed", 2),
    "in the trash": (["contact", "delete", "C-1"], "in_trash", 2),
    "company in the trash": (["company", "delete", "CO-1"], "not_found", 2),
    "company in the way": (["company", "add", "INITECH"], "in_the_way", None),
    "field gone": (["field", "delete", "contact", "tier"], "not_found", 2),
}


def test_data_that_changed_since(crm: Program, tmp_path: Path) -> None:
    ready(crm)
    file, plan = write(tmp_path / "x.csv", FILE), tmp_path / "plan.jsonl"
    crm("contact", "import", file, "--create-missing", "company", "--plan", str(plan))
    for name, (change, code, line) in CHANGES.items():
        crm(*change, "-y")
        before = (fingerprint(crm), everything(crm))
        error = json.loads(crm("contact", "import", "--apply", str(plan), "--json", exit=6).stderr)["error"]
        assert "the data changed since" in error["message"], (name, error)
        assert (error["details"][0]["code"], error["details"][0]["line"]) == (code, line), (name, error)
        assert (fingerprint(crm), everything(crm)) == before, name
        undo(crm)
    crm("contact", "delete", "C-1", "-y")
    crm("contact", "purge", "C-1", "-y", "--confirm", "acme")
    refused = crm("contact", "import", "--apply", str(plan), exit=6)
    assert "line 2: the record is not there any more" in refused.stderr
    undo(crm, 2)
    crm("contact", "import", "--apply", str(plan))


def test_two_at_once(crm: Program, tmp_path: Path) -> None:
    ready(crm)
    file, plan = write(tmp_path / "x.csv", FILE), tmp_path / "plan.jsonl"
    crm("contact", "import", file, "--create-missing", "company", "--plan", str(plan))
    with ThreadPoolExecutor(4) as pool:
        line = ("contact", "import", "--apply", str(plan))
        done = list(pool.map(lambda _: crm.process(*line, exit=None), range(4)))
    assert sorted(result.exit for result in done) == [0, 6, 6, 6]
    assert all("was applied already" in result.stderr for result in done if result.exit)
    assert crm.json("contact", "count") == {"count": 3}


def test_plans_that_are_refused(crm: Program, tmp_path: Path) -> None:
    ready(crm)
    file, plan, bad = write(tmp_path / "x.csv", FILE), tmp_path / "plan.jsonl", tmp_path / "bad.jsonl"
    crm("contact", "import", file, "--create-missing", "company", "--plan", str(plan))
    before = fingerprint(crm)

    forged: dict[str, Any]

    def refuse(said: str, exit: int = 6, noun: str = "contact", path: Path = bad) -> None:
        result = crm(noun, "import", "--apply", str(path), exit=exit)
        assert said in result.stderr, result
        assert fingerprint(crm) == before

    refuse("a plan for contact, not for company", noun="company", path=plan)
    content = plan.read_bytes()
    bad.write_bytes(content.replace(b"Milan", b"Turin"))
    refuse("was altered")
    bad.write_bytes(b"".join(content.splitlines(True)[:-1]))
    refuse("is cut off")
    bad.write_bytes(content[:-30])
    refuse("cut off")
    bad.write_bytes(content.splitlines(True)[0])
    refuse("cut off")
    for none in (b"", b"email\na@x.example.org\n", b"[1]\n", b"{}\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n"):
        bad.write_bytes(none)
        refuse("is no plan")
    refuse("no file", 2, path=tmp_path / "none.jsonl")
    header, *rows, end = lines(plan)
    sealed(bad, [header | {"plan": 9}, *rows, end])
    refuse("version 9")
    sealed(bad, [header | {"organization_id": "01a2072d-0e9f-7000-9ea6-2b75e0562e49"}, *rows, end])
    refuse("another organization")
    sealed(bad, [header, *rows[:-1], end])
    refuse("does not hold what it says")
    for forged in ({"organization_id": "x"}, {"first_name": 3}, {"owner_id": "me"}, {"no_such": "x"}):
        sealed(bad, [header, *rows[:-1], rows[-1] | {"values": forged}, end])
        refuse("error")
    for forged in ({"action": "drop"}, {"id": "x"}, {"line": None, "keys": [1]}, {"extras": []}, {"values": "x"}):
        sealed(bad, [header, *rows[:-1], rows[-1] | forged, end])
        refuse("no plan has")
    for forged in ({"counts": None}, {"counts": {}}, {"made_at": "now"}, {"custom_fields": []}):
        sealed(bad, [header | forged, *rows, end])
        refuse("is no plan")
    wrong = write(tmp_path / "y.csv", FILE + "nobody,Dee,,,,\nd@x.example.org,Dee,,,,\n")
    options = ["--create-missing", "company", "--plan", str(bad)]
    assert "lists all of them" in crm("contact", "import", wrong, *options, exit=6).stderr
    error = next(line for line in lines(bad) if line.get("action") == "error")
    assert (error["line"], error["errors"][0]["column"], error["errors"][0]["code"]) == (5, "email", "not_an_email")
    refuse("1 row that cannot be imported")
    crm("contact", "import", wrong, *options, "--on-error", "skip", exit=7)
    account = crm.json("contact", "import", "--apply", str(bad), exit=7)
    assert [account[name] for name in COUNTS] == [5, 2, 1, 1, 0, 1]
    assert account["rejected_details"][0]["line"] == 5


def test_unhappy_paths(sqlite_crm: Program, tmp_path: Path) -> None:
    crm, plan = sqlite_crm, tmp_path / "plan.jsonl"
    file = write(tmp_path / "x.csv", "email\na@x.example.org\n")
    before = fingerprint(crm)
    for words, said in (
        ((file, "--plan", str(plan), "--resume", "J-1"), "--resume"),
        ((file, "--plan", str(plan), "--inspect"), "--inspect"),
        ((file, "--plan", file), "the file that is read"),
        ((file, "--plan", "-"), "into a file"),
        ((file, "--plan", str(tmp_path)), "is a folder"),
        ((file, "--plan", str(tmp_path / "none" / "plan.jsonl")), "cannot be written"),
        ((file, "--plan", str(tmp_path / "plan.txt")), ".jsonl"),
        ((file, "--apply", str(plan)), "no FILE"),
        (("--apply", str(plan), "--plan", str(plan)), "--plan"),
        (("--apply", str(plan), "--on-error", "skip"), "--on-error"),
        (("--apply", "-"), "pipe"),
    ):
        assert said in crm("contact", "import", *words, exit=2).stderr
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    if os.getuid():
        crm("contact", "import", file, "--plan", str(folder / "plan.jsonl"), exit=75)
    assert fingerprint(crm) == before
    assert not [*tmp_path.glob(".mycrm-*"), *tmp_path.glob("plan*")]
    packed = tmp_path / "plan.jsonl.gz"
    crm("contact", "import", "-", "--plan", str(packed), stdin=Path(file).read_bytes())
    assert json.loads(gzip.decompress(packed.read_bytes()).splitlines()[0])["file"] == {
        "name": "standard input",
        "sha256": None,
    }
    crm("contact", "import", "--apply", str(packed), "-q")
    assert crm.json("contact", "count") == {"count": 1}
    packed.write_bytes(packed.read_bytes()[:-9])
    crm("contact", "import", "--apply", str(packed), exit=6)
    crm("profile", "edit", "work", "--protected", "yes")
    refused = crm("contact", "import", "--apply", str(packed), exit=2)
    assert "protected" in refused.stderr


DEALS = (
    "ext:pipe,name,value,company.name,contacts,close,note,probability\n"
    'p1,Big,"1200.50",Acme,a@x.example.org=Champion;b@x.example.org,2026-11-05,first call,40%\n'
    "p2,Small,10,,,,,\n"
)
PEOPLE = (
    "ext:old,email,emails,first_name,company,created_at,notes,owner\n"
    "7,a@x.example.org,a2@x.example.org;a3@x.example.org,Ann,Acme,2020-01-02T03:04:05Z,tall,me\n"
    "8,d@x.example.org,d2@x.example.org,Dee,Nobody Ltd,,,\n"
    ",,,Nameless,,,alone,\n"
)
TREE = "name,parent.name,ext:old\nLeaf,Branch,1\nBranch,Root,2\nRoot,,3\n"
CASES = {
    "deal": (
        DEALS,
        ("--set", "stage=Proposal", "--default", "owner=me"),
        "p1,Big,1300,,b@x.example.org=Buyer,,more,\n",
    ),
    "contact": (PEOPLE, (), "8,d@x.example.org,d2@x.example.org;d4@x.example.org,Dora,Acme,,short,\n"),
    "company": (TREE, (), "Leaf,Root,1\n"),
}


def exported(crm: Program, noun: str) -> list[dict[str, Any]]:
    """Return the records without what no two imports have in common."""
    path = crm.home / "all.jsonl"
    crm(noun, "export", "-o", "jsonl", "-O", str(path))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    titles = {row["id"]: row.get("name") for row in rows}
    for row in rows:
        row["parent_id"] = titles.get(row.get("parent_id"))
        for name in ("id", "number", "version", "updated_at", "stage_entered_at", "last_activity_at"):
            row.pop(name, None)
        row.pop("created_at" if str(row.get("created_at")).startswith("202") and noun != "contact" else "", None)
    return sorted(rows, key=repr)


@pytest.mark.parametrize("noun", CASES)
def test_a_plan_does_what_an_import_does(crm: Program, tmp_path: Path, noun: str) -> None:
    content, options, later = CASES[noun]
    env = {"MYCRM_NOW": "2026-06-01T08:00:00Z"}
    crm("company", "add", "Acme")
    crm("contact", "add", "Ann", "--email", "a@x.example.org")
    crm("contact", "add", "Bea", "--email", "b@x.example.org")
    first = write(tmp_path / "x.csv", content)
    second = write(tmp_path / "y.csv", content.splitlines()[0] + "\n" + later)
    states = []
    for planned in (False, True):
        for file in (first, second, second):
            plan = tmp_path / "plan.jsonl"
            if planned:
                crm(noun, "import", file, *options, "--plan", str(plan), env=env)
                account = crm.json(noun, "import", "--apply", str(plan), env=env)
            else:
                account = crm.json(noun, "import", file, *options, env=env)
            notes = [note["body"] for note in crm.json("note", "list", "-F", "body")]
            found = [account[name] for name in (*COUNTS, "warnings")], exported(crm, noun), sorted(notes)
            states.append(found)
        assert account["unchanged"] == account["rows"]
        undo(crm, 2)
    for one, other in zip(states[:3], states[3:], strict=True):
        assert one[0] == other[0]
        for record, same in zip(one[1] + one[2], other[1] + other[2], strict=True):
            assert record == same


def test_values_that_nobody_read(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody wrote into a large plan meets the rules of the database, if no others."""
    monkeypatch.setattr(loading, "LARGE", 1)
    file, plan, bad = write(tmp_path / "x.csv", FILE), tmp_path / "plan.jsonl", tmp_path / "bad.jsonl"
    crm("contact", "import", file, "--create-missing", "company", "--map", "cf.tier=-", "--plan", str(plan))
    before = fingerprint(crm)
    for name, value in (("status", "bogus"), ("city", "R" * 101)):
        forged = lines(plan)
        last = next(line for line in reversed(forged) if line.get("action") == "create")
        last["values"][name] = value
        sealed(bad, forged)
        crm("contact", "import", "--apply", str(bad), exit=6)
        assert fingerprint(crm) == before
    crm("contact", "import", "--apply", str(plan))
    assert crm.json("company", "count") == {"count": 3}


def test_who_creates_companies_waits_for_them(crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL, a plan and a manifest that create companies take turns with imports of companies."""
    ready(crm)
    file, plan, manifest = write(tmp_path / "x.csv", FILE), tmp_path / "plan.jsonl", tmp_path / "all.toml"
    manifest.write_text('[[file]]\npath = "x.csv"\nentity = "contact"\ncreate_missing = ["company"]\n')
    crm("contact", "import", file, "--create-missing", "company", "--plan", str(plan))
    if crm.database.startswith("postgresql"):
        monkeypatch.setattr("mycrm_cli.db.connect.BUSY_SECONDS", 0.2)
        own = organization_id(crm)
        other = connect(crm.database, write=True, organization_id=own)
        other.begin()
        other.execute("SELECT pg_advisory_xact_lock(?)", (queueing.key("company", own),))
        imports = ("contact", "import", file, "--create-missing", "company")
        for line in (imports, ("contact", "import", "--apply", str(plan)), ("import", str(manifest))):
            assert "another import of companies is under way" in crm(*line, exit=75).stderr
        other.close()
    crm("contact", "import", "--apply", str(plan))
    crm("import", str(manifest))
    assert crm.json("company", "count") == {"count": 3}
