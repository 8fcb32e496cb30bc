"""Makes sure that every row that came in points to rows that are there, on SQLite, which was not asked meanwhile."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.services.work import Work


def check(work: Work, tables: Collection[str]) -> None:
    """Look up what the rows of these tables point to; raises Conflict where something is not there."""
    own = work.scope.organization_id.bytes
    for table in tables:
        if not catalog.by_table(table).tenant:
            continue
        for parent, pairs in rules(work.connection, table):
            joined = " AND ".join(f'p."{there}" = c."{here}"' for here, there in pairs)
            given = " AND ".join(f'c."{here}" IS NOT NULL' for here, _ in pairs)
            loose = work.connection.execute(
                f"SELECT 1 FROM {table} AS c LEFT JOIN {parent} AS p ON p.organization_id = c.organization_id"
                f" AND {joined} WHERE c.organization_id = ? AND {given} AND p.organization_id IS NULL LIMIT 1",
                (own,),
            ).fetchone()
            if loose:
                columns = ", ".join(here for here, _ in pairs)
                raise Conflict(
                    f"{table} in the file point by {columns} to {parent} that the file does not have",
                    hint="nothing was written; make the export again",
                )


def rules(connection: Connection, table: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the foreign keys of a table: the other table, and the pairs of columns beside the organization."""
    keys: dict[int, tuple[str, list[tuple[str, str]]]] = {}
    for number, _, parent, here, there, *_ in connection.execute(f"PRAGMA foreign_key_list({table})"):
        if here != "organization_id":
            keys.setdefault(number, (parent, []))[1].append((here, there))
    yield from keys.values()
