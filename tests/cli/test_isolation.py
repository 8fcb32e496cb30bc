"""A second organization in the same database: nothing of the first is seen, found, changed or linked.

Both organizations get the same records from the same commands, under names of their own. Every command
line below is first run with Globex's own records, to show that it is well formed, and then once for each
reference in it with Acme's record in its place.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Iterator
from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.cli import tree
from mycrm_cli.db.connect import connect
from tests.program import Program, Result

SETUP = (
    "team add '{0} North'",
    "user add eve@{0}.example --role sales_rep --first-name {0} --last-name Eve --team '{0} North'",
    "company add '{0} Ltd' --domain {0}.example --tag vip",
    "contact add '{0} Berg' --email berg@{0}.example --phone '+1 312-555-01{1}' --company {0}.example",
    "campaign add '{0} Fair'",
    "lead add '{0} Lead' --email lead@{0}.example --campaign '{0} Fair'",
    "pipeline add '{0} Pipe'",
    "product add '{0} Seat' --sku {0}-1 --unit-price 10",
    "deal add '{0} Deal' --contact berg@{0}.example --company {0}.example --value 5 --pipeline '{0} Pipe'",
    "item add '{0} Deal' --product '{0} Seat'",
    "task add '{0} Task' --contact berg@{0}.example --due fri",
    "note add '{0} note' --contact berg@{0}.example",
    "log call berg@{0}.example '{0} call'",
    "email log berg@{0}.example '{0} mail'",
    "sequence add '{0} Drip'",
    "rate add EUR 1.{1} --date 2026-01-{1}",
    "field add contact {0}_tier",
    "filter save {0}_hot lead -w score>1",
    "rule add '{0} rule' --where source=event --user eve@{0}.example",
)
NOUNS = (
    "team user company contact campaign lead pipeline stage product deal item task note activity email sequence"
    " rate field filter rule change"
).split()

# Every command of a noun's own, with {noun} where a reference stands; generic ones are made below.
OWN = {
    "change verify": (),
    "deal board": ("--pipeline {pipeline}", "--owner {user}"),
    "deal company add": ("{deal} {company}",),
    "deal company delete": ("{deal} {company}",),
    "deal company list": ("{deal}",),
    "deal contact add": ("{deal} {contact}",),
    "deal contact delete": ("{deal} {contact}",),
    "deal contact list": ("{deal}",),
    "deal forecast": ("--pipeline {pipeline}", "--owner {user}"),
    "deal lose": ("{deal} --reason Price",),
    "deal move": ("{deal} next", "{deal} {stage}", "{deal} --stage {stage}"),
    "deal reopen": ("{deal}", "{deal} --stage {stage}"),
    "deal win": ("{deal}",),
    "email log": ("{contact} Hello", "{deal} Hello"),
    "filter save": (),
    "lead assign": ("{lead} {user}", "{lead} --to {user}", "{lead} --round-robin {team}", "{lead} --rules"),
    "lead convert": (
        "{lead} --contact {contact} --company {company} --pipeline {pipeline} --owner {user}",
        "{lead} --pipeline {pipeline} --stage {stage}",
    ),
    "lead disqualify": ("{lead} --reason Price",),
    "lead qualify": ("{lead}",),
    "pipeline default": ("{pipeline}",),
    "stage order": ("{stage} --pipeline {pipeline}",),
    "task agenda": ("--user {user}",),
    "task done": ("{task}",),
    "task reopen": ("{task}",),
    "task skip": ("{task}",),
    "task snooze": ("{task} +2d",),
    "task start": ("{task}",),
    "user disable": ("{user}",),
    "user enable": ("{user}",),
    "user offboard": ("{user} --to me", "me --to {user}", "me --round-robin {team}"),
}
EVERYWHERE = {
    "log call": ("{contact} Hello", "{lead} Hello", "{deal} Hello", "{company} Hello"),
    "log meeting": ("{contact} Hello",),
    "log email": ("{contact} Hello",),
    "log note": ("{contact} Hello",),
    "undo": ("{change}",),
    "redo": ("{change}",),
    "search": (),
}
# What the generic commands need beside the reference.
GENERIC = {
    "view": "{x}",
    "history": "{x}",
    "delete": "{x}",
    "restore": "{x}",
    "purge": "{x} --confirm globex",
    "tag": "vip {x}",
    "untag": "vip {x}",
    "merge": "{x} {x2} --yes",
    "edit": "",
    "list": "--after {x}",
}
OTHERWISE = {"rate": "--rate 2", "item": "--quantity 2", "note": "--body new", "rule": "--name other"}
READING = frozenset(
    ("deal board", "deal forecast", "task agenda", "deal contact list", "deal company list", "change verify")
)
WITHOUT = frozenset("add count dupes export import".split())
"""Generic commands that take no reference of their own noun; their relations are tried below."""


def seed(crm: Program, name: str, digits: str, profile: str) -> dict[str, str]:
    """Fill an organization and return the id of a record of each noun."""
    for line in SETUP:
        crm(*shlex.split(line.format(name, digits)), "-P", profile)
    found = {}
    for noun in NOUNS:
        records = crm.json(noun, "list", "-P", profile, "-L", "0")
        mine = [record for record in records if name in json.dumps(record).lower()] or records
        found[noun] = mine[0]["id"]
    return found


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


class Two:
    """Two organizations with the same kinds of records; ``acme`` and ``globex`` are their ids by noun."""

    def __init__(self, crm: Program) -> None:
        self.crm = crm
        crm("org", "add", "--name", "Globex", "--slug", "globex", "--admin-email", "gus@globex.com")
        crm("profile", "add", "globex", "--organization", "globex", "--user", "gus@globex.com")
        self.acme = seed(crm, "acme", "11", "work")
        self.globex = seed(crm, "globex", "22", "globex")
        self.before = everything(crm)
        self.tried = 0

    def run(self, line: str, ids: dict[str, str], *, stdin: str = "") -> Result:
        """Run a line as Globex, with these records in it, and take it back."""
        words = [re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], word) for word in shlex.split(line)]
        return self.crm(*words, "-P", "globex", stdin=stdin, exit=None)

    def attempt(self, line: str, *, reading: bool = False, stdin: str = "", well_formed: bool = True) -> None:
        """Try a line with each of its references in turn being Acme's."""
        if well_formed:
            own = self.run(line if reading else f"{line} -n", self.globex, stdin=stdin.format(**self.globex))
            assert own.exit in (0, 6, 7), own  # what may be wrong about it is not the line
        for noun in dict.fromkeys(re.findall(r"\{(\w+)\}", line + stdin)):
            self.refused(line, self.globex | {noun: self.acme[noun]}, stdin=stdin, reading=reading)

    def refused(self, line: str, ids: dict[str, str] | None = None, *, stdin: str = "", reading: bool = False) -> None:
        """Run a line that names a record of Acme: it must be as if the record did not exist."""
        known = ids or {}
        result = self.run(line, known, stdin=stdin.format(**known) if ids else stdin)
        # A filter by what is not there finds nothing.
        assert result.exit in ((0, 3) if reading else (3, 6)), result
        assert result.stdout == "", result
        assert "acme" not in result.stderr.lower(), result
        self.tried += 1


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
    made = {line for noun in NOUNS for line in own_verbs(noun)}
    root = tree.root()
    for name in ("log", "undo", "redo", "search"):
        command = root.get_command(None, name)
        made |= {f"{name} {inner}" for inner in command.list_commands(None)} if hasattr(command, "sections") else {name}
    assert made == OWN.keys() | EVERYWHERE.keys()
    assert set(NOUNS) | {"org", "score"} == set(catalog.nouns())


def test_no_command_reaches_the_other_organization(two: Two) -> None:
    """Every command of the tree, every reference in it: nothing shown, nothing changed; the tries are counted."""
    for noun in NOUNS:
        generic(two, noun)
    for command, lines in {**OWN, **EVERYWHERE}.items():
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


NAMED = {
    "contact": ("berg@acme.example", "acme Berg"),
    "company": ("acme.example", "acme Ltd"),
    "lead": ("lead@acme.example", "acme Lead"),
    "user": ("eve@acme.example",),
    "deal": ("acme Deal",),
    "product": ("acme Seat",),
    "campaign": ("acme Fair",),
    "pipeline": ("acme Pipe",),
    "team": ("acme North",),
    "sequence": ("acme Drip",),
    "task": ("acme Task",),
}
"""How people would name Acme's records."""


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
