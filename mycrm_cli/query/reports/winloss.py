"""What was won and what was lost: how many deals, of which value, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query.reports import amounts, closed
from mycrm_cli.query.reports.answer import BAD, GOOD, Bar, Bars, Part, Report
from mycrm_cli.query.reports.order import arranged
from mycrm_cli.query.reports.shares import columns, percent, share
from mycrm_cli.query.sql import Sql, compose

if TYPE_CHECKING:
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.reports.asked import Asked

BOTH = (
    ("won", "integer"),
    ("lost", "integer"),
    ("win_rate", "share"),
    ("won_value", "money"),
    ("lost_value", "money"),
    ("win_rate_by_value", "share"),
)
LOST = (("lost", "integer"), ("share", "share"), ("lost_value", "money"), ("share_of_value", "share"))
WHY = ("reason", "competitor")
"""Breakdowns that only count what was lost."""


class Ends:
    """What was won and lost of one kind."""

    def __init__(self) -> None:
        self.won = amounts.Sums()
        self.lost = amounts.Sums()

    def include(self, other: Ends) -> None:
        """Add others."""
        self.won.include(other.won)
        self.lost.include(other.lost)


def report(asked: Asked) -> Report:
    """Return what was won and lost of each kind, by number and by value."""
    why = asked.by in WHY
    answer = Report(
        "Lost deals" if why else "Won and lost", columns([(asked.by, "text"), *(LOST if why else BOTH)]), []
    )
    found: dict[Any, tuple[str | None, int, Ends]] = {}
    frame = asked.reader.frame()
    for id, name, place, status, *sums in asked.reader.run(statement(asked, frame)):
        _, _, ends = found.setdefault(id, (name, int(place or 0), Ends()))
        (ends.won if status == "won" else ends.lost).add(sums, frame.dialect, answer)
    if why:
        found = spelled(found)
    whole = Ends()
    for _, _, ends in found.values():
        whole.include(ends)
    groups = arranged(asked, found, Ends, lambda ends: (ends.won.value, ends.lost.value, ends.lost.deals))
    make = lost if why else both
    answer.rows = [make(name, ends, whole) for name, ends in groups]
    answer.total = make("total", whole, whole)
    answer.pictures = [picture(asked, groups, why=why)]
    answer.empty = f"no deals were {'lost' if why else 'closed'} ({asked.period.told()})"
    return answer


def spelled(found: dict[Any, tuple[str | None, int, Ends]]) -> dict[Any, tuple[str | None, int, Ends]]:
    """Return one group for each word however it is written, under the spelling that most deals have."""
    together: dict[Any, tuple[str | None, int, Ends]] = {}
    ranked = sorted(found.values(), key=lambda group: (-group[2].lost.deals, group[0] or ""))
    for name, place, ends in ranked:
        _, _, every = together.setdefault(name and fold_key(name), (name, place, Ends()))
        every.include(ends)
    return together


def both(name: str | None, ends: Ends, _: Ends) -> list[Any]:
    """Return a row of what was won and lost."""
    won, lost = ends.won, ends.lost
    rate = share(won.deals, won.deals + lost.deals)
    return [name, won.deals, lost.deals, rate, won.value, lost.value, share(won.value, won.value + lost.value)]


def lost(name: str | None, ends: Ends, whole: Ends) -> list[Any]:
    """Return a row of what was lost, and its share of all that was."""
    of, every = ends.lost, whole.lost
    return [name, of.deals, share(of.deals, every.deals), of.value, share(of.value, every.value)]


def picture(asked: Asked, groups: list[tuple[str | None, Ends]], *, why: bool) -> Bars:
    """Return a bar for each kind: the value that was won, and that was lost."""
    bars = []
    for name, ends in groups:
        parts = (Part("won", ends.won.value, GOOD), Part("lost", ends.lost.value, BAD))
        number, every = ends.lost.deals, ends.won.deals + ends.lost.deals
        text = (
            f"{number:,} lost" if why else f"{ends.won.deals:,} of {every:,} · {percent(share(every - number, every))}"
        )
        bars.append(Bar(name or "(none)", parts[why:], text))
    told = "Value of lost deals" if why else "Value of won and lost deals"
    return Bars(f"{told} by {asked.by}, {asked.period.told()}", bars)


def statement(asked: Asked, frame: Frame) -> Sql:
    """Return the statement: sums of the deals closed in the period, by kind, end and currency."""
    d, each = frame.alias(), frame.alias()
    inner = closed.rows(asked, frame, ("key", closed.key(asked, frame, d)), alias=d)
    shown, join = closed.named(asked, frame, "g")
    only = "WHERE g.status = 'lost'" if asked.by in WHY else ""
    names = ("key", "status", "deals", "lacking", "missing", "total", "weighted", "plain")
    return compose(
        f"WITH g ({', '.join(names)}) AS (SELECT {each}.key, {each}.status, {{}} FROM ({{}}) AS {each}"
        f" GROUP BY {each}.key, {each}.status, {each}.currency)"
        f" SELECT g.key, {{}}, {', '.join(f'g.{name}' for name in names[1:])} FROM g {{}} {only}",
        amounts.sums(frame, each, f"{each}.rate"),
        inner,
        shown,
        join,
    )
