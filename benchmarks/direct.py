"""Rows that are written into a home's database without the program: millions of them, like one that it wrote.

Indexes and triggers are away meanwhile, and the full text is made anew. The statements are the same for both databases
but for ids, moments and money, which each of them stores in its own way.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

from benchmarks.homes import Home

ID = "01900000-0000-7000-8000-"
"""How the ids of written rows begin; they grow with their numbers, as the program's do."""


class Writing:
    """A database that is written to: what it calls things, as patterns around an expression."""

    id = moment = money = "{}"

    def run(self, statement: str) -> list[Any]:
        """Run a statement and return its rows."""
        raise NotImplementedError

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table that are written."""
        raise NotImplementedError

    def bare(self, tables: Sequence[str]) -> AbstractContextManager[None]:
        """Have no indexes on tables inside the block, in one transaction."""
        raise NotImplementedError

    def alike(self, table: str, count: int, given: dict[str, str]) -> None:
        """Write so many rows like the first of a table, whose own go; ``given`` are expressions of the number n."""
        told = {name: f"t.{name}" for name in self.columns(table)} | given
        self.run(f"CREATE TEMP TABLE pattern AS SELECT * FROM {table} WHERE number = 1")
        self.run(f"DELETE FROM {table}")
        self.add(table, count, told, ", pattern AS t")
        self.run("DROP TABLE pattern")

    def add(self, table: str, count: int, told: Mapping[str, str], beside: str = "") -> None:
        """Write so many rows; the number n counts them from 1."""
        self.run(
            f"INSERT INTO {table} ({', '.join(told)}) SELECT {', '.join(told.values())} FROM"
            " (WITH RECURSIVE counted (n) AS"
            f" (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM counted WHERE n < {count})"
            f" SELECT n FROM counted) AS c{beside}"
        )


class Sqlite(Writing):
    """A file; nobody else has it open."""

    id, moment, money = "bench_id({})", "bench_moment({})", "100 * ({})"

    def __init__(self, home: Home) -> None:
        self.connection = sqlite3.connect(home.database, isolation_level=None)
        self.connection.create_function("bench_id", 1, _id, deterministic=True)
        self.connection.create_function("bench_moment", 1, _moment, deterministic=True)

    def run(self, statement: str) -> list[Any]:
        """Run a statement and return its rows."""
        return self.connection.execute(statement).fetchall()

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table."""
        return [str(row[1]) for row in self.run(f"PRAGMA table_info({table})")]

    @contextmanager
    def bare(self, tables: Sequence[str]) -> Iterator[None]:
        """Have no indexes and triggers on tables inside the block, in one transaction; nothing is kept for a crash."""
        self.run("PRAGMA journal_mode = OFF")
        self.run("PRAGMA synchronous = OFF")
        self.run("PRAGMA cache_size = -400000")
        self.run("BEGIN")
        among = ", ".join(f"'{table}'" for table in tables)
        away = self.run(
            f"SELECT type, name, sql FROM sqlite_master WHERE sql <> '' AND type IN ('index', 'trigger')"
            f" AND tbl_name IN ({among}) ORDER BY rowid"
        )
        for kind, name, _ in away:
            self.run(f"DROP {kind} {name}")
        yield
        for _, _, sql in away:
            self.run(sql)
        for (name,) in self.run("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"):
            if name.removesuffix("_search") in tables:
                self.run(f"INSERT INTO {name} ({name}) VALUES ('rebuild')")
        self.run("COMMIT")
        self.run("PRAGMA journal_mode = WAL")
        self.connection.close()


class Postgresql(Writing):
    """A database of the server, written to as one who may do all."""

    id = f"CAST('{ID}' || lpad(to_hex({{}}), 12, '0') AS uuid)"
    moment, money = "to_timestamp({})", "{}"

    def __init__(self, home: Home) -> None:
        import psycopg

        assert home.server is not None
        self.connection = psycopg.connect(home.server.admin_url, dbname=home.database)

    def run(self, statement: str) -> list[Any]:
        """Run a statement and return its rows."""
        done = self.connection.execute(statement.encode())
        return done.fetchall() if done.description else []

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table, those aside that the server works out."""
        return [
            str(name)
            for (name,) in self.run(
                "SELECT column_name FROM information_schema.columns"
                f" WHERE table_name = '{table}' AND is_generated = 'NEVER' ORDER BY ordinal_position"
            )
        ]

    @contextmanager
    def bare(self, tables: Sequence[str]) -> Iterator[None]:
        """Have no indexes on tables inside the block, in one transaction without triggers; keys stay."""
        self.run("SET session_replication_role = replica")
        self.run("SET maintenance_work_mem = '512MB'")
        among = ", ".join(f"'{table}'" for table in tables)
        away = self.run(
            f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ({among})"
            " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)"
        )
        for name, _ in away:
            self.run(f"DROP INDEX {name}")
        yield
        for _, definition in away:
            self.run(definition)
        self.connection.commit()
        self.connection.close()


def writing(home: Home) -> Sqlite | Postgresql:
    """Return what writes into a home."""
    return Sqlite(home) if home.server is None else Postgresql(home)


def _id(number: int) -> bytes:
    return bytes.fromhex(f"{ID.replace('-', '')}{number:012x}")


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.000000Z}"
