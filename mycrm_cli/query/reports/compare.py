"""What has changed in the forecast since a moment: from the opening one through all changes to the closing one.

The forecast of this comparison is that of open deals which are expected until the end of its last month. Either side
counts by the rates of its day; a deal that stays is first valued anew by the old rates, and what the rates alone make
of it comes after that. So opening and changes make closing, to the cent.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from mycrm_cli import kinds
from mycrm_cli.errors import UsageError
from mycrm_cli.kinds.base import BadValue
from mycrm_cli.kinds.times import at, parse, shifted
from mycrm_cli.query.reports import amounts, comparing, forecast
from mycrm_cli.query.reports.answer import BAD, GOOD, Bar, Bars, Part, Report
from mycrm_cli.query.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.query.reports.asked import Asked
    from mycrm_cli.query.reports.comparing import Pair

OPENING, CLOSING = "opening", "closing"
ORDER = (
    *(OPENING, "new", "pulled in", "reopened", "joined", "raised", "lowered", "probability", "rates"),
    *("slipped", "won", "lost", "removed", "left", CLOSING),
)
ALWAYS = frozenset((OPENING, "new", "pulled in", "raised", "lowered", "slipped", "won", "lost", CLOSING))
"""Rows that are there although no deal is behind them."""
AMOUNTS = (("deals", "integer"), ("value", "money"), ("weighted", "money"))


class Move(NamedTuple):
    """What a deal, or several, did to the forecast of a month."""

    month: str
    change: str
    deals: int
    value: Decimal
    weighted: Decimal


def report(asked: Asked) -> Report:
    """Return the way from the opening forecast to the closing one, and the deals that made it."""
    by = asked.options.get("by")
    if by and asked.by != "month":
        raise UsageError("a comparison is broken down by month or not at all", hint="--owner and --team choose deals")
    then = since(asked, str(asked.options["compare"]))
    sums: dict[tuple[str, str], list[Any]] = {}
    answer = Report("Forecast compared", [Shown(*column) for column in (("change", "text"), *AMOUNTS)], [])
    load: Any = kinds.make("money").loader(asked.reader.connection.dialect) or Decimal
    behind = []
    for pair in comparing.pairs(asked, then, forecast.span(asked)):
        tell_lacking(answer, pair, load)
        for move in moves(pair, load, monthly=bool(by)):
            kept = sums.setdefault((move.month, move.change), [0, amounts.ZERO, amounts.ZERO])
            for place, amount in enumerate(move[2:]):
                kept[place] += amount
            if pair.deal is not None and move.change not in (OPENING, CLOSING):
                behind.append((pair.deal, move))
    answer.rows = rows(sums, monthly=bool(by))
    if by:
        answer.columns = [Shown("month"), *answer.columns]
    answer.pictures = [picture(asked, answer.rows)]
    answer.notes = [f"changes since {then:%Y-%m-%dT%H:%M:%SZ}"]
    if asked.options.get("verbose"):
        answer.listed = listed(asked, behind, monthly=bool(by))
    return answer


def since(asked: Asked, text: str) -> datetime:
    """Return the moment that ``--compare`` means, of a day its end; raises UsageError for one that is not past."""
    try:
        found = shifted(text, asked.now) or parse(text, asked.locale)
    except BadValue as error:
        raise UsageError(f"--compare: {error.message}", hint="--compare -7d, or a day like 2026-10-31") from None
    if not isinstance(found, datetime):
        found = at(found + timedelta(1), time(0, 0), asked.locale.timezone) - timedelta(microseconds=1)
    if found >= asked.now:
        raise UsageError(f"--compare {text} is not in the past", hint="--compare -7d, or a day like 2026-10-31")
    return found


def moves(pair: Pair, load: Any, *, monthly: bool) -> Iterator[Move]:
    """Yield what a pair does: its part of opening and closing, and the changes between them."""
    value0, weighted0, value_old, weighted_old, value1, weighted1 = (
        amounts.ZERO if held is None else load(held) for held in pair[14:20]
    )
    month0, month1 = (pair.month0 or "", pair.month1 or "") if monthly else ("", "")
    if pair.inside0:
        yield Move(month0, OPENING, pair.deals, value0, weighted0)
    if pair.inside1:
        yield Move(month1, CLOSING, pair.deals, value1, weighted1)
    if pair.inside0 and pair.inside1 and month0 == month1:
        if pair.value_old is None and pair.plain1 is not None:  # without an old rate, all of it is the rates' doing
            value_old, weighted_old = value0, weighted0
        more, likelier = value_old - value0, weighted_old - weighted0
        if more or likelier:
            change = "raised" if more > 0 else "lowered" if more < 0 else "probability"
            yield Move(month0, change, pair.deals, more, likelier)
        if value1 != value_old or weighted1 != weighted_old:
            yield Move(month0, "rates", pair.deals, value1 - value_old, weighted1 - weighted_old)
        return
    if pair.inside0:
        yield Move(month0, gone(pair), pair.deals, -value0, -weighted0)
    if pair.inside1:
        yield Move(month1, come(pair), pair.deals, value1, weighted1)


def gone(pair: Pair) -> str:
    """Return why the forecast has lost deals."""
    if not pair.live1:
        return "removed"
    if pair.status1 in ("won", "lost"):
        return str(pair.status1)
    return "slipped" if pair.inside1 or pair.late1 else "left"


def come(pair: Pair) -> str:
    """Return why the forecast has got deals."""
    if not pair.live0:
        return "new"
    if pair.status0 in ("won", "lost"):
        return "reopened"
    return "pulled in" if pair.inside0 or pair.late0 else "joined"


def tell_lacking(answer: Report, pair: Pair, load: Any) -> None:
    """Tell the answer of deals that no sum holds, because their currency has no rate."""
    for inside, amount, plain, currency in (
        (pair.inside1, pair.value1, pair.plain1, pair.currency1),
        (pair.inside0 and not pair.inside1, pair.value0, pair.plain0, pair.currency0),
    ):
        if inside and amount is None and plain:
            count, total = answer.lacking.get(str(currency), (0, amounts.ZERO))
            answer.lacking[str(currency)] = (count + pair.deals, total + load(plain))


def rows(sums: dict[tuple[str, str], list[Any]], *, monthly: bool) -> list[list[Any]]:
    """Return the rows: for each month, or for all, opening, changes and closing."""
    found = []
    for month in sorted({month for month, _ in sums}, key=lambda name: (name != comparing.EARLIER, name)) or [""]:
        for change in ORDER:
            if (month, change) in sums or change in ((OPENING, CLOSING) if monthly else ALWAYS):
                row = [change, *sums.get((month, change), [0, amounts.ZERO, amounts.ZERO])]
                found.append([month, *row] if monthly else row)
    return found


def picture(asked: Asked, shown: list[list[Any]]) -> Bars:
    """Return a bar for each line of all months together: what it adds, or takes away."""
    sums: dict[str, Decimal] = {}
    for *_, change, _, value, _ in shown:
        sums[change] = sums.get(change, amounts.ZERO) + value
    bars = []
    for change in ORDER:
        if change in sums:
            tone = "plain" if change in (OPENING, CLOSING) else GOOD if sums[change] >= 0 or change == "won" else BAD
            sign = "" if change in (OPENING, CLOSING) or sums[change] <= 0 else "+"
            text = sign + amounts.short(sums[change], asked.locale.currency)
            bars.append(Bar(change, (Part("value", abs(sums[change]), tone),), text))
    return Bars("From the opening forecast to the closing one: value of open deals", bars)


def listed(asked: Asked, behind: list[tuple[Any, Move]], *, monthly: bool) -> tuple[list[Shown], list[list[Any]]]:
    """Return columns and rows of the deals behind the changes."""
    names = comparing.names(asked, [deal for deal, _ in behind])
    columns = [Shown("change"), Shown("deal", "integer", "D"), Shown("name"), Shown("owner"), *amounts_of()]
    found = []
    order = {change: place for place, change in enumerate(ORDER)}
    for deal, move in sorted(behind, key=lambda one: (one[1].month, order[one[1].change], -abs(one[1].value))):
        row = [move.change, *names.get(deal, (None, None, None)), move.value, move.weighted]
        found.append([move.month, *row] if monthly else row)
    return ([Shown("month"), *columns] if monthly else columns), found


def amounts_of() -> list[Shown]:
    """Return the columns of amounts."""
    return [Shown(*column) for column in AMOUNTS[1:]]
