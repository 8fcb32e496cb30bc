"""What open deals may bring, what was won and what is aimed at, by month, owner, stage or pipeline, in one statement.

All sums are in the organization's currency: open deals by the rates of the day, won ones by those of the day
they were won. The weighted sum is that of the deals' own weighted values (value times probability).
"""

from __future__ import annotations

from decimal import Decimal

from mycrm_cli import catalog, kinds
from mycrm_cli.kinds.times import add_months
from mycrm_cli.query import rates
from mycrm_cli.query.nodes import equals
from mycrm_cli.query.reports import amounts
from mycrm_cli.query.reports.period import Period
from mycrm_cli.query.sql import Sql, all_hold, column, compose
from mycrm_cli.query.titles import title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from typing import Any

    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

MONTH = "month"
RELATIONS = {"owner": "owner_id", "stage": "stage_id", "pipeline": "pipeline_id"}
"""What else a forecast may be broken down by -> the column of a deal."""
OVERDUE, LATER, NEVER = "overdue", "later", "no date"
"""Rows beside the months: days that have passed, days behind the last month, deals without a day."""
OPEN, WON, LOST, TARGET = range(4)
"""What a row of the statement is about."""
ZERO = Decimal("0.00")


class Line:
    """One line of a forecast: ``key`` holds what it is broken down by as people read it, ``ids`` the same by id.

    ``due`` is what there is of ``weighted`` until the end of the last month.
    """

    __slots__ = ("best", "deals", "due", "ids", "key", "rank", "target", "weighted", "won", "won_deals")

    def __init__(self, key: tuple[str | None, ...], ids: tuple[Any, ...], rank: tuple[Any, ...]) -> None:
        self.key = key
        self.ids = ids
        self.rank = rank
        self.deals = self.won_deals = 0
        self.best = self.weighted = self.due = self.won = ZERO
        self.target: Decimal | None = None

    def add(self, about: int, deals: int, total: Decimal, weighted: Decimal) -> None:
        """Add deals that were won, deals that are open, or targets."""
        if about == TARGET:
            self.target = (self.target or ZERO) + total
        elif about == WON:
            self.won_deals += deals
            self.won += total
        else:
            self.deals += deals
            self.best += total
            self.weighted += weighted

    def include(self, other: Line) -> None:
        """Add another line."""
        self.add(OPEN, other.deals, other.best, other.weighted)
        self.add(WON, other.won_deals, other.won, ZERO)
        self.due += other.due
        if other.target is not None:
            self.add(TARGET, 0, other.target, ZERO)


class Span:
    """The months of a forecast: from the first day of this one, in the user's time zone."""

    __slots__ = ("end", "months", "start", "today")

    def __init__(self, today: date, months: int) -> None:
        self.today = today
        self.start = today.replace(day=1)
        self.end = add_months(self.start, months)
        self.months = [f"{add_months(self.start, count):%Y-%m}" for count in range(months)]


class Forecast:
    """The answer: its lines in order, and (deals, sum) of each currency that has no rate."""

    def __init__(self, by: Sequence[str], span: Span) -> None:
        self.by = list(by)
        self.span = span
        self.found: dict[tuple[Any, ...], Line] = {}
        self.lacking: dict[str, tuple[int, Decimal]] = {}

    @property
    def lines(self) -> list[Line]:
        """The lines, months first in their order, then names."""
        return sorted(self.found.values(), key=lambda line: line.rank)

    def line(self, ids: tuple[Any, ...], key: tuple[str | None, ...], rank: tuple[Any, ...]) -> Line:
        """Return the line of a combination, a new one the first time."""
        return self.found.setdefault(ids, Line(key, ids, rank))

    def total(self) -> Line:
        """Return the sum of all lines."""
        total = Line(("total", *[None] * (len(self.by) - 1)), (), ())
        for line in self.found.values():
            total.include(line)
        return total


