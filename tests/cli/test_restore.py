"""Restoring: what was saved is back to the last row, nobody who was erased is, and what is damaged is refused."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import rowhash
from tests.conftest import Server
from tests.program import Program

JAN, EVA = "jan@mail.example", "eva@mail.example"
CHANGED = ("erasures", "auth_sessions")


def rows(crm: Program) -> dict[str, list[str]]:
    """Return all rows but for what a restore changes on purpose."""
    found = rowhash.rows_of(crm, without=(), journal=True)
    return {table: members for table, members in found.items() if table not in CHANGED and table != "api_tokens"}


def sessions(crm: Program, dialect: str) -> None:
    """Open a session that nobody ends."""
    from tests.services.test_concurrency import organization_of, work

    with work(crm, organization_of(crm)) as unit:
        from mycrm_cli import catalog, clock
        from mycrm_cli.ids import uuid7
        from mycrm_cli.services import rows as statements

        row: dict[str, object] = {
            "id": uuid7(),
            "organization_id": unit.scope.organization_id,
            "user_id": unit.scope.user_id,
        }
        row |= {"token_hash": "f" * 64, "expires_at": clock.now(), "created_at": clock.now()}
        statements.insert(unit.connection, catalog.entity("auth_sessions"), [row])


def test_a_restore_is_what_was_saved(whole: Program, dialect: str) -> None:
    """All rows are as they were, what was there is saved, sessions end, and the program works on."""
    crm = whole
    crm("contact", "add", "Jan Vermeer", "--email", JAN)
    crm("deal", "add", "Pearls", "--contact", "C-1")
    crm("note", "add", "50% of ? and 'quotes' \\ and\ttabs\nand lines", "--contact", "C-1")
    sessions(crm, dialect)
    before = rows(crm)
    file = crm.json("db", "backup")["path"]
    crm("contact", "add", "Later", "--email", "later@mail.example")
    crm("deal", "delete", "D-1", "-y")
    assert "--confirm work" in crm("db", "restore", file, exit=2).stderr
    crm("db", "restore", file, "--confirm", "play", exit=2)
    assert "whole" in crm("db", "restore", file, "-n").stderr and rows(crm) != before
    later = rows(crm)
    done = crm.json("db", "restore", Path(file).name, "--confirm", "work")
    assert rows(crm) == before and crm("change", "verify").exit == 0
    assert done["sessions_ended"] >= 1 and done["erased_again"] == [] and not done["erasures_unknown"]
    assert crm("search", "Vermeer", "-o", "plain").stdout and crm("db", "check").exit == 0
    crm("contact", "add", "Works", "--email", "works@mail.example")
    listed = crm.json("db", "list", "--verify")
    assert [(each["reason"], each["state"]) for each in listed] == [("before a restore", "ok"), ("by hand", "ok")]
    for each in (Path(done["before"]), Path(f"{done['before']}.json")):
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    crm("db", "restore", done["before"], "--confirm", "work")
    assert rows(crm) == later
    told = crm.json("db", "status")
    assert told["backups"] == 3 and told["newest_backup"] and told["bytes"] > 0 and told["server"]
    if dialect == "sqlite":
        path = Path(str(crm.database).removeprefix("sqlite:///"))
        assert {file.name for file in path.parent.glob(f"{path.name}*")} <= {
            path.name,
            f"{path.name}-wal",
            f"{path.name}-shm",
        }
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and told["journal_mode"] == "wal"
    else:
        tenancy = crm("doctor", "--tenancy", exit=None).stdout
        assert not [line for line in tenancy.splitlines() if line.startswith("fail") and "superuser" not in line], (
            tenancy
        )


def test_who_was_erased_stays_away(whole: Program) -> None:
    """Erasures of after the backup are carried over, and whom they name is erased from what came back."""
    crm = whole
    crm("contact", "add", "Jan Vermeer", "--email", JAN, "--phone", "+31612345678")
    crm("contact", "add", "Only a number", "--phone", "+31687654321")
    crm("lead", "add", "Eva", "--email", EVA)
    crm("deal", "add", "Pearls", "--contact", "C-1")
    file = crm.json("db", "backup")["path"]
    for who in (JAN, "C-2"):
        crm("person", "erase", who, "--confirm", who)
    stones = crm.json("person", "list")
    done = crm.json("db", "restore", file, "--confirm", "work")
    assert sorted(done["erased_again"]) == ["C-1", "C-2"] and done["to_erase"] == []
    assert (
        crm("contact", "list", "-o", "plain").stdout == ""
        and crm("contact", "list", "--deleted", "-o", "ids").stdout == ""
    )
    assert {each["digest"] for each in crm.json("person", "list")} >= {each["digest"] for each in stones}
    crm("contact", "add", "Jan", "--email", JAN, exit=6)
    crm("contact", "add", "Jan", "--phone", "+31687654321", exit=6)
    assert crm.json("deal", "view", "D-1")["contact_id"] is None and crm("change", "verify").exit == 0
    assert crm("lead", "list", "-o", "ids").stdout
    [change] = [each for each in crm.json("change", "list") if each["command"] == ["db", "restore"]]
    assert change["number"]
    if str(crm.database).startswith("sqlite"):
        assert JAN.encode() not in Path(str(crm.database).removeprefix("sqlite:///")).read_bytes()


def test_what_is_damaged_is_refused(whole: Program, dialect: str, tmp_path: Path) -> None:
    """A flipped bit, a missing or an altered manifest, a newer schema, another kind of database; nothing changes."""
    crm = whole
    crm("contact", "add", "Jan", "--email", JAN)
    file = Path(crm.json("db", "backup")["path"])
    manifest = Path(f"{file}.json")
    good, said, before = file.read_bytes(), manifest.read_bytes(), rows(crm)
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 4
    file.write_bytes(flipped)
    for extra in (("--confirm", "work"), ("-n",)):
        assert "damaged" in crm("db", "restore", str(file), *extra, exit=6).stderr
    assert crm("db", "list", "-o", "plain").rows[0][-1] == "ok"
    assert crm("db", "list", "--verify", "-o", "plain", exit=8).rows[0][-1] == "damaged"
    file.write_bytes(good[:-1])
    assert crm("db", "list", "-o", "plain").rows[0][-1] == "damaged"
    file.write_bytes(good)
    manifest.write_bytes(said.replace(b"by hand", b"by Hand"))
    assert "manifest" in crm("db", "restore", str(file), "--confirm", "work", exit=6).stderr
    manifest.unlink()
    assert "no manifest" in crm("db", "restore", str(file), "--confirm", "work", exit=6).stderr
    assert crm("db", "list", "-o", "plain").rows[0][-1] == "no manifest"
    from mycrm_cli.db import manifests

    told = json.loads(said)
    told.pop("seal")
    for name, value in (("schema", "9999"), ("min_program", "99.0")):
        manifest.write_text(manifests.text(told | {name: value}))
        assert "update mycrm" in crm("db", "restore", str(file), "--confirm", "work", exit=78).stderr
    other = tmp_path / "other.db"
    other.write_bytes(b"SQLite format 3\0" if dialect == "postgresql" else b"PGDMP")
    from mycrm_cli.db import placing

    manifests.write(str(other), told | {"bytes": other.stat().st_size, "sha256": placing.sha256(str(other))})
    assert "this profile is on" in crm("db", "restore", str(other), "--confirm", "work", exit=6).stderr
    crm("db", "restore", str(tmp_path / "none"), "--confirm", "work", exit=2)
    crm("db", "restore", exit=2)
    assert rows(crm) == before


def test_a_restore_waits_for_nobody_long(sqlite_crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has the file open keeps a restore away (exit 75); a file past reading, or gone, is replaced."""
    from mycrm_cli.db import connect

    crm = sqlite_crm
    crm("contact", "add", "Jan", "--email", JAN)
    file, before = crm.json("db", "backup")["path"], rows(crm)
    path = Path(crm.database.removeprefix("sqlite:///"))
    monkeypatch.setattr(connect, "BUSY_SECONDS", 0.3)
    code = f"import sqlite3,sys; c = sqlite3.connect({str(path)!r}); print(c.execute('SELECT count(*) FROM contacts')"
    line = [sys.executable, "-c", f"{code}.fetchone(), flush=True); sys.stdin.read()"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        assert "others are using" in crm("db", "restore", file, "--confirm", "work", exit=75).stderr
        reader.communicate()
    for harm in (b"x" * 8192, path.read_bytes()[:8192] + b"\xff" * 300_000, None):
        if harm is None:
            path.unlink()
        else:
            path.write_bytes(harm)
            assert crm("db", "check", exit=8).stdout
        done = crm("db", "restore", file, "--confirm", "work", "--json")
        told = done.json
        assert told["erasures_unknown"] == (harm is None or harm.startswith(b"x")) or "is back" in done.stderr
        assert rows(crm) == before and (harm is None or Path(told["before"]).read_bytes() == harm)
        assert crm("db", "check").exit == 0
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.commit()
    connection.close()
    from mycrm_cli.db import backups

    older = backups.make(crm.database, None, os.path.dirname(file))
    crm("db", "restore", file, "--confirm", "work")
    crm("person", "erase", JAN, "--confirm", JAN)
    told = crm.json("db", "restore", older.path, "--confirm", "work")
    assert told["upgrade_needed"] and JAN not in Path(told["erase_after_upgrade"]).read_text()
    assert "db upgrade" in crm("contact", "list", exit=78).stderr


def test_only_administrators_restore(sqlite_crm: Program) -> None:
    """Another role is refused."""
    crm = sqlite_crm
    file = crm.json("db", "backup")["path"]
    crm("user", "add", "sam@acme.com", "--role", "sales_rep", "--first-name", "Sam", "--last-name", "Hill")
    crm("profile", "add", "sam", "--organization", "acme", "--user", "sam@acme.com", "--database", crm.database)
    assert "administrators" in crm("-P", "sam", "db", "restore", file, "--confirm", "sam", exit=4).stderr


def test_postgresql_keeps_rights_and_what_others_built(
    whole: Program, dialect: str, request: pytest.FixtureRequest
) -> None:
    """Logins of people work as before; a view of somebody else stops the restore, and nothing is changed."""
    if dialect == "sqlite":
        return
    crm, server = whole, request.getfixturevalue("server")
    assert isinstance(server, Server)
    crm("contact", "add", "Jan", "--email", JAN)
    file, before = crm.json("db", "backup")["path"], rows(crm)
    name = crm.database.rpartition("/")[2]
    with psycopg.connect(psycopg.conninfo.make_conninfo(server.admin_url, dbname=name), autocommit=True) as admin:
        acl = "SELECT relname, relacl::text, relrowsecurity, relforcerowsecurity, relowner FROM pg_class"
        asked = f"{acl} WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
        rights = admin.execute(asked).fetchall()
        routines = (
            "SELECT proname, proacl::text, proowner FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1"
        )
        functions = admin.execute(routines).fetchall()
        admin.execute("CREATE VIEW mine AS SELECT email FROM contacts")
        assert "view mine" in crm("db", "restore", file, "--confirm", "work", exit=78).stderr
        assert rows(crm) == before
        admin.execute("DROP VIEW mine")
        crm("db", "restore", file, "--confirm", "work")
        assert admin.execute(asked).fetchall() == rights and admin.execute(routines).fetchall() == functions
    assert rows(crm) == before


def test_a_large_import_is_backed_up_first(whole: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where there is something to lose, and only from so many rows on; the setting is read and checked."""
    crm = whole
    env = {"MYCRM_BACKUP_BEFORE_IMPORT": "3"}

    def load(numbers: range, *options: str, **given: object) -> str:
        lines = "name,email\n" + "".join(f"N{each},n{each}@x.example\n" for each in numbers)
        run = crm("contact", "import", "-", "--format", "csv", *options, stdin=lines, **given)  # type: ignore[arg-type]
        return run.stderr

    assert "backed up" not in load(range(5), env=env)
    assert "backed up" not in load(range(5, 7), env=env)
    assert "backed up" not in load(range(7, 11), "-n", env=env)
    assert "backed up" not in load(range(7, 11), env={"MYCRM_BACKUP_BEFORE_IMPORT": "off"})
    assert "backed up first" in load(range(11, 15), env=env)
    [made] = crm.json("db", "list", "--verify")
    assert (made["reason"], made["state"]) == ("before an import", "ok")
    crm("contact", "count", env={"MYCRM_BACKUP_BEFORE_IMPORT": "many"}, exit=None)
    load(range(20, 25), env={"MYCRM_BACKUP_BEFORE_IMPORT": "many"}, exit=78)


def test_the_guide_is_right(whole: Program) -> None:
    """Every command of it runs."""
    from tests.test_guides import commands

    lines = commands("backups.md")
    assert len(lines) >= 5
    for line in lines:
        whole(*line)
