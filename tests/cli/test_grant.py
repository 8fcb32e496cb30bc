"""``db grant``, ``revoke``, ``grants``: what they do on the server, and the program on such a login."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.conftest import APPLICATION_ROLE, Server
from tests.program import Program

ADMIN = "mycrm_test_admin"


@pytest.fixture
def dialect() -> str:
    """SQLite has no logins."""
    return "postgresql"


@pytest.fixture
def granting(crm: Program, server: Server) -> Iterator[Program]:
    """The program with an admin database, whose login makes roles and is in the group of the tables' owner, no more."""
    admin = server.admin
    with admin.transaction():
        admin.execute("SELECT pg_advisory_xact_lock(7322)")
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ADMIN,)).fetchone():
            admin.execute(f"CREATE ROLE {ADMIN} LOGIN PASSWORD 'test' CREATEROLE BYPASSRLS")
            admin.execute(f"GRANT {APPLICATION_ROLE} TO {ADMIN}")
    crm("profile", "edit", "work", "--admin-database", crm.database.replace(APPLICATION_ROLE, ADMIN))
    yield crm
    for row in crm.json("db", "grants"):
        crm("db", "revoke", row["user"])


def login_of(program: Program, user: str = "ana@acme.com") -> str:
    """Return a user's login as ``db grants`` lists it."""
    return next(str(row["login"]) for row in program.json("db", "grants") if row["user"] == user)


def test_a_login_is_made_renewed_listed_and_taken_away(granting: Program, server: Server, tmp_path: Path) -> None:
    """The password is generated into a private file, and no command prints it."""
    crm, file = granting, tmp_path / "ana.secret"
    said = crm("db", "grant", "ana@acme.com", "--password-file", str(file), "--debug")
    password = file.read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(password) >= 40
    assert password not in said.stdout + said.stderr
    assert "SCRAM" not in said.stdout + said.stderr
    login = login_of(crm)
    assert "ana" not in login
    assert login in said.stderr
    with psycopg.connect(crm.database, user=login, password=password) as session:
        assert session.execute("SELECT email FROM users").fetchall() == [("ana@acme.com",)]
        renewed = crm.json("db", "grant", "ana@acme.com")
        assert (renewed["login"], renewed["created"]) == (login, False)
        crm("db", "grant", "ana@acme.com", "--login", "other", exit=6)
        crm("db", "revoke", "ana@acme.com")
        with pytest.raises(psycopg.Error):
            session.execute("SELECT email FROM users")
    assert crm.json("db", "grants") == []
    crm("db", "revoke", "ana@acme.com", exit=3)
    assert server.admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (login,)).fetchone() is None
    told = [(entry["change"], entry["text"]) for entry in crm.json("user", "history", "ana@acme.com")][:3]
    granted, revoked = f"database login granted: {login}", f"database login revoked: {login}"
    assert [text for _, text in told] == [revoked, granted, granted]
    assert "mycrm db grant" in crm("undo", told[0][0], exit=6).stderr
    assert crm("change", "list", "-F", "actor,command", "-L", "1", "-o", "plain").rows == [["Ana Berg", "db revoke"]]
    crm("change", "verify")


def test_passwords_come_from_where_they_are_kept(granting: Program, tmp_path: Path) -> None:
    """A file that is there, stdin, a command; a terminal shows a generated one once, nothing else does."""
    crm, file = granting, tmp_path / "kept"
    file.touch(mode=0o600)
    file.write_text("from a file\n")
    crm("db", "grant", "ana@acme.com", exit=2)
    crm("db", "grant", "ana@acme.com", "--password-file", "-", exit=2)
    assert crm.json("db", "grants") == []
    crm("db", "grant", "ana@acme.com", "--password-file", str(file), "--login", "ana_of_acme")
    assert login_of(crm) == "ana_of_acme"
    crm("db", "grant", "ana@acme.com", "--password-file", "-", stdin="from stdin\n")
    crm("db", "grant", "ana@acme.com", "--password-command", "echo from-a-command")
    file.chmod(0o644)
    crm("db", "grant", "ana@acme.com", "--password-file", str(file), exit=78)
    crm("db", "revoke", "ana@acme.com")
    shown = crm("db", "grant", "ana@acme.com", terminal=True)
    assert shown.stdout.count("password: ") == 1
    for name in ("Ana", "pg_ana", "a" * 64, 'a"b'):
        crm("db", "grant", "ana@acme.com", "--login", name, "--password-file", str(tmp_path / "x"), exit=None)
    crm("db", "grant", "nobody@acme.com", "--password-file", str(tmp_path / "y"), exit=3)
    assert not (tmp_path / "y").exists()


