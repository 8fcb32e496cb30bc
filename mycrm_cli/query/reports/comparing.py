"""The statement behind a comparison: deals as they were and as they are, side by side.

Only what was touched since has two sides; the deals that nobody touched, nearly all, are summed up as they are.
Deals that are worth something else come each by itself, the others as one row for all that have the same story; where
the deals behind the changes are to be listed, only those without any change share a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mycrm_cli import catalog
from mycrm_cli.query import rates
from mycrm_cli.query.forecast import Span, month_of
from mycrm_cli.query.nodes import all_of, equals
from mycrm_cli.query.plans import source
from mycrm_cli.query.reports.asked import Asked
from mycrm_cli.query.select import restriction
from mycrm_cli.query.since import one_of
from mycrm_cli.query.sql import Sql, compose
from mycrm_cli.query.titles import title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mycrm_cli.query.frame import Frame

EARLIER = "earlier"
"""The month of deals that are expected before the first month."""
TOUCHED = "SELECT id FROM touched"
OF_DEAL = ("inside", "live", "late", "month", "status", "currency", "value", "weighted")
SAME = " AND ".join(
    (
        "d.inside0 = 1",
        "d.inside1 = 1",
        "d.month0 = d.month1",
        "d.currency0 = d.currency1",
        *(f"COALESCE(d.{name}0, 0) = COALESCE(d.{name}1, 0)" for name in ("value", "weighted")),
    )
)


APART = f"d.inside0 = 0 OR d.inside1 = 0 OR ({SAME})"


class Pair(NamedTuple):
    """Deals before and after: one that differs, or several of those that are the same (without an id).

    Amounts are sums as the database holds them, in the organization's currency: before by the rates of that day,
    after by the same (``old``) and by the newer ones; None without a rate. ``plain`` are those in currencies.
    """

    deal: Any
    inside0: int
    inside1: int
    live0: int
    live1: int
    late0: int
    late1: int
    month0: str | None
    month1: str | None
    status0: str | None
    status1: str | None
    currency0: str | None
    currency1: str | None
    deals: int
    value0: Any
    weighted0: Any
    value_old: Any
    weighted_old: Any
    value1: Any
    weighted1: Any
    plain0: Any
    plain1: Any


def pairs(asked: Asked, then: datetime, months: int) -> Iterator[Pair]:
    """Yield what the forecast of so many months had or has."""
    frame, every = asked.reader.frame(), bool(asked.options.get("verbose"))
    was = Asked(asked.reader, asked.period, asked.where, at=then)
    for row in asked.reader.run(statement(frame, was, asked, Span(asked.today, months), every=every)):
        yield Pair(*row)


def statement(frame: Frame, was: Asked, now: Asked, span: Span, *, every: bool) -> Sql:
    """Return the statement; ``every`` tells each deal that has changed from the others."""
    both = [(name, side) for name in OF_DEAL for side in (0, 1)]
    merged = [f"max(CASE WHEN s.side = {side} THEN s.{name} END) AS {name}{side}" for name, side in both]
    keys = [f"d.{name}{side}" for name, side in both[:12]]
    sums: list[Sql | str] = []
    for side, joined in ((0, "q0"), (1, "q2"), (1, "q1")):
        for name in ("value", "weighted"):
            sums.append(rates.converted(frame, f"d.{name}{side}", f"d.currency{side}", f"{joined}.rate"))
    return compose(
        "WITH rates0 AS MATERIALIZED ({}), rates1 AS MATERIALIZED ({}), touched (id) AS MATERIALIZED ({}),"
        " sides AS ({} UNION ALL {}),"
        f" deals AS (SELECT s.id AS id, {', '.join(merged)} FROM sides AS s GROUP BY s.id)"
        f" SELECT CASE WHEN {SAME if every else APART} THEN NULL ELSE d.id END, {', '.join(keys)}, count(*),"
        " sum({}), sum({}), sum({}), sum({}), sum({}), sum({}), sum(d.value0), sum(d.value1) FROM deals AS d"
        " LEFT JOIN rates0 AS q0 ON q0.currency = d.currency0 LEFT JOIN rates0 AS q2 ON q2.currency = d.currency1"
        " LEFT JOIN rates1 AS q1 ON q1.currency = d.currency1 WHERE d.inside0 = 1 OR d.inside1 = 1"
        f" GROUP BY {', '.join(str(place + 1) for place in range(len(keys) + 1))} UNION ALL {{}}",
        rates.newest(frame, was.today),
        rates.newest(frame, now.today),
        touched(frame, was),
        side_of(frame, was, span, 0),
        side_of(frame, now, span, 1),
        *sums,
        untouched(frame, was, span),
    )


def touched(frame: Frame, was: Asked) -> Sql:
    """Return the SELECT of the deals that are younger than the moment, moved since, or in the journal since."""
    deal, history = catalog.entity("deal"), catalog.entity("stage_history")
    d, h, then = frame.alias(), frame.alias(), moment_of(frame, was)
    return compose(
        f"SELECT {h}.opportunity_id FROM stage_history AS {h} WHERE {{}} AND {h}.changed_at > {{}}"
        f" UNION SELECT {d}.id FROM opportunities AS {d} WHERE {{}} AND ({d}.created_at > {{}}"
        f" OR {d}.stage_changed_at > {{}} OR {{}})",
        frame.within(history, h),
        then,
        frame.within(deal, d),
        then,
        then,
        journaled(frame, was, f"{d}.id"),
    )


def journaled(frame: Frame, was: Asked, column: str) -> Sql:
    """Return whether the journal has something of a deal since the moment."""
    keys = was.asof.keys(catalog.entity("deal")) if was.asof else []
    return one_of(frame.dialect, column, keys) if keys else Sql("1 = 0")


def moment_of(frame: Frame, was: Asked) -> Sql:
    """Return the moment of the older side as a parameter."""
    return was.moment(frame, was.now)


def untouched(frame: Frame, was: Asked, span: Span) -> Sql:
    """Return the SELECT of the deals that are and were in the forecast alike, as one row for each month and currency.

    They are all that are in it now less those that were touched: an index has all of them, and few were touched.
    """
    columns = "count, value0, weighted0, value_old, weighted_old, value1, weighted1, plain"
    sums = ", ".join(f"sum(a.{name})" for name in columns.split(", ")[1:])
    return compose(
        f"SELECT NULL, 1, 1, 1, 1, 0, 0, a.month, a.month, 'open', 'open', a.currency, a.currency,"
        f" CAST(sum(a.count) AS bigint), {sums}, sum(a.plain)"
        f" FROM (WITH one (month, currency, {columns}) AS ({{}} UNION ALL {{}}) SELECT * FROM one) AS a"
        " GROUP BY a.month, a.currency HAVING sum(a.count) > 0",
        alike(frame, was, span, "", ""),
        alike(frame, was, span, f" AND {{}}.id IN ({TOUCHED})", "-"),
    )


def alike(frame: Frame, was: Asked, span: Span, only: str, sign: str) -> Sql:
    """Return the SELECT of the deals that are in the forecast now by month and currency, added or taken away."""
    entity, d = catalog.entity("deal"), frame.alias()
    when, currency = f"{d}.expected_close_date", f"{d}.currency"
    hidden = "+" if frame.dialect == "sqlite" else ""  # so that the index is taken that has all columns
    sums = [
        rates.converted(frame, f"{d}.{of}", currency, f"{q}.rate")
        for q in ("q0", "q0", "q1")
        for of in ("value", "weighted_value")
    ]
    return compose(
        f"SELECT {{}}, {currency}, {sign}count(*), {', '.join([f'{sign}sum({{}})'] * len(sums))}, {sign}sum({d}.value)"
        f" FROM {{}} LEFT JOIN rates0 AS q0 ON q0.currency = {currency}"
        f" LEFT JOIN rates1 AS q1 ON q1.currency = {currency}"
        f" WHERE {{}} AND {hidden}{when} < {{}}{only.format(d)} GROUP BY 1, 2",
        month(frame, span, when),
        *sums,
        source(frame, entity, d, was.where, False),
        restriction(frame, entity, d, all_of([equals("status", "open"), was.where]), False),
        rates.day(frame, span.end),
    )


def month(frame: Frame, span: Span, when: str) -> Sql:
    """Return the month of a day as the comparison tells it."""
    return compose(
        f"CASE WHEN {when} < {{}} THEN '{EARLIER}' ELSE {month_of(frame, when)} END", rates.day(frame, span.start)
    )


def names(asked: Asked, deals: Sequence[Any]) -> dict[Any, tuple[Any, ...]]:
    """Return number, name and owner of deals, by their ids as the database holds them."""
    frame, deal, user = asked.reader.frame(), catalog.entity("deal"), catalog.entity("user")
    load = deal.fields["id"].kind.loader(frame.dialect) or (lambda key: key)
    keys = list(dict.fromkeys(load(id).hex for id in deals))
    select = compose(
        "SELECT d.id, d.number, d.name, {} FROM opportunities AS d LEFT JOIN users AS u ON {} AND u.id = d.owner_id"
        " WHERE {} AND {}",
        title(user, "u"),
        frame.within(user, "u"),
        frame.within(deal, "d"),
        one_of(frame.dialect, "d.id", keys),
    )
    return {id: tuple(rest) for id, *rest in asked.reader.run(select)} if keys else {}


def side_of(frame: Frame, asked: Asked, span: Span, side: int) -> Sql:
    """Return the SELECT of the deals that were touched, at a moment, and whether the forecast has them."""
    entity, alias = catalog.entity("deal"), frame.alias()
    table, live = asked.table(frame, entity, alias, only=TOUCHED)
    fits = restriction(frame, entity, alias, all_of([equals("status", "open"), asked.where]), False)
    when = f"{alias}.expected_close_date"
    return compose(
        f"SELECT {side} AS side, {alias}.id AS id, CASE WHEN {{}} AND {when} < {{}} THEN 1 ELSE 0 END AS inside,"
        f" CASE WHEN {{}} THEN 1 ELSE 0 END AS live,"
        f" CASE WHEN {when} < {{}} THEN 0 ELSE 1 END AS late,"
        " {} AS month,"
        f" {alias}.status AS status, {alias}.currency AS currency, {alias}.value AS value,"
        f" {alias}.weighted_value AS weighted FROM {{}} WHERE {{}} AND {alias}.id IN ({TOUCHED})",
        fits,
        rates.day(frame, span.end),
        live,
        rates.day(frame, span.end),
        month(frame, span, when),
        table,
        frame.within(entity, alias),
    )
