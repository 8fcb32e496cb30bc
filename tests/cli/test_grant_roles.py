"""Logins of people whose roles change: what the program says, lists and finds, and what an upgrade renews."""

import shutil
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from mycrm_cli.db import migrate
from tests.cli.test_doctor import levels
from tests.cli.test_grant import dialect, granting, login_of  # noqa: F401  (fixtures)
from tests.conftest import APPLICATION_ROLE, Server
from tests.program import Program

EVE = "eve@acme.com"


@pytest.fixture
def eve(granting: Program) -> str:  # noqa: F811
    """The login of Eve, who is an administrator."""
    granting("user", "add", EVE, "--first-name", "Eve", "--role", "admin")
    granting("db", "grant", EVE, "--password-file", "-", stdin="test\n")
    return login_of(granting, EVE)


def is_open(crm: Program, login: str) -> bool:
    """Return whether a login sees its organization."""
    with psycopg.connect(crm.database, user=login, password="test") as session:
        return session.execute("SELECT count(*) FROM organizations").fetchone() == (1,)


def test_a_change_of_role_says_that_the_login_waits(granting: Program, eve: str, tmp_path: Path) -> None:  # noqa: F811
    """However the role is changed; what is listed and what doctor finds until the login is granted anew."""
    crm, file = granting, tmp_path / "users.csv"
    file.write_text(f"email,first_name,role\n{EVE},Eve,sales_rep\n")
    command = f"mycrm db grant {EVE}"
    changes = (
        ("user", "role", EVE, "readonly"),
        ("user", "edit", EVE, "--role", "manager"),
        ("user", "import", str(file), "--mode", "update", "--yes"),
    )
    for line in changes:
        assert command not in crm(*line, "--dry-run").stderr
        said = crm(*line).stderr
        assert f"{eve} " not in said
        assert "is closed" in said, line
        assert command in said
        assert not is_open(crm, eve)
        assert levels(crm, "--tenancy", exit=8)["login rights"] == "fail"
        assert f"locked (granted to admin: {command})" in crm("db", "grants").stdout
        assert command not in crm("undo", "--yes", terminal=True).stdout
        assert is_open(crm, eve)
    crm(*changes[0])
    crm("db", "grant", EVE)
    assert is_open(crm, eve)
    [row] = crm.json("db", "grants")
    assert (row["role"], row["granted_role"], row["usable"]) == ("readonly", "readonly", True)
    assert levels(crm, "--tenancy")["login rights"] == "ok"
    assert command not in crm("user", "role", EVE, "manager").stderr  # the database grants both the same
    said = crm("user", "role", EVE, "admin").stderr
    assert "has the rights of readonly" in said
    assert command in said
    assert is_open(crm, eve)
    assert levels(crm, "--tenancy")["missing rights"] == "warn"


def test_an_administrator_works_on_a_login_of_the_own(granting: Program, eve: str) -> None:  # noqa: F811
    """Erases people, makes, demotes and offboards users, and at last gives up the own role, which is written down."""
    crm, me = granting, ("-P", "mine")
    crm(
        *f"profile add mine --organization acme --user {EVE}".split(),
        "--database",
        crm.database.replace(APPLICATION_ROLE, eve),
    )
    crm.sign_in("mine")
    crm("contact", "add", "Jan Bok", "--email", "jan@example.com", *me)
    crm("person", "erase", "jan@example.com", "--confirm", "jan@example.com", *me)
    crm("user", "add", "bo@acme.com", "--first-name", "Bo", "--role", "admin", *me)
    crm("db", "grant", "bo@acme.com", "--password-file", "-", stdin="test\n")
    assert "mycrm db grant bo@acme.com" in crm("user", "role", "bo@acme.com", "sales_rep", *me).stderr
    assert not is_open(crm, login_of(crm, "bo@acme.com"))
    crm("user", "offboard", "bo@acme.com", "--to", EVE, "--yes", *me)
    crm("db", "revoke", "bo@acme.com")
    assert f"mycrm db grant {EVE}" in crm("user", "role", EVE, "sales_rep", *me).stderr
    assert not is_open(crm, eve)
    assert f"mycrm db grant {EVE}" in crm("contact", "list", *me, exit=4).stderr
    assert levels(crm, *me, exit=8)["role"] == "fail"
    assert crm.json("user", "show", EVE)["role"] == "sales_rep"
    crm("change", "verify")
    crm("db", "grant", EVE)
    crm.sign_in("mine")
    crm("contact", "add", "Ina Bok", *me)
    crm("undo", "--yes", *me, terminal=True)


