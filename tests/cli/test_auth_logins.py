"""Signing in on a database login of one's own, which may do little on the server."""

import re
from pathlib import Path

import pytest

from mycrm_cli.config.secrets import Secret
from mycrm_cli.services import mfa
from tests.accounts import PASSWORD, Accounts, founded, little_work
from tests.cli.test_auth_factors import SECRET, code
from tests.cli.test_grant import ADMIN
from tests.conftest import APPLICATION_ROLE, Server


@pytest.fixture
def dialect() -> str:
    """SQLite has no logins."""
    return "postgresql"


@pytest.fixture
def acme(migrated_database: str, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Acme, with an admin database."""
    little_work(monkeypatch)
    monkeypatch.setattr(mfa, "new_secret", lambda: Secret(SECRET))
    with server.admin.transaction():
        server.admin.execute("SELECT pg_advisory_xact_lock(7322)")
        if not server.admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ADMIN,)).fetchone():
            server.admin.execute(f"CREATE ROLE {ADMIN} LOGIN PASSWORD 'test' CREATEROLE BYPASSRLS")
            server.admin.execute(f"GRANT {APPLICATION_ROLE} TO {ADMIN}")
    acme = founded(tmp_path / "home", migrated_database)
    acme("profile", "edit", "work", "--admin-database", migrated_database.replace(APPLICATION_ROLE, ADMIN))
    return acme


def test_an_account_on_a_login_of_its_own(acme: Accounts) -> None:
    """A rep's login is enough to accept an invitation, to sign in, and for everything about the own account."""
    invitation = acme("user", "invite", "ben@acme.com", "--role", "sales_rep").stdout.strip()
    acme("db", "grant", "ben@acme.com", "--password-file", "-", stdin="test\n")
    login = acme.json("db", "grants")[0]["login"]
    try:
        url = acme.program.database.replace(APPLICATION_ROLE, login)
        acme(*f"profile add mine --organization acme --user ben@acme.com --database {url}".split())
        me = {"MYCRM_PROFILE": "mine"}
        acme("auth", "whoami", env=me, exit=4)
        acme("auth", "accept", "--password-file", "-", stdin=f"{invitation}\neleven tall windows", env=me)
        acme("contact", "add", "Jan", env=me)
        acme("user", "passwd", "--password-file", "-", stdin="eleven tall windows\nnine round tables", env=me)
        given = ("user", "mfa", "enable", "--password-file", "-")
        shown = acme(*given, stdin=f"nine round tables\n{code(acme)}", terminal=True, env=me).stdout
        recovery = re.findall(r"^(?:[a-z2-9]{6}-){3}[a-z2-9]{6}$", shown, re.MULTILINE)
        token = acme("user", "token", "create", "--name", "own", env=me).stdout.strip()
        assert acme.json("auth", "whoami", env=me | {"MYCRM_TOKEN": token})["how"] == "token"
        # When it was last used is noted where the login may note it, and is no obstacle elsewhere.
        acme("contact", "add", "Jon", env=me | {"MYCRM_TOKEN": token})
        acme("user", "add", "jobs@acme.com", "--role", "sales_rep", "--service")
        jobs = acme("user", "token", "create", "--name", "jobs", "--user", "jobs@acme.com", "--expires", "1d").stdout
        acme("contact", "add", "Job", env=me | {"MYCRM_TOKEN": jobs.strip()})
        noted = "SELECT name FROM api_tokens WHERE last_used_at IS NOT NULL AND organization_id = ?"
        assert acme.store(noted) == [("own",)]
        acme("auth", "logout", env=me)
        acme.login("wrong password", user="ben@acme.com", env=me, exit=4)
        acme.now = "2026-03-02T10:00:40"
        acme.login("nine round tables", code(acme), user="ben@acme.com", env=me)
        acme.login("nine round tables", recovery[4], user="ben@acme.com", env=me)
        # What is over is swept up, as far as it is one's own.
        acme("user", "token", "create", "--name", "other", "--expires", "1d")
        acme.now = "2026-07-20T10:00:00"
        acme.login("nine round tables", recovery[5], user="ben@acme.com", env=me)
        found = acme.store("SELECT name FROM api_tokens WHERE organization_id = ?")
        assert sorted(name for (name,) in found) == ["jobs", "other"]
        # Nor does it keep anybody out who is an administrator by now, on a login that is none's yet.
        acme.login(PASSWORD)
        acme("user", "role", "ben@acme.com", "admin")
        acme.now = "2026-12-20T10:00:00"
        acme.login("nine round tables", recovery[6], user="ben@acme.com", env=me)
        acme("auth", "logout", "--all", env=me)
        acme("user", "unlock", "ben@acme.com", env=me, exit=4)
    finally:
        acme("db", "revoke", "ben@acme.com", exit=None)
