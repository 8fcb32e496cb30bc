"""PostgreSQL: puts a dump in the place of what a database holds, in the transaction of a connection.

``pg_restore`` says what is to be run; it runs here, under the locks that were taken before the present state was
saved, so that nobody's write falls in between.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager, suppress

from mycrm_cli.db import dumps, manifests
from mycrm_cli.db.connect import Connection, translated
from mycrm_cli.db.migrate import LOCK
from mycrm_cli.errors import ConfigError, CrmError, Invalid, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

OURS = "(SELECT relnamespace, relowner FROM pg_class WHERE oid = to_regclass('alembic_version')) AS own"
NOT_OTHERS = "NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = {oid} AND d.deptype IN ('e', 'a', 'i'))"
RELATIONS = (
    "SELECT CAST(c.oid AS regclass)::text, CAST(c.relkind AS text) FROM pg_class AS c, "
    f"{OURS} WHERE c.relnamespace = own.relnamespace AND c.relowner = own.relowner"
    f" AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND {NOT_OTHERS.format(oid='c.oid')} ORDER BY c.oid"
)
POLICIES = (
    "SELECT quote_ident(p.polname), CAST(p.polrelid AS regclass)::text FROM pg_policy AS p"
    f" JOIN pg_class AS c ON c.oid = p.polrelid, {OURS}"
    " WHERE c.relnamespace = own.relnamespace AND c.relowner = own.relowner"
)
ROUTINES = (
    "SELECT CAST(p.oid AS regprocedure)::text, EXISTS (SELECT 1 FROM pg_depend AS d"
    " WHERE d.classid = CAST('pg_proc' AS regclass) AND d.objid = p.oid"
    " AND d.refclassid = CAST('pg_class' AS regclass))"
    f" FROM pg_proc AS p, {OURS} WHERE p.pronamespace = own.relnamespace AND p.proowner = own.relowner"
    f" AND {NOT_OTHERS.format(oid='p.oid')}"
)
OWNER = (
    "SELECT quote_ident(pg_get_userbyid(coalesce((SELECT relowner FROM pg_class"
    " WHERE oid = to_regclass('alembic_version')), datdba))) FROM pg_database WHERE datname = current_database()"
)
WAITING = (
    "SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid"
    " WHERE a.datname = current_database() AND a.application_name = 'mycrm' AND l.locktype = 'relation'"
    " AND NOT l.granted AND l.mode <> 'AccessShareLock' AND {pid} = ANY (pg_blocking_pids(l.pid))"
)
"""Ends who waits to write for a transaction that needs what they hold; newcomers, who wait to read, hold nothing."""
WAIT_SECONDS = 45
"""How long others may take to finish: longer than BUSY_SECONDS, after which whoever waits for this one gives up."""
PAUSE = 0.05
NOTICE = "SELECT set_config('client_connection_check_interval', '1s', false)"
KINDS = {"v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE"}
COPY = re.compile(rb"COPY .* FROM stdin;\n")
META = re.compile(rb"\\(un)?restrict \w+\n")
SETTING = re.compile(rb"SET (\w+) = .*;\n")
RIGHT = re.compile(r'(?:GRANT|REVOKE) .* (?:TO|FROM) ("(?:[^"]|"")+"|[\w$]+)(?: WITH GRANT OPTION)?;\n')


def hold(connection: Connection, door: Connection) -> bool:
    """Keep every other writer and upgrade away until the transaction ends; return whether there is anything yet.

    Everybody reads ``organizations`` first. While ``door``, another connection, holds that table alone, newcomers
    wait there and hold nothing, and who is inside has finished; then all else is locked, and they may read again.
    Raises Unavailable where somebody inside does not finish in ``WAIT_SECONDS``.
    """
    _notice_an_end(connection)
    _notice_an_end(door)
    connection.begin()
    connection.execute("SELECT pg_advisory_xact_lock(?)", (LOCK,))
    first, others = _tables(connection)
    if not first:
        return bool(others)

    def take() -> None:
        try:
            _lock(door, first, "ACCESS EXCLUSIVE")
            _lock(connection, others, "EXCLUSIVE")
        finally:
            door.rollback()
        _lock(connection, first, "EXCLUSIVE")

    _taken(connection, take)
    return True


def _notice_an_end(connection: Connection) -> None:
    """Let the server notice within a second that this program was killed, also while it waits for a lock.

    Servers before version 14, and those on some systems, cannot; there the wait for the lock ends in its time.
    """
    with suppress(Exception):
        connection.raw.execute(NOTICE)
        connection.commit()
        return
    connection.rollback()


def _lock(connection: Connection, tables: str, mode: str) -> None:
    _run(connection, f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
    _run(connection, f"LOCK TABLE {tables} IN {mode} MODE")


def _taken(connection: Connection, take: Callable[[], None]) -> None:
    """Take locks, again where the server ended this one of two that waited for each other; raises Unavailable."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        _run(connection, "SAVEPOINT mycrm_locks")
        try:
            take()
            return
        except Unavailable as error:
            if time.monotonic() > deadline:
                said = f"others have used the database for {WAIT_SECONDS} seconds, and nothing was restored"
                raise Unavailable(said, hint="end what uses it (shells, jobs, imports) and try again") from error
            _run(connection, "ROLLBACK TO SAVEPOINT mycrm_locks")


