"""The figures at the head of the dashboard, taken from what the reports below answer."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mycrm_cli.query.reports.answer import Report
    from mycrm_cli.scope import Locale

NOTHING = "–"


class Figure(NamedTuple):
    """A figure: what it is, as machines and as people read it, and what is to be said of it."""

    label: str
    value: str
    text: str
    note: str = ""
    unit: str = ""


def figures(found: Mapping[str, Report], locale: Locale) -> list[Figure]:
    """Return the figures of the reports that there are."""
    made: list[Figure] = []
    if "pipeline" in found:
        deals = whole(found["pipeline"], "deals")
        made.append(money("Open pipeline", whole(found["pipeline"], "value"), locale, counted(deals, "open deal")))
        made.append(money("Weighted", whole(found["pipeline"], "weighted"), locale, "by probability"))
    if "winloss" in found:
        ended = found["winloss"]
        won, lost = whole(ended, "won"), whole(ended, "lost")
        made.append(money("Won", whole(ended, "won_value"), locale, counted(won, "deal")))
        made.append(share("Win rate", whole(ended, "win_rate"), counted((won or 0) + (lost or 0), "deal") + " closed"))
    if "leaderboard" in found:
        target = whole(found["leaderboard"], "target")
        note = "no targets are set" if target is None else f"of {target:,.0f} {locale.currency}"
        made.append(share("Attainment", whole(found["leaderboard"], "attainment"), note))
    if "tasks" in found:
        late, still = whole(found["tasks"], "overdue"), whole(found["tasks"], "open")
        note = f"{late or 0:,} overdue, {still or 0:,} open"
        made.append(count("Tasks due this week", whole(found["tasks"], "this_week"), note))
    return made


def whole(report: Report, name: str) -> Any:
    """Return a column's value in the last row, which is of all; else the sum of the column; None without numbers."""
    place = next((place for place, column in enumerate(report.columns) if column.name == name), None)
    if place is None:
        return None
    if report.total is not None:
        return report.total[place]
    values = [row[place] for row in report.rows if row[place] is not None]
    return sum(values) if values else None


def counted(count: Any, noun: str) -> str:
    """Return a number of things in words."""
    return "" if count is None else f"{count:,} {noun}{'' if count == 1 else 's'}"


def money(label: str, value: Any, locale: Locale, note: str = "") -> Figure:
    """Return an amount in the organization's currency, whole where it is large."""
    if value is None:
        return Figure(label, "", NOTHING, note)
    amount = Decimal(value)
    text = f"{amount:,.0f}" if abs(amount) >= 1000 else f"{amount:,.2f}"
    return Figure(label, f"{amount:.2f}", text, note, locale.currency)


def share(label: str, value: Any, note: str = "") -> Figure:
    """Return a share in percent."""
    if value is None:
        return Figure(label, "", NOTHING, note)
    return Figure(label, str(value), f"{Decimal(value) * 100:.0f}%", note)


def count(label: str, value: Any, note: str = "") -> Figure:
    """Return a number of things."""
    return Figure(label, "", NOTHING, note) if value is None else Figure(label, str(value), f"{value:,}", note)
