"""Who relies on pipelines and who changes them wait for each other, on PostgreSQL: SQLite has one writer anyway.

The rows of all pipelines stand for the stages as well. They are locked before anything else, in the order
of their ids: who waits for them holds no deal that somebody else waits for.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import rows, stages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services.work import Work

HELD = "pipelines that are held"
SHARE, ALONE = "FOR SHARE", "FOR UPDATE"


def share(work: Work) -> None:
    """Keep pipelines and their stages as they are until the transaction ends: deals are put into them."""
    _hold(work, SHARE)


def alone(work: Work) -> None:
    """Keep others from pipelines, their stages, and from moving deals, until the transaction ends."""
    _hold(work, ALONE)


def forget(work: Work) -> None:
    """Hold them again when they are needed: the transaction went back to a place before it held them."""
    work.cache.pop(HELD, None)
    stages.forget(work)


def _hold(work: Work, how: str) -> None:
    if work.connection.dialect == "sqlite" or work.cache.get(HELD) in (how, ALONE):
        return
    save = catalog.entity("pipeline").fields["organization_id"].kind
    organization = rows.converted([work.scope.organization_id], [save.saver(work.connection.dialect)])
    statement = f"SELECT id FROM pipelines WHERE organization_id = ? ORDER BY id {how}"
    work.connection.execute(statement, organization).fetchall()
    work.cache[HELD] = how
    stages.forget(work)  # what was read before may have changed while this waited
