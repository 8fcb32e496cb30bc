"""Leads: people or companies that may become customers."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import (
    DOUBLES,
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


class Lead(Searchable, SoftDeleted, Dated, Named, Versioned, Numbered, Owned, table=True):
    """Somebody who showed interest and is not yet a contact with a deal."""

    __tablename__ = "leads"
    __table_args__ = (
        index("organization_id", "email"),
        index("organization_id", "status"),
        index("owner_id"),
        index("assigned_to_id"),
        index("source", "status"),
        index("-score"),
        index("created_at"),
        index("tags", postgresql_using="gin"),
        index("organization_id", "phone"),
        index("converted_contact_id"),
        index("converted_opportunity_id"),
        index("campaign_id"),
    )

    name: str = fields.text(255, "Full name, or what the lead is called.", nullable=False)
    first_name: str | None = fields.text(100, "Given name.")
    last_name: str | None = fields.text(100, "Family name.")
    email: str | None = fields.email("E-mail address.")
    phone: str | None = fields.phone("Phone number.")
    company: str | None = fields.text(255, "Name of the company.")
    job_title: str | None = fields.text(100, "Position.")
    website: str | None = fields.url("Web site.")
    source: str = fields.choice(
        "website referral cold_call cold_email event social paid_ads organic partner other",
        "Where the lead came from.",
        default="other",
    )
    source_detail: str | None = fields.text(255, "The source in more detail.")
    status: str = fields.choice(
        "new contacted engaged qualified converted disqualified nurturing", "How far the lead has come.", default="new"
    )
    substatus: str | None = fields.text(50, "The status in more detail.")
    score: int | None = fields.integer("How promising it is.", low=0, high=100, writable=False)
    score_breakdown: dict[str, Any] = fields.record("The score's components.", writable=False)
    score_locked: bool = fields.boolean("Whether the score was set by hand.", writable=False)
    grade: str | None = fields.choice("A B C D E F", "The score as a letter.", writable=False)
    estimated_value: Decimal | None = fields.money("What it may be worth.")
    probability: Decimal | None = fields.percent("How likely it becomes a customer.")
    utm_source: str | None = fields.text(100, "UTM source.")
    utm_medium: str | None = fields.text(100, "UTM medium.")
    utm_campaign: str | None = fields.text(100, "UTM campaign.")
    referrer_url: str | None = fields.url("The page that led to ours.")
    landing_page: str | None = fields.url("The page of ours that was visited first.")
    notes: str | None = fields.lines("Remarks.")
    tags: list[str] = fields.tags("Keywords.")
    custom_fields: dict[str, Any] = fields.record("Values of the organization's own fields.")
    owner_id: UUID | None = fields.reference("users", "Who is responsible.")
    assigned_to_id: UUID | None = fields.reference("users", "Who is working on it.")
    converted_contact_id: UUID | None = fields.reference("contacts", "The contact it became.", writable=False)
    converted_opportunity_id: UUID | None = fields.reference("opportunities", "The deal it became.", writable=False)
    campaign_id: UUID | None = fields.reference("campaigns", "The campaign that brought it.")
    last_activity_at: datetime | None = fields.moment("When something last happened.", writable=False)
    first_responded_at: datetime | None = fields.moment("When it was first answered.", writable=False)
    qualified_at: datetime | None = fields.moment("When it was qualified.", writable=False)
    disqualified_at: datetime | None = fields.moment("When it was given up.", writable=False)
    disqualify_reason: str | None = fields.text(255, "Why it was given up.")
    converted_at: datetime | None = fields.moment("When it was converted.", writable=False)
    do_not_call: bool = fields.boolean("Must not be called.")
    do_not_email: bool = fields.boolean("Must not be sent mail.")


ENTITY = Entity(
    name="lead",
    table=Lead,
    plural="leads",
    prefix="L",
    key="name",
    title=("name",),
    columns=("number", "name", "company", "email", "status", "score", "grade", "owner", "last_activity_at"),
    wide=("phone", "source", "estimated_value", "assigned_to", "campaign", "tags", "created_at"),
    search=("name", "first_name", "last_name", "email", "company"),
    match=("email",),
    distinct=("email",),
    commands=(*TRASHED, *TAGGED, *DOUBLES),
)
