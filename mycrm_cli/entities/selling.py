"""What selling needs beside deals: the way of a deal, rates of exchange, and targets."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from mycrm_cli import clock
from mycrm_cli.db import fields
from mycrm_cli.db.base import ALL, READ, Created, Dated, Entity, Owned, Versioned, index, unique


class StageHistory(Created, Owned, table=True):
    """One step of a deal from stage to stage; the first one has no stage before it."""

    __tablename__ = "stage_history"
    __table_args__ = (
        index("opportunity_id", "changed_at"),
        index("organization_id", "changed_at"),
        index("from_stage_id"),
        index("to_stage_id"),
    )

    opportunity_id: UUID = fields.reference("opportunities", "The deal.", part=True, required=True)
    from_stage_id: UUID | None = fields.reference("stages", "Where it stood.")
    to_stage_id: UUID = fields.reference("stages", "Where it came to.", required=True)
    changed_at: dt.datetime = fields.moment("When it moved.", factory=clock.now)
    user_id: UUID | None = fields.reference("users", "Who moved it.")
    value: Decimal | None = fields.money("The deal's value then.")
    probability: Decimal | None = fields.percent("The deal's probability then.")


class ExchangeRate(Dated, Owned, table=True):
    """What one unit of a currency was worth, from a day on, in the organization's currency."""

    __tablename__ = "exchange_rates"
    __table_args__ = (unique("organization_id", "currency", "date"),)

    currency: str = fields.currency("The currency (ISO 4217).", required=True)
    date: dt.date = fields.day("The day from which it holds.", required=True)
    rate: Decimal = fields.number(18, 8, "Units of the organization's currency.", low="0.00000001", required=True)


class Target(Dated, Versioned, Owned, table=True):
    """What a user is to win in a month, in the organization's currency."""

    __tablename__ = "targets"
    __table_args__ = (unique("organization_id", "user_id", "month"), index("user_id"))

    user_id: UUID = fields.reference("users", "The user.", required=True)
    month: dt.date = fields.day("The first day of the month.", required=True)
    amount: Decimal = fields.money("What is to be won.", required=True)


STAGE_HISTORY = Entity(
    name="stage_history",
    table=StageHistory,
    plural="stage changes",
    columns=("deal", "from_stage", "to_stage", "changed_at", "user", "value", "probability"),
)
EXCHANGE_RATES = Entity(
    name="exchange_rates",
    table=ExchangeRate,
    command="rate",
    plural="exchange rates",
    title=("currency date",),
    columns=("currency", "date", "rate"),
    sort="currency,-date",
    commands=ALL,
)
TARGETS = Entity(
    name="targets",
    table=Target,
    command="target",
    plural="targets",
    title=("month",),
    columns=("user", "month", "amount"),
    sort="month",
    commands=(*READ, "edit", "delete", "import"),
)
