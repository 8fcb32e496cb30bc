"""Sums of deals' amounts in the organization's currency, and what has no rate.

Open deals count by the rates of the day, deals that were won or lost by those of the day they were closed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mycrm_cli import kinds
from mycrm_cli.query import rates
from mycrm_cli.query.sql import Sql, compose, value

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.answer import Report
    from mycrm_cli.query.reports.asked import Asked

ZERO = Decimal("0.00")
RATES = "newest"
"""The name under which a statement has the rates of the day."""
WIDTH = 6
"""How many columns ``sums`` selects."""
FINE = ("actual_close_date", "expected_close_date", "owner_id", "currency", "stage_id", "pipeline_id")
"""The order of the index that has all columns of ``sums``: SQLite sorts what it groups unless an index has the order,
so large groups are made of small ones that lie together there."""


def rates_of_the_day(asked: Asked, frame: Frame) -> Sql:
    """Return the common table of the rates that hold on the day that counts as today: ``WITH {} SELECT …``."""
    return compose(f"{RATES} AS MATERIALIZED ({{}})", rates.newest(frame, asked.today))


def joined(alias: str) -> str:
    """Return the join of the rates of the day to deals under an alias."""
    return f"LEFT JOIN {RATES} ON {RATES}.currency = {alias}.currency"


def rate_then(frame: Frame, alias: str) -> Sql:
    """Return the rate of a deal's currency on the day on which the deal was closed."""
    return rates.at(frame, f"{alias}.currency", f"{alias}.actual_close_date")


def sums(frame: Frame, alias: str, rate: str) -> Sql:
    """Return six columns over deals, in rows that are grouped by the currency.

    ``deals lacking missing total weighted plain`` are: how many deals there are; their currency where it has no rate,
    and how many are in it; the sums of values and of weighted values in the organization's currency; the sum of what
    is in the currency without a rate.
    """
    amount, weighted, currency = f"{alias}.value", f"{alias}.weighted_value", f"{alias}.currency"
    lacking = rates.lacking(frame, amount, currency, rate)
    return compose(
        "count(*) AS deals, min({}) AS lacking, count({}) AS missing, sum({}) AS total, sum({}) AS weighted,"
        f" sum(CASE WHEN {{}} IS NOT NULL THEN {amount} END) AS plain",
        lacking,
        lacking,
        rates.converted(frame, amount, currency, rate),
        rates.converted(frame, weighted, currency, rate),
        lacking,
    )


def sums_of_the_day(frame: Frame, alias: str) -> Sql:
    """Return the six columns of ``sums`` by the rates of the day: whether there is one is asked once a group."""
    amount, currency, rate = f"{alias}.value", f"{alias}.currency", f"{RATES}.rate"
    without = compose(f"min({rate}) IS NULL AND {currency} <> {{}}", value(frame.scope.locale.currency))
    return compose(
        f"count(*) AS deals, CASE WHEN {{}} AND max({amount}) > 0 THEN {currency} END AS lacking,"
        f" CASE WHEN {{}} THEN count(CASE WHEN {amount} > 0 THEN 1 END) ELSE 0 END AS missing,"
        f" sum({{}}) AS total, sum({{}}) AS weighted, CASE WHEN {{}} THEN sum({amount}) END AS plain",
        without,
        without,
        rates.converted(frame, amount, currency, rate),
        rates.converted(frame, f"{alias}.weighted_value", currency, rate),
        without,
    )


class Sums:
    """What rows of ``sums`` add up to: deals, their values and weighted values. Deals without a rate are left out."""

    __slots__ = ("deals", "value", "weighted")

    def __init__(self) -> None:
        self.deals = 0
        self.value = self.weighted = ZERO

    def add(self, row: tuple[Any, ...] | list[Any], dialect: str, report: Report) -> None:
        """Add the six columns of a row, and tell the report what has no rate."""
        load: Any = kinds.make("money").loader(dialect) or Decimal
        deals, currency, lacking, total, weighted, plain = row
        self.deals += int(deals or 0) - int(lacking or 0)
        self.value += load(total or 0)
        self.weighted += load(weighted or 0)
        if currency:
            count, amount = report.lacking.get(currency, (0, ZERO))
            report.lacking[currency] = (count + int(lacking), amount + load(plain or 0))

    def include(self, other: Sums) -> None:
        """Add other sums."""
        self.deals += other.deals
        self.value += other.value
        self.weighted += other.weighted


def short(amount: Decimal, currency: str) -> str:
    """Return an amount without its cents, as pictures show it."""
    return f"{amount:,.0f} {currency}"
