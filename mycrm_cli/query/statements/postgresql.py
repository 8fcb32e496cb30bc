"""Runs a statement on PostgreSQL, on a login of the person's own alone.

The login sees one organization whatever a statement does, and nothing is ever committed. What the role may not read,
and secrets, are kept away by views beside which nothing can be named: the search path holds the views alone, and
names of schemas, names of the server's own tables and functions that are not on the list are refused.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Denied
from mycrm_cli.query.statements import faults, functions, lexing, tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.statements.faults import Deadline
    from mycrm_cli.query.statements.lexing import Token

NAME = "asked"
BATCH = 200
"""Rows that are fetched at a time; a row may be large."""
OWN = "SELECT l.login = session_user FROM mycrm_login_of(?) AS l"
SCHEMA = "SELECT CAST(relnamespace AS regnamespace)::text FROM pg_class WHERE oid = to_regclass('contacts')"
KNOWN = "SELECT proname::text FROM pg_proc WHERE proname = ANY(?)"
SETTINGS = (
    ("search_path", "pg_temp, pg_catalog"),
    ("timezone", "UTC"),
    ("standard_conforming_strings", "on"),
    ("datestyle", "ISO"),
)


def check_login(connection: Connection, frame: Frame) -> None:
    """Refuse a login that is shared, or somebody else's; raises Denied."""
    row = connection.execute(OWN, (frame.scope.user_id,)).fetchone()
    if row is None or not row[0]:
        raise Denied(
            "on PostgreSQL, sql needs a database login of your own: with a shared one a statement could choose any"
            " organization",
            hint=f"an administrator runs mycrm db grant {frame.scope.email}; then mycrm profile edit NAME --database"
            " URL names that login",
        )


def run(
    connection: Connection, frame: Frame, statement: str, found: list[Token], deadline: Deadline
) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """Return the names of the columns and the rows, read as they are asked for; raises our errors."""
    import psycopg

    check_login(connection, frame)
    check_names(connection, statement, found)
    offered = tables.offered(frame.scope.role)
    _prepare(connection, frame, tables.mentioned(offered, lexing.names(found)), deadline)
    stored = {entity.table for entity in catalog.entities().values()}
    cursor = connection.raw.cursor(name=NAME)
    cursor.itersize = BATCH
    text = statement[: found[-1].end]

    def fault(error: Exception) -> Exception:
        before = len(f'DECLARE "{NAME}" CURSOR FOR ')
        return faults.of_postgresql(error, text, deadline, offered, stored, before)

    try:
        cursor.execute(text)
    except (psycopg.Error, MemoryError, UnicodeError) as error:
        raise fault(error) from None
    names = [column.name for column in cursor.description or ()]

    def rows() -> Iterator[tuple[Any, ...]]:
        try:
            while batch := cursor.fetchmany(BATCH):
                yield from batch
                if deadline.is_over():
                    raise faults.timed_out(deadline.seconds)
        except (psycopg.Error, MemoryError, UnicodeError) as error:
            raise fault(error) from None

    return names, rows()


def _prepare(connection: Connection, frame: Frame, asked: dict[str, Any], deadline: Deadline) -> None:
    """Make the views and close the transaction for writing."""
    [schema] = connection.execute(SCHEMA).fetchone()
    for table, entity in asked.items():
        select = tables.select(frame, entity, f"{schema}.{table}")
        connection.raw.execute(f'CREATE TEMP VIEW "{table}" AS {select}')
    for name, value in (*SETTINGS, ("statement_timeout", f"{max(1, int(deadline.left() * 1000))}ms")):
        connection.execute("SELECT set_config(?, ?, true)", (name, value))
    connection.raw.execute("SET TRANSACTION READ ONLY")


def check_names(connection: Connection, statement: str, found: list[Token]) -> None:
    """Refuse names that lead beside the views, and functions that are not on the list."""
    schemas = {str(name) for (name,) in connection.execute("SELECT nspname FROM pg_namespace").fetchall()}
    schemas |= {"pg_temp", str(connection.raw.info.dbname).lower()}
    for name, token in lexing.qualifiers(found).items():
        if name in schemas:
            raise Denied(
                f"tables are named without a schema: {name}",
                hint=faults.READS,
                details=lexing.caret(statement, token.start),
            )
    for token in found:
        if token.kind in ("word", "name") and token.text.startswith("pg_"):
            raise Denied(
                f"{token.text} is the server's own", hint=faults.READS, details=lexing.caret(statement, token.start)
            )
    asked = {name: token for name, token in lexing.called(found).items() if name not in functions.POSTGRESQL}
    known = {str(name) for (name,) in connection.execute(KNOWN, (list(asked),)).fetchall()} if asked else set()
    for name in sorted(known):
        raise Denied(
            f"the statement may not use the function {name}",
            hint=faults.READS,
            details=lexing.caret(statement, asked[name].start),
        )
