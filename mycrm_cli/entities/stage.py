"""Stages: the steps of a pipeline."""

from typing import Any
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Created, Entity, Named, Owned, Versioned, index, unique


class Stage(Created, Named, Versioned, Owned, table=True):
    """One step of a pipeline, with the probability of the deals that stand there."""

    __tablename__ = "stages"
    __table_args__ = (
        unique("pipeline_id", "name"),
        unique("organization_id", "pipeline_id", "id"),
        index("pipeline_id", "order"),
    )

    name: str = fields.text(100, "Name.", required=True)
    probability: int = fields.integer("How likely a deal is won from here, in percent.", low=0, high=100, default=0)
    order: int = fields.integer("Its place in the pipeline, from 1.", low=0, default=0)
    color: str | None = fields.text(7, "Colour on boards, such as #33aa55.", pattern="#[0-9A-Fa-f]{6}")
    description: str | None = fields.lines("What has to be done here.")
    stale_after_days: int | None = fields.integer("After how many days a deal that stands here is stale.", low=1)
    required_fields: list[Any] = fields.column("json", "Fields that a deal must have to come here.", factory=list)
    is_won: bool = fields.boolean("Whether deals that come here are won.")
    is_lost: bool = fields.boolean("Whether deals that come here are lost.")
    pipeline_id: UUID = fields.reference("pipelines", "The pipeline it is part of.", part=True, required=True)


ENTITY = Entity(
    name="stage",
    table=Stage,
    plural="stages",
    key="name",
    title=("name",),
    columns=("pipeline", "order", "name", "probability", "is_won", "is_lost"),
    wide=("stale_after_days", "required_fields", "color", "description", "created_at"),
    search=("name", "description"),
    sort="pipeline,order",
    match=("name",),
    commands=RECORD,
)