def test_doctor_finds_rights_that_nobody_gave(granting: Program, eve: str, server: Server) -> None:  # noqa: F811
    """On tables, on columns, given to everybody; also when the login asks itself."""
    crm, name = granting, granting.database.rpartition("/")[2]
    crm("user", "role", EVE, "sales_rep")
    crm("db", "grant", EVE)
    crm(
        *f"profile add mine --organization acme --user {EVE}".split(),
        "--database",
        crm.database.replace(APPLICATION_ROLE, eve),
    )
    crm.sign_in("mine")
    for right, target in (
        ("TRUNCATE ON contacts", eve),
        ("UPDATE (role) ON users", eve),
        ("DELETE ON change_payloads", "PUBLIC"),
        ("SELECT ON mycrm_logins", eve),
    ):
        with psycopg.connect(make_conninfo(server.admin_url, dbname=name), autocommit=True) as admin:
            admin.execute(f"GRANT {right} TO {target}")
            assert levels(crm, "--tenancy", exit=8)["login rights"] == "fail", right
            assert "mycrm_logins" in right or levels(crm, "--tenancy", "-P", "mine", exit=8)["login rights"] == "fail"
            admin.execute(f"REVOKE {right} FROM {target}")
        assert levels(crm, "--tenancy")["login rights"] == "ok"
        assert levels(crm, "--tenancy", "-P", "mine")["login rights"] == "ok"


def test_an_upgrade_gives_what_is_new_to_the_owner_and_renews_rights(
    granting: Program,  # noqa: F811
    eve: str,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The admin database's login makes the tables of a later version; a closed login stays closed."""
    crm, name = granting, granting.database.rpartition("/")[2]
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.folder(), folder)
    (folder / "versions" / "0002_later.py").write_text(
        "from alembic import op\n\nrevision, down_revision = '0002', '0001'\n\n"
        "def upgrade():\n    op.execute('CREATE TABLE later (id uuid)')\n"
    )
    monkeypatch.setattr(migrate, "folder", lambda: str(folder))
    monkeypatch.setattr(migrate, "REVISION", "0002")
    owner = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'later'"
    with psycopg.connect(make_conninfo(server.admin_url, dbname=name), autocommit=True) as admin:
        admin.execute(f"REVOKE ALL ON contacts FROM {eve}")
        assert "1 PostgreSQL login " in crm("db", "upgrade").stderr
        assert admin.execute(owner).fetchone() == (APPLICATION_ROLE,)
        admin.execute("DROP TABLE later")
        admin.execute("UPDATE alembic_version SET version_num = '0001'")
    monkeypatch.undo()
    assert "missing rights" not in levels(crm, "--tenancy")
    crm("user", "role", EVE, "manager")
    assert "1 PostgreSQL login " in crm("db", "upgrade").stderr
    assert not is_open(crm, eve)
    crm("db", "upgrade", "-P", "work")


def test_a_password_file_that_others_can_read_is_refused(granting: Program, tmp_path: Path) -> None:  # noqa: F811
    """As it is where a profile names one."""
    file = tmp_path / "secret"
    file.write_text("not to be shown\n")
    for mode in (0o644, 0o640, 0o604):
        file.chmod(mode)
        said = granting("profile", "password", "work", "--file", str(file), exit=78).stderr
        assert f"chmod 600 {file}" in said
        assert "not to be shown" not in said
