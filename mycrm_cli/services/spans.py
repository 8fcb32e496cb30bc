"""Rows by many ids that were given out one after the other: read and removed as a span where nothing else is in it."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli.services import copying, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.work import Work

SPARE = 500
"""Rows of others that may stand in a span before the rows are rather looked up one by one."""

WANTED = "organization_id = ? AND id BETWEEN ? AND ? AND id = ANY(CAST(? AS uuid[]))"
"""Rows on PostgreSQL: without the span it would rather read a whole table of middling size for some thousand ids."""


def read(work: Work, entity: Entity, keys: Sequence[bytes], columns: Sequence[str]) -> tuple[list[Sequence[Any]], bool]:
    """Return stored rows, locked, and whether they are all that there is between the smallest and the largest id.

    ``columns`` begin with ``id``; the rows come in the order of their ids. From both databases ids come as
    sixteen bytes and JSON as text.
    """
    ids = sorted(keys)
    if work.connection.dialect != "sqlite":
        names = ", ".join(_text(entity, name) for name in columns)
        statement = f"SELECT {names} FROM {entity.table} WHERE {WANTED} ORDER BY id FOR UPDATE"
        return work.connection.execute(statement, _wanted(work, ids)).fetchall(), False
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
    return list(rows.stored(work.connection, work.scope, entity, "id", named, columns)), False


def _text(entity: Entity, name: str) -> str:
    """Return a column as it is read; the driver takes its time for ids, and for the same JSON again and again."""
    if name == "id":
        return "uuid_send(id)"
    is_json = entity.fields[name].kind_name in copying.JSON
    return f"CAST({rows.quoted(name)} AS text)" if is_json else rows.quoted(name)


def _wanted(work: Work, ids: Sequence[bytes]) -> tuple[Any, ...]:
    """Return the parameters of ``WANTED``; the driver takes its time for a list."""
    low, high = UUID(bytes=ids[0]), UUID(bytes=ids[-1])
    return work.scope.organization_id, low, high, f"{{{','.join([key.hex() for key in ids])}}}"


def remove(work: Work, entity: Entity, keys: Sequence[bytes], *, alone: bool) -> None:
    """Remove rows by their ids; ``alone`` tells that nothing else is between the smallest and the largest."""
    if work.connection.dialect != "sqlite":
        work.connection.execute(f"DELETE FROM {entity.table} WHERE {WANTED}", _wanted(work, sorted(keys)))
        return
    if not alone:
        rows.delete(work.connection, work.scope, entity, [UUID(bytes=key) for key in sorted(keys)])
        return
    work.connection.execute(
        f"DELETE FROM {entity.table} WHERE +organization_id = ? AND id BETWEEN ? AND ?",
        (work.scope.organization_id.bytes, min(keys), max(keys)),
    )


def insert(work: Work, entity: Entity, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
    """Insert rows, given column by column as the database stores them."""
    if copying.possible(work.connection, entity, len(values[0])):
        copying.insert_stored(work.connection, entity, dict(zip(columns, values, strict=True)))
        return
    names, marks = ", ".join(map(rows.quoted, columns)), ", ".join("?" * len(columns))
    statement = f"INSERT INTO {entity.table} ({names}) VALUES ({marks})"
    work.connection.executemany(statement, zip(*values, strict=True))
