"""Amounts in the organization's currency, by dated exchange rates, exact on both databases.

A rate is what one unit of a currency is worth in the organization's from its day on, until the next
rate. Each amount is converted by itself and rounded half up to hundredths; sums are of what was rounded.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.sql import Sql, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import date

    from mycrm_cli.query.frame import Frame

SCALE = 10**8
"""SQLite stores a rate as an integer of so many parts of one."""


def day(frame: Frame, of: date) -> Sql:
    """Return a day as a parameter."""
    return value(of.isoformat() if frame.dialect == "sqlite" else of)


def at(frame: Frame, currency: Sql | str, on: Sql | str) -> Sql:
    """Return the rate that holds for a currency on a day; NULL where there is none, the own currency included."""
    table, alias = catalog.entity("exchange_rates"), frame.alias()
    return compose(
        "(SELECT {}.rate FROM exchange_rates AS {} WHERE {} AND {} = {} AND {} <= {} ORDER BY {} DESC LIMIT 1)",
        alias,
        alias,
        frame.within(table, alias),
        f"{alias}.currency",
        currency,
        f"{alias}.date",
        on,
        f"{alias}.date",
    )


def newest(frame: Frame, on: date) -> Sql:
    """Return the SELECT of (currency, rate) of all currencies on a day."""
    table, alias, each = catalog.entity("exchange_rates"), frame.alias(), frame.alias()
    known = compose(
        "SELECT DISTINCT {}.currency FROM exchange_rates AS {} WHERE {}", alias, alias, frame.within(table, alias)
    )
    rate = at(frame, f"{each}.currency", day(frame, on))
    return compose("SELECT {}.currency, {} AS rate FROM ({}) AS {}", each, rate, known, each)


def converted(frame: Frame, amount: str, currency: str, rate: str) -> Sql:
    """Return an amount of money in the organization's currency; NULL where the rate is missing.

    On SQLite amount times rate may be larger than 63 bits, so the parts before and after the rate's
    point are multiplied apart.
    """
    own = value(frame.scope.locale.currency)
    if frame.dialect == "sqlite":
        product = (
            f"{amount} * ({rate} / {SCALE}) + ({amount} / {SCALE}) * ({rate} % {SCALE})"
            f" + (({amount} % {SCALE}) * ({rate} % {SCALE}) + {SCALE // 2}) / {SCALE}"
        )
    else:
        product = f"round({amount} * {rate}, 2)"
    return compose("CASE WHEN {} = {} THEN {} ELSE {} END", currency, own, amount, product)


def lacking(frame: Frame, amount: str, currency: str, rate: str) -> Sql:
    """Return the currency of an amount that cannot be converted, NULL for one that can."""
    own = value(frame.scope.locale.currency)
    return compose("CASE WHEN {} IS NULL AND {} <> {} AND {} > 0 THEN {} END", rate, currency, own, amount, currency)
