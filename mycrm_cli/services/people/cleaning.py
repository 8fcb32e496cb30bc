"""What a database still holds after rows are gone: cleaned after an erasure, and again by whoever repeats it.

SQLite overwrites what it removes, yet copies of rows that it moved between pages may stay; only a file that is
written anew has none. PostgreSQL keeps removed rows until they are vacuumed, which only their owner may do.
"""

from __future__ import annotations

from mycrm_cli.errors import CrmError, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from mycrm_cli.db.connect import Connection

OWNED = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(?)"
ALWAYS = ("contacts", "leads", "change_payloads", "contact_emails")


def clean(connection: Connection, tables: Collection[str]) -> list[str]:
    """Remove what is left of removed rows; return what could not be done, in sentences."""
    if connection.dialect == "sqlite":
        return _sqlite(connection)
    return _postgresql(connection, sorted({*tables, *ALWAYS}))


def drop_words(connection: Connection, tables: Collection[str]) -> None:
    """Merge SQLite's full-text indexes inside the transaction: words of removed rows wait in them until then."""
    if connection.dialect != "sqlite":
        return
    for table in sorted({*tables} & SEARCHED):
        connection.execute(f"INSERT INTO {table}_search ({table}_search) VALUES ('optimize')")


SEARCHED = frozenset(("contacts", "leads"))
BUSY = "others are using the database: copies of removed rows may stay in its file until the same command is run again"


def _sqlite(connection: Connection) -> list[str]:
    """Write the file anew, and empty the log beside it."""
    try:
        connection.execute("VACUUM")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except Unavailable:
        return [BUSY]
    except CrmError as error:
        return [f"the file could not be written anew ({error.message}): copies of removed rows may stay in it"]
    return [BUSY] if busy else []


def _postgresql(connection: Connection, tables: Collection[str]) -> list[str]:
    """Vacuum the tables that the login owns."""
    connection.raw.autocommit = True
    left = []
    for table in tables:
        owned = connection.execute(OWNED, (table,)).fetchone()
        try:
            if not (owned and owned[0]):
                left.append(table)
                continue
            connection.execute(f"VACUUM {table}")
        except CrmError:
            left.append(table)
    if not left:
        return []
    names = ", ".join(left)
    return [f"this login may not vacuum {names}: removed rows stay in their files until the owner or autovacuum does"]
