"""Backups: what was acknowledged before is in them, whoever writes meanwhile; and what cannot be done is told."""

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.clients import CLIENT
from tests.conftest import Server
from tests.program import Program


@pytest.fixture
def fresh(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The name of a database, or the path of a file, into which a backup is put back."""
    if dialect == "sqlite":
        yield str(tmp_path / "back.db")
        return
    server: Server = request.getfixturevalue("server")
    name = server.create()
    yield name
    server.drop(name)


def contacts(file: Path, place: str, dialect: str, request: pytest.FixtureRequest) -> set[str]:
    """Put a backup back and return the addresses that are in it."""
    if dialect == "sqlite":
        import sqlite3

        shutil.copyfile(file, place)
        connection = sqlite3.connect(place)
        found = {str(row[0]) for row in connection.execute("SELECT email FROM contacts")}
        connection.close()
        return found
    server: Server = request.getfixturevalue("server")
    uri = psycopg.conninfo.make_conninfo(server.admin_url, dbname=place)
    subprocess.run([CLIENT / "pg_restore", "--exit-on-error", f"--dbname={uri}", file], check=True)
    with psycopg.connect(uri) as admin:
        return {str(row[0]) for row in admin.execute("SELECT email FROM contacts")}


def test_a_backup_while_others_write(
    whole: Program, fresh: str, dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Nothing that was acknowledged is missing; the files are private, the manifest is right, the newest stay."""
    crm, folder, done = whole, tmp_path / "to", tmp_path / "done"
    done.touch()
    line = f'"{sys.executable}" -m mycrm_cli contact add "Ana $i" --email "ana$i@x.example.org"'
    forever = f'i=0; while i=$((i+1)); do {line} >/dev/null && echo "ana$i@x.example.org" >>"{done}"; done'
    with subprocess.Popen(["sh", "-c", forever], env=crm.environment(), start_new_session=True) as writer:
        try:
            for _ in range(4):
                before = done.read_text().splitlines()
                told = crm.json("db", "backup", "--to", str(folder), "--keep", "2")
            while done.read_text().splitlines() == before:
                time.sleep(0.05)
        finally:
            os.killpg(writer.pid, signal.SIGKILL)
    file = Path(told["path"])
    assert set(before) <= contacts(file, fresh, dialect, request)
    manifest = json.loads(Path(f"{file}.json").read_text())
    assert manifest["sha256"] == told["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (manifest["file"], manifest["bytes"], manifest["schema"]) == (file.name, file.stat().st_size, "0001")
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 4 and names[-2:] == [file.name, f"{file.name}.json"], names
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_backups_by_cron(whole: Program, dialect: str) -> None:
    """It is one of the usual jobs, and says nothing while all is well."""
    crm = whole
    crm("cron", "add", "--defaults")
    ran = crm("cron", "run", "backup")
    assert (ran.stdout, ran.stderr) == ("", "")
    beside = Path(str(crm.database).removeprefix("sqlite:///")).parent
    folder = beside / "backups" if dialect == "sqlite" else crm.home / "data" / "backups"
    assert len(list(folder.iterdir())) == 2


def test_what_cannot_be_backed_up(crm: Program, dialect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file for a folder, no client, a login that may not read everything; nothing unfinished is left."""
    (tmp_path / "file").write_text("")
    assert "is no folder" in crm("db", "backup", "--to", str(tmp_path / "file"), exit=2).stderr
    crm("db", "backup", "--to", str(tmp_path / "file" / "below"), exit=78)
    if dialect == "postgresql":
        folder = tmp_path / "to"
        monkeypatch.setenv("PATH", f"{CLIENT}{os.pathsep}{os.environ['PATH']}")
        assert "--admin-database" in crm("db", "backup", "--to", str(folder), exit=78).stderr
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "pg_dump is not installed" in crm("db", "backup", "--to", str(folder), exit=78).stderr
        assert list(folder.iterdir()) == []
