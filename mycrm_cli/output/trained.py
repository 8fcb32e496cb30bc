"""Pictures of what was learned: how it did on the newest outcomes, and what each input tells."""

from __future__ import annotations

from mycrm_cli.output.safe import safe
from mycrm_cli.output.scores import print_bar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from rich.console import Console

WIDTH = 24
"""Cells of the bars."""
STRONGEST = 10
"""Inputs that are shown."""


def draw(target: Console, found: dict[str, Any]) -> None:
    """Draw how a model did: its figures beside those of the rules, then lift and calibration in ten parts."""
    from rich.text import Text

    good = found["converted"]
    target.print(
        Text(f"{found['outcomes']:,} closed leads: {good:,} converted, {found['outcomes'] - good:,} disqualified")
    )
    target.print(Text(f"tried on the newest {found['tried_on']:,}, learned from the others", style="dim"))
    target.print()
    target.print(Text(f"{'':14}{'learned':>9}{'rules':>9}{'chance':>9}", style="bold"))
    _line(target, "AUC", found["auc"], found["rules_auc"], 0.5)
    _line(target, "top tenth", found["top_lift"], found["rules_top_lift"], 1.0)
    _line(target, "Brier", found["brier"], None, found["base_brier"])
    target.print()
    _draw_lift(target, found["lift"])
    target.print()
    _draw_calibration(target, found)


def draw_inputs(target: Console, inputs: list[dict[str, Any]]) -> None:
    """Draw the inputs that move scores most, with the points between their worst and best bins."""
    from rich.text import Text

    ordered = sorted(inputs, key=lambda part: (-part["range"], part["name"]))[:STRONGEST]
    top = max((part["range"] for part in ordered), default=0) or 1
    target.print(Text(f"{'input':<26}{'component':<12}{'points':>7}", style="bold"))
    for part in ordered:
        line = Text(f"{safe(part['name'])[:25]:<26}{part['component']:<12}{part['range']:>7.1f}  ")
        print_bar(target, line, part["range"], top, WIDTH, "cyan")


def _line(target: Console, name: str, *figures: float | None) -> None:
    cells = "".join(f"{'' if figure is None else format(figure, '.3f'):>9}" for figure in figures)
    target.print(f"{name:<14}{cells}", highlight=False, markup=False)


def _draw_lift(target: Console, parts: list[dict[str, Any]]) -> None:
    from rich.text import Text

    target.print(Text(f"{'tenth':>5}{'leads':>9}{'converted':>11}{'lift':>7}", style="bold"))
    top = max((part["rate"] for part in parts), default=0) or 1
    for part in parts:
        lift = part["lift"] or 0.0
        line = Text(f"{part['part']:>5}{part['leads']:>9,}{part['rate']:>11.1%}{lift:>7.2f}  ")
        print_bar(target, line, part["rate"], top, WIDTH, "green" if lift >= 1 else "red")


def _draw_calibration(target: Console, found: dict[str, Any]) -> None:
    from rich.text import Text

    parts = found["calibration"]
    target.print(Text(f"{'':5}{'leads':>9}{'said':>11}{'came':>7}", style="bold"))
    top = max((max(part["came"], part["said"]) for part in parts), default=0) or 1
    for part in parts:
        line = Text(f"{part['part']:>5}{part['leads']:>9,}{part['said']:>11.1%}{part['came']:>7.1%}  ")
        print_bar(target, line, part["came"], top, WIDTH, "cyan")
    target.print(Text(f"calibration error {found['calibration_error']:.3f}", style="dim"))
