"""Companies: the organizations that contacts work for and deals are made with."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import (
    DOUBLES,
    RECORD,
    TAGGED,
    Dated,
    Entity,
    Named,
    Numbered,
    Owned,
    Searchable,
    Versioned,
    index,
    unique,
)


class Company(Searchable, Dated, Named, Versioned, Numbered, Owned, table=True):
    """A company the organization knows."""

    __tablename__ = "companies"
    __table_args__ = (
        unique("organization_id", "domain"),
        index("organization_id", "name"),
        index("industry"),
        index("owner_id"),
        index("parent_id"),
    )

    name: str = fields.text(255, "Name.", required=True)
    domain: str | None = fields.column("domain", "Internet domain; finds the company of an e-mail address.")
    industry: str | None = fields.text(100, "Industry.")
    company_size: str | None = fields.choice(
        "1-10 11-50 51-200 201-500 501-1000 1001-5000 5001+", "Number of employees, as a class."
    )
    annual_revenue: Decimal | None = fields.money("Revenue a year.")
    founded_year: int | None = fields.integer("Year of foundation.", low=1000, high=2999)
    description: str | None = fields.lines("What the company does.")
    logo_url: str | None = fields.url("Logo.")
    website: str | None = fields.url("Web site.")
    linkedin_url: str | None = fields.url("LinkedIn page.")
    address_line1: str | None = fields.text(255, "Street and number.")
    city: str | None = fields.text(100, "City.")
    state: str | None = fields.text(100, "State or region.")
    postal_code: str | None = fields.text(20, "Postal code.")
    country: str | None = fields.country("Country (ISO 3166).")
    phone: str | None = fields.phone("Phone number.")
    employee_count: int | None = fields.integer("Number of employees.", low=0)
    type: str = fields.choice(
        "prospect customer partner vendor competitor other", "Relation to the organization.", default="prospect"
    )
    tier: str | None = fields.choice("enterprise mid_market smb startup", "Size class for sales.")
    health_score: int | None = fields.integer("How well the relation is.", low=0, high=100)
    owner_id: UUID | None = fields.reference("users", "Who is responsible.")
    parent_id: UUID | None = fields.reference("companies", "The company it is part of.")
    tags: list[str] = fields.tags("Keywords.")
    custom_fields: dict[str, Any] = fields.record("Values of the organization's own fields.")


ENTITY = Entity(
    name="company",
    table=Company,
    plural="companies",
    prefix="CO",
    key="name",
    title=("name", "domain"),
    columns=("number", "name", "domain", "industry", "type", "country", "owner"),
    wide=("employee_count", "annual_revenue", "parent", "phone", "city", "tags", "created_at"),
    search=("name", "domain", "industry", "city"),
    match=("domain", "name"),
    commands=(*RECORD, *TAGGED, *DOUBLES),
)
