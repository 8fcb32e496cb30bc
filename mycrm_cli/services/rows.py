"""The statements that write rows, built from the catalogue; each is bound to one organization.

All records are inserted, updated and deleted by these; counters, turns, journal entries and large updates
(``many``) have statements of their own. Values go in as Python values and are converted by their fields' kinds.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from itertools import chain, islice
from operator import attrgetter, itemgetter
from uuid import UUID

from mycrm_cli.errors import Conflict, NotFound
from mycrm_cli.services import copying, many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection
    from mycrm_cli.scope import Scope

CHUNK = 500
"""Ids in one statement: SQLite and PostgreSQL plan short lists best, and both take this many."""

PARAMETERS = 30_000
"""Parameters of one statement; SQLite takes 32,766."""

LATERAL = (
    "SELECT found.* FROM unnest(CAST(? AS {kind}[])) AS wanted(key) CROSS JOIN LATERAL"
    " (SELECT {names} FROM {table} WHERE {owned} AND {column} = wanted.key OFFSET 0{lock}) AS found"
)
"""Looks up each key by itself: in a large transaction PostgreSQL lacks the statistics to use the index for a list."""

SQL_TYPES = {UUID: "uuid", int: "bigint", bool: "boolean", date: "date"}

Row = dict[str, "Any"]


def quoted(name: str) -> str:
    """Return a column's name as SQL writes it (``order`` is a reserved word)."""
    return f'"{name}"'


def savers(entity: Entity, columns: Sequence[str], dialect: str) -> list[Any]:
    """Return, for each column, the function to a database parameter, or None where there is nothing to do."""
    return [entity.fields[column].kind.saver(dialect) for column in columns]


def converted(row: Sequence[Any], functions: Sequence[Any]) -> list[Any]:
    """Apply each function to its value, leaving empty values alone."""
    return [v if v is None or f is None else f(v) for v, f in zip(row, functions, strict=True)]


