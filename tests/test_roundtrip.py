"""Every noun goes out of one organization and into an empty one in another database, and nothing of it is lost."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.db.connect import connect
from tests.conftest import DIALECTS, Templates
from tests.program import Program, Result

NOUNS = sorted(e.name for e in catalog.entities().values() if "import" in e.commands and "export" in e.commands)
"""The entities that go through everything."""
FLOOR = 21
"""So many entities there are at least."""
HANGING = ("deal_contacts", "deal_companies", "contact_companies", "contact_emails", "external_ids")
"""Tables of what hangs on records."""
APART = ("organization_id", "search_rowid")
"""Columns that belong to the place where a row is."""
COUNTED = ("version", "updated_at")
"""Columns that every change moves, undo included."""
SCORE = (
    '[{"id": "01900000-0000-7000-8000-000000000001", "lead": "L-1", "score": 70, "grade": "B", "breakdown":'
    ' {"fit": 20}, "factors": [{"name": "size", "points": 5}], "recommendation": "Call", "confidence": 0.5,'
    ' "model_version": "rules", "scored_at": "2026-01-02T03:04:05.000006Z", "expires_at": "2026-02-02T00:00:00Z"}]'
)
WORLD = """
team add North --description "Rain; and -snow"
user add bo@acme.com --first-name Bo --last-name Lind --role sales_rep --team North --manager me
team edit North --lead me
field add deal tier --type choice --choices gold,silver
field add contact shoe --type number
field add company spare
pipeline add Spare
pipeline add Renewals --stages Due:40,Signed:won,Stopped:lost
stage edit Due --pipeline Renewals --stale-after-days 10 --required-fields value
company add Mother --domain mother.example.org --annual-revenue 12.50 --tag vip
company add =Acme --parent CO-1 --owner me
campaign add Spring --type event --budget 100 --start-date 2026-03-01
contact add "Ana Petrova" --email a@x.example.org --company Mother --owner bo@acme.com --tag a,b --set cf.shoe=42
contact add "Ben Fischer" --phone +4930901820 --company "line break"
lead add "Roof for Novak" --email n@novak.example.org --campaign Spring --estimated-value 99 --source event
lead add Gone --email gone@novak.example.org
lead convert L-2 --no-deal
lead disqualify L-1 --reason "no budget"
product add "GTX Pro" --sku GTX-1 --unit-price 4821
rate add EUR 1.0842 --date 2026-01-01
deal add Roof --value 1200 --contact C-1 --lead L-1 --close 2026-12-24 --set cf.tier=gold --owner bo@acme.com
deal add Gate --pipeline Renewals --value 7 --company CO-2
deal contact add D-1 C-2 --role "Decision; maker=yes"
item add D-1 --product "GTX Pro" --quantity 2 --discount 10
item add D-1 Set-up --unit-price 400
deal win D-2
deal edit D-1 --next-step Call
task add "Call Ana" --contact C-1 --deal D-1 --due 2026-11-30 --recurrence FREQ=WEEKLY
task done T-1
task add "Send quote" --lead L-1 --assigned-to bo@acme.com --priority high
note add "Likes =trains, a lot" --contact C-1 --deal D-1 --pinned yes
activity add Talked --activity-type call --direction outbound --contact C-1 --occurred-at 2026-01-02T10:00
email add Hello --to-email a@x.example.org --from-email ana@acme.com --contact C-1 --message-id <1@acme.com>
sequence add Welcome --description "Three mails"
rule add Events --where source=event --user bo@acme.com
target set bo@acme.com 2026-10..2026-12 500.50
filter save hot lead -w "estimated_value>=50" -s -created_at
"""
ORDER = """
user:team=none team user:team=any field filter pipeline stage company campaign contact lead product rate deal item
task note sequence email activity rule target score
"""
"""Who is pointed to comes first; teams and users point to each other."""
EDITS = {
    "activity": "--outcome=Fine",
    "contact": "--city=Rome",
    "email": "--subject=Else",
    "field": "--label=Other",
    "item": "--quantity=3",
    "note": "--body=Else",
    "rate": "--rate=2",
    "rule": "--position=7",
    "stage": "--color=#33aa55",
    "target": "--amount=7",
    "task": "--title=Else",
    "user": "--job-title=Boss",
}
"""What is changed in the newest record of a noun before it goes out; the name of the others."""
LINKED = {
    "contact": "email,emails,ext:hubspot,companies\na@x.example.org,ana@home.example.org,7431;74\\;31,CO-1=Board;CO-2\n",
    "deal": "name,ext:hubspot,company.number\nGate,5001,CO-2;CO-1=Buyer\n",
}
"""Files that bring keys of another system and links."""


Rows = dict[UUID, str]


class Moved:
    """Two organizations in two databases: the first as it was made, the second as the first one's files made it."""

    def __init__(self, home: Path, first: Program, second: Program) -> None:
        self.home = home
        self.first = first
        self.second = second
        self.accounts: dict[str, list[dict[str, object]]] = {}
        self.rows: dict[str, tuple[Rows, Rows]] = {}

    def build(self) -> None:
        """Make the world in the first organization."""
        import shlex

        for line in WORLD.strip().splitlines():
            self.first(*shlex.split(line))
        for noun, text in {**LINKED, "score": SCORE}.items():
            file = self.home / f"{noun}.{'json' if noun == 'score' else 'csv'}"
            file.write_text(text)
            self.first(noun, "import", str(file))
        for name in NOUNS:
            self.walk(catalog.entity(name))

    def walk(self, entity: catalog.Entity) -> None:
        """List the records of an entity, view the newest one, and change it."""
        noun = entity.noun
        ids = self.first(noun, "list", "-s", "-id", "-o", "ids").lines
        assert self.first.json(noun, "view", ids[0])["id"] == ids[0]
        if "edit" in entity.commands:
            change = EDITS.get(noun, "--name=Else")
            name, _, value = change.removeprefix("--").partition("=")
            changed = self.first.json(noun, "edit", ids[0], f"--{name}", value)
            assert str(changed[name.replace("-", "_")]).startswith(value), changed

    def move(self, ending: str) -> None:
        """Export everything and import it into the second organization."""
        for word in ORDER.split():
            noun, _, where = word.partition(":")
            file = str(self.home / f"{noun}-{len(self.accounts.get(noun, []))}.{ending}")
            self.first(noun, "export", "-O", file, *(["-w", where] if where else []))
            account = self.second.json(noun, "import", file)
            self.accounts.setdefault(noun, []).append(account)
        self.rows = {name: (rows_of(self.first, name), rows_of(self.second, name)) for name in (*NOUNS, *HANGING)}


