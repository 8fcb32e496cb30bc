"""A person whose records were merged is in each sequence once: further along goes on, the other ends."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import rows
from mycrm_cli.services.sequences import stopping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.work import Work

LINKS = {"contact": "contact_id", "lead": "lead_id"}


def once(work: Work, entity: Entity, keep: UUID) -> None:
    """End what the kept record would receive twice, and take back what of it waits in the outbox."""
    if entity.name not in LINKS:
        return
    ids = stopping.going(work, LINKS[entity.name], [keep])
    names = ("id", "sequence_id", "next_position", "enrolled_at")
    found = rows.images(work.connection, work.scope, catalog.entity(stopping.NAME), ids, names).values()
    # Of those at the same step the older one goes on.
    first = sorted(found, key=lambda row: (-row["next_position"], row["enrolled_at"], row["id"]))
    going = {row["sequence_id"]: row["id"] for row in reversed(first)}
    stopping.end(work, sorted(set(ids) - set(going.values())), "merged", journaled=True)
