"""Pipelines with their stages: adding, choosing the default one, deleting."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict
from mycrm_cli.services import holding, records, rows, setup, stages, steps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

COPIED = "name probability order color description stale_after_days required_fields is_won is_lost".split()
"""What a stage of another pipeline is copied with."""


def add(work: Work, new: Sequence[Row], listed: str | None = None, like: UUID | None = None) -> list[Row]:
    """Add pipelines with stages: those listed, those of another pipeline, or the usual ones."""
    found = records.add(work, catalog.entity("pipeline"), new)
    template = _template(work, listed, like)
    stage = catalog.entity("stage")
    records.add(work, stage, [row | {"pipeline_id": pipeline["id"]} for pipeline in found for row in template])
    return found


def _template(work: Work, listed: str | None, like: UUID | None) -> list[Row]:
    """Return the stages that a new pipeline begins with; won and lost ones are always among them."""
    if like is not None:
        ids = [stage.id for stage in stages.known(work).pipeline(like).stages]
        images = rows.images(work.connection, work.scope, catalog.entity("stage"), ids)
        return [{name: images[id][name] for name in COPIED} for id in ids]
    usual: list[Row] = [
        {"name": name, "probability": probability, "is_won": won, "is_lost": lost}
        for name, probability, won, lost in setup.STAGES
    ]
    wanted = steps.read_list(listed) if listed is not None else usual
    for flag in ("is_won", "is_lost"):
        if not any(row.get(flag) for row in wanted):
            wanted.append(next(row for row in usual if row[flag]))
    if not any(not row.get("is_won") and not row.get("is_lost") for row in wanted):
        wanted = [usual[0], *wanted]
    return [row | {"order": order} for order, row in enumerate(wanted, 1)]


def make_default(work: Work, id: UUID) -> list[UUID]:
    """Make a pipeline the default one; one that was inactive becomes active."""
    return records.edit(work, catalog.entity("pipeline"), [(id, {"is_default": True, "is_active": True})])


def delete(work: Work, ids: Sequence[UUID]) -> None:
    """Delete pipelines with their stages; raises Conflict while deals stand in one or have come through it."""
    holding.alone(work)
    known = stages.known(work)
    for id in ids:
        pipeline = known.pipeline(id)
        steps_of = [stage.id for stage in pipeline.stages]
        if count := steps.count_deals(work, "pipeline_id", [id]):
            raise Conflict(
                f"{count:,} {'deal stands' if count == 1 else 'deals stand'} in pipeline {pipeline.name}",
                details=[{"field": "pipeline", "code": "in_use"}],
                hint=f"mycrm deal edit -w {stages.condition('pipeline', pipeline.name)} --pipeline OTHER moves them;"
                " those in the trash count as well",
            )
        history = catalog.entity("stage_history")
        if any(True for _ in rows.fetch(work.connection, work.scope, history, "to_stage_id", steps_of, ["id"])):
            raise Conflict(
                f"deals have come through pipeline {pipeline.name}, and their history needs its stages",
                details=[{"field": "pipeline", "code": "in_history"}],
                hint=f"mycrm pipeline edit {stages.quoted(pipeline.name)} --is-active no takes it out of use",
            )
    work.cache[steps.GOING] = frozenset(ids)
    records.delete(work, catalog.entity("pipeline"), ids)
