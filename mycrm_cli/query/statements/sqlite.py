"""Runs a statement on SQLite: views first, then an authorizer that lets nothing through but them.

A view is two views. The one that people name reads another one, which alone may read the stored table and whose name
is drawn anew for each run: a WITH that takes the name of a table would pass for the view of that name otherwise.
"""

from __future__ import annotations

import secrets
import sqlite3

from mycrm_cli import catalog
from mycrm_cli.query.statements import faults, functions, tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.statements.faults import Deadline

STEPS = 20_000
"""Instructions between two looks at the clock."""
MEMORY = 512 * 2**20
"""Bytes that SQLite may take."""
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 10_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 200_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 1_000_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
CALLED = frozenset(("json_each", "json_tree"))
"""Functions that are asked like tables."""


def run(
    connection: Connection, frame: Frame, statement: str, words: set[str], deadline: Deadline
) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """Return the names of the columns and the rows, read as they are asked for; raises our errors."""
    offered = tables.offered(frame.scope.role)
    stored = {entity.table for entity in catalog.entities().values()}
    raw = connection.raw
    views = _prepare(raw, frame, tables.mentioned(offered, words))
    _guard(raw, views, deadline)
    try:
        cursor = raw.execute(statement)
    except (sqlite3.Error, sqlite3.Warning, MemoryError, ValueError) as error:
        raise _fault(error, statement, deadline, offered, stored) from None
    names = [column[0] for column in cursor.description or ()]

    def rows() -> Iterator[tuple[Any, ...]]:
        try:
            yield from cursor
        except (sqlite3.Error, MemoryError, ValueError) as error:
            raise _fault(error, statement, deadline, offered, stored) from None

    return names, rows()


def _fault(error: Exception, statement: str, deadline: Deadline, *known: Any) -> Exception:
    if deadline.is_over():
        return faults.timed_out(deadline.seconds)
    return faults.of_sqlite(error, statement, *known)


def _prepare(raw: Any, frame: Frame, asked: dict[str, Entity]) -> dict[str, str]:
    """Make the views, and return the stored table by the name of the view that may read it."""
    raw.execute(f"PRAGMA hard_heap_limit={MEMORY}")
    raw.execute("PRAGMA query_only=OFF")
    secret, inner = secrets.token_hex(16), {}
    for table, entity in asked.items():
        view = f"{table}_{secret}"
        raw.execute(f'CREATE TEMP VIEW "{view}" AS {tables.select(frame, entity, f"main.{table}")}')
        raw.execute(f'CREATE TEMP VIEW "{table}" AS SELECT * FROM temp."{view}"')
        inner[view] = table
    raw.execute("PRAGMA query_only=ON")
    return inner


def _guard(raw: Any, views: dict[str, str], deadline: Deadline) -> None:
    """Close everything but the views."""
    known = {name for (name,) in raw.execute("SELECT name FROM main.sqlite_schema")}
    known |= {name for (name,) in raw.execute("SELECT name FROM pragma_module_list")}
    functions.add(raw)
    for name in CALLED:
        # Once before the authorizer is there, which does not let SQLite set them up.
        raw.execute(f"SELECT 1 FROM {name}('[]')").fetchall()
    for limit, most in LIMITS.items():
        raw.setlimit(limit, most)
    raw.set_progress_handler(deadline.is_over, STEPS)
    raw.set_authorizer(authorizer(views, frozenset(known)))


def authorizer(views: dict[str, str], stored: frozenset[str]) -> Callable[..., int]:
    """Return what SQLite asks for each thing that a statement does; what is not named here is denied."""
    shown = {*views, *views.values()}

    def is_readable(table: str, column: str, database: str | None, view: str | None) -> bool:
        if table in CALLED:
            return True
        if database == "main":
            return view is not None and views.get(view) == table
        if database == "temp" or table in shown:
            return table in shown
        # A WITH or a subquery of which no column is read; real tables resolve to their database elsewhere.
        return database is None and not column and table not in stored and not table.startswith(("sqlite_", "pragma_"))

    def allow(action: int, first: Any, second: Any, database: str | None, view: str | None) -> int:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            allowed = str(second).lower() in functions.SQLITE
        else:
            allowed = action == sqlite3.SQLITE_READ and is_readable(str(first), str(second), database, view)
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return allow
