"""The generic commands, for every noun that has them, on both databases."""

import json
from pathlib import Path
from typing import Any

import pytest

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid
from mycrm_cli.services import rules
from tests.program import Program

SAMPLES: dict[str, list[str]] = {
    "contact": ["Ana Berg", "--email", "ana@example.com", "--phone", "+1 312-555-0100", "--tag", "vip"],
    "company": ["Acme Ltd", "--domain", "acme.example", "--industry", "tools"],
    "team": ["North", "--description", "The north"],
    "user": ["zoe@acme.com", "--role", "sales_rep", "--first-name", "Zoe"],
}
FIELD = {"contact": "job_title", "company": "industry", "team": "description", "user": "job_title"}
REFERENCE = {"contact": "C-1", "company": "CO-1", "team": "North", "user": "zoe@acme.com"}
NOUNS = sorted(SAMPLES)


def add(crm: Program, noun: str) -> dict[str, Any]:
    record: dict[str, Any] = crm.json(noun, "add", *SAMPLES[noun])
    return record


@pytest.mark.parametrize("noun", NOUNS)
def test_a_record_lives(crm: Program, noun: str) -> None:
    """Add, list, view, edit and delete."""
    record, option = add(crm, noun), f"--{FIELD[noun].replace('_', '-')}"
    assert crm(noun, "count").stdout.strip() == ("2" if noun == "user" else "1")
    assert crm.json(noun, "view", REFERENCE[noun])["id"] == record["id"]
    assert crm.json(noun, "view", record["id"])["id"] == record["id"]
    edited = crm.json(noun, "edit", REFERENCE[noun], option, "Chief =1+1 [bold]")
    assert edited[FIELD[noun]] == "Chief =1+1 [bold]"
    assert edited["version"] == record["version"] + 1
    assert record["id"] in crm(noun, "list", "-o", "ids").lines
    if noun != "user":
        crm(noun, "delete", REFERENCE[noun])
        assert crm(noun, "count").stdout.strip() == "0"
        crm(noun, "view", REFERENCE[noun], exit=3)


@pytest.mark.parametrize("noun", NOUNS)
def test_every_output_format(crm: Program, noun: str) -> None:
    """The same record in every format."""
    record = add(crm, noun)
    fields = f"id,{FIELD[noun]}"
    flt = f"id={record['id']}"
    value = record[FIELD[noun]]
    text = "" if value is None else value
    assert crm(noun, "list", "-w", flt, "-F", fields).rows == [[record["id"], text]]
    assert crm(noun, "list", "-w", flt, "-F", fields, "-o", "json").json == [{"id": record["id"], FIELD[noun]: value}]
    assert json.loads(crm(noun, "list", "-w", flt, "-F", fields, "-o", "jsonl").stdout)["id"] == record["id"]
    assert crm(noun, "list", "-w", flt, "-F", fields, "-o", "csv").lines == [fields, f"{record['id']},{text}"]
    assert crm(noun, "list", "-w", flt, "-F", fields, "-o", "tsv").lines == [
        fields.replace(",", "\t"),
        f"{record['id']}\t{text}",
    ]
    assert crm(noun, "list", "-w", flt, "-o", "ids").lines == [record["id"]]
    assert str(record["id"])[:8] in crm(noun, "list", "-w", flt, "-F", "id", "-o", "table").stdout


@pytest.mark.parametrize("noun", NOUNS)
def test_a_dry_run_leaves_no_trace(crm: Program, noun: str) -> None:
    """Adding, editing and deleting with -n change nothing, counters included."""
    add(crm, noun)
    before = crm(noun, "list", "-o", "json").stdout
    second = [
        word.replace("ana@", "bo@").replace("acme.", "b.").replace("zoe@", "y@").replace("North", "South")
        for word in SAMPLES[noun]
    ]
    crm(noun, "add", *second, "-n")
    crm(noun, "edit", REFERENCE[noun], f"--{FIELD[noun].replace('_', '-')}", "other", "--dry-run")
    if noun != "user":
        crm(noun, "delete", REFERENCE[noun], "-n")
    assert crm(noun, "list", "-o", "json").stdout == before
    made = crm.json(noun, "add", *second)
    assert made.get("number", 2) == 2


