"""Who won how much: users or teams, by what they won in a period."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds
from mycrm_cli.query import forecast, rates
from mycrm_cli.query.forecast import LOST, OPEN, TARGET, WON, Span
from mycrm_cli.query.reports import amounts, shares
from mycrm_cli.query.reports.answer import GOOD, Bar, Bars, Part, Report
from mycrm_cli.query.sql import Sql, all_hold, compose
from mycrm_cli.query.titles import title

if TYPE_CHECKING:
    from datetime import date

    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

ACTIVITY = 4
"""What a row of the statement is about, beside what a forecast has."""
COLUMNS = (
    ("won_deals", "integer"),
    ("won", "money"),
    ("lost_deals", "integer"),
    ("lost", "money"),
    ("win_rate", "share"),
    ("open_deals", "integer"),
    ("open", "money"),
    ("weighted", "money"),
    ("activities", "integer"),
    ("target", "money"),
    ("attainment", "share"),
    ("gap", "money"),
)
MOST_BARS = 40
"""So many users or teams have a bar."""


class Standing:
    """Where a user or a team stands: counts by what they are about, and sums of the same."""

    __slots__ = ("amount", "count", "name", "target", "weighted")

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.count = dict.fromkeys((OPEN, WON, LOST, ACTIVITY), 0)
        self.amount = dict.fromkeys((OPEN, WON, LOST), amounts.ZERO)
        self.weighted = amounts.ZERO
        self.target: Decimal | None = None

    def add(self, about: int, count: int, total: Decimal, weighted: Decimal) -> None:
        """Add deals, activities or targets."""
        if about == TARGET:
            self.target = (self.target or amounts.ZERO) + total
            return
        self.count[about] += count
        if about != ACTIVITY:
            self.amount[about] += total
        if about == OPEN:
            self.weighted += weighted

    def include(self, other: Standing) -> None:
        """Add another standing."""
        for about, count in other.count.items():
            self.add(about, count, other.amount.get(about, amounts.ZERO), other.weighted)
        if other.target is not None:
            self.add(TARGET, 0, other.target, amounts.ZERO)

    def cells(self, *, activities: bool) -> list[Any]:
        """Return the cells of its row."""
        won, lost = self.count[WON], self.count[LOST]
        row: list[Any] = [won, self.amount[WON], lost, self.amount[LOST], shares.share(won, won + lost)]
        row += [self.count[OPEN], self.amount[OPEN], self.weighted, self.count[ACTIVITY] if activities else None]
        if self.target is None:
            return [*row, None, None, None]
        return [*row, self.target, shares.share(self.amount[WON], self.target), self.target - self.amount[WON]]


def report(asked: Asked) -> Report:
    """Return users or teams by what they won: the most first, those with the same on the same rank."""
    named = [("rank", "integer"), (asked.by, "text"), *COLUMNS]
    answer = Report("Leaderboard", shares.columns(named), [])
    standings = sorted(
        gathered(asked, answer), key=lambda each: (-each.amount[WON], -each.count[WON], each.name is None, each.name)
    )
    rows, total, rank = [], Standing("total"), 0
    for place, standing in enumerate(standings, 1):
        if place == 1 or standing.amount[WON] != standings[place - 2].amount[WON]:
            rank = place
        rows.append([rank, standing.name, *standing.cells(activities=not asked.narrowed)])
        total.include(standing)
    answer.rows = rows
    answer.total = [None, "total", *total.cells(activities=not asked.narrowed)]
    answer.pictures = [picture(asked, standings)]
    answer.empty = "nobody has won, lost or done anything"
    answer.notes += notes(asked)
    return answer


def notes(asked: Asked) -> list[str]:
    """Return what is to be said: the period, and what is left out."""
    said = [asked.period.told()]
    if asked.narrowed:
        said.append("targets and activities are not of single deals; a filter leaves them out")
    elif whole_months(asked) is None:
        said.append("targets are for whole months, and there is none in this period")
    return said


def picture(asked: Asked, standings: list[Standing]) -> Bars:
    """Return a bar for each user or team: what was won, and the target."""
    bars = []
    for each in standings[:MOST_BARS]:
        text = amounts.short(each.amount[WON], asked.locale.currency)
        if each.target:
            text += f" · {shares.percent(shares.share(each.amount[WON], each.target))}"
        bars.append(Bar(each.name or "nobody", (Part("won", each.amount[WON], GOOD),), text, each.target))
    return Bars("Won" + (" │ target" if any(bar.goal for bar in bars) else ""), bars)


def gathered(asked: Asked, answer: Report) -> list[Standing]:
    """Return all standings, in no order; what has no rate is told to the answer."""
    frame = asked.reader.frame()
    found: dict[Any, Standing] = {}
    load: Any = kinds.make("money").loader(frame.dialect) or Decimal
    rows = asked.reader.run(statement(asked, frame))
    for about, lacking, deals, missing, total, weighted, plain, user, name, team, of_team in rows:
        if lacking:
            count, amount = answer.lacking.get(lacking, (0, amounts.ZERO))
            answer.lacking[lacking] = (count + int(missing), amount + load(plain))
        if counted := int(deals - missing):
            key, called = (team, of_team) if asked.by == "team" else (user, name)
            standing = found.setdefault(key, Standing(called))
            standing.add(int(about), counted, load(total or 0), load(weighted or 0))
    return list(found.values())


def statement(asked: Asked, frame: Frame) -> Sql:
    """Return the statement: what users won, lost, have open, did and were to win, then their names and teams."""
    by = ["owner"]
    parts = [
        forecast.open_deals(asked, frame, by, Span(asked.today, 1)),
        forecast.closed_deals(asked, frame, by, WON),
        forecast.closed_deals(asked, frame, by, LOST),
    ]
    if not asked.narrowed:
        parts.append(activities(asked, frame))
        if months := whole_months(asked):
            parts.append(forecast.aims(asked, frame, by, *months))
    user, team = catalog.entity("user"), catalog.entity("team")
    u, t = frame.alias(), frame.alias()
    return compose(
        "WITH newest AS MATERIALIZED ({}) SELECT g.about, g.lacking, g.deals, g.missing, g.total, g.weighted, g.plain,"
        f" g.k0, {{}}, {u}.team_id, {t}.name FROM ({' UNION ALL '.join('{}' for _ in parts)}) AS g"
        f" LEFT JOIN users AS {u} ON {{}} AND {u}.id = g.k0"
        f" LEFT JOIN teams AS {t} ON {{}} AND {t}.id = {u}.team_id",
        rates.newest(frame, asked.today),
        title(user, u),
        *parts,
        frame.within(user, u),
        frame.within(team, t),
    )


def activities(asked: Asked, frame: Frame) -> Sql:
    """Return the groups of what users did in the period."""
    alias = frame.alias()
    table, fits = asked.table(frame, catalog.entity("activity"), alias, asked.whose)
    return compose(
        f"SELECT {ACTIVITY} AS about, NULL AS lacking, {alias}.user_id AS k0, count(*) AS deals, 0 AS missing,"
        f" 0 AS total, NULL AS weighted, NULL AS plain FROM {{}} WHERE {{}} AND {alias}.user_id IS NOT NULL"
        f" GROUP BY {alias}.user_id",
        table,
        all_hold([fits, asked.within(frame, f"{alias}.occurred_at")]),
    )


def whole_months(asked: Asked) -> tuple[date | None, date | None] | None:
    """Return from when until before when the period has whole months; None where it has none."""
    from mycrm_cli.kinds.times import add_months

    start, end = asked.period.start, asked.period.end
    if start is not None and start.day != 1:
        start = add_months(start.replace(day=1), 1)
    if end is not None:
        end = end.replace(day=1)
    return None if start is not None and end is not None and start >= end else (start, end)
