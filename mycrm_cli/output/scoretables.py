"""Tables about rules on a terminal: which leads would move, and how well rules tell leads apart."""

from __future__ import annotations

from mycrm_cli.output.safe import safe
from mycrm_cli.output.scores import GRADES, print_bar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from rich.console import Console

WIDTH = 24
"""Cells of the bars of a table."""
NAMES = 14
"""Cells of the grades at the left."""
CELL = 9
"""Cells of a count, if the terminal has room for it."""


def draw_moves(target: Console, found: Any, letters: str) -> None:
    """Draw how many leads have each grade before (down) and after (across), those that stay dimmed."""
    from rich.text import Text

    looked = f"{found.looked_at:,} of {found.leads:,}" if found.looked_at < found.leads else f"{found.leads:,}"
    target.print(
        Text(f"{looked} open leads: {len(found.moved):,} would get another grade, {found.rescored:,} another score")
    )
    target.print()
    longest = max(len(f"{count:,}") for count in (found.looked_at, *found.grid.values()))
    cell = max(longest + 1, min(CELL, (target.width - NAMES) // (len(letters) + 1)))
    target.print(Text(safe(found.before), style="bold"), no_wrap=True, overflow="ellipsis")
    head = "".join(f"{name:>{cell}}" for name in (*letters, "sum"))
    target.print(Text(f"{'':{NAMES}}{head}", style="bold"), no_wrap=True)
    for a in letters:
        line = Text(f"  {a} from {found.cutoffs_before.get(a, 0):>3}  ", style=GRADES.get(a, ""))
        for b in letters:
            count = found.grid[a, b]
            better = letters.index(b) < letters.index(a)
            style = "dim" if a == b or not count else "green" if better else "red"
            line.append(f"{count:>{cell},}" if count else f"{'·':>{cell}}", style=style)
        line.append(f"{found.graded(a, after=False):>{cell},}", style="default")
        target.print(line, no_wrap=True)
    line = Text(f"{'  then':<{NAMES}}", style="bold")
    for b in letters:
        line.append(f"{found.graded(b, after=True):>{cell},}")
    target.print(line, no_wrap=True)
    starts = "  ".join(f"{letter} {found.cutoffs_after[letter]}" for letter in letters if letter in found.cutoffs_after)
    target.print(Text(f"  grades would begin at  {starts}", style="dim"), overflow="fold")
    target.print()


def draw_backtest(target: Console, found: dict[str, Any]) -> None:
    """Draw how often leads were converted in each tenth by score, and what scores said against what came."""
    from rich.text import Text

    parts = f"{found['converted']:,} converted, {found['disqualified']:,} disqualified"
    target.print(Text(f"{found['leads']:,} closed leads: {parts}"))
    target.print(Text.assemble(("AUC ", "bold"), f"{found['auc']:.3f} ± {found['auc_error']:.3f}", "  (0.5 is chance)"))
    target.print()
    target.print(Text(f"{'tenth':>5}{'score from':>12}{'leads':>8}{'converted':>11}{'lift':>7}", style="bold"))
    top = max((part["rate"] for part in found["deciles"]), default=0) or 1
    for part in found["deciles"]:
        line = Text(f"{part['part']:>5}{part['from_score']:>12}{part['leads']:>8,}{part['rate']:>11.1%}")
        line.append(f"{part['lift']:>7.2f}  ")
        print_bar(target, line, part["rate"], top, WIDTH, "green" if part["lift"] >= 1 else "red")
    target.print()
    target.print(Text(f"{'':5}{'said':>12}{'came':>8}{'leads':>11}", style="bold"))
    for part in found["calibration"]:
        line = Text(f"{part['part']:>5}{part['said']:>12.1%}{part['came']:>8.1%}{part['leads']:>11,}{'':9}")
        print_bar(target, line, part["came"], top, WIDTH, "cyan")
    where = "the newest outcomes" if found["tried_on"] == "newest" else "the outcomes it was made of"
    told = f"calibration error {found['calibration_error']:.3f}, Brier {found['brier']:.3f}, on {where}"
    target.print(Text(told, style="dim"), overflow="fold")
