"""Large writes on SQLite: what costs every single row its share is set aside, and made good at the end.

Indexes are dropped and built again, which sorts once instead of searching for each row; the full-text
index is filled by one statement instead of a trigger; CHECK constraints are not evaluated where the kinds
have refused the same values before. All of it happens inside the transaction: whatever goes wrong, and
whoever reads meanwhile, finds the tables as they were.
"""

from __future__ import annotations

from contextlib import contextmanager

from mycrm_cli.services import derived, nouns, reindexing
from mycrm_cli.services.rows import exist

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection
    from mycrm_cli.services.work import Work

LARGE = 20_000
"""Rows from which on the trouble is worth it."""
CACHE = 40 * 1024
"""KiB of pages kept in memory meanwhile; SQLite's own 2 MiB would write every page many times."""


WORDS = 4 * 1024 * 1024
"""Bytes of words that the full-text index gathers before it writes them; its own 1 MiB means four times the merging."""


@contextmanager
def bulk(
    work: Work,
    entity: Entity,
    rows: int,
    *,
    keep: Collection[str] = (),
    indexes: bool | None = None,
    checks: bool = False,
) -> Iterator[None]:
    """Load about so many rows of an entity inside the block, on SQLite at less cost for each.

    ``keep`` are columns that are looked up meanwhile: indexes that lead to them stay. ``indexes`` tells whether the
    others are built again; by default they are when twice as many rows come as are there, so that what a load costs
    depends on its size, and a file that comes again touches no index. ``checks`` tells whether CHECK constraints are
    evaluated, as they must be for values that no kind has read; PostgreSQL always does.
    """
    connection = work.connection
    if rows < LARGE:
        yield
        return
    if connection.dialect != "sqlite":
        with reindexing.bulk(connection, entity, rows, keep=keep, indexes=indexes is not False and not work.dry_run):
            yield
        return
    pages = connection.execute("PRAGMA cache_size").fetchone()[0]
    connection.execute(f"PRAGMA cache_size = -{CACHE}")
    if not checks:
        connection.execute("PRAGMA ignore_check_constraints = ON")
    try:
        rebuilt = outnumbered(connection, entity, rows // reindexing.SHARE) if indexes is None else indexes
        connection.loading = entity.table
        later = _without_search(work, entity)
        later += _without_all_indexes(work, entity, rows, keep) if rebuilt else []
        yield
        for statement in later:
            connection.execute(statement)
    finally:
        connection.loading = None
        connection.execute("PRAGMA ignore_check_constraints = OFF")
        connection.execute(f"PRAGMA cache_size = {pages}")


def alone(work: Work, entity: Entity, rows: int) -> bool:
    """Return whether an organization has no record of an entity, nor gets one from others while so many are loaded.

    A writer has all of a SQLite database to itself; on PostgreSQL it gets a table that has nobody else's rows.
    Nothing is said of small loads, for which it does not matter.
    """
    connection = work.connection
    if rows < LARGE:
        return False
    if connection.dialect != "sqlite" and (work.dry_run or not reindexing.claimed(connection, entity, rows)):
        return False
    return not exist(connection, work.scope, entity)


def outnumbered(connection: Connection, entity: Entity, rows: int) -> bool:
    """Return whether a table has fewer rows than are to come; no more of them are counted than that."""
    statement = f"SELECT count(*) FROM (SELECT 1 FROM {entity.table} LIMIT ?)"
    return bool(connection.execute(statement, (rows,)).fetchone()[0] < rows)


def without_indexes(
    connection: Connection, entity: Entity, keep: Collection[str], touched: Collection[str] | None = None
) -> list[str]:
    """Drop the indexes that nothing needs meanwhile and return the statements that make them again.

    Where not all columns are ``touched``, only indexes with one of these go.
    """
    listed = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (entity.table,)
    ).fetchall()
    aside = []
    for name, statement in listed:
        columns = {row[2] for row in connection.execute(f"PRAGMA index_info({name})")}
        is_touched = touched is None or columns & set(touched)
        if statement.startswith("CREATE INDEX") and is_touched and not columns & set(keep):
            connection.execute(f"DROP INDEX {name}")
            aside.append(statement)
    return aside


def _without_all_indexes(work: Work, entity: Entity, rows: int, keep: Collection[str]) -> list[str]:
    """Drop indexes of an entity, and of small tables that grow with it; return the statements that make them again."""
    later = without_indexes(work.connection, entity, keep)
    for other in nouns.along(entity):
        if outnumbered(work.connection, other, rows // reindexing.SHARE):
            later += without_indexes(work.connection, other, _leading(other, entity))
    return later


def _leading(other: Entity, entity: Entity) -> set[str]:
    """Return the columns by which an entity's records lead to rows of another table."""
    return {field.name for field in other.fields.values() if field.table == entity.table}


def _without_search(work: Work, entity: Entity) -> list[str]:
    """Keep the triggers of the full-text index from new rows; return what fills it and sets them up again."""
    if not entity.searchable:
        return []
    connection, table, index = work.connection, entity.table, f"{entity.table}_search"
    first = derived.next_rowid(connection, entity)
    triggers = [dropped(connection, f"{index}_{event}") for event in ("insert", "update", "delete")]
    # What is not in the index yet must not be taken out of it: that would damage it.
    for event, body in (("update", triggers[1]), ("delete", triggers[2])):
        head, _, rest = body.partition("BEGIN")
        head, _, given = head.partition("WHEN")
        condition = f"WHEN old.search_rowid < {first}" + (f" AND ({given.strip()})" if given else "")
        connection.execute(
            f"{head}{condition} BEGIN{rest}".replace(f"{index}_{event}", f"{index}_{event}_meanwhile", 1)
        )
    fill = (
        f"INSERT INTO {index} (rowid, search_text) SELECT search_rowid, search_text FROM {table}"
        f" WHERE +organization_id = x'{work.scope.organization_id.hex}' AND search_rowid >= {first}"
        " ORDER BY search_rowid"
    )
    drops = [f"DROP TRIGGER {index}_{event}_meanwhile" for event in ("update", "delete")]
    larger, usual = (f"INSERT INTO {index} ({index}, rank) VALUES ('hashsize', {size})" for size in (WORDS, WORDS // 4))
    return [*drops, larger, fill, usual, *triggers]


def dropped(connection: Connection, trigger: str) -> str:
    """Drop a trigger and return the statement that makes it again."""
    found = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", (trigger,))
    statement = str(found.fetchone()[0])
    connection.execute(f"DROP TRIGGER {trigger}")
    return statement
