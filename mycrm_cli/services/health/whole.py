"""Whether a database is whole: its pages, its references and its search indexes, each read to the end."""

from __future__ import annotations

from mycrm_cli.db.everywhere import ask
from mycrm_cli.errors import CrmError, Unavailable
from mycrm_cli.services.health import database
from mycrm_cli.services.health.finding import FAIL, Finding, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mycrm_cli.db.connect import Connection

MEND = "mycrm db list --verify, then mycrm db restore FILE"
INDEXES = (
    "SELECT CAST(indexrelid AS regclass)::text FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid"
    " WHERE NOT (indisvalid AND indisready) AND c.relnamespace ="
    " (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('alembic_version'))"
)
CONSTRAINTS = (
    "SELECT conname::text FROM pg_constraint WHERE NOT convalidated AND connamespace ="
    " (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('alembic_version'))"
)
PAGES = "SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()"


def looked_at(open: Callable[[bool], Connection]) -> Iterator[Finding]:
    """Yield what is found; a database that does not answer is one finding.

    Raises Unavailable where others are in the way: a database that is busy is not a damaged one.
    """
    try:
        connection = open(True)
    except CrmError as error:
        yield Finding("database", FAIL, error.message, error.hint or MEND)
        return
    try:
        yield from _looked_at(connection)
    except Unavailable:
        raise
    except CrmError as error:
        yield Finding("database", FAIL, error.message, MEND)
    finally:
        connection.close()


def _looked_at(connection: Connection) -> Iterator[Finding]:
    if connection.dialect == "sqlite":
        pages = [str(row[0]) for row in ask(connection, "PRAGMA integrity_check(20)") if row[0] != "ok"]
        yield verdict("pages", pages, "all can be read, and indexes fit their tables", MEND, 1)
        lost = [f"a row of {row[0]} leads nowhere" for row in ask(connection, "PRAGMA foreign_key_check")]
        yield verdict("references", lost, "all lead to a record", MEND, 1)
        yield _search(connection)
    else:
        [(failed,)] = ask(connection, PAGES)
        yield verdict("pages", [f"{failed} failed their checksum"] * bool(failed), "none failed its checksum", MEND, 1)
        broken = [str(row[0]) for row in ask(connection, INDEXES)]
        yield verdict("indexes", broken, "all are valid", "REINDEX INDEX name, as the owner", 1)
        unchecked = [str(row[0]) for row in ask(connection, CONSTRAINTS)]
        yield verdict("constraints", unchecked, "all hold", "ALTER TABLE … VALIDATE CONSTRAINT, as the owner", 1)
    yield database.schema(connection)


def _search(connection: Connection) -> Finding:
    """Return whether each search index fits its table; the question is asked as a write, and taken back."""
    names = [row[0] for row in ask(connection, "SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5%'")]
    wrong = []
    connection.execute("BEGIN")
    for name in names:
        try:
            connection.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)")
        except Unavailable:
            raise
        except CrmError as error:
            wrong.append(f"{name}: {error.message}")
    connection.rollback()
    return verdict("search", wrong, f"{len(names)} indexes fit their tables", MEND, len(names))