def loaded(found: Iterable[Sequence[Any]], functions: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield ``converted`` of rows, column by column of some rows at a time."""
    rest = iter(found)
    while part := list(islice(rest, CHUNK)):
        columns = zip(*part, strict=True)
        yield from zip(
            *[
                column if function is None else [None if value is None else function(value) for value in column]
                for column, function in zip(columns, functions, strict=True)
            ],
            strict=True,
        )


def converter(functions: Sequence[Any]) -> Callable[[Sequence[Any]], list[Any]]:
    """Return ``converted`` for many rows: it looks only at the columns that have a function."""
    places = [(place, function) for place, function in enumerate(functions) if function is not None]

    def convert(row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, function in places:
            if values[place] is not None:
                values[place] = function(values[place])
        return values

    return convert


def owner(entity: Entity) -> str:
    """Return the column that names the organization a row belongs to; an organization is its own."""
    return "organization_id" if entity.tenant else "id"


def insert(connection: Connection, entity: Entity, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns."""
    if not rows:
        return
    if copying.possible(connection, entity, len(rows)):
        copying.insert(connection, entity, rows)
        return
    columns = list(rows[0])
    functions = savers(entity, columns, connection.dialect)
    statement = f"INSERT INTO {entity.table} ({', '.join(map(quoted, columns))}) VALUES "
    if connection.dialect != "sqlite":
        marks = ", ".join("?" * len(columns))
        connection.executemany(
            f"{statement}({marks})", [converted([row[column] for column in columns], functions) for row in rows]
        )
        return
    # What no row has is said once, in the statement: half of the columns of most files.
    told = list(parameters(rows, columns, functions))
    empty = [values[0] is None and values.count(None) == len(values) for values in told]
    marks = ", ".join("NULL" if nothing else "?" for nothing in empty)
    params = list(zip(*[values for values, nothing in zip(told, empty, strict=True) if not nothing], strict=True))
    if not entity.searchable or connection.loading == entity.table:
        connection.executemany(f"{statement}({marks})", params)
        return
    # Many rows in one statement: SQLite writes the full-text index out once for each statement.
    size = max(PARAMETERS // len(params[0]), 1)
    for start in range(0, len(rows), size):
        part = params[start : start + size]
        flat = list(chain.from_iterable(part))
        connection.execute(statement + ", ".join([f"({marks})"] * len(part)), flat)


def parameters(rows: Sequence[Row], columns: Sequence[str], functions: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the values of rows as the database takes them, column by column; most columns repeat one value."""
    get = itemgetter(*columns)
    for values, function in zip(zip(*map(get, rows), strict=True), functions, strict=True):
        if function is None:
            yield values
        elif not isinstance(values[0] or 0, (dict, list)) and copying.is_constant(values):
            # JSON is left alone: {"a": 1} and {"a": true} are equal, and not the same.
            yield converted(values[:1], [function]) * len(values)
        else:
            yield [None if value is None else function(value) for value in values]


def update(connection: Connection, scope: Scope, entity: Entity, changes: Sequence[tuple[UUID, Row]]) -> None:
    """Set columns of rows by id; rows with the same columns go in one statement."""
    grouped: dict[tuple[str, ...], list[tuple[UUID, Row]]] = {}
    for id, values in changes:
        grouped.setdefault(tuple(values), []).append((id, values))
    save_id = entity.fields[owner(entity)].kind.saver(connection.dialect) or (lambda value: value)
    organization = save_id(scope.organization_id)
    for columns, members in grouped.items():
        convert = converter(savers(entity, columns, connection.dialect))
        if connection.dialect == "postgresql" and len(members) > 1:
            rows = [(id, convert(list(values.values()))) for id, values in members]
            many.update(connection, entity, columns, (owner(entity), organization), rows)
            continue
        sets = ", ".join(f"{quoted(column)} = ?" for column in columns)
        connection.executemany(
            f"UPDATE {entity.table} SET {sets} WHERE {owner(entity)} = ? AND id = ?",
            [[*convert(list(values.values())), organization, save_id(id)] for id, values in members],
        )


def delete(connection: Connection, scope: Scope, entity: Entity, ids: Iterable[UUID], *, column: str = "id") -> None:
    """Remove rows by id, or by another column that holds ids, many in one statement."""
    save = entity.fields[owner(entity)].kind.saver(connection.dialect) or (lambda value: value)
    wanted = [save(id) for id in ids]
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        sqlite = connection.dialect == "sqlite"
        among = f"IN ({', '.join('?' * len(part))})" if sqlite else "= ANY(?)"
        connection.execute(
            f"DELETE FROM {entity.table} WHERE {owner(entity)} = ? AND {quoted(column)} {among}",
            [save(scope.organization_id), *(part if sqlite else [part])],
        )


def fetch(
    connection: Connection,
    scope: Scope,
    entity: Entity,
    column: str,
    keys: Iterable[Any],
    columns: Sequence[str],
    *,
    within: Row | None = None,
    lock: bool = False,
) -> Iterator[tuple[Any, ...]]:
    """Yield ``columns`` of the rows whose ``column`` is one of ``keys``, in the organization only.

    ``within`` are columns that have one value in all of them, and stand before ``column`` in an index.
    ``lock`` keeps other writers from the rows until the transaction ends: SQLite's writer has them to
    itself already, PostgreSQL is told.
    """
    loaders = [entity.fields[name].kind.loader(connection.dialect) for name in columns]
    if connection.dialect == "sqlite":
        # Many rows point to the same records.
        pointing = [name != "id" and entity.fields[name].kind_name == "reference" for name in columns]
        loaders = [_pointed if points else loader for points, loader in zip(pointing, loaders, strict=True)]
    if (own := owner(entity)) in columns:
        # All rows have the same, which need not be made anew for each.
        loaders[columns.index(own)] = lambda _: scope.organization_id
    found = stored(connection, scope, entity, column, keys, columns, within=within, lock=lock)
    yield from loaded(found, loaders)


@lru_cache(maxsize=20_000)
def _pointed(id: bytes) -> UUID:
    """Return the id that SQLite stores as sixteen bytes."""
    return UUID(bytes=id)


def stored(
    connection: Connection,
    scope: Scope,
    entity: Entity,
    column: str,
    keys: Iterable[Any],
    columns: Sequence[str],
    *,
    within: Row | None = None,
    lock: bool = False,
    as_stored: bool = False,
) -> Iterator[Sequence[Any]]:
    """Yield the same as ``fetch``, as the database has it; with ``as_stored`` the keys are so as well."""
    dialect = connection.dialect
    own = {owner(entity): scope.organization_id, **(within or {})}
    owned = converted(list(own.values()), savers(entity, list(own), dialect))
    [save], names = savers(entity, [column], dialect), ", ".join(map(quoted, columns))
    wanted = list(keys) if as_stored or save is None else [None if key is None else save(key) for key in keys]
    # Without statistics SQLite would rather read the whole organization than look up a list of keys; a
    # plus sign keeps it from the organization's index where another one knows the column.
    hide = "+" if dialect == "sqlite" and not within and column != "id" and column not in entity.keyed else ""
    conditions = hide + " AND ".join(f"{name} = ?" for name in own)
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        params: list[Any] = [*owned, *part]
        if dialect == "sqlite":
            marks = ", ".join("?" * len(part))
            found = f"SELECT {names} FROM {entity.table} WHERE {conditions} AND {quoted(column)} IN ({marks})"
        else:
            params = [part, *owned]
            found = LATERAL.format(
                names=names,
                table=entity.table,
                owned=conditions,
                column=quoted(column),
                kind=SQL_TYPES.get(type(part[0]), "text"),
                lock=" FOR UPDATE" if lock else "",
            )
        yield from connection.execute(found, params)


def exist(connection: Connection, scope: Scope, entity: Entity) -> bool:
    """Return whether an organization has rows of an entity at all."""
    own = converted([scope.organization_id], savers(entity, [owner(entity)], connection.dialect))
    return bool(connection.execute(f"SELECT 1 FROM {entity.table} WHERE {owner(entity)} = ? LIMIT 1", own).fetchone())


def images(
    connection: Connection,
    scope: Scope,
    entity: Entity,
    ids: Iterable[UUID],
    columns: Sequence[str] = (),
    *,
    lock: bool = False,
) -> dict[UUID, Row]:
    """Return the rows with these ids, whole or the ``columns``, by id; ids of other organizations are not there.

    A row that is about to be changed is read with ``lock``, in the order of the ids, so that what is
    compared and journaled is what is overwritten, and two writers never wait for each other.
    """
    columns = columns or list(entity.fields)
    found = fetch(connection, scope, entity, "id", sorted(ids, key=attrgetter("int")), columns, lock=lock)
    return {row[0]: dict(zip(columns, row, strict=True)) for row in found}


def required_images(
    connection: Connection, scope: Scope, entity: Entity, ids: Iterable[UUID], *, lock: bool = False
) -> dict[UUID, Row]:
    """Return the same as ``images``; raises NotFound where a row is gone, since somebody may have been quicker."""
    wanted = list(ids)
    found = images(connection, scope, entity, wanted, lock=lock)
    if gone := [id for id in wanted if id not in found]:
        raise lost(entity, gone[0])
    return found


def lost(entity: Entity, id: UUID) -> NotFound:
    """Return the error for a row that was there a moment ago."""
    return NotFound(f"no {entity.noun} has the id {id}", hint="it was there a moment ago: removed or merged in between")


def chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the items some at a time, so that a large change takes little memory."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def expect_version(entity: Entity, image: Row, version: int | None) -> None:
    """Refuse an edit that was made from an older version of the record."""
    if version is not None and image.get("version") != version:
        raise Conflict(
            f"the {entity.noun} was changed by somebody else in between",
            hint="look at it again and repeat the edit",
        )
