"""What open deals may bring, what was won, and how far that is from what was aimed at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli.errors import UsageError
from mycrm_cli.query import forecast
from mycrm_cli.query.reports import amounts, shares
from mycrm_cli.query.reports.answer import FAINT, GOOD, Bar, Bars, Part, Report

if TYPE_CHECKING:
    from decimal import Decimal

    from mycrm_cli.query.forecast import Forecast, Line
    from mycrm_cli.query.reports.asked import Asked

COLUMNS = (
    ("deals", "integer"),
    ("best_case", "money"),
    ("weighted", "money"),
    ("won_deals", "integer"),
    ("won", "money"),
)
AIMED = (("target", "money"), ("attainment", "share"), ("gap", "money"), ("open_gap", "money"))
MOST_MONTHS = 120
MOST_BARS = 40
"""So many lines have a bar."""


def report(asked: Asked) -> Report:
    """Return the forecast, or with ``--compare`` what has changed since then."""
    if asked.options.get("compare"):
        from mycrm_cli.query.reports import compare

        return compare.report(asked)
    by = asked.by.split(",")
    aiming = not set(by) - {"month", "owner"}
    found = gathered(asked, by, span(asked), targets=aiming and not asked.narrowed)
    named = [*((name, "text") for name in by), *COLUMNS, *(AIMED if aiming else ())]
    answer = Report("Forecast", shares.columns(named), [cells(line, aiming=aiming) for line in found.lines])
    answer.total = cells(found.total(), aiming=aiming)
    answer.lacking = found.lacking
    answer.empty = "no open deals"
    answer.pictures = [picture(asked, found)]
    if aiming and asked.narrowed:
        answer.notes.append("targets are for all deals of a user; a filter leaves them out")
    return answer


def span(asked: Asked) -> int:
    """Return the number of months; raises UsageError for none."""
    text = asked.options.get("months") or "6"
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_MONTHS):
        raise UsageError(f"--months is a number from 1 to {MOST_MONTHS}, not {text!r}")
    return int(text)


def gathered(asked: Asked, by: list[str], months: int, *, targets: bool) -> Forecast:
    """Return the lines of a forecast. Those of owners come by month first: a gap is that of these months."""
    if by == ["owner"]:
        return forecast.by_owner(forecast.forecast(asked, ["month", "owner"], months, targets=targets))
    return forecast.forecast(asked, by, months, targets=targets)


def cells(line: Line, *, aiming: bool) -> list[Any]:
    """Return the cells of a line."""
    row = [*line.key, line.deals, line.best, line.weighted, line.won_deals, line.won]
    return [*row, *missing(line.target, line.won, line.due)] if aiming else row


def missing(target: Decimal | None, won: Decimal, due: Decimal) -> list[Any]:
    """Return target, attainment, gap, and the gap that is left if open deals bring their weighted value."""
    if target is None:
        return [None, None, None, None]
    return [target, shares.share(won, target), target - won, target - won - due]


def picture(asked: Asked, found: Forecast) -> Bars:
    """Return a bar for each line: what was won, what is likely, the rest, and the target."""
    bars = []
    for line in found.lines[:MOST_BARS]:
        label = " · ".join(str(name) if name is not None else "nobody" for name in line.key)
        rest = max(line.best - line.weighted, amounts.ZERO)
        parts = (Part("won", line.won, GOOD), Part("weighted", line.weighted), Part("rest", rest, FAINT))
        text = amounts.short(line.won + line.weighted, asked.locale.currency)
        if line.target:
            text += f" · {shares.percent(shares.share(line.won, line.target))}"
        bars.append(Bar(label, parts, text, line.target))
    aimed = any(bar.goal for bar in bars)
    return Bars("Won, weighted, and the rest of the best case" + (" │ target" if aimed else ""), bars)
