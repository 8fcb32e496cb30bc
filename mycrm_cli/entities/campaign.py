"""Campaigns: efforts that bring leads."""

from datetime import date
from decimal import Decimal

from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Dated, Entity, Named, Numbered, Owned, Versioned, unique


class Campaign(Dated, Named, Versioned, Numbered, Owned, table=True):
    """A mailing, an event, an advertisement or another effort."""

    __tablename__ = "campaigns"
    __table_args__ = (unique("organization_id", "name"),)

    name: str = fields.text(255, "Name.", required=True)
    type: str = fields.choice("email event ads content referral other", "What kind of effort it is.", default="other")
    status: str = fields.choice("planned active paused completed", "How far it is.", default="planned")
    start_date: date | None = fields.day("First day.")
    end_date: date | None = fields.day("Last day.")
    budget: Decimal | None = fields.money("What it may cost.")
    actual_cost: Decimal | None = fields.money("What it has cost.")
    expected_revenue: Decimal | None = fields.money("What it should bring.")
    description: str | None = fields.lines("More about it.")


ENTITY = Entity(
    name="campaign",
    table=Campaign,
    plural="campaigns",
    prefix="CA",
    key="name",
    title=("name",),
    columns=("number", "name", "type", "status", "start_date", "end_date", "budget"),
    wide=("actual_cost", "expected_revenue", "description", "created_at"),
    search=("name", "description"),
    match=("name",),
    commands=RECORD,
)
