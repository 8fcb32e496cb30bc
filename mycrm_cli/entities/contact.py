"""Contacts: people the organization knows."""

from datetime import datetime
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


class Contact(Searchable, SoftDeleted, Dated, Named, Versioned, Numbered, Owned, table=True):
    """A person the organization knows."""

    __tablename__ = "contacts"
    __table_args__ = (
        index("organization_id", "email"),
        index("organization_id", "company"),
        index("owner_id"),
        index("status", "lifecycle_stage"),
        index("created_at"),
        index("score"),
        index("tags", postgresql_using="gin"),
        index("company_id"),
        index("organization_id", "phone"),
        index("organization_id", "mobile"),
        index("assigned_to_id"),
    )

    first_name: str | None = fields.text(100, "Given name.")
    last_name: str | None = fields.text(100, "Family name.")
    email: str | None = fields.email("Primary e-mail address.")
    phone: str | None = fields.phone("Phone number.")
    mobile: str | None = fields.phone("Mobile number.")
    company: str | None = fields.text(255, "Name of the company the person works for.")
    job_title: str | None = fields.text(100, "Position.")
    department: str | None = fields.text(100, "Department.")
    website: str | None = fields.url("Web site.")
    linkedin_url: str | None = fields.url("LinkedIn profile.")
    twitter_handle: str | None = fields.text(50, "Name on X, formerly Twitter.")
    address_line1: str | None = fields.text(255, "Street and number.")
    address_line2: str | None = fields.text(255, "Second line of the address.")
    city: str | None = fields.text(100, "City.")
    state: str | None = fields.text(100, "State or region.")
    postal_code: str | None = fields.text(20, "Postal code.")
    country: str | None = fields.country("Country (ISO 3166).")
    status: str = fields.choice("active inactive archived", "Whether the contact is in use.", default="active")
    source: str | None = fields.choice(
        "website referral cold_call cold_email event social paid_ads organic partner other",
        "Where the contact came from.",
        default="other",
    )
    lifecycle_stage: str = fields.choice(
        "subscriber lead marketing_qualified sales_qualified opportunity customer evangelist other",
        "How far the relation has come.",
        default="subscriber",
    )
    tags: list[str] = fields.tags("Keywords.")
    custom_fields: dict[str, Any] = fields.record("Values of the organization's own fields.")
    score: int | None = fields.integer("Engagement score.", low=0, high=100)
    owner_id: UUID | None = fields.reference("users", "Who is responsible.")
    assigned_to_id: UUID | None = fields.reference("users", "Who is working on it.")
    company_id: UUID | None = fields.reference("companies", "The company's record.")
    last_activity_at: datetime | None = fields.moment("When something last happened.", writable=False)
    do_not_call: bool = fields.boolean("Must not be called.")
    do_not_email: bool = fields.boolean("Must not be sent mail.")


ENTITY = Entity(
    name="contact",
    table=Contact,
    plural="contacts",
    prefix="C",
    key="name",
    title=("first_name last_name", "company", "email", "phone"),
    columns=("number", "name", "email", "phone", "company", "owner", "status", "last_activity_at"),
    wide=("job_title", "city", "country", "lifecycle_stage", "score", "tags", "created_at"),
    search=("first_name", "last_name", "email", "company"),
    match=("email",),
    any_of=("first_name", "last_name", "email", "phone", "company"),
    distinct=("email",),
    commands=(*TRASHED, *TAGGED, *DOUBLES),
)
