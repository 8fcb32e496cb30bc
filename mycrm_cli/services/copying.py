"""Puts many rows into PostgreSQL by COPY, several times as fast as one INSERT for each.

Row level security that is forced lets nobody copy into a tenant's table. So the rows go into a temporary table
without indexes, and from there by one statement, which the policies and constraints check as any other.
"""

from __future__ import annotations

from operator import itemgetter

from mycrm_cli.kinds.structures import write_json, write_tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection

FEWEST = 100
"""Rows from which on this is faster than a statement for each."""
MOST = 50_000
"""Rows that are copied at once."""

NULL = "\\N"
SPECIAL = "\\\t\n\r"
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

JSON: dict[str, Callable[[Any], str]] = {"json": write_json, "tags": write_tags}

WRITERS: dict[str, Callable[[Any], str]] = {
    "boolean": lambda value: "t" if value else "f",
    "date": lambda value: value.isoformat(),
    "integer": str,
    "money": str,
    "number": str,
    "percent": str,
    "reference": lambda value: "%032x" % value.int,  # noqa: UP031 - the fastest way, and there are millions
    "timestamp": lambda value: value.isoformat(),
}
"""How values are written that are neither texts nor JSON; nothing in it must be escaped."""


def possible(connection: Connection, entity: Entity, count: int) -> bool:
    """Return whether so many rows can be copied: a login may be denied temporary tables."""
    if connection.dialect != "postgresql" or count < FEWEST or not entity.tenant:
        return False
    if connection.staged:
        return True
    allowed = connection.execute("SELECT has_database_privilege(current_database(), 'TEMPORARY')").fetchone()
    return bool(allowed[0])


def insert(connection: Connection, entity: Entity, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have the same columns."""
    names = list(rows[0])
    get = itemgetter(*names)
    for start in range(0, len(rows), MOST):
        columns = zip(*map(get, rows[start : start + MOST]), strict=True)
        insert_columns(connection, entity, dict(zip(names, columns, strict=True)))


def insert_columns(connection: Connection, entity: Entity, columns: dict[str, Sequence[Any]]) -> None:
    """Insert rows given as columns of the same length.

    A column with the same value throughout is not copied; it is said once, in the statement.
    """
    encodes = {name: JSON.get(entity.fields[name].kind_name) for name in columns}
    # As texts, since 1 and true are equal and not the same.
    insert_stored(
        connection,
        entity,
        {
            name: values if (encode := encodes[name]) is None else [None if v is None else encode(v) for v in values]
            for name, values in columns.items()
        },
    )


def insert_stored(connection: Connection, entity: Entity, columns: dict[str, Sequence[Any]]) -> None:
    """Do the same with values as statements take them: JSON is text."""
    copied: dict[str, list[str]] = {}
    same: dict[str, Any] = {}
    for name, values in columns.items():
        if name == "id" or not is_constant(values):
            copied[name] = texts(values, WRITERS.get(entity.fields[name].kind_name))
        elif values[0] is not None:
            same[name] = values[0]
    staged = stage(connection, entity.table, copied)
    into = ", ".join([*map(quoted, copied), *map(quoted, same)])
    what = ", ".join([*map(quoted, copied), *("?" * len(same))])
    connection.execute(f"INSERT INTO {entity.table} ({into}) SELECT {what} FROM {staged}", list(same.values()))
    connection.execute(f"TRUNCATE {staged}")


def stage(connection: Connection, table: str, columns: dict[str, list[str]]) -> str:
    """Copy columns of texts into a temporary table of the same form, and return what it is called."""
    staged = f"pg_temp.new_{table}"
    if table not in connection.staged:
        connection.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS new_{table} ON COMMIT DROP AS TABLE {table} WITH NO DATA"
        )
        connection.staged.add(table)
    connection.copy(f"COPY {staged} ({', '.join(map(quoted, columns))}) FROM STDIN", [block(columns.values())])
    return staged


def quoted(name: str) -> str:
    """Return a column's name as SQL writes it."""
    return name if name == "organization_id" else f'"{name}"'


def is_constant(values: Sequence[Any]) -> bool:
    """Return whether a column has the same value throughout; most that have not show it at their ends."""
    first = values[0]
    if first is not values[-1] and first != values[-1]:
        return False
    # 1, True and Decimal("1.0") are equal and mean the same to the column; a list is compared by what is in it.
    return values.count(first) == len(values)


def texts(values: Sequence[Any], write: Callable[[Any], str] | None) -> list[str]:
    """Return a column as COPY reads it: what separates columns and rows is escaped where it occurs at all."""
    if write is not None:
        return [NULL if value is None else write(value) for value in values]
    together = "".join([value for value in values if value is not None])
    if any(mark in together for mark in SPECIAL):
        return [NULL if value is None else value.translate(ESCAPED) for value in values]
    return [NULL if value is None else value for value in values] if None in values else list(values)


def block(columns: Iterable[Iterable[str]]) -> str:
    """Return columns as lines."""
    return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"
