"""PostgreSQL: puts a dump in the place of what a database holds, in the transaction of a connection.

``pg_restore`` says what is to be run; it runs here, under the locks that were taken before the present state was
saved, so that nobody's write falls in between.
"""

from __future__ import annotations

import re
import time

from mycrm_cli.db import dumps
from mycrm_cli.db.connect import BUSY_SECONDS, Connection, translated
from mycrm_cli.db.migrate import LOCK
from mycrm_cli.errors import ConfigError, CrmError, Invalid, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
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
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'mycrm' AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
)
"""Ends who waits for this transaction, and holds what it needs: they are told to try again."""
PATIENCE = "500ms"
"""Shorter than the server waits before it looks for deadlocks, or this transaction would be the one that it ends."""
TRIES = 5
KINDS = {"v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE"}
COPY = re.compile(rb"COPY .* FROM stdin;\n")
META = re.compile(rb"\\(un)?restrict \w+\n")
SETTING = re.compile(rb"SET (\w+) = .*;\n")
RIGHT = re.compile(r'(?:GRANT|REVOKE) .* (?:TO|FROM) ("(?:[^"]|"")+"|[\w$]+)(?: WITH GRANT OPTION)?;\n')


def hold(connection: Connection, door: Connection) -> bool:
    """Keep every other writer and upgrade away until the transaction ends; return whether there is anything yet.

    Everybody reads ``organizations`` first. While ``door``, another connection, holds that table alone, newcomers
    wait there and hold nothing, and who is inside has finished; then all else is locked, and they may read again.
    """
    connection.execute("SELECT pg_advisory_xact_lock(?)", (LOCK,))
    first, others = _tables(connection)
    if not first:
        return bool(others)
    for left in reversed(range(TRIES)):
        _run(connection, "SAVEPOINT mycrm_door")
        try:
            _run(door, f"LOCK TABLE {first} IN ACCESS EXCLUSIVE MODE")
            _run(connection, f"LOCK TABLE {others} IN EXCLUSIVE MODE")
            door.rollback()
            _run(connection, f"LOCK TABLE {first} IN EXCLUSIVE MODE")
            break
        except Unavailable:
            # The server has ended this one of two that waited for each other; the other goes on.
            door.rollback()
            if not left:
                raise
            _run(connection, "ROLLBACK TO SAVEPOINT mycrm_door")
    return True


def _tables(connection: Connection) -> tuple[str, str]:
    """Return the table that everybody reads first, and all others."""
    tables = [name for name, kind in connection.execute(RELATIONS).fetchall() if kind in "rp"]
    first = [name for name in tables if name.rpartition(".")[2] == "organizations"]
    return ", ".join(first), ", ".join(name for name in tables if name not in first)


def _close(connection: Connection) -> None:
    """Keep readers away as well, and end who waits to write; raises Unavailable where somebody reads for long."""
    first, others = _tables(connection)
    if not first:
        return
    deadline = time.monotonic() + BUSY_SECONDS
    _run(connection, f"SET LOCAL lock_timeout = '{PATIENCE}'")
    while True:
        # Or the server tells this transaction for ever what it saw when it was first asked.
        _run(connection, "SELECT pg_stat_clear_snapshot()")
        _run(connection, WAITING)
        _run(connection, "SAVEPOINT mycrm_locks")
        try:
            _run(connection, f"LOCK TABLE {first}, {others} IN ACCESS EXCLUSIVE MODE")
            return
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            _run(connection, "ROLLBACK TO SAVEPOINT mycrm_locks")


def replace(connection: Connection, file: str) -> None:
    """Drop what is there and make what is in a dump, as the owner of what is there; raises ConfigError, Invalid."""
    [owner] = connection.execute(OWNER).fetchone()
    _close(connection)
    _run(connection, f"SET LOCAL ROLE {owner}")
    _clear(connection)
    _play(connection, file)
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
                raise dumps.refused("pg_restore", said)
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
