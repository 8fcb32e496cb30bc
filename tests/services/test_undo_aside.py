"""Foreign keys and indexes that PostgreSQL sets aside while much is taken back are there again, as they were."""

from collections.abc import Callable

import pytest

from mycrm_cli.db import connect as connecting
from mycrm_cli.services import loading, referring, reindexing
from tests.conftest import Server
from tests.program import Program
from tests.rowhash import everything, rows_of
from tests.services.schemas import schema
from tests.services.test_concurrency import organization_of, work
from tests.services.test_undo import differing

COUNT = 60
KEY, INDEX = 'DROP CONSTRAINT "fk_notes_contact_id"', 'DROP INDEX "ix_contacts_created_at"'

Undone = Callable[..., str]


@pytest.fixture
def undone(crm: Program, monkeypatch: pytest.MonkeyPatch) -> Undone:
    """Takes back the newest change and returns all that was sent; what is done for many is done for a few."""
    monkeypatch.setattr(loading, "LARGE", 10)
    monkeypatch.setattr(referring, "MANY", 10)
    monkeypatch.setattr(reindexing, "PATIENCE", "100ms")
    sent: list[str] = []
    monkeypatch.setattr(connecting, "listeners", [*connecting.listeners, sent.append])

    def undo(*words: str, exit: int = 0) -> str:
        sent.clear()
        crm("undo", *words, terminal=True, exit=exit)
        return "\n".join(sent)

    return undo


def contacts(city: str = "Rome") -> str:
    """Return a file of contacts."""
    lines = [f"Ana{n},Berg {city},ana{n}@example.com,{city}" for n in range(COUNT)]
    return "\n".join(["first_name,last_name,email,city", *lines]) + "\n"


def imported(crm: Program, city: str = "Rome") -> None:
    """Import the file."""
    crm("contact", "import", "-", "--format", "csv", stdin=contacts(city))


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_they_come_again(crm: Program, undone: Undone, server: Server) -> None:
    """After creates and updates, with what was said of them; an index that was described was never gone."""
    admin(crm, server, "COMMENT ON CONSTRAINT fk_notes_contact_id ON notes IS 'it''s ours'")
    admin(crm, server, "COMMENT ON INDEX ix_contacts_score IS 'stays'")
    made, before = schema(crm), rows_of(crm)
    imported(crm)
    filled = rows_of(crm)
    imported(crm, "Oslo")
    sent = undone()
    assert INDEX in sent
    assert "ix_contacts_score" not in sent
    assert schema(crm) == made
    assert not differing(filled, rows_of(crm))
    assert len(crm("search", "rome", "-o", "ids", "-L", "100").lines) == COUNT
    sent = undone()
    assert sent.count("DROP CONSTRAINT") == sent.count('ADD CONSTRAINT "fk_') > 9
    assert KEY in sent
    assert schema(crm) == made
    assert not differing(before, rows_of(crm))
    crm("redo", terminal=True)
    assert schema(crm) == made
    assert not differing(filled, rows_of(crm))


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_what_stands_in_the_way(crm: Program, undone: Undone) -> None:
    """A later reference refuses, or keeps its record; a dry run shuts nobody out; an error leaves all as it was."""
    made = schema(crm)
    imported(crm)
    crm("note", "add", "hello", "--contact", "C-4")
    crm("undo", "X-3", terminal=True)
    crm("redo", "X-3", terminal=True)
    before = everything(crm)
    assert KEY in undone("X-2", exit=6)
    assert (schema(crm), everything(crm)) == (made, before)
    assert KEY not in undone("X-2", "--keep-later", "--dry-run", exit=7)
    assert KEY in undone("X-2", "--keep-later", exit=7)
    assert schema(crm) == made
    assert crm("contact", "list", "-F", "number").lines == ["4"]
    crm("contact", "delete", "C-4")
    crm("contact", "purge", "C-4", "--confirm", "acme", exit=None)
    assert schema(crm) == made


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_nobody_is_shut_out(crm: Program, undone: Undone, server: Server) -> None:
    """Readers, other organizations and owners of the tables keep them as they are; what is undone is the same."""
    made, before = schema(crm), rows_of(crm)
    imported(crm)
    with work(crm, organization_of(crm)) as reader:
        reader.connection.execute("LOCK TABLE notes IN ACCESS SHARE MODE")
        assert KEY not in undone()
    assert not differing(before, rows_of(crm))
    imported(crm)
    crm(
        *"init --profile other --organization Beta --slug beta --email bo@beta.com --no-input --database".split(),
        crm.database,
    )
    crm("contact", "add", "Bo", "-P", "other")
    imported(crm, "Oslo")
    assert INDEX not in undone()
    admin(crm, server, "ALTER TABLE notes OWNER TO CURRENT_USER", "GRANT ALL ON notes TO mycrm_test_app")
    assert "DROP" not in undone()
    assert not differing(before, rows_of(crm))
    assert schema(crm) == made


def admin(crm: Program, server: Server, *statements: str) -> None:
    """Send statements as the server's administrator."""
    import psycopg

    name = crm.database.rpartition("/")[2]
    with psycopg.connect(server.admin_url, dbname=name) as connection:
        for statement in statements:
            connection.execute(statement)
