"""Deals and the stages in which they stand: both may be put back, and won deals belong into a won stage."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import rows
from mycrm_cli.services.undoing.findings import Findings, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.undoing.later import Hits
    from mycrm_cli.services.undoing.restoring import Members
    from mycrm_cli.services.work import Work

PLACE, ENDS = frozenset(("stage_id", "status")), frozenset(("is_won", "is_lost"))
APART, SINCE = "would not go together", "would not go together since"
OTHERS = "would not fit the deals that stand there"


def note(work: Work, entity: Entity, members: Members, found: Findings) -> None:
    """Remember deals that were put into a stage of another kind (for now), and stages whose kind was put back."""
    if entity.name == "deal":
        placed = {id: net.whole for id, net in members.items() if not net.absent and PLACE & net.values.keys()}
        found.astray |= {id: placed[id] for id, _ in _astray(work, "id", placed)}
    elif entity.name == "stage":
        found.ends |= {id for id, net in members.items() if not net.absent and ENDS & net.values.keys()}


def stages_of(work: Work, found: Findings) -> dict[UUID, UUID]:
    """Return the deals that stand in a stage of another kind now that all is done, with the stages."""
    return dict(_astray(work, "id", found.astray))


def check(work: Work, found: Findings, apart: dict[UUID, UUID], changed: Hits, end: Findings) -> None:
    """Add a problem for each deal and stage that do not go together; ``changed`` are later changes of the stages."""
    deal, stage = catalog.entity("deal"), catalog.entity("stage")
    images = rows.images(work.connection, work.scope, deal, apart)
    for id, stage_id in apart.items():
        numbers = [number for number, fields in changed.get(stage_id, ()) if fields & ENDS]
        reason, named = SINCE if numbers else APART, () if found.astray[id] else PLACE
        end.problems.add(Problem(deal, id, reason, image=images[id], fields=named, numbers=numbers))
    wrong = {stage_id for _, stage_id in _astray(work, "stage_id", found.ends)}
    for id, image in rows.images(work.connection, work.scope, stage, wrong).items():
        end.problems.add(Problem(stage, id, OTHERS, image=image, fields=ENDS))


def _astray(work: Work, column: str, keys: Iterable[UUID]) -> list[tuple[UUID, UUID]]:
    """Return deals, by their ids or by their stages, whose status is not their stage's, with the stages."""
    names, flags = ["id", "stage_id", "status"], ["id", "is_won", "is_lost"]
    deals = list(rows.fetch(work.connection, work.scope, catalog.entity("deal"), column, sorted(keys), names))
    used = {stage_id for _, stage_id, _ in deals}
    there = rows.fetch(work.connection, work.scope, catalog.entity("stage"), "id", sorted(used), flags)
    kinds = {id: "won" if won else "lost" if lost else "open" for id, won, lost in there}
    return [(id, stage_id) for id, stage_id, status in deals if kinds.get(stage_id, status) != status]
