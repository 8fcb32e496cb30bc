"""Large loads and updates on PostgreSQL: indexes of a table are built again where most of its rows are new.

Who wants to read or write the table waits until the transaction ends, as nobody can use it without its indexes. So
it happens only where all rows of the table belong to the organization that writes, and most of what will be there is
new. A table that is in use stays as it is, and so does one that the login does not own. What is built in one go takes
a third of the time.
"""

from __future__ import annotations

from contextlib import contextmanager

from mycrm_cli.db.connect import BUSY_SECONDS
from mycrm_cli.errors import Conflict, Invalid, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection

SHARE = 2
"""Indexes are built again where at least so many rows come for each that is there."""
CHANGED = 0.6
"""The same for rows that change: old and new versions stand in the indexes."""
PATIENCE = "2s"
"""How long a load waits for those who read the table just now, before it does without."""
MEMORY = {"maintenance_work_mem": 256, "gin_pending_list_limit": 64, "work_mem": 64}
"""MiB that the server may use meanwhile, where it has been given less."""

TABLE = (
    "SELECT pg_has_role(relowner, 'USAGE'), pg_relation_size(oid) / CAST(current_setting('block_size') AS integer)"
    " * CASE WHEN relpages > 0 AND reltuples >= 0 THEN reltuples / relpages ELSE 20 END"
    " FROM pg_class WHERE oid = to_regclass(?)"
)
# What somebody placed elsewhere, described or marked stays: the statement that makes an index does not tell that.
INDEXES = (
    "SELECT pg_get_indexdef(oid), relname, (SELECT array_agg(CAST(attname AS text)) FROM pg_attribute"
    " WHERE attrelid = pg_class.oid) FROM pg_class WHERE oid IN (SELECT indexrelid FROM pg_index"
    " WHERE indrelid = to_regclass(?) AND NOT (indisunique OR indisclustered OR indisreplident) AND indisvalid)"
    " AND reltablespace = 0 AND obj_description(oid, 'pg_class') IS NULL ORDER BY relname"
)
MORE = (
    "SELECT set_config(name, CAST(? AS text), true) FROM pg_settings"
    " WHERE name = ? AND CAST(setting AS bigint) < CAST(? AS bigint)"
)
LISTS = (
    "SELECT gin_clean_pending_list(i.oid) FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid"
    " JOIN pg_am AS a ON a.oid = i.relam WHERE x.indrelid = to_regclass(?) AND a.amname = 'gin'"
    " AND pg_has_role(i.relowner, 'USAGE')"
)
KEYS = (
    "SELECT DISTINCT CAST(conname AS text) FROM pg_constraint, unnest(CAST(? AS text[])) AS wanted(name)"
    " WHERE contype = 'f' AND condeferrable AND to_regclass(wanted.name) IN (conrelid, confrelid) ORDER BY 1"
)


@contextmanager
def bulk(
    connection: Connection, entity: Entity, rows: int, *, keep: Collection[str] = (), indexes: bool = True
) -> Iterator[None]:
    """Load about so many rows of an entity inside the block; see ``loading.bulk``.

    All that they point to must be there when it ends, unless ``indexes`` are to stay.
    """
    owned, there = connection.execute(TABLE, (entity.table,)).fetchone()
    if not owned:
        yield
        return
    more_memory(connection)
    later = _without_indexes(connection, entity, keep) if indexes and rows >= SHARE * there else []
    yield
    make_again(connection, [entity.table], later)
    tidy(connection, entity)


def without(connection: Connection, entity: Entity, inserted: int, changed: int, keep: Collection[str]) -> list[str]:
    """Set indexes aside where so many rows come or change; return the statements that ``make_again`` takes."""
    owned, there = connection.execute(TABLE, (entity.table,)).fetchone()
    if not owned:
        return []
    more_memory(connection)
    worth_it = inserted >= SHARE * there or changed >= CHANGED * there
    return _without_indexes(connection, entity, keep) if worth_it else []


def claimed(connection: Connection, entity: Entity, rows: int) -> bool:
    """Keep everybody else from a table that is small beside the rows to come; return whether it is ours alone."""
    owned, there = connection.execute(TABLE, (entity.table,)).fetchone()
    return bool(owned and rows >= SHARE * there and alone(connection, [entity.table], only=entity))


def more_memory(connection: Connection) -> None:
    """Give the server more memory until the transaction ends."""
    for name, size in MEMORY.items():
        connection.execute(MORE, (f"{size}MB", name, size * 1024))


def tidy(connection: Connection, entity: Entity) -> None:
    """Put what waits beside the indexes of texts into them: until then it is read from end to end."""
    connection.execute(LISTS, (entity.table,))


def make_again(connection: Connection, tables: Collection[str], later: list[str]) -> None:
    """Make indexes and constraints again that were set aside in tables."""
    if not later:
        return
    with _checked(connection, tables):
        for statement in later:
            connection.execute(statement)


@contextmanager
def _checked(connection: Connection, tables: Collection[str]) -> Iterator[None]:
    """Check references now: the server changes no table of which rows wait for that."""
    names = ", ".join(f'"{row[0]}"' for row in connection.execute(KEYS, (list(tables),)))
    if names:
        connection.execute(f"SET CONSTRAINTS {names} IMMEDIATE")
    yield
    if names:
        connection.execute(f"SET CONSTRAINTS {names} DEFERRED")


def alone(connection: Connection, tables: Collection[str], *, only: Entity | None = None) -> bool:
    """Keep everybody else from tables until the transaction ends; return whether nobody was in the way.

    ``only`` is an entity of which no other organization may have rows.
    """
    connection.execute("SAVEPOINT mycrm_alone")
    try:
        connection.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        connection.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        with _checked(connection, tables):
            if only is not None:
                _check_own(connection, only)
    except (Conflict, Invalid, Unavailable):
        connection.execute("ROLLBACK TO SAVEPOINT mycrm_alone")
        return False
    connection.execute("RELEASE SAVEPOINT mycrm_alone")
    connection.execute(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
    return True


def _check_own(connection: Connection, entity: Entity) -> None:
    """Raise Invalid if another organization has rows of an entity: a query would not see them, a constraint does."""
    connection.execute("SAVEPOINT mycrm_own")
    connection.execute(
        f"ALTER TABLE {entity.table} ADD CONSTRAINT mycrm_own CHECK (organization_id = '{connection.organization_id}')"
    )
    connection.execute("ROLLBACK TO SAVEPOINT mycrm_own")


def _without_indexes(connection: Connection, entity: Entity, keep: Collection[str]) -> list[str]:
    """Drop the indexes that nothing needs meanwhile and return the statements that make them again."""
    if not alone(connection, [entity.table], only=entity):
        return []
    needed = set(keep) - {"id", "organization_id"}
    aside = []
    for statement, name, columns in connection.execute(INDEXES, (entity.table,)).fetchall():
        if not needed & set(columns):
            connection.execute(f'DROP INDEX "{name}"')
            aside.append(statement)
    return aside
