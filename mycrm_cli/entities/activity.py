"""Activities: what happened with a record."""

from datetime import datetime
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Dated, Entity, Numbered, Owned, Versioned, index


class Activity(Dated, Versioned, Numbered, Owned, table=True):
    """A call, a meeting, a visit to the web site, or another event."""

    __tablename__ = "activities"
    __table_args__ = (
        index("organization_id", "occurred_at"),
        index("user_id", "occurred_at"),
        index("contact_id", "occurred_at"),
        index("company_id", "occurred_at"),
        index("lead_id", "occurred_at"),
        index("opportunity_id", "occurred_at"),
        index("task_id"),
    )

    activity_type: str = fields.choice(
        "call email meeting note task stage_change status_change web_visit form other",
        "What happened.",
        required=True,
    )
    direction: str = fields.choice("inbound outbound none", "Who began it.", default="none")
    subject: str | None = fields.text(500, "What it was about.")
    body: str | None = fields.lines("What was said.")
    occurred_at: datetime = fields.moment("When it happened.", required=True)
    duration_minutes: int | None = fields.integer("How long it took.", low=0)
    outcome: str | None = fields.text(255, "What came of it.")
    user_id: UUID | None = fields.reference("users", "Who took part for us.")
    contact_id: UUID | None = fields.reference("contacts", "The contact it happened with.")
    company_id: UUID | None = fields.reference("companies", "The company it happened with.")
    lead_id: UUID | None = fields.reference("leads", "The lead it happened with.")
    opportunity_id: UUID | None = fields.reference("opportunities", "The deal it is about.")
    task_id: UUID | None = fields.reference("tasks", "The task it came from.")


ENTITY = Entity(
    name="activity",
    table=Activity,
    plural="activities",
    prefix="A",
    key="subject",
    title=("subject", "activity_type"),
    columns=("number", "occurred_at", "activity_type", "direction", "subject", "contact", "deal", "user"),
    wide=("duration_minutes", "outcome", "company", "lead", "task", "body"),
    search=("subject", "body"),
    commands=RECORD,
)
