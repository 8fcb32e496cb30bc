"""Organizations: the tenants that everything else belongs to."""

from typing import Any

from mycrm_cli.db import fields
from mycrm_cli.db.base import Dated, Entity, Named, Row, Versioned, index, unique


class Organization(Dated, Named, Versioned, Row, table=True):
    """A company that uses the program; nothing of one is visible to another."""

    __tablename__ = "organizations"
    __table_args__ = (unique("slug"), index("plan", "is_active"))

    name: str = fields.text(255, "Name.", required=True)
    slug: str = fields.text(
        100, "Short name that profiles and scripts use.", pattern="[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", required=True
    )
    logo_url: str | None = fields.url("Logo.")
    plan: str = fields.choice("starter pro enterprise", "What the organization has subscribed to.", default="starter")
    settings: dict[str, Any] = fields.record("Region, currency, time zone and rules of the organization.")
    is_active: bool = fields.boolean("Whether its people may work.", default=True)


ENTITY = Entity(
    name="org",
    table=Organization,
    plural="organizations",
    key="name",
    title=("name",),
    columns=("slug", "name", "plan", "is_active", "created_at"),
    wide=("logo_url", "settings", "updated_at"),
    search=("name", "slug"),
    sort="name",
    match=("slug",),
    commands=("list", "view", "add", "edit"),
)