def rows_of(program: Program, name: str, apart: tuple[str, ...] = APART) -> Rows:
    """Return what each row of an entity holds, a column a line, by its id."""
    entity = catalog.entity(name)
    organization = UUID(program.json("org", "list")[0]["id"])
    connection = connect(program.database, organization_id=organization)
    try:
        connection.begin()
        names = [field for field in entity.fields if field not in apart]
        columns = ", ".join(f'"{column}"' for column in names)
        own = organization.bytes if connection.dialect == "sqlite" else organization
        statement = f"SELECT {columns} FROM {entity.table} WHERE organization_id = ?"
        loaders = [entity.fields[column].kind.loader(connection.dialect) for column in names]
        found = {}
        for row in connection.execute(statement, (own,)):
            values = [v if v is None or f is None else f(v) for v, f in zip(row, loaders, strict=True)]
            said = "\n".join(f"{column}={value!r}" for column, value in zip(names, values, strict=True))
            found[values[names.index("id")]] = said
        return found
    finally:
        connection.close()


def digest(rows: Rows) -> str:
    """Return a hash of rows."""
    return hashlib.sha256(repr(sorted(rows.items())).encode()).hexdigest()


@pytest.fixture(scope="module", params=DIALECTS)
def moved(
    request: pytest.FixtureRequest, templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Moved]:
    """The two organizations, CSV between them on SQLite and JSON on PostgreSQL."""
    dialect, home = request.param, tmp_path_factory.mktemp("moved")
    databases = []
    programs = []
    for name, email, more in (("first", "ana@acme.com", ()), ("second", "boot@other.example", ("--no-pipeline",))):
        (home / name).mkdir()
        url, database = templates.copy(dialect, templates.migrated(dialect), home / name)
        program = Program(home / name / "home", url)
        line = f"init --profile work --organization Acme --slug acme --email {email} --first-name Ana --last-name Berg"
        program(*line.split(), "--no-input", "--database", url, *more)
        databases.append(database)
        programs.append(program)
    both = Moved(home, *programs)
    both.build()
    both.move("csv" if dialect == "sqlite" else "jsonl")
    yield both
    for database in filter(None, databases):
        templates.server.drop(database)


def test_how_many_there_are(moved: Moved) -> None:
    assert len(NOUNS) >= FLOOR
    counts = {noun: sum(int(str(a["created"])) for a in accounts) for noun, accounts in moved.accounts.items()}
    print(counts)
    assert all(counts.values()), counts


@pytest.mark.parametrize("name", NOUNS)
def test_goes_out_and_comes_in(moved: Moved, name: str) -> None:
    ours, theirs = moved.rows[name]
    if name == "user":
        theirs = {id: row for id, row in theirs.items() if id in ours}  # the one who imports
    for id, row in ours.items():
        differing = set(theirs.get(id, "").splitlines()) ^ set(row.splitlines())
        assert not differing, (name, id)
    assert digest(theirs) == digest(ours)


@pytest.mark.parametrize("name", HANGING)
def test_what_hangs_on_records_comes_along(moved: Moved, name: str) -> None:
    apart = ("id", "created_at", "updated_at", "last_values")

    def lines_of(rows: Rows) -> list[str]:
        cells = [row.splitlines() for row in rows.values() if "fingerprint" not in row]
        return sorted("\n".join(cell for cell in row if cell.partition("=")[0] not in apart) for row in cells)

    ours, theirs = map(lines_of, moved.rows[name])
    assert theirs == ours
    assert ours


@pytest.mark.parametrize("name", [name for name in NOUNS if "delete" in catalog.entity(name).commands])
def test_what_is_deleted_comes_back(moved: Moved, name: str) -> None:
    """Deleting, undoing and redoing lead to the same rows each time."""
    crm, entity = moved.second, catalog.entity(name)
    apart = (*APART, *COUNTED)
    before = digest(rows_of(crm, name, apart))
    where = {"pipeline": ["name=Spare"], "stage": ["name=Negotiation"]}.get(entity.noun, [])
    reference = crm(entity.noun, "list", *where, "-s", "-id", "-o", "ids").lines[0]
    change = crm.json(entity.noun, "delete", reference, "--yes")["change"]
    after = digest(rows_of(crm, name, apart))
    assert after != before
    for verb, wanted in (("undo", before), ("redo", after), ("undo", before)):
        change = told(crm(verb, change, "--yes", "--json"))
        assert digest(rows_of(crm, name, apart)) == wanted, verb


def told(result: Result) -> str:
    """Return the number of the change that a command made."""
    return str(result.json["change"])
