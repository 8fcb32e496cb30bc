"""The way of deals from stage to stage: what was written down about it."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from mycrm_cli.services.stages import Pipelines, Stage
    from mycrm_cli.services.work import Work


def last_open(work: Work, known: Pipelines, ids: Iterable[UUID]) -> dict[UUID, Stage]:
    """Return the last open stage of each deal in the pipeline it is in now; the pipeline's first one else."""
    wanted = list(ids)
    deal, history = catalog.entity("deal"), catalog.entity("stage_history")
    homes = rows.fetch(work.connection, work.scope, deal, "id", wanted, ["id", "pipeline_id"])
    pipelines = {id: known.pipeline(pipeline) for id, pipeline in homes}
    columns = ["id", "opportunity_id", "to_stage_id"]
    steps = rows.fetch(work.connection, work.scope, history, "opportunity_id", wanted, columns)
    found: dict[UUID, Stage] = {}
    # In the order in which they were written down: a step may be back-dated.
    for _, id, stage_id in sorted(steps):
        stage = known.stages.get(stage_id)
        if stage and stage.status == "open" and id in pipelines and stage.pipeline_id == pipelines[id].id:
            found[id] = stage
    return {id: found.get(id) or pipeline.first("open") for id, pipeline in pipelines.items()}
