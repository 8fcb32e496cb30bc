"""``mycrm doctor``: fine where all is fine, and each fault is found."""

import os
import sqlite3
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from mycrm_cli.services.health import machine, references
from tests.conftest import APPLICATION_ROLE, Server
from tests.program import Program
from tests.rowhash import everything

SABOTAGE = {
    "ALTER TABLE notes DISABLE ROW LEVEL SECURITY": "row security",
    "ALTER TABLE notes NO FORCE ROW LEVEL SECURITY": "row security",
    "CREATE TABLE spare (organization_id uuid)": "row security",
    "DROP POLICY notes_own ON notes": "policies",
    "DROP POLICY notes_login ON notes": "policies",
    "ALTER POLICY notes_own ON notes USING (true)": "policies",
    "ALTER POLICY notes_own ON notes WITH CHECK (true)": "policies",
    "ALTER POLICY organizations_login ON organizations USING (true)": "policies",
    "CREATE POLICY spare ON notes USING (true)": "policies",
    "ALTER POLICY notes_own ON notes TO mycrm_test_app": "policies",
    "ALTER TABLE notes DROP CONSTRAINT fk_notes_author_id": "references",
    "ALTER FUNCTION mycrm_login_organization() SECURITY INVOKER": "logins",
    "ALTER FUNCTION mycrm_login_organization() RESET search_path": "logins",
    "GRANT SELECT ON mycrm_logins TO PUBLIC": "logins",
    "ALTER TABLE mycrm_logins DISABLE ROW LEVEL SECURITY": "logins",
    "GRANT EXECUTE ON FUNCTION mycrm_follow_user() TO PUBLIC": "logins",
    "GRANT EXECUTE ON FUNCTION mycrm_guard_sign_in() TO PUBLIC": "logins",
    "ALTER TABLE users DISABLE TRIGGER users_login": "logins",
    "DROP TRIGGER api_tokens_guard ON api_tokens": "logins",
    "DROP TRIGGER users_guard ON users; CREATE TRIGGER users_guard AFTER INSERT ON users"
    " FOR EACH ROW EXECUTE FUNCTION mycrm_guard_sign_in('id')": "logins",
    "CREATE OR REPLACE FUNCTION mycrm_follow_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
    " SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NULL; END'": "logins",
    "CREATE POLICY spare ON mycrm_logins USING (true)": "logins",
    "GRANT CREATE ON SCHEMA public TO PUBLIC": "schema rights",
    "ALTER TABLE changes DISABLE TRIGGER changes_append_only": "journal",
}


def levels(program: Program, *line: str, exit: int = 0) -> dict[str, str]:
    """Return the level of each check."""
    found = program.json("doctor", *line, exit=exit)
    assert found["ok"] is (exit == 0)
    return {str(row["check"]): str(row["level"]) for row in found["findings"]}


def test_a_new_organization_is_well(crm: Program) -> None:
    """Nothing is wrong, nothing is changed, and every check counts."""
    crm("contact", "add", "Ana Berg")
    before = everything(crm, journal=True)
    quick = crm("doctor")
    assert "0 wrong" in quick.stderr
    assert all(line.split("\t")[0] in ("ok", "warn") for line in quick.lines)
    proof = crm.json("doctor", "--tenancy")
    assert proof["failed"] == 0
    assert proof["tried"] >= 190
    print(f"\ndoctor --tenancy: {proof['tried']} checks")
    assert everything(crm, journal=True) == before


