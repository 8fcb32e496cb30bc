"""A whole organization goes from SQLite to PostgreSQL and back, and nothing of it is lost but its secrets."""

import gzip
import hashlib
import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.cli.demo import INIT, SAMPLES
from mycrm_cli.db.connect import connect
from mycrm_cli.services import loading
from mycrm_cli.services.whole import outgoing, tables
from tests.conftest import Templates
from tests.program import Program
from tests.rowhash import COUNTING, rows_of
from tests.schema.rows import Rows
from tests.test_guides import FILES, GUIDES, commands
from tests.test_roundtrip import LINKED, SCORE, WORLD

CANARY = "canary-7c1f"
SECRETS = ("password", "mfa_secret", "mfa_enabled")
HISTORY = """
contact add "Ada Twin" --email twin@x.example.org --phone +4930111
contact merge C-1 C-3 --yes
contact delete C-2
lead delete L-2
deal move D-1 next
deal edit D-1 --value 1500.50 --label later
undo --label later --yes
redo --yes
note delete N-1
undo --yes
"""
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 600, UTC)
FURTHER: dict[str, dict[str, Any]] = {
    "email_templates": {"name": "Höflich 😀"},
    "email_sequence_steps": {"sequence_id": "email_sequences", "template_id": "email_templates"},
    "email_sequence_enrollments": {"sequence_id": "email_sequences", "lead_id": "leads", "next_send_at": MOMENT},
    "outbox": {"message_id": "<1@x>", "headers": {"b": 1, "a": [None, 1.5, "\u2028"]}, "due_at": MOMENT},
    "email_events": {"email_id": "emails", "event_id": "1", "provider": "p", "data": {"x": 0.1}},
    "suppressions": {"email": "no@x.example.org"},
    "mail_files": {"sha256": "0" * 64, "size": 3, "content": "YWJj"},
    "mail_folders": {"account": "ana@mail.example", "name": "INBOX", "uidvalidity": 7},
    "erasures": {"digest": "d" * 64},
    "import_jobs": {"state": "finished", "rows_done": 7, "mapping": {"a": {"b": []}}},
    "cron_jobs": {"name": "night", "command": ["score", "run"]},
    "reminder_deliveries": {"task_id": "tasks", "reminder_at": MOMENT},
    "notice_deliveries": {"kind": "digest", "key": "2026-01-02", "user_id": "users", "channel": "email"},
    "scoring_models": {"version": "v1", "body": {"w": [0.25, 1]}},
    "targets": {"user_id": "users", "amount": Decimal("12.34"), "month": datetime(2026, 1, 1, tzinfo=UTC).date()},
    "assignment_turns": {"team_id": "teams", "user_id": "users", "turn": 3},
    "api_tokens": {"user_id": "users", "token_hash": CANARY, "name": "t"},
}
"""Rows of tables that no command fills yet; a table's name stands for one of its rows."""


class Places:
    """Databases with a home each, dropped in the end."""

    def __init__(self, templates: Templates, folder: Path) -> None:
        self.templates = templates
        self.folder = folder
        self.databases: list[str] = []

    def empty(self, name: str, dialect: str) -> Program:
        """Return a program whose database has a schema and no organization."""
        (self.folder / name).mkdir()
        url, database = self.templates.copy(dialect, self.templates.migrated(dialect), self.folder / name)
        self.databases += [database] if database else []
        return Program(self.folder / name / "home", url)


