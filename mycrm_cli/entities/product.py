"""Products: what can be sold."""

from decimal import Decimal

from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Dated, Entity, Named, Numbered, Owned, Versioned, unique


class Product(Dated, Named, Versioned, Numbered, Owned, table=True):
    """Something that is sold at a price."""

    __tablename__ = "products"
    __table_args__ = (unique("organization_id", "sku"),)

    name: str = fields.text(255, "Name.", required=True)
    sku: str | None = fields.text(100, "Article number.")
    unit_price: Decimal | None = fields.money("Price of one.")
    currency: str | None = fields.currency("Currency of the price (ISO 4217); the organization's where it is empty.")
    is_active: bool = fields.boolean("Whether it is still sold.", default=True)


ENTITY = Entity(
    name="product",
    table=Product,
    plural="products",
    prefix="P",
    key="name",
    title=("name", "sku"),
    columns=("number", "name", "sku", "unit_price", "currency", "is_active"),
    wide=("created_at", "updated_at"),
    search=("name", "sku"),
    sort="name",
    match=("sku", "name"),
    commands=RECORD,
)
