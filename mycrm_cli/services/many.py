"""Sets the columns of many rows in one statement, which halves the time that PostgreSQL takes for each."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli.services import copying

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection

CHUNK = 5000
"""Rows of one statement."""
TYPES = {
    "boolean": "boolean",
    "date": "date",
    "integer": "bigint",
    "money": "numeric",
    "number": "numeric",
    "percent": "numeric",
    "reference": "uuid",
    "timestamp": "timestamptz",
}
"""Types of the elements when the values of many rows are one parameter; the other kinds are texts."""


def update(
    connection: Connection,
    entity: Entity,
    columns: Sequence[str],
    owner: tuple[str, Any],
    members: Sequence[tuple[Any, Sequence[Any]]],
) -> None:
    """Set the same columns of rows, given as (id, values as the database takes them); ``owner`` keeps them apart.

    Ids may be sixteen bytes.
    """
    for start in range(0, len(members), CHUNK):
        ids, rows = zip(*members[start : start + CHUNK], strict=True)
        values = dict(zip(columns, zip(*rows, strict=True), strict=True))
        same = {name: column[0] for name, column in values.items() if copying.is_constant(column)}
        other = {name: list(column) for name, column in values.items() if name not in same}
        statement = _statement(entity, owner[0], list(same), list(other))
        arrays = [array(ids), *map(array, other.values())]
        low, high = min(ids), max(ids)
        within = (low.hex(), high.hex()) if isinstance(low, bytes) else (low, high)
        connection.execute(statement, [*same.values(), *arrays, owner[1], *within])


def array(values: Sequence[Any]) -> Any:
    """Return values as the database reads an array: of texts and ids the driver would look at each one."""
    kind = type(next((value for value in values if value is not None), None))
    if kind is UUID:
        return f"{{{','.join(['NULL' if value is None else f'{value.int:032x}' for value in values])}}}"
    if kind is bytes:
        return f"{{{','.join(['NULL' if value is None else value.hex() for value in values])}}}"
    if kind is not str:
        return list(values)
    texts = ["NULL" if value is None else f'"{value}"' for value in values]
    whole = ",".join(texts)
    if "\\" in whole or whole.count('"') > 2 * (len(texts) - values.count(None)):
        return list(values)
    return f"{{{whole}}}"


def _statement(entity: Entity, owner: str, same: Sequence[str], other: Sequence[str]) -> str:
    """Return the statement that sets columns: those that get the same value in all rows, then the other ones."""
    kinds = {name: entity.fields[name].kind_name for name in (*same, *other)}
    values = dict.fromkeys(same, "?") | {name: f"v.c{place}" for place, name in enumerate(other)}
    sets = ", ".join(
        f'"{name}" = ' + (f"CAST({value} AS jsonb)" if kinds[name] in ("json", "tags") else value)
        for name, value in values.items()
    )
    arrays = ", ".join(f"CAST(? AS {kind}[])" for kind in ("uuid", *(TYPES.get(kinds[name], "text") for name in other)))
    names = ", ".join(["id", *(f"c{place}" for place, _ in enumerate(other))])
    return (
        f"UPDATE {entity.table} AS t SET {sets} FROM unnest({arrays}) AS v({names})"
        f" WHERE t.{owner} = ? AND t.id = v.id AND t.id BETWEEN ? AND ?"
    )
