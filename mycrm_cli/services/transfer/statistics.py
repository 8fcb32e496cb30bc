"""Keeps PostgreSQL's plans right while tables grow within one transaction."""

from __future__ import annotations

from mycrm_cli import catalog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.work import Work

LOOKED_AT = frozenset(4**power for power in range(12))
"""Batches after which the tables are looked at again."""
EXTRAS = ("external_ids", "contact_emails")


def gather(work: Work, entity: Entity, batch: int) -> None:
    """Look at the tables again after batch 1, 4, 16 …; plans made while they were empty are dropped.

    Autovacuum does this only for what is committed. A login that does not own the tables gets a
    warning from the server and goes on.
    """
    if batch in LOOKED_AT and work.connection.dialect == "postgresql":
        for table in (entity.table, *(catalog.entity(name).table for name in EXTRAS)):
            work.connection.execute(f"ANALYZE {table}")
