"""How fast sales are: how many deals are won, of which value, in which time, and what that makes a day.

Sales velocity = open deals x win rate x average value of won deals / average days to win them: what sales teams
call the four levers (number of opportunities, win rate, deal size, length of the sales cycle). It is money a day.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds
from mycrm_cli.query import rates
from mycrm_cli.query.forecast import month_of
from mycrm_cli.query.nodes import equals
from mycrm_cli.query.reports import amounts, closed
from mycrm_cli.query.reports.answer import GOOD, Bar, Bars, Part, Report
from mycrm_cli.query.reports.derived import day_of
from mycrm_cli.query.reports.order import arranged
from mycrm_cli.query.reports.period import Period
from mycrm_cli.query.reports.shares import columns, divided, percent, share
from mycrm_cli.query.sql import Sql, compose

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

SPEED = (
    ("won", "integer"),
    ("lost", "integer"),
    ("win_rate", "share"),
    ("average_value", "money"),
    ("cycle_days", "days"),
    ("open", "integer"),
    ("velocity_per_day", "money"),
)


class Speed:
    """The deals of one kind: those won, how many were lost, how many are open, and how long winning took."""

    def __init__(self) -> None:
        self.won = amounts.Sums()
        self.lost = amounts.Sums()
        self.open: int | None = 0
        self.days = self.cycles = 0

    def include(self, other: Speed) -> None:
        """Add others."""
        self.won.include(other.won)
        self.lost.include(other.lost)
        self.open = (self.open or 0) + (other.open or 0)
        self.days += other.days
        self.cycles += other.cycles

    def a_day(self) -> Decimal | None:
        """Return the sales velocity, divided once so that nothing is rounded twice."""
        if self.open is None:
            return None
        of = (self.won.deals + self.lost.deals) * self.days
        return divided(self.open * self.won.value * self.cycles, of, 2)

    def row(self, name: str | None) -> list[Any]:
        """Return it as a row."""
        won, every = self.won.deals, self.won.deals + self.lost.deals
        average, cycle = divided(self.won.value, won, 2), divided(self.days, self.cycles, 1)
        return [name, won, self.lost.deals, share(won, every), average, cycle, self.open, self.a_day()]


def report(asked: Asked) -> Report:
    """Return how fast deals were won, by owner, pipeline or month; by stage how long they stood there."""
    if asked.by == "stage":
        from mycrm_cli.query.reports import stays

        return stays.report(asked)
    answer = Report("Sales velocity", columns([(asked.by, "text"), *SPEED]), [])
    found: dict[Any, tuple[str | None, int, Speed]] = {}
    frame = asked.reader.frame()
    if asked.by == "month":
        asked.period = bounded(asked)
    began: list[tuple[int, str | None, int]] = []
    for id, name, place, status, began_in, days, cycles, *sums in asked.reader.run(statement(asked, frame)):
        if status == "open" and asked.by == "month":
            began.append((int(began_in), name, int(sums[0])))
            continue
        _, _, speed = found.setdefault(id, (name, int(place or 0), Speed()))
        if status == "open":
            speed.open = int(sums[0])
            continue
        (speed.won if status == "won" else speed.lost).add(sums, frame.dialect, answer)
        if status == "won":
            speed.days, speed.cycles = speed.days + int(days or 0), speed.cycles + int(cycles or 0)
    groups = arranged(asked, found, Speed, lambda speed: (speed.won.value, speed.open))
    whole = Speed()
    for _, speed in groups:
        whole.include(speed)
    if asked.by == "month":
        whole.open = open_by_month(asked, groups, began)
    answer.rows = [speed.row(name) for name, speed in groups]
    answer.total = whole.row("total")
    answer.pictures = [picture(asked, groups)]
    answer.empty = f"no deals were closed ({asked.period.told()}), and none are open"
    return answer


def bounded(asked: Asked) -> Period:
    """Return the period from the first deal that was closed in it, until today, where it has no such edges itself."""
    period = asked.period
    start, end = period.start, period.end or asked.today + timedelta(1)
    if start is None:
        frame = asked.reader.frame()
        d = frame.alias()
        table, fits = asked.table(frame, catalog.entity("deal"), d, equals("status", "won", "lost"), asked.where)
        days = asked.within_days(frame, f"{d}.actual_close_date")
        found = asked.reader.run(
            compose(f"SELECT min({d}.actual_close_date) FROM {{}} WHERE {{}} AND {{}}", table, fits, days)
        )
        load: Any = kinds.make("date").loader(frame.dialect)
        first = next(iter(found))[0]
        start = load(first) if first and load else first
    return Period(start, end) if start else period


def open_by_month(
    asked: Asked, groups: list[tuple[str | None, Speed]], began: list[tuple[int, str | None, int]]
) -> int | None:
    """Write down how many deals were open at the end of each month, and return the last of these numbers.

    ``began`` has (the month before whose end deals were made, the month of their end, how many).
    """
    names = [f"{month:%Y-%m}" for month in asked.period.months()]
    last = None
    for name, speed in groups:
        place = names.index(str(name)) if name in names else None
        speed.open = last = (
            None
            if place is None
            else sum(n for first, ended, n in began if first <= place and (ended is None or ended > str(name)))
        )
    return last


def picture(asked: Asked, groups: list[tuple[str | None, Speed]]) -> Bars:
    """Return a bar for each kind: what sales make a day."""
    bars = []
    for name, speed in groups:
        a_day = speed.a_day() or amounts.ZERO
        rate = percent(share(speed.won.deals, speed.won.deals + speed.lost.deals))
        text = f"{amounts.short(a_day, asked.locale.currency)} a day · {rate} won"
        bars.append(Bar(name or "(none)", (Part("velocity", a_day, GOOD),), text))
    return Bars(f"Sales velocity by {asked.by}, {asked.period.told()}", bars)


def statement(asked: Asked, frame: Frame) -> Sql:
    """Return the statement: sums of the deals closed in the period and the number of open ones, by kind."""
    d, each = frame.alias(), frame.alias()
    more = (("key", closed.key(asked, frame, d)), ("cycle", Sql(cycle(frame, d))))
    inner = closed.rows(asked, frame, *more, alias=d)
    shown, join = closed.named(asked, frame, "g")
    # A deal that no rate turns into money is left out of everything, of the days as well.
    lacking = rates.lacking(frame, f"{each}.value", f"{each}.currency", f"{each}.rate")
    took = compose(f"CASE WHEN {each}.cycle >= 0 AND {{}} IS NULL THEN {each}.cycle END", lacking)
    names = (
        *("key", "status", "began", "days", "cycles", "deals"),
        *("lacking", "missing", "total", "weighted", "plain"),
    )
    return compose(
        f"WITH g ({', '.join(names)}) AS (SELECT {each}.key, {each}.status, 0,"
        " sum({}), count({}), {}"
        f" FROM ({{}}) AS {each} GROUP BY {each}.key, {each}.status, {each}.currency UNION ALL {{}})"
        f" SELECT g.key, {{}}, {', '.join(f'g.{name}' for name in names[1:])} FROM g {{}}",
        took,
        took,
        amounts.sums(frame, each, f"{each}.rate"),
        inner,
        open_by_end(asked, frame) if asked.by == "month" else open_deals(asked, frame),
        shown,
        join,
    )


def cycle(frame: Frame, alias: str) -> str:
    """Return the days from the one on which a deal was made to the one on which it was closed."""
    made = day_of(frame, f"{alias}.created_at")
    if frame.dialect == "sqlite":
        return f"CAST(julianday({alias}.actual_close_date) - julianday({made}) AS INTEGER)"
    return f"({alias}.actual_close_date - {made})"


def open_deals(asked: Asked, frame: Frame) -> Sql:
    """Return the SELECT of open deals by kind."""
    d = frame.alias()
    table, fits = asked.table(frame, catalog.entity("deal"), d, equals("status", "open"), asked.where)
    own = f"{d}.{asked.by}_id"
    nothing = "NULL, 0, NULL, NULL, NULL"
    return compose(
        f"SELECT {own}, 'open', 0, 0, 0, count(*), {nothing} FROM {{}} WHERE {{}} GROUP BY {own}", table, fits
    )


def open_by_end(asked: Asked, frame: Frame) -> Sql:
    """Return the SELECT of all deals by the month of their end, none for open ones, and the month they began before."""
    d = frame.alias()
    table, fits = asked.table(frame, catalog.entity("deal"), d, asked.where)
    began = began_before(asked, frame, f"{d}.created_at")
    ended = f"CASE WHEN {d}.status <> 'open' THEN {month_of(frame, f'{d}.actual_close_date')} END"
    return compose(
        f"SELECT {ended}, 'open', {{}}, 0, 0, count(*), NULL, 0, NULL, NULL, NULL FROM {{}} WHERE {{}} GROUP BY 1, 3",
        began,
        table,
        fits,
    )


def began_before(asked: Asked, frame: Frame, moment: str) -> Sql:
    """Return the place of the first month of the period before whose end a moment lies."""
    from datetime import time

    from mycrm_cli.kinds.times import add_months, at

    ends = [at(add_months(month, 1), time(0, 0), asked.locale.timezone) for month in asked.period.months()]
    if not ends:
        return Sql("0")
    cases = [compose(f"WHEN {moment} < {{}} THEN {place}", asked.moment(frame, end)) for place, end in enumerate(ends)]
    return compose(f"CASE {' '.join('{}' for _ in cases)} ELSE {len(ends)} END", *cases)