def test_without_an_admin_database_the_sql_is_told(crm: Program, server: Server) -> None:
    """It is complete: run by an administrator, it makes a login with which the program works."""
    told = crm("db", "grant", "ana@acme.com", "--login", "ana_by_hand", exit=78)
    script, _, password = told.stdout.partition("\\password")
    assert '"ana_by_hand"' in password
    name = crm.database.rpartition("/")[2]
    with psycopg.connect(make_conninfo(server.admin_url, dbname=name), autocommit=True) as admin:
        for statement in script.split(";"):
            if statement.strip():
                admin.execute(statement)
        try:
            crm("profile", "edit", "work", "--database", crm.database.replace(APPLICATION_ROLE, "ana_by_hand"))
            crm("contact", "add", "Ana Berg")
            assert crm("contact", "count").stdout.strip() == "1"
            # Told again, on that login itself, it renews what there is.
            admin.execute("UPDATE mycrm_logins SET is_active = false, role = 'readonly'")
            admin.execute("REVOKE SELECT ON contacts FROM ana_by_hand")
            crm("contact", "count", exit=None)
            crm("profile", "edit", "work", "--database", crm.database)
            script = crm("db", "grant", "ana@acme.com", exit=78).stdout
            assert "CREATE ROLE" not in script
            for statement in script.split(";"):
                if statement.strip():
                    admin.execute(statement)
            crm("profile", "edit", "work", "--database", crm.database.replace(APPLICATION_ROLE, "ana_by_hand"))
            assert crm("contact", "count").stdout.strip() == "1"
            assert "ana_by_hand" in crm("db", "grant", "ana@acme.com", exit=78).stdout
        finally:
            admin.execute("DROP OWNED BY ana_by_hand")
            admin.execute("DROP ROLE ana_by_hand")
    crm("db", "revoke", "ana@acme.com", exit=78)
    crm("db", "grants", exit=78)


def test_weak_administrators_are_told_what_they_lack(crm: Program) -> None:
    """The login of the tables' owner cannot make others."""
    crm("profile", "edit", "work", "--admin-database", crm.database)
    told = crm("db", "grant", "ana@acme.com", "--password-file", "-", stdin="x\n", exit=78)
    assert "CREATEROLE" in told.stderr


@pytest.mark.parametrize("role", ["sales_rep", "super_admin"])
def test_the_program_works_on_such_a_login(granting: Program, tmp_path: Path, role: str) -> None:
    """List, add, edit, import, undo, export; and nothing of an organization beside it."""
    crm, user, shared = granting, "ana@acme.com", granting.database
    crm(
        *"init --profile other --organization Beta --slug beta --email bo@beta.com --no-input".split(),
        "--database",
        shared,
    )
    crm.sign_in("other")
    crm("contact", "add", "Bo Beta", "-P", "other")
    if role == "sales_rep":
        user = "eve@acme.com"
        crm("user", "add", user, "--first-name", "Eve", "--role", role)
    crm("db", "grant", user, "--password-file", "-", stdin="test\n")
    url = shared.replace(APPLICATION_ROLE, login_of(crm, user))
    # The organization is found by its short name, on the new login.
    crm(*f"profile add mine --organization acme --user {user} --database {url}".split())
    crm.sign_in("mine")
    me = ("-P", "mine")
    crm("contact", "add", "Ana Berg", "--email", "berg@example.com", "--tag", "vip", *me)
    crm("contact", "edit", "berg@example.com", "--city", "Wien", *me)
    lines = [f"Ada,Lin {number},a{number}@example.com\n" for number in range(180)]
    (tmp_path / "people.csv").write_text("first_name,last_name,email\n" + "".join(lines))
    crm("contact", "import", str(tmp_path / "people.csv"), "--yes", *me)
    assert crm("contact", "count", *me).stdout.strip() == "181"
    crm("undo", "--yes", *me, terminal=True)
    assert crm("contact", "count", *me).stdout.strip() == "1"
    crm("deal", "add", "Big", "--value", "10", "--contact", "berg@example.com", *me)
    crm("deal", "move", "Big", "next", *me)
    crm("task", "add", "Call", "--due", "fri", *me)
    crm("change", "verify", *me)
    if role == "super_admin":
        crm("pipeline", "add", "Second", *me)
        crm("user", "add", "cy@acme.com", "--first-name", "Cy", "--role", "readonly", *me)
    assert "Bo Beta" not in crm("contact", "export", *me).stdout + crm("search", "bo", *me).stdout
    assert crm("contact", "count", "-P", "other").stdout.strip() == "1"
    crm("profile", "edit", "other", "--database", url, exit=3)


def test_sqlite_says_why_not(sqlite_crm: Program) -> None:
    """A file has no logins."""
    for line in (("grant", "ana@acme.com"), ("revoke", "ana@acme.com"), ("grants",)):
        assert "SQLite" in sqlite_crm("db", *line, exit=2).stderr


def test_the_guide_names_what_there_is(program: Program) -> None:
    """Every command of the guide, and every option in it, is one of the program's."""
    guide = Path(__file__).parents[2] / "docs" / "guides" / "postgresql.md"
    lines = re.findall(r"^    mycrm (.*)$", guide.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) >= 9
    for line in lines:
        words, options = [word for word in line.split() if not word.startswith("-")], re.findall(r"--[a-z-]+", line)
        command = words[:1] if words[0] in ("init", "doctor") else words[:2]
        told = program(*command, "--help").stdout
        assert all(option in told for option in options), line