@pytest.fixture(scope="module")
def world(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The organization that travels, on SQLite; nothing changes it."""
    folder = tmp_path_factory.mktemp("world")
    crm = Places(templates, folder).empty("a", "sqlite")
    populate(crm, folder)
    return crm


@pytest.fixture
def places(templates: Templates, tmp_path: Path) -> Iterator[Places]:
    """Databases on both servers."""
    made = Places(templates, tmp_path)
    yield made
    for database in made.databases:
        templates.server.drop(database)


def populate(crm: Program, folder: Path) -> None:
    """Fill an organization with some of everything."""
    crm(*shlex.split("init --profile work --organization Acme --slug acme --email ana@acme.com --no-input"))
    crm.database = str(crm.json("profile", "view", "work")["database"])
    for line in WORLD.strip().splitlines():
        crm(*shlex.split(line))
    (folder / "scores.json").write_text(SCORE)
    crm("score", "import", str(folder / "scores.json"))
    for noun, text in LINKED.items():
        (folder / f"{noun}.csv").write_text(text)
        crm(noun, "import", str(folder / f"{noun}.csv"))
    for line in HISTORY.strip().splitlines():
        crm(*shlex.split(line), terminal=True)
    further(crm)


def further(crm: Program) -> None:
    """Write rows into the tables that no command fills, and secrets into those that have some."""
    organization = UUID(crm.json("org", "view")["id"])
    connection = connect(crm.database, write=True, organization_id=organization)
    connection.begin()
    rows = Rows(connection)
    for table, given in FURTHER.items():
        values = dict(given)
        for name, value in given.items():
            if name.endswith("_id") and value in {entity.table for entity in catalog.entities().values()}:
                statement = f"SELECT id FROM {value} WHERE organization_id = ? ORDER BY id LIMIT 1"
                values[name] = UUID(bytes=connection.execute(statement, (organization.bytes,)).fetchone()[0])
        rows.add(table, organization_id=organization, **values)
    connection.execute(
        "INSERT INTO lead_signals"
        " (organization_id, lead_id, landmark_at, sums, latest, event_count, is_dirty, marks, updated_at)"
        ' SELECT organization_id, id, created_at, \'{"b":1,"a":2.5}\', \'{"b":1.5}\', 3, 1, 2, created_at FROM leads'
        " WHERE organization_id = ? LIMIT 1",
        (organization.bytes,),
    )
    connection.execute(
        "UPDATE users SET password = ?, mfa_secret = ?, mfa_enabled = 1 WHERE organization_id = ?",
        (CANARY, CANARY, organization.bytes),
    )
    connection.commit()
    connection.close()
    crm.sign_in("work", guarded=True)


def taken(crm: Program, file: Path, profile: str = "work") -> list[str]:
    """Export the organization and return the lines of the rows, which are the same wherever it lives."""
    crm("org", "export", "--all", "-O", str(file), "-P", profile)
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    lines = data.decode().removesuffix("\n").split("\n")
    assert CANARY not in data.decode()
    assert json.loads(lines[-1])["rows"] == sum(line.startswith("[") for line in lines)
    # The keys of an object have another order on PostgreSQL, which means nothing.
    return [json.dumps(json.loads(line), sort_keys=True) for line in lines[1:-1]]


def settle(crm: Program, file: Path) -> dict[str, Any]:
    """Import a file into an empty database and make the profile that the command tells."""
    made = crm("org", "import", str(file), "--database", crm.database, "--json")
    assert "profile add acme --organization acme --user ana@acme.com --database" in made.stderr
    crm("profile", "add", "work", *f"--organization acme --user ana@acme.com --database {crm.database}".split())
    crm.sign_in("work")
    account: dict[str, Any] = made.json
    return account


def rows(crm: Program) -> dict[str, list[str]]:
    """Return all rows of all tables that travel."""
    found = rows_of(crm, without={*SECRETS, "search_rowid"}, journal=True)
    assert "version" in COUNTING
    return {entity.table: found[entity.table] for entity in tables.travelling()}


def test_there_and_back(world: Program, places: Places, tmp_path: Path) -> None:
    """Every row of every table, the chain, numbers, and what can be undone."""
    first, second, third = world, places.empty("b", "postgresql"), places.empty("c", "sqlite")
    before = rows(first)
    empty = [name for name, found in before.items() if not found]
    assert not empty, empty
    lines = taken(first, tmp_path / "a.jsonl.gz")
    account = settle(second, tmp_path / "a.jsonl.gz")
    assert account["tables"] == {name: len(found) for name, found in before.items()}
    assert taken(second, tmp_path / "b.jsonl") == lines
    settle(third, tmp_path / "b.jsonl")
    assert taken(third, tmp_path / "c.jsonl") == lines
    assert rows(third) == before
    heads = {crm("change", "verify").stdout for crm in (first, second, third)}
    assert len(heads) == 1, heads
    newest = {crm("contact", "add", "New", "--json").json["number"] for crm in (second, third)}
    assert newest == {5}
    for crm in (second, third):
        assert crm("search", "petrova").stdout
        assert crm("contact", "list", "-w", "email=a@x.example.org", "-o", "ids").lines
        # An edit, a merge and a creation from before the journey.
        count = int(crm("contact", "count").stdout)
        changes = {change["command"][-1]: change["number"] for change in crm.json("change", "list", "-L", "0")}
        crm("undo", f"X-{changes['merge']}", "--yes")
        assert int(crm("contact", "count").stdout) == count + 1
        crm("change", "verify")


def test_what_is_refused(world: Program, places: Places, tmp_path: Path) -> None:
    """A file that is not whole, an organization that is there, and people who may not."""
    file = tmp_path / "a.jsonl"
    lines = taken(world, file) and [f"{line}\n" for line in file.read_text().split("\n")[:-1]]
    other, user = places.empty("b", "postgresql"), next(place for place, t in enumerate(lines) if "bo@acme" in t)
    head = json.loads(lines[0])
    broken = {
        "cut": lines[:-1],
        "short": lines[: user + 1],
        "half": [*lines[:9], lines[9][:20]],
        "altered": [*lines[:user], lines[user].replace("bo@acme", "ba@acme"), *lines[user + 1 :]],
        "missing": [*lines[:user], *lines[user + 1 :]],
        "longer": [*lines, "[]\n"],
        "garbage": [*lines[:5], '["\ud800"]\n', *lines[5:]],
        "no head": lines[1:],
        "foreign": [
            json.dumps(head | {"organization": head["organization"] | {"id": str(UUID(int=7))}}),
            "\n",
            *lines[1:],
        ],
    }
    for name, text in broken.items():
        bad = tmp_path / "bad.jsonl"
        bad.write_text("".join(text), errors="surrogatepass")
        for target in (other.database, f"sqlite:///{tmp_path / 'none.db'}"):
            assert other("org", "import", str(bad), "--database", target, exit=6).stdout == "", name
            assert not (tmp_path / "none.db").exists()
    packed = tmp_path / "bad.gz"
    packed.write_bytes(gzip.compress(file.read_bytes())[:-200])
    other("org", "import", str(packed), "--database", other.database, exit=6)
    newer = tmp_path / "newer.jsonl"
    newer.write_text("".join([json.dumps(head | {"schema": "9999"}), "\n", *lines[1:]]))
    other("org", "import", str(newer), "--database", other.database, exit=78)
    # Nothing of all that stayed; a dry run leaves nothing either.
    other("org", "import", str(file), "--database", other.database, "--dry-run")
    settle(other, file)
    other("org", "import", str(file), "--database", other.database, exit=6)
    # A second database, whose organization has the same short name.
    third = places.empty("c", "sqlite")
    third(
        *shlex.split("init --profile work --organization Other --slug acme --email o@other.example --no-input"),
        "--database",
        third.database,
    )
    assert "--slug" in third("org", "import", str(file), exit=6).stderr
    third("org", "import", str(file), "--database", third.database, exit=4)
    third("org", "import", str(file), "--slug", "Not a slug", exit=6)
    third("org", "import", str(file), "--slug", "acme-two")
    third("profile", "add", "two", "--organization", "acme-two", "--user", "bo@acme.com")
    third.sign_in("two")
    assert third("contact", "count", "-P", "two").stdout == world("contact", "count").stdout
    third("org", "export", "--all", "-O", str(tmp_path / "x.jsonl"), "-P", "two", exit=4)
    third("org", "import", str(file), "-P", "two", exit=4)
    # Side by side in one file, each takes its own rows along and nothing of the other's.
    third("profile", "edit", "two", "--user", "ana@acme.com")
    again = taken(third, tmp_path / "again.jsonl", "two")
    assert [line.replace('"acme-two"', '"acme"') for line in again] == taken(world, tmp_path / "a.jsonl")
    assert "o@other.example" not in "".join(again)
    assert "acme-two" not in "".join(taken(third, tmp_path / "other.jsonl"))
    third("org", "export", "-O", str(tmp_path / "x.jsonl"), exit=2)
    third("org", "export", "--all", "-O", str(tmp_path / "x.csv"), exit=2)


def test_a_dry_run_into_nothing(world: Program, places: Places, tmp_path: Path) -> None:
    """Where there is no schema yet, the file is checked all the same, and nothing is made."""
    assert taken(world, tmp_path / "a.jsonl")
    (tmp_path / "cut.jsonl").write_text((tmp_path / "a.jsonl").read_text().rpartition("[")[0])
    name = places.templates.server.create()
    places.databases.append(name)
    crm = Program(tmp_path / "home")
    said = set()
    for target in (places.templates.server.url(name), f"sqlite:///{tmp_path / 'none.db'}"):
        line = ["org", "import", "--database", target]
        for _ in range(2):
            said.add(crm(*line, str(tmp_path / "a.jsonl"), "--dry-run").stderr)
            crm(*line, str(tmp_path / "cut.jsonl"), "--dry-run", exit=6)
    assert len(said) == 1 and "would have written" in said.pop()
    assert not (tmp_path / "none.db").exists()
    crm("org", "import", "--database", places.templates.server.url(name), str(tmp_path / "a.jsonl"))
    crm("org", "import", "--database", "postgresql://nobody@localhost:1/none", str(tmp_path / "a.jsonl"), "-n", exit=75)


def altered(file: Path, table: str, column: str, value: str) -> str:
    """Return a file with another value in the first row of a table, and the right hash at its end."""
    found = [json.loads(line) for line in file.read_text().split("\n")[:-1]]
    start = next(place for place, told in enumerate(found) if isinstance(told, dict) and told.get("table") == table)
    found[start + 1][found[start]["columns"].index(column)] = value
    text = "".join(f"{json.dumps(told)}\n" for told in found[:-1])
    return text + json.dumps(found[-1] | {"sha256": hashlib.sha256(text.encode()).hexdigest()}) + "\n"


def test_values_that_nobody_read(
    world: Program, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules of the database hold in large files as well, jobs do not go on elsewhere, and no line is too long to read."""
    monkeypatch.setattr(loading, "LARGE", 1)
    file, bad = tmp_path / "a.jsonl", tmp_path / "bad.jsonl"
    taken(world, file)
    for dialect in ("sqlite", "postgresql"):
        target = places.empty(dialect, dialect)
        for table, column, value in (("contacts", "status", "bogus"), ("contacts", "city", "R" * 101)):
            bad.write_text(altered(file, table, column, value))
            assert target("org", "import", str(bad), "--database", target.database, exit=6).stdout == "", column
    world.process("org", "export", "--all", "-O", str(file))
    connection = connect(world.database, write=True)
    connection.begin()
    jobs = "SELECT id FROM import_jobs WHERE organization_id = ?"
    own = UUID(world.json("org", "view")["id"]).bytes
    known = connection.execute(jobs, (own,)).fetchone()[0]
    mark = "UPDATE import_jobs SET state = ?, staging_path = '/here', process = 'me:1' WHERE organization_id = ? AND id = ?"
    connection.execute(mark, ("running", own, known))
    connection.commit()
    try:
        assert '"interrupted"' in (text := "\n".join(taken(world, file)))
        assert not [word for word in ('"running"', '"/here"', '"me:1"', "staging_path") if word in text]
        settle(target, file)
        assert target("contact", "import", "--resume", "last", exit=3).stdout == ""
    finally:
        connection.begin()
        connection.execute(mark.replace("'/here'", "NULL").replace("'me:1'", "NULL"), ("finished", own, known))
        connection.commit()
        connection.close()
    monkeypatch.setattr(outgoing, "LONGEST", 600)
    long = world("org", "export", "--all", "-O", str(tmp_path / "long.jsonl"), exit=6)
    assert "no import takes more than 600" in long.stderr
    assert not (tmp_path / "long.jsonl").exists()


def test_the_guide(tmp_path: Path) -> None:
    """The commands of the guide, as they stand there, on the demo's data."""
    demo = Program(tmp_path / "demo")
    demo(*INIT)
    for noun in ("team", "user", "company", "contact"):
        demo(noun, "import", str(FILES / dict(SAMPLES)[noun]))
    people = "full name;mail;Firm\nUna Novak;una@novak.example;Novak\n"
    (tmp_path / "people.csv").write_text(people)
    (tmp_path / "people.toml").write_text(
        'delimiter = ";"\ncolumns = { "full name" = "name", mail = "email", Firm = "company" }\n'
    )
    (tmp_path / "deals.csv").write_text("name,Customer,Amount\nRoof,una@novak.example,12\n")
    text = (GUIDES / "moving.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^    (?!mycrm).*\n|^\n)+", text, re.MULTILINE)
    manifest = next(block for block in blocks if "[[file]]" in block)
    (tmp_path / "manifest.toml").write_text(manifest.replace("    ", ""))
    lines = commands("moving.md")
    assert len(lines) >= 8
    for line in lines:
        placed = [str(tmp_path / word) if word.endswith((".gz", ".db", "manifest.toml")) else word for word in line]
        demo(*placed)
    assert demo("contact", "count", "-P", "copy").stdout == "60\n"
    assert demo("deal", "count", "-w", "contact.email=una@novak.example value=12", "-P", "demo").stdout == "1\n"
