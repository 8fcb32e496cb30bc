"""Questions that name no organization on purpose: ``doctor`` asks them to prove that nothing answers.

Nobody else may: these statements do not pass the check that all others of the program pass.
"""

from __future__ import annotations

from contextlib import contextmanager

from mycrm_cli.db.connect import translated
from mycrm_cli.errors import CrmError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.db.connect import Connection


def ask(connection: Connection, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return the answer to a question about all organizations; database errors become ours."""
    try:
        return list(connection.raw.execute(connection.sql(sql), params).fetchall())
    except Exception as error:
        raise translated(error) from error


@contextmanager
def naming(connection: Connection, organization_id: UUID | None) -> Iterator[None]:
    """Have a transaction on PostgreSQL that names an organization, or none, and is taken back."""
    connection.rollback()
    text = str(organization_id) if organization_id else ""
    connection.execute("SELECT set_config('mycrm.organization_id', ?, true)", (text,))
    try:
        yield
    finally:
        connection.rollback()


def refuses(connection: Connection, sql: str, params: Sequence[Any]) -> bool:
    """Try a write, take it back, and return whether the database refused it for who asks."""
    import psycopg

    connection.execute("SAVEPOINT mycrm_doctor")
    try:
        connection.raw.execute(connection.sql(sql), params)
    except psycopg.errors.InsufficientPrivilege:
        return True
    except psycopg.Error:
        return False
    finally:
        connection.execute("ROLLBACK TO SAVEPOINT mycrm_doctor")
    return False


def fails(connection: Connection, sql: str) -> bool:
    """Return whether a statement is refused at all."""
    try:
        connection.execute(sql)
    except CrmError:
        return True
    return False
