"""A second organization in the same database: nothing of the first is seen, found, changed or linked.

Both organizations get the same records from the same commands, under names of their own. Every command
line below is first run with Globex's own records, to show that it is well formed, and then once for each
reference in it with Acme's record in its place.
"""

import json
import shlex
from collections.abc import Iterator

import pytest

from mycrm_cli import catalog
from mycrm_cli.cli import tree
from tests.cli.isolation import (
    EVERYWHERE,
    GENERIC,
    NAMED,
    NOUNS,
    OTHERWISE,
    OWN,
    READING,
    REPORTS,
    WITHOUT,
    Two,
    everything,
)
from tests.program import Program


@pytest.fixture
def two(crm: Program) -> Two:
    """Acme and Globex."""
    return Two(crm)


def own_verbs(noun: str) -> Iterator[str]:
    """Yield the commands of a noun that are not made by the catalogue, as the tree has them."""
    group = tree.root().get_command(None, noun)
    for verb in group.list_commands(None):
        command = group.get_command(None, verb)
        if hasattr(command, "sections"):
            yield from (f"{noun} {verb} {inner}" for inner in command.list_commands(None))
        elif verb not in catalog.nouns()[noun].commands:
            yield f"{noun} {verb}"


def relations(noun: str) -> Iterator[tuple[str, str, str]]:
    """Yield (option, field, noun it points to) of the references that people may set."""
    for field in catalog.nouns()[noun].fields.values():
        target = catalog.by_table(field.table).command if field.table and field.name != "id" else None
        if target in NOUNS and field.writable and field.relation:
            yield f"--{field.relation.replace('_', '-')}", field.name, target


def test_every_command_is_known_here() -> None:
    """A new command must say here how it takes a reference."""
    made = {line for noun in (*NOUNS, "score") for line in own_verbs(noun)}
    root = tree.root()
    for name in ("log", "undo", "redo", "search", "import"):
        command = root.get_command(None, name)
        made |= {f"{name} {inner}" for inner in command.list_commands(None)} if hasattr(command, "sections") else {name}
    assert made == OWN.keys() | EVERYWHERE.keys()
    assert set(NOUNS) | {"org", "score"} == set(catalog.nouns())


def test_no_command_reaches_the_other_organization(two: Two) -> None:
    """Every command of the tree, every reference in it: nothing shown, nothing changed; the tries are counted."""
    for noun in NOUNS:
        generic(two, noun)
    for command, lines in {**OWN, **EVERYWHERE, **REPORTS}.items():
        for line in lines:
            two.attempt(f"{command} {line}", reading=command in READING)
    for noun in NOUNS:
        for option, name, target in relations(noun):
            related(two, noun, option, name, target)
    print(f"tried {two.tried}")
    assert two.tried >= 350
    assert everything(two.crm) == two.before


def change_of(noun: str) -> str:
    """Return options that change a record of a noun."""
    empty = [f for f in catalog.nouns()[noun].fields.values() if f.writable and f.nullable and not f.required]
    plain = [field.name for field in empty if field.kind_name in ("text", "date", "phone", "email") and not field.table]
    return f"--clear {plain[0]}" if plain else OTHERWISE[noun]


def generic(two: Two, noun: str) -> None:
    """Try the generic commands of a noun on Acme's record, also from a pipe."""
    for verb in catalog.nouns()[noun].commands:
        if verb in WITHOUT:
            continue
        words = GENERIC[verb] if verb != "edit" else f"{{x}} {change_of(noun)}"
        line = f"{noun} {verb} {words}".replace("{x2}", f"{{{noun}}}").replace("{x}", f"{{{noun}}}")
        two.attempt(line, reading=verb in ("list", "view", "history"), well_formed=verb in ("view", "tag", "edit"))
        if verb not in ("list", "view", "history", "merge"):
            piped = line.replace(f"{{{noun}}}", "-", 1)
            two.attempt(f"{piped} --yes", stdin=f"{{{noun}}}", well_formed=False)


def related(two: Two, noun: str, option: str, name: str, target: str) -> None:
    """Try to list by, to set and to import a reference to Acme's record."""
    foreign = two.acme[target]
    for line in (f"{noun} list -w {name}={foreign}", f"{noun} count -w {name}={foreign}"):
        result = two.run(line, {})
        assert (result.exit, result.stdout) in ((0, ""), (0, "0\n")), result
    verbs = catalog.nouns()[noun].commands
    if "edit" in verbs:
        two.refused(f"{noun} edit {two.globex[noun]} {option} {foreign}")
        two.refused(f"{noun} edit -", stdin=json.dumps({"id": two.globex[noun], name: foreign}))
    if "import" in verbs:
        two.refused(f"{noun} import - --format csv --unknown error", stdin=f"id,{name}\n{two.globex[noun]},{foreign}\n")


def test_a_foreign_company_is_only_a_name(two: Two) -> None:
    """``--company`` sets the text where nothing matches, and another organization's company does not."""
    for reference in ("acme Ltd", "acme.example"):
        made = two.crm("contact", "add", "Eve", "--company", reference, "-P", "globex", "--json")
        assert (made.json["company"], made.json["company_id"]) == (reference, None)
    for reference in (two.acme["company"], "CO-99"):
        two.crm("contact", "add", "Eve", "--company", reference, "-P", "globex", exit=3)


def test_names_and_addresses_of_the_other_are_nothing_here(two: Two) -> None:
    """What is listed, counted, searched and found is Globex's alone, by name as well as by id."""
    crm = two.crm
    for noun in NOUNS:
        assert "acme" not in crm(noun, "list", "-o", "json", "-P", "globex").stdout.lower(), noun
        assert crm(noun, "list", "-w", f"id={two.acme[noun]}", "-P", "globex").stdout == ""
    assert crm("search", "acme", "-P", "globex").stdout == ""
    lines = [
        f"{noun} {verb} '{name}'"
        for noun, names in NAMED.items()
        for name in names
        for verb in ("view", "history", "delete", "restore")
        if verb in catalog.nouns()[noun].commands
    ]
    for line in (
        *lines,
        "contact list -w @acme_hot",
        "contact list -w cf.acme_tier=1",
    ):
        assert crm(*shlex.split(line), "-P", "globex", exit=None).exit in (2, 3), line
    assert crm("contact", "list", "-P", "globex", "-w", "company.name~acme or owner.email~acme").stdout == ""
    assert crm("org", "list", "-P", "globex").stdout.count("acme") == 0
    assert everything(crm) == two.before


def test_the_same_keys_are_free_in_both(crm: Program) -> None:
    """Numbers begin anew, and domains, team names and contacts' addresses may repeat; users' addresses may not."""
    crm("org", "add", "--name", "Globex", "--slug", "globex", "--admin-email", "gus@globex.com")
    crm("profile", "add", "globex", "--organization", "globex", "--user", "gus@globex.com")
    crm.sign_in("globex")
    for profile in ("work", "globex"):
        made = crm.json("company", "add", "Acme Ltd", "--domain", "acme.example", "-P", profile)
        assert made["number"] == 1
        crm("team", "add", "North", "-P", profile)
        crm("contact", "add", "Ana", "--email", "ana@example.com", "-P", profile)
    taken = crm("user", "add", "ana@acme.com", "--role", "sales_rep", "-P", "globex", exit=6)
    assert "taken" in taken.stderr
    assert "acme ltd" not in taken.stderr.lower()


def test_every_tenant_table_names_its_organization() -> None:
    """There is no table that could hold rows of nobody."""
    assert {e.table for e in catalog.entities().values() if not e.tenant} == {"organizations", "schema_info"}