def forecast(asked: Asked, by: Sequence[str], months: int, *, targets: bool = False) -> Forecast:
    """Return the forecast of the deals that fit, broken down by one or several of month, owner, stage, pipeline.

    With ``targets`` it says what users are to win as well; a breakdown by months and owners alone can.
    """
    frame, answer = asked.reader.frame(), Forecast(by, Span(asked.today, months))
    asked.period = Period(answer.span.start, answer.span.end)
    if answer.by == [MONTH]:
        for month in answer.span.months:
            answer.line((month,), (month,), (of_month(month),))
    load: Any = kinds.make("money").loader(frame.dialect) or Decimal
    found = asked.reader.run(statement(asked, frame, answer.by, answer.span, targets=targets))
    for about, lacking, deals, missing, total, weighted, plain, *parts in found:
        if lacking:
            count, amount = answer.lacking.get(lacking, (0, ZERO))
            answer.lacking[lacking] = (count + int(missing), amount + load(plain))
        if counted := int(deals - missing):
            line = answer.line(*identified(answer.by, parts))
            line.add(int(about), counted, load(total or 0), load(weighted or 0))
            if about == OPEN and not {LATER, NEVER} & set(line.ids):
                line.due += load(weighted or 0)
    return answer


def by_owner(found: Forecast) -> Forecast:
    """Return what was broken down by months and owners as that of the owners alone."""
    answer = Forecast(["owner"], found.span)
    answer.lacking = found.lacking
    for (_, id), line in found.found.items():
        answer.line((id,), line.key[1:], line.rank[1:]).include(line)
    return answer


def identified(by: Sequence[str], parts: list[Any]) -> tuple[tuple[Any, ...], tuple[str | None, ...], tuple[Any, ...]]:
    """Return ids, names and place in the order of a row: each part is an id, a name and a rank."""
    ids, names, places = [], [], []
    for name, id, shown, rank in zip(by, parts[::3], parts[1::3], parts[2::3], strict=True):
        ids.append(id)
        names.append(shown)
        places.append(of_month(shown) if name == MONTH else (shown is None, rank or 0, shown or "", str(id)))
    return tuple(ids), tuple(names), tuple(places)


def of_month(shown: str) -> tuple[int, str]:
    """Return the place of a month, or of what stands beside the months."""
    return {OVERDUE: 0, LATER: 2, NEVER: 3}.get(shown, 1), shown


def statement(asked: Asked, frame: Frame, by: Sequence[str], span: Span, *, targets: bool) -> Sql:
    """Return the statement: the groups of open deals, of won ones and of targets, then their names."""
    parts = [open_deals(asked, frame, by, span), closed_deals(asked, frame, by, WON)]
    if targets:
        parts.append(aims(asked, frame, by, span.start, span.end))
    every = compose(" UNION ALL ".join("{}" for _ in parts), *parts)
    selected: list[Sql | str] = []
    joins: list[Sql | str] = []
    for place, name in enumerate(by):
        key = f"g.k{place}"
        if name == MONTH:
            selected.append(f"{key}, {key}, NULL")
            continue
        target = catalog.by_table(str(catalog.entity("deal").fields[RELATIONS[name]].table))
        alias = frame.alias()
        rank = column(alias, "order") if name == "stage" else "0"
        selected.append(compose("{}, {}, {}", key, title(target, alias), rank))
        joins.append(
            compose(
                "LEFT JOIN {} AS {} ON {} AND {}",
                target.table,
                alias,
                frame.within(target, alias),
                f"{alias}.id = {key}",
            )
        )
    names = compose(", ".join(["{}"] * len(selected)), *selected)
    more = compose(" ".join(["{}"] * len(joins)), *joins)
    return compose(
        "WITH newest AS MATERIALIZED ({})"
        " SELECT g.about, g.lacking, g.deals, g.missing, g.total, g.weighted, g.plain, {} FROM ({}) AS g {}",
        rates.newest(frame, span.today),
        names,
        every,
        more,
    )


def open_deals(asked: Asked, frame: Frame, by: Sequence[str], span: Span) -> Sql:
    """Return the groups of open deals."""
    alias = frame.alias()
    table, fits = asked.table(frame, catalog.entity("deal"), alias, equals("status", "open"), asked.where)
    table = compose("{} LEFT JOIN newest ON {}", table, f"newest.currency = {alias}.currency")
    when = "i.expected_close_date"
    month = compose(
        f"CASE WHEN {when} IS NULL THEN '{NEVER}' WHEN {when} < {{}} THEN '{OVERDUE}'"
        f" WHEN {when} >= {{}} THEN '{LATER}' ELSE {month_of(frame, when)} END",
        rates.day(frame, span.today),
        rates.day(frame, span.end),
    )
    return groups(by, OPEN, month, days(frame, alias, by, "newest.rate", table, compose(" WHERE {}", fits)))


