"""A second organization in the same database: nothing of the first is seen, found, changed or linked."""

import hashlib

import pytest

from mycrm_cli import catalog
from tests.program import Program

NOUNS = ("contact", "company", "team", "user")


@pytest.fixture
def two(crm: Program) -> Program:
    """Acme with a record of each noun, and Globex with a profile of its own."""
    crm("company", "add", "Acme Ltd", "--domain", "acme.example", "--tag", "vip")
    crm("contact", "add", "Ana Berg", "--email", "ana@example.com", "--phone", "+1 312-555-0100", "--company", "CO-1")
    crm("team", "add", "North", "--lead", "ana@acme.com")
    crm("org", "add", "--name", "Globex", "--slug", "globex", "--admin-email", "gus@globex.com")
    crm("profile", "add", "globex", "--organization", "globex", "--user", "gus@globex.com")
    crm("contact", "add", "Gus Own", "--email", "own@globex.com", "-P", "globex")
    return crm


def everything(crm: Program) -> str:
    """Return a hash over all that Acme has."""
    text = "".join(crm(noun, "list", "-o", "jsonl", "-P", "work").stdout for noun in NOUNS)
    return hashlib.sha256(text.encode()).hexdigest()


def references(crm: Program, noun: str) -> list[str]:
    """Return every way to name Acme's record of a noun."""
    record = next(r for r in crm(noun, "list", "-o", "json", "-P", "work").json if r.get("email") != "gus@globex.com")
    named = {
        "contact": ["ana@example.com", "+1 312 555 0100", "Ana Berg", "C-2"],
        "company": ["Acme Ltd", "acme.example", "CO-1"],
        "team": ["North"],
        "user": ["ana@acme.com", "Ana Berg"],
    }[noun]
    return [*named, record["id"]]


@pytest.mark.parametrize("noun", NOUNS)
def test_no_command_reaches_the_other_organization(two: Program, noun: str) -> None:
    """Every command on every reference: not found, nothing changed; the number of tries is known."""
    before, tried = everything(two), 0
    for reference in references(two, noun):
        for line in (
            (noun, "view", reference),
            (noun, "edit", reference, "--phone", "1")
            if noun in ("contact", "company", "user")
            else (noun, "view", reference),
            (noun, "delete", reference) if noun != "user" else (noun, "view", reference),
            ("contact", "restore", reference),
            ("contact", "add", "Eve", "--owner", reference) if noun == "user" else (noun, "view", reference),
            ("contact", "edit", "C-1", "--owner", reference) if noun == "user" else (noun, "view", reference),
            ("company", "add", "Eve", "--parent", reference) if noun == "company" else (noun, "view", reference),
        ):
            result = two(*line, "-P", "globex", exit=None)
            assert result.exit == 3, result
            assert (result.stdout, "did you mean" in result.stderr) == ("", False), result
            tried += 1
    assert tried >= 14
    assert everything(two) == before


def test_lists_counts_and_searches_are_scoped(two: Program) -> None:
    """What is listed, counted, searched and exported is Globex's alone."""
    assert two("contact", "list", "-P", "globex", "-F", "email").lines == ["own@globex.com"]
    assert two("contact", "count", "-P", "globex").stdout == "1\n"
    assert two("company", "list", "-P", "globex").stdout == ""
    assert two("team", "list", "-P", "globex").stdout == ""
    assert two("user", "list", "-P", "globex", "-F", "email").lines == ["gus@globex.com"]
    assert two("search", "ana", "-P", "globex").stdout == ""
    assert two("contact", "list", "-P", "globex", "-w", "company.name~acme or owner.email~acme").stdout == ""
    assert two("org", "list", "-P", "globex").stdout.count("acme") == 0


def test_a_filter_by_a_foreign_id_finds_nothing(two: Program) -> None:
    """Not even where the id is known."""
    for noun in NOUNS:
        for record in two(noun, "list", "-o", "json", "-P", "work").json:
            assert two(noun, "list", "-w", f"id={record['id']}", "-P", "globex").stdout == ""
    owner = two("user", "list", "-o", "json", "-P", "work").json[0]["id"]
    assert two("contact", "count", "-w", f"owner_id={owner}", "-P", "globex", exit=None).stdout in ("0\n", "")


def test_the_same_keys_are_free_in_both(two: Program) -> None:
    """Numbers begin anew, and domains, team names and contacts' addresses may repeat."""
    made = two.json("company", "add", "Acme Ltd", "--domain", "acme.example", "-P", "globex")
    assert made["number"] == 1
    two("team", "add", "North", "-P", "globex")
    two("contact", "add", "Ana", "--email", "ana@example.com", "-P", "globex")
    taken = two("user", "add", "ana@acme.com", "--role", "sales_rep", "-P", "globex", exit=6)
    assert "taken" in taken.stderr
    assert "acme ltd" not in taken.stderr.lower()


def test_every_tenant_table_names_its_organization() -> None:
    """There is no table that could hold rows of nobody."""
    assert {e.table for e in catalog.entities().values() if not e.tenant} == {"organizations", "schema_info"}
