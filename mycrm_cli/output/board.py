"""A board on a terminal, drawn by Rich: a column for each stage, cards for its deals."""

from __future__ import annotations

from mycrm_cli.output.emit import Paged
from mycrm_cli.output.safe import safe
from mycrm_cli.output.table import console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from typing import Any

    from rich.text import Text

    from mycrm_cli.output.emit import Output
    from mycrm_cli.query.board import Lane

NARROWEST = 17
"""A column is not narrower than this; stages that find no room go below."""
WIDEST = 46
GAP = 2
CARD_LINES = 3
AROUND = 9
"""Lines of the screen that are not cards: title, headings, what is left out, and the prompt."""
UNITS = ((10**9, "bn"), (10**6, "M"), (10**3, "k"))
STATUS = {"open": "cyan", "won": "green", "lost": "red"}


def room_for_cards(lines: int) -> int:
    """Return how many cards of a column fit a screen of so many lines."""
    return max((lines - AROUND) // CARD_LINES, 3)


def draw(out: Output, title: str, lanes: Sequence[Lane], shown: Sequence[Lane], currency: str) -> None:
    """Draw a board: some stages beside each other, further ones below."""
    from rich.text import Text

    with Paged(out) as file:
        target = console(out.color, file)
        target.print(Text(safe(title), style="bold"), no_wrap=True, overflow="ellipsis")
        across = max(min((target.width + GAP) // (NARROWEST + GAP), len(shown)), 1)
        # Even bands look better than a full one above a single column.
        bands = -(-len(shown) // across)
        across = -(-len(shown) // bands) if bands else 1
        for start in range(0, len(shown), across):
            target.print(band(shown[start : start + across], across, target.width, currency))
        rest = [lane for lane in lanes if lane not in shown and lane.count]
        if rest:
            target.print(closing(rest, currency), no_wrap=True, overflow="ellipsis")


def band(lanes: Sequence[Lane], across: int, width: int, currency: str) -> Any:
    """Return some stages beside each other."""
    from rich.table import Table

    each = min((width - GAP * (across - 1)) // across, WIDEST)
    grid = Table(box=None, show_header=False, pad_edge=False, padding=(0, GAP, 0, 0))
    for _ in lanes:
        grid.add_column(width=each, no_wrap=True, overflow="ellipsis")
    columns = [column(lane, each, currency) for lane in lanes]
    height = max(map(len, columns))
    for line in range(height):
        grid.add_row(*[lines[line] if line < len(lines) else "" for lines in columns])
    return grid


def column(lane: Lane, width: int, currency: str) -> list[Text]:
    """Return the lines of a stage: name, count and sum, then its cards."""
    from rich.text import Text

    head, count = Text(safe(lane.name), style=f"bold {STATUS[lane.status]}"), f"{lane.count:,} · "
    total = Text(count + amounts(lane, currency, width - len(count)), style="dim")
    lines = [head, total, Text("─" * width, "dim")]
    for card in lane.cards:
        lines += [*card_lines(lane, card, width, currency), Text("")]
    if lane.count > len(lane.cards):
        lines.append(Text(f"+{lane.count - len(lane.cards):,} more", style="dim"))
    return lines


def card_lines(lane: Lane, card: dict[str, Any], width: int, currency: str) -> list[Text]:
    """Return the lines of a card: number and name; value, days in the stage, owner, and whether it is stale."""
    from rich.text import Text

    first = Text.assemble((f"D-{card['number']}", "cyan"), " ", safe(card["name"]))
    stale = lane.is_stale(card["days_in_stage"])
    value = "" if card["value"] is None else amount(card["value"], card["currency"], currency, short=width < 24)
    days = (f"{card['days_in_stage']}d" + ("!" if stale else ""), "bold red" if stale else "")
    parts = [(value, ""), days, (initials(card), "dim")]
    second = Text(" · ").join([Text(safe(text), style=style) for text, style in parts if text])
    return [first, second]


def initials(card: dict[str, Any]) -> str:
    """Return the initials of a deal's owner."""
    names = (card["owner.first_name"], card["owner.last_name"])
    return "".join(name.strip()[:1].upper() for name in names if name)


def amounts(lane: Lane, currency: str, width: int) -> str:
    """Return what the deals of a stage are worth, in each of their currencies."""
    ordered = sorted(lane.sums.items(), key=lambda item: (item[0] != currency, item[0]))
    whole = " + ".join(amount(total, code, currency) for code, total in ordered)
    if len(whole) <= width:
        return whole or "0"
    return " + ".join(amount(total, code, currency, short=True) for code, total in ordered)


def amount(value: Decimal, code: str, currency: str, *, short: bool = False) -> str:
    """Return an amount without its cents; its currency where it is not the organization's."""
    text = f"{value:,.0f}"
    if short:
        parts = ((value / size, unit) for size, unit in UNITS if value >= size * 10)
        text = next((f"{part:,.0f}{unit}" if part >= 100 else f"{part:.3g}{unit}" for part, unit in parts), text)
    return text if code == currency else f"{text} {code}"


def closing(lanes: Sequence[Lane], currency: str) -> Text:
    """Return the line about the stages that are not shown: what was won and lost."""
    from rich.text import Text

    parts = [
        Text.assemble((safe(lane.name), STATUS[lane.status]), f" {lane.count:,} · {amounts(lane, currency, 60)}")
        for lane in lanes
    ]
    return Text("   ").join(parts)