def test_soft_deletion(crm: Program) -> None:
    """Deleted contacts lie in the trash until they are restored or purged."""
    add(crm, "contact")
    crm("contact", "delete", "C-1")
    assert crm("contact", "list", "--deleted", "-F", "number").lines == ["1"]
    crm("contact", "edit", "C-1", "--city", "Rome", exit=3)
    crm("contact", "restore", "C-1")
    assert crm("contact", "count").stdout == "1\n"
    crm("contact", "purge", "C-1", "--confirm", "acme", exit=3)
    crm("contact", "delete", "C-1")
    crm("contact", "purge", "C-1", exit=2)
    crm("contact", "purge", "C-1", "--confirm", "acme")
    assert crm("contact", "count", "--deleted").stdout == "0\n"


def test_restoring_meets_a_duplicate(crm: Program) -> None:
    """A live record with the same address stands in the way."""
    add(crm, "contact")
    crm("contact", "delete", "C-1")
    add(crm, "contact")
    assert "C-2" in crm("contact", "restore", "C-1", exit=6).stderr


def test_links_and_names(crm: Program) -> None:
    """--company links a company that exists and copies its name; another text stands alone."""
    add(crm, "company")
    linked = crm.json("contact", "add", "Bo Li", "--company", "acme.example")
    assert (linked["company"], linked["company_id"] is not None) == ("Acme Ltd", True)
    alone = crm("contact", "add", "Cy Do", "--company", "Nobody Inc", "--json")
    assert (alone.json["company"], alone.json["company_id"]) == ("Nobody Inc", None)
    assert "no company matches" in alone.stderr
    assert crm("contact", "list", "-w", "company.domain=acme.example", "-F", "number").lines == ["1"]


def test_deleting_what_is_pointed_to(crm: Program) -> None:
    """A company's contacts keep its name and lose the link."""
    add(crm, "company")
    crm("contact", "add", "Bo Li", "--company", "CO-1")
    crm("company", "delete", "CO-1")
    record = crm.json("contact", "view", "C-1")
    assert (record["company"], record["company_id"]) == ("Acme Ltd", None)


def test_tags_and_clearing(crm: Program) -> None:
    """--tag adds, --untag removes, --clear empties."""
    add(crm, "contact")
    assert crm.json("contact", "edit", "C-1", "--tag", "New Tag", "--untag", "vip")["tags"] == ["new tag"]
    assert crm.json("contact", "edit", "C-1", "--clear", "phone")["phone"] is None
    crm("contact", "edit", "C-1", "--clear", "status", exit=6)
    crm("contact", "edit", "C-1", "--clear", "nothing", exit=2)


def test_from_json(crm: Program, tmp_path: Path) -> None:
    """Records come from JSON: an object, an array, or a line each; on stdin or in a file."""
    crm("contact", "add", "--from-json", "-", stdin='{"first_name": "A", "email": "a@example.com", "tags": ["x"]}')
    crm("contact", "add", "--from-json", "-", stdin='{"first_name": "B"}\n{"first_name": "C"}\n')
    file = tmp_path / "more.json"
    file.write_text('[{"first_name": "D", "score": 7}]')
    crm("contact", "add", "--from-json", str(file))
    assert crm("contact", "list", "-F", "first_name,score", "-s", "number").rows == [
        ["A", ""],
        ["B", ""],
        ["C", ""],
        ["D", "7"],
    ]
    crm("contact", "add", "--from-json", "-", stdin='{"first_name": "E", "nope": 1}', exit=2)
    crm("contact", "add", "--from-json", "-", stdin='{"score": NaN}', exit=6)
    crm("contact", "add", "--from-json", "-", stdin='[{"first_name": "F"}, {"score": 101, "first_name": "G"}]', exit=6)
    assert crm("contact", "count").stdout == "4\n"


def test_duplicates_are_refused(crm: Program) -> None:
    """An e-mail address that exists is exit 6 unless it is meant."""
    add(crm, "contact")
    refused = crm("contact", "add", "Other", "--email", "ANA@example.com", exit=6)
    assert "C-1" in refused.stderr
    crm("contact", "add", "Other", "--email", "ana@example.com", "--allow-duplicate")
    add(crm, "company")
    assert "CO-1" in crm("company", "add", "Second", "--domain", "https://www.ACME.example/about", exit=6).stderr
    crm("company", "add", "Second", "--domain", "acme.example", "--dry-run", exit=6)


def test_stale_edits_are_refused(crm: Program) -> None:
    """An edit made from an older version is a conflict."""
    add(crm, "contact")
    crm("contact", "edit", "C-1", "--city", "Rome", "--version-is", "1")
    crm("contact", "edit", "C-1", "--city", "Bonn", "--version-is", "1", exit=6)
    assert crm("contact", "view", "C-1", "-F", "city").stdout == "Rome\n"


