"""When a token was last used for something that writes can be seen; reads write nothing."""

from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from mycrm_cli.db.connect import connect
from tests.accounts import Accounts, founded, little_work


@pytest.fixture
def acme(migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Acme, whose first user is signed in."""
    little_work(monkeypatch)
    return founded(tmp_path / "home", migrated_database)


def used(acme: Accounts) -> str | None:
    """Return when the token was last used."""
    [(moment,)] = acme.store("SELECT CAST(last_used_at AS text) FROM api_tokens WHERE organization_id = ?")
    return moment[:16].replace("T", " ") if moment else None


def test_writes_tell_when_a_token_was_used(acme: Accounts) -> None:
    """Once an hour at most, with what was written, outside the journal; nobody waits for it."""
    env = {"MYCRM_TOKEN": acme("user", "token", "create", "--name", "cron").stdout.strip()}
    acme("contact", "list", env=env)
    acme("contact", "add", "Jan", "--dry-run", env=env)
    acme("contact", "add", "Jan", "--status", "wrong", env=env, exit=6)
    assert used(acme) is None
    acme("contact", "add", "Jan", env=env)
    assert used(acme) == "2026-03-02 10:00"
    acme.now = "2026-03-02T10:59:00"
    acme("contact", "add", "Jon", env=env)
    assert used(acme) == "2026-03-02 10:00"
    acme.now = "2026-03-02T11:00:30"
    acme("contact", "list", env=env)
    assert used(acme) == "2026-03-02 10:00"
    changes = len(acme.json("change", "list", env=env))
    acme("contact", "edit", "C-1", "--job-title", "CEO", env=env)
    assert used(acme) == "2026-03-02 11:00"
    assert len(acme.json("change", "list", env=env)) == changes + 1
    assert "last used" in acme("user", "token", "list", terminal=True, env=env | {"COLUMNS": "200"}).stdout
    assert acme.json("user", "token", "list", env=env)[0]["last_used_at"] == "2026-03-02T11:00:30Z"
    acme.now = "2026-03-02T12:30:00"
    known = acme.json("profile", "view", "work", env=env)
    if not known["database"].startswith("postgresql"):
        return
    with closing(connect(known["database"], write=True, organization_id=UUID(known["organization_id"]))) as other:
        other.begin()
        own = UUID(known["organization_id"])
        other.execute("SELECT id FROM api_tokens WHERE organization_id = ? FOR UPDATE", (own,)).fetchall()
        acme("contact", "add", "Jim", env=env)
    assert used(acme) == "2026-03-02 11:00"
    acme("contact", "add", "Joe", env=env)
    assert used(acme) == "2026-03-02 12:30"
