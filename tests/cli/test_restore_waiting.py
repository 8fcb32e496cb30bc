"""Restores on PostgreSQL beside somebody who does not finish: how long they wait, and what they leave when killed."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from mycrm_cli.db import loading
from tests.conftest import Server
from tests.program import Program

WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND query LIKE 'LOCK TABLE%'"
)


def address(crm: Program, request: pytest.FixtureRequest) -> str:
    """Return where the database is, as the server's administrator reaches it."""
    server = request.getfixturevalue("server")
    assert isinstance(server, Server)
    return psycopg.conninfo.make_conninfo(server.admin_url, dbname=str(crm.database).rpartition("/")[2])


@contextmanager
def reading(crm: Program, request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """Read in a transaction that stays open; give another connection."""
    uri = address(crm, request)
    with psycopg.connect(uri) as reader, psycopg.connect(uri, autocommit=True) as admin:
        reader.execute("SELECT count(*) FROM organizations")
        yield admin


def waits(admin: psycopg.Connection) -> bool:
    """Return whether a restore waits for a lock."""
    return admin.execute(WAITS).fetchone() != (0,)


def test_a_restore_that_is_killed_while_it_waits_keeps_nobody_out(
    whole: Program, dialect: str, request: pytest.FixtureRequest
) -> None:
    """The server notices that it is gone, though the one it waited for goes on."""
    if dialect == "sqlite":
        return
    crm = whole
    file = crm.json("db", "backup")["path"]
    with reading(crm, request) as admin:
        line = [sys.executable, "-m", "mycrm_cli", "db", "restore", file, "--confirm", "work"]
        with subprocess.Popen(line, env=crm.environment(), stderr=subprocess.PIPE) as restoring:
            deadline = time.monotonic() + 20
            while not waits(admin):
                assert time.monotonic() < deadline and restoring.poll() is None, "it does not wait"
                time.sleep(0.05)
            restoring.kill()
        started = time.monotonic()
        crm("contact", "add", "Jan", "--email", "jan@mail.example")
        assert time.monotonic() - started < 10
        assert not waits(admin)
    crm("db", "restore", file, "--confirm", "work")


def test_a_restore_gives_up_beside_a_long_reader(
    whole: Program, dialect: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, nothing is changed, and others go on at once."""
    if dialect == "sqlite":
        return
    crm = whole
    monkeypatch.setattr(loading, "WAIT_SECONDS", 1)
    file = crm.json("db", "backup")["path"]
    crm("contact", "add", "Jan", "--email", "jan@mail.example")
    with reading(crm, request) as admin:
        refused = crm("db", "restore", file, "--confirm", "work", exit=75).stderr
        assert "others have used the database for 1 seconds" in refused and "shells, jobs" in refused
        assert not waits(admin) and len(crm.json("contact", "list")) == 1
    crm("db", "restore", file, "--confirm", "work")
    assert crm.json("contact", "list") == []


def write(uri: str, done: threading.Event) -> None:
    """Do what a command that writes does: read first, then take a number on another connection; again and again."""
    while not done.wait(random.uniform(0, 0.3)):  # some are inside, and others wait to come in
        with suppress(psycopg.Error), psycopg.connect(uri, application_name="mycrm") as crm:
            crm.execute("SET lock_timeout = '30s'; SELECT count(*) FROM organizations")
            time.sleep(0.002)
            with suppress(psycopg.Error), psycopg.connect(uri, application_name="mycrm") as numbers:
                numbers.execute("SET lock_timeout = '30s'; UPDATE counters SET next_value = next_value + 1")


def test_a_restore_is_done_beside_many_who_write(whole: Program, dialect: str, request: pytest.FixtureRequest) -> None:
    """It keeps its place among them: who comes later waits, and who is inside is ended."""
    if dialect == "sqlite":
        return
    crm, done = whole, threading.Event()
    file = crm.json("db", "backup")["path"]
    threads = [threading.Thread(target=write, args=(address(crm, request), done)) for _ in range(12)]
    for thread in threads:
        thread.start()
    try:
        started = time.monotonic()
        for _ in range(2):
            crm("db", "restore", file, "--confirm", "work")
        assert time.monotonic() - started < 15
    finally:
        done.set()
        for thread in threads:
            thread.join()
    crm("contact", "add", "Jan", "--email", "jan@mail.example")
