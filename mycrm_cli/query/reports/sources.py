"""Where leads came from that were made in a period, and what became of them: how many, how good, what was won."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog, kinds
from mycrm_cli.query.nodes import equals
from mycrm_cli.query.reports import amounts
from mycrm_cli.query.reports.answer import FAINT, GOOD, Bar, Bars, Part, Report
from mycrm_cli.query.reports.closed import FENCE, own
from mycrm_cli.query.reports.leadfunnel import CONVERTED, QUALIFIED, reached
from mycrm_cli.query.reports.shares import columns, divided, percent, share
from mycrm_cli.query.sql import Sql, compose

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

COLUMNS = (
    ("leads", "integer"),
    ("qualified", "integer"),
    ("converted", "integer"),
    ("conversion_rate", "share"),
    ("deals_won", "integer"),
    ("won_value", "money"),
    ("average_score", "number"),
)
COSTS = (("budget", "money"), ("actual_cost", "money"), ("return", "share"))
PLAIN = (
    *("key", "leads", "qualified", "converted", "score", "scored"),
    *("deals", "lacking", "missing", "total", "weighted", "plain"),
)


class Origin:
    """What came from one place; ``costs`` are a campaign's budget and actual cost."""

    def __init__(self, costs: tuple[Decimal | None, ...] = ()) -> None:
        self.counts = [0, 0, 0, 0, 0]
        self.won = amounts.Sums()
        self.costs = costs

    def include(self, other: Origin) -> None:
        """Add another."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.won.include(other.won)
        if other.costs:
            before = self.costs or (None, None)
            self.costs = tuple(
                one if two is None else (one or amounts.ZERO) + two
                for one, two in zip(before, other.costs, strict=True)
            )

    def row(self, name: str | None) -> list[Any]:
        """Return it as a row; the return is what was won less the cost, over the cost."""
        leads, qualified, converted, score, scored = self.counts
        found = [name, leads, qualified, converted, share(converted, leads), self.won.deals, self.won.value]
        found.append(divided(score, scored, 2))
        if self.costs:
            cost = self.costs[1]
            found += [*self.costs, None if cost is None else share(self.won.value - cost, cost)]
        return found


FIRST = {"sqlite": "CROSS JOIN", "postgresql": "JOIN"}
"""SQLite, which has no statistics, reads what stands before it first: the deals, then the lead of each."""


def report(asked: Asked) -> Report:
    """Return the leads of each source, campaign or UTM value, and the deals that were won from them."""
    campaigns = asked.by == "campaign"
    answer = Report("Sources of leads", columns([(asked.by, "text"), *COLUMNS, *(COSTS if campaigns else ())]), [])
    found: dict[Any, tuple[str | None, Origin]] = {}
    frame = asked.reader.frame()
    load: Any = kinds.make("money").loader(frame.dialect) or Decimal
    for id, name, budget, cost, *row in asked.reader.run(statement(asked, frame)):
        costs = tuple(None if each is None else load(each) for each in (budget, cost)) if campaigns else ()
        _, origin = found.setdefault(id, (name, Origin(costs)))
        origin.counts = [mine + int(more or 0) for mine, more in zip(origin.counts, row[:5], strict=True)]
        if row[5]:
            origin.won.add(row[5:], frame.dialect, answer)
    groups = sorted(found.values(), key=lambda group: str(group[0] or ""))
    groups.sort(key=lambda group: (group[1].won.value, group[1].counts), reverse=True)
    whole = Origin()
    for _, origin in groups:
        whole.include(origin)
    answer.rows = [origin.row(name) for name, origin in groups]
    answer.total = whole.row("total")
    answer.pictures = [picture(asked, groups)]
    answer.empty = f"no leads were created ({asked.period.told()})"
    return answer


def picture(asked: Asked, groups: list[tuple[str | None, Origin]]) -> Bars:
    """Return a bar for each origin: the leads that were converted, and the rest."""
    bars = []
    for name, origin in groups:
        leads, _, converted, *_ = origin.counts
        parts = (Part("converted", converted, GOOD), Part("others", leads - converted, FAINT))
        text = f"{leads:,} · {percent(share(converted, leads))}"
        if origin.won.deals:
            text += f" · {amounts.short(origin.won.value, asked.locale.currency)} won"
        bars.append(Bar(name or "(none)", parts, text))
    return Bars(f"Leads by {asked.by}, converted and others, created {asked.period.told()}", bars)


def statement(asked: Asked, frame: Frame) -> Sql:
    """Return the statement: leads by origin, and the deals won that came from them by origin and currency."""
    both = compose("{} UNION ALL {}", leads(asked, frame), deals(asked, frame))
    if asked.by != "campaign":
        shown = ", ".join(f"g.{name}" for name in PLAIN[1:])
        return compose(f"WITH g ({', '.join(PLAIN)}) AS ({{}}) SELECT g.key, g.key, NULL, NULL, {shown} FROM g", both)
    campaign, c = catalog.entity("campaign"), frame.alias()
    table, fits = asked.table(frame, campaign, c)
    return compose(
        f"WITH g ({', '.join(PLAIN)}) AS ({{}}) SELECT g.key, {c}.name, {c}.budget, {c}.actual_cost,"
        f" {', '.join(f'g.{name}' for name in PLAIN[1:])} FROM g LEFT JOIN {{}} ON {{}} AND {c}.id = g.key",
        both,
        table,
        fits,
    )


def key(asked: Asked, alias: str) -> str:
    """Return what leads are grouped by."""
    return f"{alias}.campaign_id" if asked.by == "campaign" else f"NULLIF({alias}.{asked.by}, '')"


def leads(asked: Asked, frame: Frame) -> Sql:
    """Return the SELECT of leads by origin, with columns of deals that are empty."""
    t = frame.alias()
    table, fits = asked.table(frame, catalog.entity("lead"), t, asked.where)
    far = reached(t)
    return compose(
        f"SELECT {key(asked, t)}, count(*), count(CASE WHEN {far} >= {QUALIFIED} THEN 1 END),"
        f" count(CASE WHEN {far} >= {CONVERTED} THEN 1 END), sum({t}.score), count({t}.score), 0, NULL, 0, 0, 0, 0"
        f" FROM {{}} WHERE {{}} AND {{}} GROUP BY 1",
        table,
        fits,
        asked.within(frame, f"{t}.created_at"),
    )


def deals(asked: Asked, frame: Frame) -> Sql:
    """Return the SELECT of the deals won that came from these leads, by origin and currency."""
    t, d, each = frame.alias(), frame.alias(), frame.alias()
    lead = catalog.entity("lead")
    table, fits = asked.table(frame, lead, t, asked.where)
    if not asked.at:
        # The deals come first, so the leads must not stand behind the ids of the few that fit.
        table = Sql(f"{lead.table} AS {t}")
    won, theirs = asked.table(frame, catalog.entity("deal"), d, equals("status", "won"))
    inner = compose(
        f"SELECT {key(asked, t)} AS key, {d}.value, {d}.weighted_value, {d}.currency,"
        f" CASE WHEN {d}.currency <> {{}} THEN {{}} END AS rate"
        f" FROM {{}} {FIRST[frame.dialect]} {{}} ON {t}.id = {d}.lead_id"
        f" WHERE {{}} AND {{}} AND {{}} {FENCE[frame.dialect]}",
        own(frame),
        amounts.rate_then(frame, d),
        won,
        table,
        theirs,
        fits,
        asked.within(frame, f"{t}.created_at"),
    )
    return compose(
        f"SELECT {each}.key, 0, 0, 0, 0, 0, {{}} FROM ({{}}) AS {each} GROUP BY {each}.key, {each}.currency",
        amounts.sums(frame, each, f"{each}.rate"),
        inner,
    )
