"""Teams: groups of users."""

from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Dated, Entity, Named, Owned, Versioned, index, unique


class Team(Dated, Named, Versioned, Owned, table=True):
    """A group of users who share work."""

    __tablename__ = "teams"
    __table_args__ = (unique("organization_id", "name"), index("lead_id"))

    name: str = fields.text(255, "Name.", required=True)
    description: str | None = fields.lines("What the team does.")
    lead_id: UUID | None = fields.reference("users", "Who leads the team.")


ENTITY = Entity(
    name="team",
    table=Team,
    plural="teams",
    key="name",
    title=("name",),
    columns=("name", "lead", "description"),
    wide=("created_at", "updated_at"),
    search=("name", "description"),
    sort="name",
    match=("name",),
    commands=RECORD,
)
