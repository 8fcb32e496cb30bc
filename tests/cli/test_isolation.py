"""A second organization in the same database: nothing of the first is seen, found, changed or linked."""

import hashlib
import json
from collections.abc import Iterator
from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.db.connect import connect
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
    """Return a hash over every row of every table that Acme has, counters and journal included."""
    acme = UUID(crm("org", "view", "--json", "-P", "work").json["id"])
    connection = connect(crm.database, organization_id=acme)
    connection.begin()
    own = acme.bytes if connection.dialect == "sqlite" else acme
    digest = hashlib.sha256()
    for entity in catalog.entities().values():
        if entity.tenant:
            columns = ", ".join(f'"{name}"' for name in entity.fields)
            found = connection.execute(f"SELECT {columns} FROM {entity.table} WHERE organization_id = ?", (own,))
            digest.update("\n".join(sorted(map(repr, found.fetchall()))).encode())
    connection.close()
    return digest.hexdigest()


def references(crm: Program, noun: str) -> list[str]:
    """Return every way to name Acme's record of a noun."""
    record = crm(noun, "list", "-o", "json", "-P", "work").json[0]
    named = {
        "contact": ["ana@example.com", "+1 312 555 0100", "Ana Berg"],
        "company": ["Acme Ltd", "acme.example", "CO-1"],
        "team": ["North"],
        "user": ["ana@acme.com", "Ana Berg"],
    }[noun]
    return [*named, record["id"]]


KEYS = {"contact": "first_name", "company": "name", "team": "name", "user": "email"}


def attempts(noun: str, reference: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every line, with its stdin, by which a command of the tree could take the reference."""
    table = catalog.entity(noun).table
    for verb in set(catalog.entity(noun).commands) & {"view", "edit", "delete", "restore", "purge"}:
        extra = {"edit": ("--clear", "phone" if noun != "team" else "description"), "purge": ("--confirm", "globex")}
        yield (noun, verb, reference, *extra.get(verb, ())), ""
        if verb != "view":
            yield (noun, verb, "-", *extra.get(verb, ()), "--yes"), reference
    for other in catalog.nouns().values():
        if other.command == "org":
            continue
        options = [f.relation for f in other.fields.values() if f.table == table and f.writable and f.relation]
        for relation in options:
            option, name = f"--{relation.replace('_', '-')}", "eve@globex.com" if other.name == "user" else "Eve"
            more = ("--role", "readonly") if other.name == "user" else ()
            yield (other.name, "list", option, reference), ""
            yield (other.name, "export", "-w", f'{relation}="{reference}"', "-o", "ids"), ""
            if f"{relation}_id" in other.fields and relation in other.fields:
                continue  # the text alone is set where nothing matches: tried below
            yield (other.name, "add", name, *more, option, reference), ""
            yield (other.name, "edit", "--all", "--yes", option, reference), ""
            record = {KEYS[other.name]: name, f"{relation}_id": reference}
            yield (other.name, "add", "--from-json", "-", *more), json.dumps(record)
            head = f"{KEYS[other.name]},{relation}\n"
            line = (other.name, "import", "-", "--format", "csv", *(("--set", "role=readonly") if more else ()))
            yield line, f'{head}{name},"{reference}"\n'


@pytest.mark.parametrize("noun", NOUNS)
def test_no_command_reaches_the_other_organization(two: Program, noun: str) -> None:
    """Every command of the tree on every reference: nothing shown, nothing changed; the number of tries is known."""
    before, tried = everything(two), 0
    for reference in references(two, noun):
        for line, stdin in attempts(noun, reference):
            result = two(*line, "-P", "globex", stdin=stdin, exit=None)
            reading = line[1] in ("list", "export")
            # An edit of all records may find that there is none to edit.
            nothing = reading or (line[1] == "edit" and line[0] in ("company", "team"))
            assert result.exit in ((0, 3) if nothing else (3, 6)), result
            assert (result.stdout, "did you mean" in result.stderr) == ("", False), result
            tried += 1
    print(f"{noun}: tried {tried}")
    assert tried >= {"contact": 32, "company": 40, "team": 16, "user": 60}[noun]
    assert everything(two) == before


def test_a_foreign_company_is_only_a_name(two: Program) -> None:
    """``--company`` sets the text where nothing matches, and another organization's company does not."""
    for reference in references(two, "company"):
        made = two("contact", "add", "Eve", "--company", reference, "-P", "globex", "--json")
        assert (made.json["company"], made.json["company_id"]) == (reference, None)


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