def _tables(connection: Connection) -> tuple[str, str]:
    """Return the table that everybody reads first, and all others."""
    tables = [name for name, kind in connection.execute(RELATIONS).fetchall() if kind in "rp"]
    first = [name for name in tables if name.rpartition(".")[2] == "organizations"]
    return ", ".join(first), ", ".join(name for name in tables if name not in first)


def _close(connection: Connection, door: Connection) -> None:
    """Keep readers away as well, and end who waits to write; raises Unavailable where somebody reads for long.

    The place in the queue is not given up meanwhile: newcomers would come in, wait to write, and never let go.
    """
    first, others = _tables(connection)
    if first:
        with _ending(connection, door):
            _taken(connection, lambda: _lock(connection, f"{first}, {others}", "ACCESS EXCLUSIVE"))


@contextmanager
def _ending(connection: Connection, door: Connection) -> Iterator[None]:
    """Meanwhile end who waits to write, from another connection: they are told to try again."""
    import threading

    asked = WAITING.format(pid=connection.raw.info.backend_pid)
    done = threading.Event()

    def run() -> None:
        # A login that may not do it leaves them to give up by themselves.
        with suppress(Exception):
            while not done.wait(PAUSE):
                _run(door, asked)
                door.commit()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def replace(connection: Connection, door: Connection, file: str) -> None:
    """Drop what is there and make what is in a dump, as the owner of what is there; raises ConfigError, Invalid.

    ``door`` is a connection beside it. Raises Unavailable where somebody reads for longer than ``WAIT_SECONDS``.
    """
    [owner] = connection.execute(OWNER).fetchone()
    _close(connection, door)
    _run(connection, f"SET LOCAL ROLE {owner}")
    _clear(connection)
    try:
        _play(connection, file)
    except manifests.Damaged:
        raise
    except Invalid as error:
        raise manifests.no_backup(file, error.message) from error
    _run(connection, "RESET ROLE; RESET search_path; SET LOCAL row_security = on")


def _clear(connection: Connection) -> None:
    """Drop the program's own tables and functions; what others built on them is not taken along."""
    for name, table in connection.execute(POLICIES).fetchall():
        _run(connection, f"DROP POLICY {name} ON {table}")
    relations = connection.execute(RELATIONS).fetchall()
    routines = connection.execute(ROUTINES).fetchall()
    _drop(connection, "ROUTINE", [name for name, reads_tables in routines if reads_tables])
    for kind in "vm":
        _drop(connection, KINDS[kind], [name for name, found in relations if found == kind])
    _drop(connection, "TABLE", [name for name, found in relations if found in "rp"])
    _drop(connection, KINDS["S"], [name for name, found in relations if found == "S"])
    _drop(connection, "ROUTINE", [name for name, reads_tables in routines if not reads_tables])


def _drop(connection: Connection, what: str, names: list[str]) -> None:
    if names:
        _run(connection, f"DROP {what} {', '.join(names)}")


def _play(connection: Connection, file: str) -> None:
    """Run what ``pg_restore`` says."""
    settings = {row[0] for row in connection.execute("SELECT name FROM pg_settings").fetchall()}
    roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles").fetchall()} | {"PUBLIC"}
    with dumps.script(file) as reading:
        assert reading.stdout is not None
        assert reading.stderr is not None
        waiting: list[bytes] = []
        try:
            for line in reading.stdout:
                if COPY.fullmatch(line):
                    _run(connection, b"".join(waiting))
                    waiting.clear()
                    _load(connection, line, reading.stdout)
                elif _is_for_here(line, settings, roles):
                    waiting.append(line)
            said = reading.stderr.read().decode("utf-8", "replace")
            if reading.wait():
                raise dumps.unreadable(file, said)
        except BaseException:
            reading.kill()
            raise
    _run(connection, b"".join(waiting))


def _is_for_here(line: bytes, settings: set[str], roles: set[str]) -> bool:
    """Leave out what is meant for another client or server, and rights of logins that are gone."""
    if META.fullmatch(line):
        return False
    if found := SETTING.fullmatch(line):
        return found[1].decode() in settings
    if line.startswith((b"GRANT ", b"REVOKE ")) and (right := RIGHT.fullmatch(line.decode("utf-8", "replace"))):
        name = right[1]
        return (name[1:-1].replace('""', '"') if name.startswith('"') else name) in roles
    return True


def _load(connection: Connection, statement: bytes, lines: BinaryIO | Iterator[bytes]) -> None:
    """Send the rows of a table."""
    try:
        with connection.raw.cursor().copy(statement.rstrip(b";\n")) as copying:
            for line in lines:
                if line == b"\\.\n":
                    break
                copying.write(line)
    except Exception as error:
        raise _cannot(error) from error


def _run(connection: Connection, statements: str | bytes) -> None:
    """Run statements as they are, question marks and all."""
    try:
        connection.raw.execute(statements)
    except Exception as error:
        raise _cannot(error) from error


def _cannot(error: Exception) -> BaseException:
    """Return our error for what the server said."""
    state = getattr(error, "sqlstate", None)
    if state == "2BP01":
        detail = " ".join(str(getattr(getattr(error, "diag", None), "message_detail", "") or error).split())
        return ConfigError(
            f"others have built on the program's tables, and nothing was restored: {detail}",
            hint="drop that first, restore, and make it again",
        )
    ours = translated(error)
    if isinstance(ours, CrmError | KeyboardInterrupt):
        return ours
    return Invalid(f"the backup cannot be put back, and nothing was changed: {str(error).splitlines()[0]}")
