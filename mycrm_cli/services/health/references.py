"""SQLite: whether references stay in their organization, and connections are as they should be."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.db.connect import connect
from mycrm_cli.db.everywhere import ask, fails
from mycrm_cli.services.health.finding import Finding, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.db.connect import Connection

Key = tuple[str, str, str]
"""A table, its column, and the table that it leads to."""
MEND = "mycrm org export --all, and mycrm org import into a new database"


def looked_at(connection: Connection, database: str) -> Iterator[Finding]:
    """Yield what is found: keys, settings of connections, and rows."""
    keys = references()
    yield _declared(connection, keys)
    yield from _connections(connection, database)
    yield _rows(connection, keys)
    yield _undivided()


def references() -> list[Key]:
    """Return every reference between tables that belong to organizations."""
    found = []
    for entity in catalog.entities().values():
        for field in entity.fields.values():
            target = field.options.get("table")
            if entity.tenant and target and target != "organizations":
                found.append((entity.table, field.name, str(target)))
    return found


def _declared(connection: Connection, keys: list[Key]) -> Finding:
    """Return whether each reference has a key that carries the organization along."""
    wrong = []
    for table, column, target in keys:
        parts: dict[int, set[tuple[str, str, str]]] = {}
        for id, _, to, here, there, *_ in ask(connection, f"PRAGMA foreign_key_list({table})"):
            parts.setdefault(id, set()).add((to, here, there))
        wanted = {(target, "organization_id", "organization_id")}
        if not any(wanted <= part and any(here == column for _, here, _ in part) for part in parts.values()):
            wrong.append(f"{table}.{column}")
    return verdict("references", wrong, f"{len(keys)} lead to records of the same organization only", MEND, len(keys))


def _connections(reading: Connection, database: str) -> Iterator[Finding]:
    """Yield whether connections that read cannot write, and those that write check references."""
    said = [] if ask(reading, "PRAGMA query_only") == [(1,)] else ["query_only is off"]
    said += [] if fails(reading, "CREATE TABLE mycrm_doctor (id)") else ["a table could be made"]
    yield verdict("reading connections", said, "cannot write", "report it: this is a fault of mycrm", 2)
    writing = connect(database, write=True)
    try:
        said = [] if ask(writing, "PRAGMA foreign_keys") == [(1,)] else ["foreign_keys is off"]
    finally:
        writing.close()
    yield verdict("writing connections", said, "check references", "report it: this is a fault of mycrm", 1)


def _rows(connection: Connection, keys: list[Key]) -> Finding:
    """Return whether every reference of every row is to a row of the same organization; one query for each key."""
    wrong = []
    for table, column, target in keys:
        lost = (
            f'SELECT count(*) FROM {table} AS c WHERE c."{column}" IS NOT NULL AND NOT EXISTS ('
            f'SELECT 1 FROM {target} AS p WHERE p.id = c."{column}" AND p.organization_id = c.organization_id)'
        )
        [(count,)] = ask(connection, lost)
        wrong += [f"{count:,} rows of {table}.{column}"] if count else []
    said = f"no row leads out of its organization ({len(keys)} keys)"
    return verdict("rows", wrong, said, "restore a backup, or mycrm org export --all", len(keys))


def _undivided() -> Finding:
    """Return what a file cannot do."""
    said = "whoever may read the file reads all organizations in it; those that distrust each other need a file each"
    return Finding("file", "ok", said, tried=0)
