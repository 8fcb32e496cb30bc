"""Deals: sales in progress, which the schema calls opportunities."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from mycrm_cli import clock
from mycrm_cli.db import fields
from mycrm_cli.db.base import (
    LIVE,
    TAGGED,
    TRASHED,
    Dated,
    Entity,
    Named,
    Numbered,
    Owned,
    Searchable,
    SoftDeleted,
    Versioned,
    index,
)
from mycrm_cli.db.constraints import generated, reference_within

SUMMED = (
    *("organization_id", "status", "actual_close_date", "expected_close_date", "owner_id", "currency"),
    *("stage_id", "pipeline_id", "value", "weighted_value", "stage_changed_at", "is_deleted"),
)


class Opportunity(Searchable, SoftDeleted, Dated, Named, Versioned, Numbered, Owned, table=True):
    """A sale in progress."""

    __tablename__ = "opportunities"
    __table_args__ = (
        reference_within("pipeline_id", "stage_id", "stages"),
        index("organization_id", "status"),
        index("organization_id", "pipeline_id", "stage_id"),
        index("owner_id"),
        index("contact_id"),
        index("expected_close_date"),
        index("-value"),
        index("created_at"),
        index("tags", postgresql_using="gin"),
        index("company_id"),
        index("lead_id"),
        index("stage_id"),
        # Sums by month, owner and stage read this alone, in its order.
        index(*SUMMED, name="sums", **LIVE),
    )

    name: str = fields.text(255, "What is being sold.", required=True)
    description: str | None = fields.lines("More about it.")
    value: Decimal | None = fields.money("Expected value.")
    value_from_items: bool = fields.boolean("Whether the value is the sum of the line items.", writable=False)
    currency: str = fields.currency("Currency of the value (ISO 4217); the organization's unless told.", nullable=False)
    probability: Decimal = fields.percent("How likely it is won; the stage's unless told.", nullable=False)
    weighted_value: Decimal | None = generated(
        fields.money("Value times probability.", writable=False),
        sqlite="(value * probability + 50) / 100",
        postgresql="round(value * probability, 2)",
    )
    expected_close_date: date | None = fields.day("When it should be won.", short="close")
    actual_close_date: date | None = fields.day("When it was won or lost.")
    stage_id: UUID = fields.reference("stages", "Where it stands; the pipeline's first unless told.", nullable=False)
    pipeline_id: UUID = fields.reference("pipelines", "Its pipeline; the default one unless told.", nullable=False)
    contact_id: UUID | None = fields.reference("contacts", "The main contact.")
    company_id: UUID | None = fields.reference("companies", "The company that buys.")
    lead_id: UUID | None = fields.reference("leads", "The lead it came from.")
    owner_id: UUID | None = fields.reference("users", "Who is responsible.")
    status: str = fields.choice("open won lost", "Whether it is still open.", default="open")
    loss_reason: str | None = fields.text(255, "Why it was lost.")
    competitor: str | None = fields.text(255, "Who else offers.")
    next_step: str | None = fields.lines("What to do next.")
    tags: list[str] = fields.tags("Keywords.")
    custom_fields: dict[str, Any] = fields.record("Values of the organization's own fields.")
    last_activity_at: datetime | None = fields.moment("When something last happened.", writable=False)
    stage_changed_at: datetime = fields.moment("When it came to its stage.", factory=clock.now, writable=False)


ENTITY = Entity(
    name="deal",
    table=Opportunity,
    plural="deals",
    prefix="D",
    key="name",
    title=("name",),
    columns=("number", "name", "company", "stage", "value", "currency", "probability", "owner", "expected_close_date"),
    wide=(
        "weighted_value",
        "status",
        "days_in_stage",
        "contact",
        "pipeline",
        "next_step",
        "tags",
        "last_activity_at",
        "created_at",
    ),
    search=("name", "description", "competitor"),
    match=("name",),
    commands=(*TRASHED, *TAGGED),
)