class TestOnPostgresql:
    """Faults in a server's database."""

    @pytest.fixture
    def dialect(self) -> str:
        """The rules are PostgreSQL's."""
        return "postgresql"

    def test_each_fault_is_found(self, crm: Program, server: Server) -> None:
        """One of each check at a time, in copies of the database; checks that have none stay fine."""
        crm("contact", "add", "Ana Berg")
        crm("note", "add", "A note", "--contact", "C-1")
        waiting = list(SABOTAGE.items())
        while waiting:
            now = {check: statement for statement, check in reversed(waiting)}
            found = after(crm, server, list(now.values()))
            assert {check for check, level in found.items() if level == "fail"} >= now.keys(), now
            waiting = [(statement, check) for statement, check in waiting if statement not in now.values()]
        print(f"\ndoctor --tenancy: {len(SABOTAGE)} faults made, all found")

    def test_a_shared_login_is_told_that_it_is(self, crm: Program, server: Server, tmp_path: Path) -> None:
        """With the admin database the other organizations are tried: a shared login sees them, a granted one does not."""
        crm(
            *f"init --profile other --organization Beta --slug beta --email bo@beta.com --no-input --database {crm.database}".split()
        )
        name = crm.database.rpartition("/")[2]
        parts = psycopg.conninfo.conninfo_to_dict(server.admin_url)
        admin = crm.database.replace(APPLICATION_ROLE, str(parts["user"]))
        crm("profile", "edit", "work", "--admin-database", admin)
        assert levels(crm, "--tenancy")["other organizations"] == "warn"
        crm("db", "grant", "ana@acme.com", "--password-file", "-", stdin="test\n")
        [grant] = crm.json("db", "grants")
        crm("profile", "edit", "work", "--database", crm.database.replace(APPLICATION_ROLE, grant["login"]))
        assert levels(crm)["role"] == "ok"
        found = crm.json("doctor", "--tenancy")
        assert found["failed"] == 0
        assert {row["check"]: row["level"] for row in found["findings"]}["other organizations"] == "ok"
        print(f"\ndoctor --tenancy with a granted login: {found['tried']} checks in {name}")
        crm("profile", "edit", "work", "--database", admin)
        assert levels(crm, exit=8)["role"] == "fail"
        assert levels(crm, "--tenancy", exit=8)["without an organization"] == "fail"
        crm("db", "revoke", "ana@acme.com")


def after(crm: Program, server: Server, statements: list[str]) -> dict[str, str]:
    """Return what is found after statements of an administrator, in a copy of the database."""
    copy = server.create(template=crm.database.rpartition("/")[2])
    try:
        with psycopg.connect(make_conninfo(server.admin_url, dbname=copy), autocommit=True) as broken:
            for statement in statements:
                broken.execute(statement)
        crm("profile", "edit", "work", "--database", server.url(copy))
        return levels(crm, "--tenancy", exit=8)
    finally:
        crm("profile", "edit", "work", "--database", crm.database)
        server.drop(copy)


def test_open_files_are_found(sqlite_crm: Program, tmp_path: Path) -> None:
    """The database, its log, backups, settings, sessions."""
    crm = sqlite_crm
    database = Path(crm.database.removeprefix("sqlite:///"))
    (database.parent / "backups").mkdir(mode=0o700)
    opened = {
        "database files": database,
        "settings": crm.home / "config.toml",
        "backups": database.parent / "backups" / "old.db",
        "secrets and sessions": crm.home / "state" / "sessions" / "work",
    }
    for check, path in opened.items():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch()
        for mode in (0o640, 0o604, 0o620):
            path.chmod(mode)
            assert levels(crm, exit=8)[check] == "fail", (check, oct(mode))
        path.chmod(0o600)
        assert levels(crm)[check] == "ok"
    assert machine.is_open(os.devnull)


def test_faults_of_a_file_are_found(sqlite_crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that leads into another organization, a reference without its key, a wrong clock, no database."""
    crm = sqlite_crm
    crm("contact", "add", "Ana Berg")
    crm("org", "add", "--name", "Beta", "--slug", "beta", "--admin-email", "bo@beta.com")
    crm("profile", "add", "other", "--organization", "beta", "--user", "bo@beta.com")
    raw = sqlite3.connect(crm.database.removeprefix("sqlite:///"))
    raw.execute("PRAGMA foreign_keys=OFF")
    raw.create_function("mycrm_fold", 1, str)
    [foreign] = raw.execute("SELECT id FROM users WHERE email = 'bo@beta.com'").fetchone()
    raw.execute("UPDATE contacts SET owner_id = ?", (foreign,))
    raw.commit()
    assert levels(crm, "--tenancy", exit=8)["rows"] == "fail"
    raw.execute("UPDATE contacts SET owner_id = NULL")
    raw.commit()
    assert levels(crm, "--tenancy")["rows"] == "ok"
    raw.execute("DROP TABLE notes")
    raw.execute("CREATE TABLE notes (id, organization_id, author_id REFERENCES users (id))")
    raw.commit()
    raw.close()
    assert levels(crm, "--tenancy", exit=8)["references"] == "fail"
    assert len(references.references()) >= 90
    monkeypatch.setenv("MYCRM_NOW", "2001-01-01T00:00:00Z")
    assert "fail" in crm("doctor", exit=8, env={"MYCRM_NOW": "2001-01-01T00:00:00Z"}).stdout
    Path(crm.database.removeprefix("sqlite:///")).unlink()
    assert levels(crm, exit=8)["database"] == "fail"


def test_without_a_profile_the_machine_is_looked_at(program: Program) -> None:
    """And the proof says what it needs."""
    assert levels(program)["profile"] == "warn"
    program("doctor", "--tenancy", exit=78)
