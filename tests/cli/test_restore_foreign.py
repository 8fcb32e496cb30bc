"""Files that are no backups, with a manifest beside them that fits: refused by name, and nothing is changed."""

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from mycrm_cli.db import manifests, placing
from tests import clients, rowhash
from tests.conftest import Server
from tests.program import Program

HEADS = {"sqlite": b"SQLite format 3\0", "postgresql": b"PGDMP\1\17\0"}


def text(crm: Program, made: Path, server: Callable[[], Server]) -> bytes:
    return b"name,email\nJan,jan@mail.example\n" * 100


def nothing(crm: Program, made: Path, server: Callable[[], Server]) -> bytes:
    return b""


def head(crm: Program, made: Path, server: Callable[[], Server]) -> bytes:
    return HEADS["sqlite" if made.suffix == ".db" else "postgresql"] + b"\xfe" * 8192


def harmed(crm: Program, made: Path, server: Callable[[], Server]) -> bytes:
    """Return a backup whose manifest was made after it was harmed."""
    data = bytearray(made.read_bytes())
    data[len(data) * 2 // 3 :] = b"\xff" * (len(data) - len(data) * 2 // 3)
    return bytes(data)


def another(crm: Program, made: Path, server: Callable[[], Server]) -> bytes:
    """Return a whole copy of another program's database."""
    file = made.with_name(f"another{made.suffix}")
    if made.suffix == ".db":
        with closing(sqlite3.connect(file)) as database:
            database.execute("CREATE TABLE songs (title text)")
        return file.read_bytes()
    name = server().create()
    try:
        uri = psycopg.conninfo.make_conninfo(server().admin_url, dbname=name)
        with psycopg.connect(uri) as connection:
            connection.execute("CREATE TABLE songs (title text)")
        line = [str(clients.CLIENT / "pg_dump"), "--format=custom", f"--file={file}", f"--dbname={uri}"]
        subprocess.run(line, check=True)
    finally:
        server().drop(name)
    return file.read_bytes()


@pytest.mark.parametrize("make", [text, nothing, head, harmed, another])
def test_no_backup(
    whole: Program,
    make: Callable[[Program, Path, Callable[[], Server]], bytes],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    crm = whole
    crm("contact", "add", "Jan", "--email", "jan@mail.example")
    made = Path(crm.json("db", "backup")["path"])
    told, before = manifests.read(str(made)), rowhash.everything(crm, without=(), journal=True)
    file = tmp_path / f"given{made.suffix}"
    file.write_bytes(make(crm, made, lambda: request.getfixturevalue("server")))
    sealed = told | {"bytes": file.stat().st_size, "sha256": placing.sha256(str(file))}
    manifests.write(str(file), sealed)
    said = crm("db", "restore", str(file), "--confirm", "work", exit=6).stderr
    assert f"{file} is no backup of mycrm" in said and "db list" in said
    if make is not harmed:  # for that all of it would have to be put together
        assert f"{file} is no backup of mycrm" in crm("db", "restore", str(file), "-n", exit=6).stderr
    assert rowhash.everything(crm, without=(), journal=True) == before
    assert crm("db", "check").exit == 0
    assert sorted(path.name for path in tmp_path.glob("given*")) == [file.name, f"{file.name}.json"]
