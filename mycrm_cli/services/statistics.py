"""Statistics for the time of a large write, without which both databases read whole tables for each row."""

from __future__ import annotations

from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection

LOOKED_AT = 400
"""Rows of each index that are looked at; all of this takes milliseconds."""

STEPS = frozenset(4**power for power in range(12))


@contextmanager
def known(connection: Connection, *, wanted: bool = True) -> Iterator[None]:
    """Have statistics inside the block, and none that were not there before after it.

    Without them SQLite checks the references to each removed row along an index of the organization,
    which is as good as reading the whole table.
    """
    if not wanted or connection.dialect != "sqlite" or _there(connection):
        yield
        return
    connection.execute(f"PRAGMA analysis_limit = {LOOKED_AT}")
    connection.execute("ANALYZE")
    yield
    # Plans of later commands are those that were tested: they do not depend on what was written when.
    connection.execute("DROP TABLE sqlite_stat1")


def renew(connection: Connection, entities: Iterable[Entity], step: int) -> None:
    """Let PostgreSQL look at tables again after step 1, 4, 16 … of a large write; plans for empty ones are dropped.

    By itself it does so only for what is committed. A login that does not own the tables gets a warning
    from the server and goes on.
    """
    if connection.dialect == "postgresql" and step in STEPS:
        for entity in entities:
            connection.execute(f"ANALYZE {entity.table}")


def _there(connection: Connection) -> bool:
    statement = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"
    return connection.execute(statement).fetchone() is not None
