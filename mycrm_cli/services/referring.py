"""Large removals on PostgreSQL: the foreign keys that lead to a table are set aside, and checked once for all rows.

The server looks into each referring table for every row that goes, which takes longer than all the rest. Who wants
to use the table or one that refers to it waits until the transaction ends; so it happens only where most of the table
goes, and where nobody uses these tables just then. A login that does not own all of them goes without.
"""

from __future__ import annotations

from mycrm_cli.services import reindexing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection

MANY = 50_000
"""Rows from which on others may be made to wait for it."""
SHARE = 2
"""The table has at most so many times the rows that go."""

KEYS = (
    "SELECT CAST(conname AS text), CAST(CAST(conrelid AS regclass) AS text), pg_get_constraintdef(k.oid),"
    " obj_description(k.oid, 'pg_constraint'), pg_has_role(t.relowner, 'USAGE')"
    " FROM pg_constraint AS k JOIN pg_class AS t ON t.oid = k.conrelid"
    " WHERE contype = 'f' AND confrelid = to_regclass(?) ORDER BY 2, 1"
)


def without(connection: Connection, entity: Entity, rows: int) -> tuple[set[str], list[str]]:
    """Drop the foreign keys to an entity of which about so many rows go.

    Returns the tables that had them and the statements that make and check them again; nothing where they stay.
    """
    owned, there = connection.execute(reindexing.TABLE, (entity.table,)).fetchone()
    keys = connection.execute(KEYS, (entity.table,)).fetchall()
    tables = {entity.table, *(key[1] for key in keys)}
    mine = owned and all(key[4] for key in keys)
    if not (keys and mine and rows >= MANY and SHARE * rows >= there and reindexing.alone(connection, sorted(tables))):
        return set(), []
    reindexing.more_memory(connection)
    later = []
    for name, table, definition, comment, _ in keys:
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        later.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        if comment:
            text = comment.replace("'", "''")
            later.append(f"COMMENT ON CONSTRAINT \"{name}\" ON {table} IS '{text}'")
    return tables, later