def test_bulk_writes_ask(crm: Program) -> None:
    """A filter, or three references from a pipe, need a yes; typed references do not."""
    ids = [crm.json("contact", "add", f"N{i}")["id"] for i in range(4)]
    assert "--yes" in crm("contact", "edit", "-w", "name^=N", "--city", "Rome", exit=2).stderr
    crm("contact", "edit", "-w", "name^=N", "--city", "Rome", "-y")
    assert crm("contact", "count", "-w", "city=rome").stdout == "4\n"
    crm("contact", "edit", "-", "--city", "Bonn", stdin="\n".join(ids), exit=2)
    crm("contact", "edit", "-", "--city", "Bonn", "--yes", stdin="\n".join(ids))
    crm("contact", "edit", "-", "--city", "Oslo", stdin="\n".join(ids[:2]))
    crm("contact", "edit", *ids, "--city", "Pisa")
    assert crm("contact", "count", "-w", "city=pisa").stdout == "4\n"
    crm("contact", "delete", "-w", "", "-y", exit=2)
    crm("contact", "delete", "--all", "-y")
    assert crm("contact", "count").stdout == "0\n"


def test_unknown_references_stop_everything(crm: Program) -> None:
    """One reference that names nothing: exit 3, and nothing is written."""
    add(crm, "contact")
    crm("contact", "edit", "C-1", "C-99", "--city", "Rome", exit=3)
    assert crm("contact", "view", "C-1", "-F", "city").stdout == "\n"


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [
        ("--email", "not an address", "email"),
        ("--website", "javascript:alert(1)", "website"),
        ("--country", "Atlantis", "country"),
        ("--status", "sleeping", "status"),
        ("--score", "101", "score"),
        ("--score", "many", "score"),
        ("--first-name", "x" * 101, "first_name"),
        ("--city", "a\x00b", "city"),
        ("--do-not-call", "perhaps", "do_not_call"),
    ],
)
def test_bad_values(crm: Program, option: str, value: str, field: str) -> None:
    """A bad value is exit 6 with the field named, and nothing is written."""
    error = json.loads(crm("contact", "add", "Ana", option, value, "--json", exit=6).stderr)["error"]
    assert error["details"][0]["field"] == field
    assert crm("contact", "count").stdout == "0\n"


def test_circles_are_refused(crm: Program) -> None:
    """A company is not its own parent, nor its parent's."""
    crm("company", "add", "A")
    crm("company", "add", "B", "--parent", "CO-1")
    crm("company", "edit", "CO-1", "--parent", "CO-2", exit=6)
    crm("company", "edit", "CO-1", "--parent", "CO-1", exit=6)
    ones, twos = {"id": 1, "parent_id": 2}, {"id": 2, "parent_id": 7}
    rules.check_new_circles(catalog.entity("company"), [ones, twos])
    with pytest.raises(Invalid, match="leads back to itself"):
        rules.check_new_circles(catalog.entity("company"), [ones, twos | {"parent_id": 1}])


def test_lists_are_cut_for_people_only(crm: Program) -> None:
    """50 records in plain and table, all in the formats of machines."""
    crm("contact", "add", "--from-json", "-", "--yes", stdin=json.dumps([{"first_name": f"N{i}"} for i in range(60)]))
    cut = crm("contact", "list")
    assert (len(cut.lines), "-L 0" in cut.stderr) == (50, True)
    assert len(crm("contact", "list", "-L", "0").lines) == 60
    assert len(crm("contact", "list", "-o", "json").json) == 60
    assert len(crm("contact", "list", "-L", "7", "-o", "ids").lines) == 7
    assert crm("contact", "list", "-L", "x", exit=2).stdout == ""


def test_phones_that_cannot_be_read_are_kept(crm: Program) -> None:
    """With a warning, as typed."""
    kept = crm("contact", "add", "Ana", "--phone", "ask Bob", "--json")
    assert kept.json["phone"] == "ask Bob"
    assert "kept as typed" in kept.stderr


def test_the_editor(sqlite_crm: Program, tmp_path: Path) -> None:
    """Without options and without a terminal, edit says what is missing."""
    add(sqlite_crm, "contact")
    assert "nothing to change" in sqlite_crm("contact", "edit", "C-1", exit=2).stderr
