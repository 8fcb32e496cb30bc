"""The only place that opens a connection to a database; DB-API only, for reads and writes alike."""

from __future__ import annotations

import os

from mycrm_cli.errors import ConfigError, Conflict, CrmError, Duplicate, Invalid, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any
    from uuid import UUID

BUSY_SECONDS = 30
"""How long a statement waits for another program's lock."""

listeners: list[Callable[[str], None]] = []
"""Called with the text of every statement, never with its parameters: for tests."""
timers: list[Callable[[Connection], Connection]] = []
"""The last one makes of each connection that is opened one that tells its statements: for ``--debug``."""

READ_PRAGMAS = ("query_only=ON", "mmap_size=0")
WRITE_PRAGMAS = ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON", "mmap_size=0")


class Connection:
    """A DB-API connection that speaks both dialects; SQL is written with ``?`` for parameters.

    On PostgreSQL every transaction begins by naming the organization, which row level security
    then enforces; without one no row is seen.
    """

    __slots__ = ("dialect", "loading", "organization_id", "raw", "staged", "write")

    def __init__(self, raw: Any, dialect: str, write: bool, organization_id: UUID | None) -> None:
        self.raw = raw
        self.dialect = dialect
        self.write = write
        self.organization_id = organization_id
        self.loading: str | None = None
        """The table that is filled without its triggers."""
        self.staged: set[str] = set()
        """Temporary tables of this transaction."""

    def begin(self) -> None:
        """Begin a transaction; a writer takes SQLite's write lock at once, so that it never fails half-way."""
        self.staged.clear()
        if self.dialect == "sqlite":
            self.execute("BEGIN IMMEDIATE" if self.write else "BEGIN")
            return
        organization = str(self.organization_id) if self.organization_id else ""
        self.execute(
            "SELECT set_config('mycrm.organization_id', ?, true), set_config('lock_timeout', ?, true)",
            (organization, f"{BUSY_SECONDS}s"),
        )

    def sql(self, sql: str) -> str:
        """Return the statement with the driver's own parameter marks."""
        return sql if self.dialect == "sqlite" else sql.replace("%", "%%").replace("?", "%s")

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """Run a statement and return the cursor; database errors become ours."""
        for listen in listeners:
            listen(sql)
        try:
            return self.raw.execute(self.sql(sql), params)
        except Exception as error:
            raise translated(error) from error

    def executemany(self, sql: str, params: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each set of parameters."""
        for listen in listeners:
            listen(sql)
        try:
            self.raw.cursor().executemany(self.sql(sql), params)
        except Exception as error:
            raise translated(error) from error

    def copy(self, sql: str, blocks: Iterable[str]) -> None:
        """Send blocks of lines to PostgreSQL's ``COPY … FROM STDIN``."""
        for listen in listeners:
            listen(sql)
        try:
            with self.raw.cursor().copy(sql) as copying:
                for block in blocks:
                    copying.write(block)
        except Exception as error:
            raise translated(error) from error

    def stream(self, name: str, sql: str, params: Sequence[Any], batch: int) -> Iterator[Any]:
        """Yield the rows of an answer that PostgreSQL keeps in a cursor of this name."""
        with self.raw.cursor(name=name) as cursor:
            cursor.itersize = batch
            cursor.execute(self.sql(sql), params)
            yield from cursor

    def commit(self) -> None:
        """Make the transaction's writes last."""
        try:
            self.raw.commit()
        except Exception as error:
            raise translated(error) from error

    def rollback(self) -> None:
        """Undo the transaction's writes."""
        self.raw.rollback()

    def close(self) -> None:
        """Close the connection; what was not committed is gone."""
        self.raw.close()


def connect(
    database: str,
    *,
    write: bool = False,
    password: str | None = None,
    organization_id: UUID | None = None,
    alone: bool = False,
) -> Connection:
    """Open the database at a URL (``sqlite:///PATH`` or a libpq URI).

    ``alone`` keeps every other program out of an SQLite file until the connection is closed.
    Raises ConfigError for a file that is missing or no database, Unavailable for a server that
    does not answer.
    """
    if database.startswith("sqlite:///"):
        raw, dialect = _open_sqlite(database.removeprefix("sqlite:///"), write, alone), "sqlite"
    else:
        raw, dialect = _open_postgresql(database, write, password), "postgresql"
    connection = Connection(raw, dialect, write, organization_id)
    return timers[-1](connection) if timers else connection


def _open_sqlite(path: str, write: bool, alone: bool = False) -> Any:
    import sqlite3

    if not os.path.exists(path):
        raise ConfigError(
            f"there is no database at {path}", hint="mycrm init, or mycrm profile edit NAME --database URL"
        )
    if not alone and os.path.exists(f"{path}.gate"):
        from mycrm_cli.db import gate

        gate.wait(path, BUSY_SECONDS)
    mode = "rw"
    if (
        not write
        and not os.access(os.path.dirname(os.path.abspath(path)), os.W_OK)
        and not os.path.exists(f"{path}-wal")
    ):
        mode = "ro&immutable=1"
    escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    raw = None
    try:
        raw = sqlite3.connect(f"file:{escaped}?mode={mode}", timeout=BUSY_SECONDS, isolation_level=None, uri=True)
        if alone:  # before the file is looked at for the first time, or others could go on reading its log
            raw.execute("PRAGMA main.locking_mode=EXCLUSIVE")
        for pragma in WRITE_PRAGMAS if write else READ_PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if raw is not None:
            raw.close()
        raise translated(error) from error
    raw.create_function("mycrm_fold", 1, _fold, deterministic=True)
    return raw


def _fold(text: Any) -> Any:
    from mycrm_cli.kinds.folding import fold

    return fold(text) if isinstance(text, str) else text


def _open_postgresql(database: str, write: bool, password: str | None) -> Any:
    try:
        import psycopg
        from psycopg.types.json import set_json_loads
    except ImportError:
        raise ConfigError(
            "this profile is on PostgreSQL, whose driver is not installed", hint="pip install 'mycrm[postgres]'"
        ) from None
    extra: dict[str, Any] = {"password": password} if password else {}
    try:
        raw = psycopg.connect(database, connect_timeout=10, application_name="mycrm", **extra)
    except psycopg.OperationalError as error:
        raise _unreachable(error) from error
    except psycopg.Error as error:
        raise ConfigError(f"the database's URL is wrong: {_first_line(error)}") from error
    raw.read_only = not write
    set_json_loads(_json, raw)
    return raw


def _json(data: str | bytes) -> Any:
    """Parse JSON; most of it is empty, and a parser takes its time for that too."""
    if data in (b"[]", "[]"):
        return []
    if data in (b"{}", "{}"):
        return {}
    import json

    return json.loads(data)


def _unreachable(error: Exception) -> CrmError:
    message = _first_line(error)
    state = getattr(error, "sqlstate", None) or ""
    if state[:2] == "28" or state == "3D000" or "password" in message or "does not exist" in message:
        return ConfigError(f"the database refused the connection: {message}", hint="mycrm profile check")
    return Unavailable(f"the database cannot be reached: {message}", hint="mycrm profile check; try again later")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def translated(error: Exception) -> BaseException:
    """Return our error for a database's error, or the error itself where it means a bug of ours.

    Databases are asked for their codes, never for their words, which depend on language and version.
    """
    module = type(error).__module__.partition(".")[0]
    if module == "sqlite3":
        return _translated_sqlite(error, getattr(error, "sqlite_errorcode", None))
    if isinstance(error, UnicodeDecodeError):  # SQLite tells what is damaged in words that are damaged too
        return damaged("its own words are no text")
    if module == "psycopg":
        return _translated_postgresql(error, getattr(error, "sqlstate", None))
    return error


def damaged(message: str) -> ConfigError:
    """Return the error for an SQLite file that is not what it was."""
    return ConfigError(
        f"the database file is damaged or no database: {message}", hint="mycrm db list, and mycrm db restore FILE"
    )


def _translated_sqlite(error: Exception, code: int | None) -> Exception:
    """Translate by the result codes of https://sqlite.org/rescode.html."""
    message = _first_line(error)
    if code in (1555, 2067):
        return Duplicate("one of its keys is taken")
    if code == 787:
        return Conflict("a record that it points to is gone", hint="look at it again and repeat the command")
    primary = code & 0xFF if code is not None else None
    if primary in (5, 6):
        return Unavailable("the database is locked by another program", hint="try again in a moment")
    if primary in (8, 10, 14):
        return Unavailable(f"the database cannot be used: {message}", hint="check its file, folder and permissions")
    if primary == 13:
        return Unavailable("the disk is full; nothing was written", hint="make room and try again")
    if primary in (11, 26) or (code is None and message.startswith("Could not decode to UTF-8")):
        return damaged(message)
    if primary == 1 and message.startswith("no such"):
        return ConfigError("the database has not the schema this program needs", hint="mycrm db upgrade")
    if primary in (18, 19):
        return Invalid(f"the database refuses it: {message}")
    return error


def _translated_postgresql(error: Exception, state: str | None) -> BaseException:
    """Translate by the codes of https://www.postgresql.org/docs/current/errcodes-appendix.html."""
    message = _first_line(error)
    if state is None:
        lost = type(error).__name__ == "OperationalError"
        answer = Unavailable(f"the database went away: {message}", hint="try again in a moment")
        return answer if lost else Invalid(f"the database refuses it: {message}")
    if state == "57014":
        # The driver cancels the statement when the user interrupts, and may report that instead.
        return KeyboardInterrupt()
    if state == "23505":
        return Duplicate("one of its keys is taken")
    if state == "23503":
        return Conflict("a record that it points to is gone", hint="look at it again and repeat the command")
    if state[:2] in ("08", "53", "57", "58") or state in ("40001", "40P01", "55006", "55P03"):
        return Unavailable("the database is busy or not available", hint="try again in a moment")
    if state in ("42P01", "42703", "3F000"):
        return ConfigError("the database has not the schema this program needs", hint="mycrm db upgrade")
    if state == "42501":
        return ConfigError(f"the database login may not do this: {message}", hint="mycrm profile check")
    if state[:2] in ("22", "23"):
        return Invalid(f"the database refuses it: {message}")
    return error
