"""Large loads on PostgreSQL: indexes of a table that is smaller than the load are built again, which sorts once.

Who wants to read or write the table waits until the load ends, as nobody can use it without its indexes; so it
happens only where most of what will be there is yet to come. A table that is in use stays as it is, and so does
one that the login does not own. What is built in one go takes a third of the time.
"""

from __future__ import annotations

from contextlib import contextmanager

from mycrm_cli.db.connect import BUSY_SECONDS
from mycrm_cli.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection

SHARE = 2
"""Indexes are built again where at least so many rows come for each that is there."""
PATIENCE = "2s"
"""How long a load waits for those who read the table just now, before it does without."""
MEMORY = {"maintenance_work_mem": 256, "gin_pending_list_limit": 64, "work_mem": 64}
"""MiB that the server may use meanwhile, where it has been given less."""

TABLE = (
    "SELECT pg_has_role(relowner, 'USAGE'), pg_relation_size(oid) / CAST(current_setting('block_size') AS integer)"
    " * CASE WHEN relpages > 0 AND reltuples >= 0 THEN reltuples / relpages ELSE 20 END"
    " FROM pg_class WHERE oid = to_regclass(?)"
)
INDEXES = (
    "SELECT pg_get_indexdef(oid), relname, (SELECT array_agg(CAST(attname AS text)) FROM pg_attribute"
    " WHERE attrelid = pg_class.oid) FROM pg_class WHERE oid IN (SELECT indexrelid FROM pg_index"
    " WHERE indrelid = to_regclass(?) AND NOT indisunique) ORDER BY relname"
)
MORE = (
    "SELECT set_config(name, CAST(? AS text), true) FROM pg_settings"
    " WHERE name = ? AND CAST(setting AS bigint) < CAST(? AS bigint)"
)
LISTS = (
    "SELECT gin_clean_pending_list(i.oid) FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid"
    " JOIN pg_am AS a ON a.oid = i.relam WHERE x.indrelid = to_regclass(?) AND a.amname = 'gin'"
)
KEYS = (
    "SELECT CAST(conname AS text) FROM pg_constraint"
    " WHERE contype = 'f' AND condeferrable AND to_regclass(?) IN (conrelid, confrelid) ORDER BY 1"
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
    for name, size in MEMORY.items():
        connection.execute(MORE, (f"{size}MB", name, size * 1024))
    rebuilt = indexes and rows >= SHARE * there and _alone(connection, entity)
    later = _without_indexes(connection, entity, keep) if rebuilt else []
    yield
    if later:
        # The server builds no index while rows of the table wait for their references to be checked.
        names = ", ".join(row[0] for row in connection.execute(KEYS, (entity.table,)))
        connection.execute(f"SET CONSTRAINTS {names} IMMEDIATE")
        for statement in later:
            connection.execute(statement)
        connection.execute(f"SET CONSTRAINTS {names} DEFERRED")
    connection.execute(LISTS, (entity.table,))


def _alone(connection: Connection, entity: Entity) -> bool:
    """Keep everybody else from the table until the transaction ends; return whether nobody was in the way."""
    connection.execute("SAVEPOINT mycrm_alone")
    try:
        connection.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        connection.execute(f"LOCK TABLE {entity.table} IN ACCESS EXCLUSIVE MODE")
    except Unavailable:
        connection.execute("ROLLBACK TO SAVEPOINT mycrm_alone")
        return False
    connection.execute("RELEASE SAVEPOINT mycrm_alone")
    connection.execute(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
    return True


def _without_indexes(connection: Connection, entity: Entity, keep: Collection[str]) -> list[str]:
    """Drop the indexes that nothing needs meanwhile and return the statements that make them again."""
    needed = set(keep) - {"id", "organization_id"}
    aside = []
    for statement, name, columns in connection.execute(INDEXES, (entity.table,)).fetchall():
        if not needed & set(columns):
            connection.execute(f'DROP INDEX "{name}"')
            aside.append(statement)
    return aside
