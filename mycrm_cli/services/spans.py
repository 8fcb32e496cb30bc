"""Rows by many ids that were given out one after the other: read and removed as a span where nothing else is in it."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.work import Work

SPARE = 500
"""Rows of others that may stand in a span before the rows are rather looked up one by one."""


def read(work: Work, entity: Entity, keys: Sequence[bytes], columns: Sequence[str]) -> tuple[list[Sequence[Any]], bool]:
    """Return stored rows, locked, and whether they are all that there is between the smallest and the largest id.

    ``columns`` begin with ``id``; the rows come in the order of their ids.
    """
    ids = sorted(keys)
    if work.connection.dialect == "sqlite":
        # The plus keeps SQLite from the indexes that begin with the organization.
        found = work.connection.execute(
            f"SELECT {', '.join(map(rows.quoted, columns))} FROM {entity.table}"
            " WHERE +organization_id = ? AND id BETWEEN ? AND ? ORDER BY id LIMIT ?",
            (work.scope.organization_id.bytes, ids[0], ids[-1], len(ids) + SPARE),
        ).fetchall()
        wanted = set(ids)
        mine = [row for row in found if row[0] in wanted]
        if len(found) < len(ids) + SPARE:
            return mine, len(mine) == len(found)
    named = [UUID(bytes=key) for key in ids]
    return list(rows.stored(work.connection, work.scope, entity, "id", named, columns, lock=True)), False


def remove(work: Work, entity: Entity, keys: Sequence[bytes], *, alone: bool) -> None:
    """Remove rows by their ids; ``alone`` tells that nothing else is between the smallest and the largest."""
    if not alone:
        rows.delete(work.connection, work.scope, entity, [UUID(bytes=key) for key in sorted(keys)])
        return
    work.connection.execute(
        f"DELETE FROM {entity.table} WHERE +organization_id = ? AND id BETWEEN ? AND ?",
        (work.scope.organization_id.bytes, min(keys), max(keys)),
    )


def insert(work: Work, entity: Entity, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
    """Insert rows, given column by column as the database stores them."""
    names, marks = ", ".join(map(rows.quoted, columns)), ", ".join("?" * len(columns))
    statement = f"INSERT INTO {entity.table} ({names}) VALUES ({marks})"
    work.connection.executemany(statement, zip(*values, strict=True))
