"""Pipelines: the ways a deal can take."""

from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Dated, Entity, Named, Owned, Versioned, index, unique


class Pipeline(Dated, Named, Versioned, Owned, table=True):
    """A sequence of stages that deals go through."""

    __tablename__ = "pipelines"
    __table_args__ = (unique("organization_id", "name"), index("organization_id", "is_active"))

    name: str = fields.text(255, "Name.", required=True)
    description: str | None = fields.lines("What it is for.")
    is_default: bool = fields.boolean("Whether new deals go through it.")
    is_active: bool = fields.boolean("Whether new deals may go through it.", default=True)


ENTITY = Entity(
    name="pipeline",
    table=Pipeline,
    plural="pipelines",
    key="name",
    title=("name",),
    columns=("name", "is_default", "is_active", "description"),
    wide=("created_at", "updated_at"),
    search=("name", "description"),
    sort="name",
    match=("name",),
    commands=RECORD,
)