def closed_deals(asked: Asked, frame: Frame, by: Sequence[str], about: int) -> Sql:
    """Return the groups of the deals that were won, or lost, in the period that is asked for."""
    alias, outer = frame.alias(), frame.alias()
    status = equals("status", "won" if about == WON else "lost")
    table, fits = asked.table(frame, catalog.entity("deal"), alias, status, asked.where)
    when = f"{alias}.actual_close_date"
    names = ["value", "weighted_value", "currency", "actual_close_date", "expected_close_date", *RELATIONS.values()]
    inner = compose(
        "SELECT {}, {} AS rate FROM {} WHERE {} AND {}",
        ", ".join(f"{alias}.{name}" for name in names),
        rates.at(frame, f"{alias}.currency", when),
        table,
        fits,
        asked.within_days(frame, when),
    )
    month = Sql(month_of(frame, "i.actual_close_date"))
    whole = compose("({}) AS {}", inner, outer)
    return groups(by, about, month, days(frame, outer, by, f"{outer}.rate", whole, Sql("")))


def aims(asked: Asked, frame: Frame, by: Sequence[str], start: date | None, end: date | None) -> Sql:
    """Return the groups of the targets of the months from one day until before another."""
    alias, keys = frame.alias(), []
    table, fits = asked.table(frame, catalog.entity("targets"), alias, asked.whose)
    for name in by:
        keys.append(month_of(frame, f"{alias}.month") if name == MONTH else f"{alias}.user_id")
    shown = ", ".join(f"{key} AS k{place}" for place, key in enumerate(keys))
    edges = [compose(f"{alias}.month >= {{}}", rates.day(frame, start))] if start else []
    edges += [compose(f"{alias}.month < {{}}", rates.day(frame, end))] if end else []
    return compose(
        f"SELECT {TARGET} AS about, NULL AS lacking, {shown}, count(*) AS deals, 0 AS missing,"
        f" sum({alias}.amount) AS total, NULL AS weighted, NULL AS plain FROM {{}} WHERE {{}}"
        f" GROUP BY {', '.join(keys)}",
        table,
        all_hold([fits, *edges]),
    )


def month_of(frame: Frame, when: str) -> str:
    """Return the month of a day as ``2026-11``."""
    return f"substr({when}, 1, 7)" if frame.dialect == "sqlite" else f"to_char({when}, 'YYYY-MM')"


def days(frame: Frame, alias: str, by: Sequence[str], rate: str, table: Sql, where: Sql) -> Sql:
    """Return the SELECT that sums deals finely, in the order of the index that has all of their columns.

    SQLite sorts what it groups unless an index has the order; the months are made of these few rows.
    """
    fine = ["actual_close_date", "expected_close_date", "owner_id"]
    if set(by) - {MONTH, "owner"}:
        fine = [*fine[: 2 * (MONTH in by)], *(RELATIONS[name] for name in by if name != MONTH)]
    columns = ", ".join(f"{alias}.{name}" for name in fine)
    return compose(
        f"SELECT {columns}, {{}} FROM {{}}{{}} GROUP BY {columns}, {alias}.currency",
        amounts.sums(frame, alias, rate),
        table,
        where,
    )


def groups(by: Sequence[str], about: int, month: Sql, fine: Sql) -> Sql:
    """Return the SELECT of counts and sums, one row for each combination and currency without a rate."""
    keys = [month if name == MONTH else Sql(f"i.{RELATIONS[name]}") for name in by]
    shown = [compose(f"{{}} AS k{place}", key) for place, key in enumerate(keys)]
    return compose(
        f"SELECT {about} AS about, i.lacking AS lacking, {', '.join(['{}'] * len(shown))}, sum(i.deals) AS deals,"
        " sum(i.missing) AS missing, sum(i.total) AS total, sum(i.weighted) AS weighted, sum(i.plain) AS plain"
        f" FROM ({{}}) AS i GROUP BY {', '.join(str(place + 2) for place in range(len(keys) + 1))}",
        *shown,
        fine,
    )
