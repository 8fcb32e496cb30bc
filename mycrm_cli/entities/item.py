"""Line items: what a deal consists of."""

from decimal import Decimal
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Dated, Entity, Named, Owned, Versioned, index, unique


class LineItem(Dated, Named, Versioned, Owned, table=True):
    """One line of a deal, addressed by its position: ``D-12.2``."""

    __tablename__ = "line_items"
    __table_args__ = (unique("opportunity_id", "position"), index("product_id"))

    opportunity_id: UUID = fields.reference("opportunities", "The deal it is part of.", part=True, required=True)
    product_id: UUID | None = fields.reference("products", "The product that is sold.")
    name: str = fields.text(255, "What is sold; the product's name unless told.", nullable=False)
    quantity: Decimal = fields.number(12, 3, "How many.", low="0", default=Decimal(1))
    unit_price: Decimal = fields.money("Price of one.", default=Decimal(0))
    discount_percent: Decimal = fields.number(
        5, 2, "Discount in percent.", low="0", high="100", default=Decimal(0), short="discount"
    )
    position: int = fields.integer("Its place in the deal, from 1.", low=1, nullable=False, writable=False)
    total: Decimal = fields.money("Quantity times price less discount.", default=Decimal(0), writable=False)


ENTITY = Entity(
    name="item",
    table=LineItem,
    plural="items",
    key="name",
    title=("name",),
    columns=("deal", "position", "name", "quantity", "unit_price", "discount_percent", "total"),
    wide=("product", "created_at", "updated_at"),
    search=("name",),
    commands=RECORD,
)
