"""Pictures of scores on a terminal: what a score consists of, and how it moved."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.output import relative
from mycrm_cli.output.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from rich.console import Console
    from rich.text import Text

    from mycrm_cli.scope import Locale

FULL, REST = "█", "░"
GRADES = {"A": "bold green", "B": "green", "C": "yellow", "D": "dark_orange", "F": "red"}
SHOWN = 5
"""Factors that are told each way."""
RECENT = 60
"""Seconds that are still now."""
LABEL = 26
"""The widest label of a factor."""
DAYS = ("recency", "age")
"""Factors whose value is a number of days."""
VALUE = 22
"""The widest value of a factor."""


def draw(target: Console, found: Any, locale: Locale) -> None:
    """Draw an explanation: the score, its components with their factors, what speaks for and against, what to do."""
    from rich.text import Text

    head = Text.assemble((f"L-{found.number}", "bold cyan"), f"  {safe(found.name)}")
    target.print(head, no_wrap=True, overflow="ellipsis")
    draw_score(target, found, locale)
    draw_stored(target, found)
    for name, cap in found.caps.items():
        draw_component(target, found, name, cap, locale)
    target.print()
    draw_both(target, found.parts)
    unknown = [part.label.lower() for part in found.parts if part.is_unknown]
    if unknown:
        target.print(Text.assemble(("Unknown  ", "dim"), safe(", ".join(unknown))), overflow="fold")
    target.print(Text.assemble(("Next  ", "dim"), (safe(found.recommendation), "bold")), overflow="fold")


def draw_score(target: Console, found: Any, locale: Locale) -> None:
    """Draw the whole score as a bar, and below it how sure it is."""
    from rich.text import Text

    style = GRADES.get(found.grade, "")
    line = Text.assemble((f"{found.score:>3} {found.grade}  ", style or "bold"))
    line.append_text(bar(found.score, 100, min(60, max(target.width - 8, 10)), style))
    target.print(line)
    sure = f"confidence {found.confidence}"
    sure += f" · probability {found.probability:.1%}" if found.probability is not None else ""
    sure += f" · {found.version} · {found.status}"
    when = "" if abs((clock.now() - found.as_of).total_seconds()) < RECENT else f" · as of {shown(found.as_of, locale)}"
    gone = " · mail does not reach" if found.is_unreachable else ""
    target.print(Text(safe(sure + when + gone), style="dim"), overflow="fold")


def bar(points: float, cap: float, width: int, style: str) -> Text:
    """Return a bar: what there is of what there could be."""
    from rich.text import Text

    filled = round(max(min(points / cap, 1.0), 0.0) * width) if cap else 0
    return Text.assemble((FULL * filled, style), (REST * (width - filled), "dim"))


def draw_component(target: Console, found: Any, name: str, cap: int, locale: Locale) -> None:
    """Draw a component as a bar with a cell for each point of its cap, then its factors."""
    from rich.text import Text

    points = found.breakdown[name]
    share = points / cap if cap else 0
    style = "green" if share >= 2 / 3 else "yellow" if share >= 1 / 3 else "red"
    target.print()
    line = Text.assemble((f"{name.capitalize():<11}", "bold"), f"{points:>3} of {cap:<3} ")
    line.append_text(bar(points, cap, min(cap, max(target.width - 24, 5)), style))
    target.print(line, no_wrap=True, overflow="ellipsis")
    for part in found.parts:
        if part.component == name:
            target.print(factor_line(part, locale), no_wrap=True, overflow="ellipsis")


def factor_line(part: Any, locale: Locale) -> Text:
    """Return one factor: its points of those that it may give, its value, when that was seen."""
    from rich.cells import set_cell_size
    from rich.text import Text

    label = set_cell_size(safe(part.label), LABEL)
    points = f"{part.points:>5.1f}"
    if part.is_unknown:
        why = "  unknown" if part.difference else "  unknown, so that the average counts"
        return Text.assemble("  ", label, " ", (points, "dim"), (why, "dim"))
    style = "green" if part.difference >= 0.5 else "red" if part.difference <= -0.5 else ""
    most = f" of {part.most:<4g}" if part.most > 0 else " " * 8
    text = Text.assemble("  ", label, " ", (points, style), (f"{most} ", "dim"), set_cell_size(worth(part), VALUE))
    if part.observed_at:
        text.append(f" {ago(part.observed_at, locale)}", style="dim")
    return text


def worth(part: Any) -> str:
    """Return a factor's value as people read it."""
    if part.value is None or (part.value == 0 and not part.observed_at):
        return ""
    if part.code in DAYS:
        return f"{part.value:.0f} days"
    if isinstance(part.value, float):
        return f"{part.value:g}"
    return safe(str(part.value)).replace("_", " ")


def ago(stamp: str, locale: Locale) -> str:
    """Return how long ago a moment was that is told as a text."""
    from datetime import datetime

    return relative.since(datetime.fromisoformat(stamp), locale)


def shown(moment: Any, locale: Locale) -> str:
    """Return a moment in the zone of the reader."""
    from mycrm_cli.kinds.times import zone

    return f"{moment.astimezone(zone(locale.timezone)):%Y-%m-%d %H:%M}"


def draw_both(target: Console, parts: Sequence[Any]) -> None:
    """Draw what speaks most for the lead and against it, against the average lead, beside each other."""
    from itertools import zip_longest

    from rich.cells import set_cell_size
    from rich.text import Text

    told = [part for part in parts if not part.is_unknown]
    better = sorted((part for part in told if part.difference >= 0.05), key=lambda part: -part.difference)[:SHOWN]
    worse = sorted((part for part in told if part.difference <= -0.05), key=lambda part: part.difference)[:SHOWN]
    if not better and not worse:
        return
    width = max((target.width - 2) // 2, 20)
    target.print(Text(set_cell_size("Better than the average", width + 2) + "Worse", style="bold"), no_wrap=True)
    for one, other in zip_longest(better, worse):
        line = side(one, width, "green")
        line.append("  ")
        line.append_text(side(other, width, "red"))
        target.print(line, no_wrap=True, overflow="ellipsis")
    target.print()


def side(part: Any, width: int, style: str) -> Text:
    """Return a factor with its points against the average, in a column."""
    from rich.cells import set_cell_size
    from rich.text import Text

    if part is None:
        return Text(" " * width)
    return Text.assemble((f"{part.difference:>+6.1f}", style), set_cell_size(f"  {safe(part.label)}", width - 6))


def draw_stored(target: Console, found: Any) -> None:
    """Say that the stored score is another, and why."""
    from rich.text import Text

    if not found.reasons:
        return
    score, grade = found.stored.get("score"), found.stored.get("grade")
    what = f"The stored score is {score} ({grade})" if score is not None else "No score is stored"
    text = f"{what}: {'; '.join(found.reasons)}."
    target.print(Text(safe(text), style="yellow"), overflow="fold")


def draw_history(target: Console, title: str, rows: Iterable[dict[str, Any]], locale: Locale) -> None:
    """Draw how a score moved, newest first: a bar for each row, what moved it, and what was advised."""
    from rich.text import Text

    target.print(Text(safe(title), style="bold"), no_wrap=True, overflow="ellipsis")
    told = list(rows)
    for row, before in zip(told, [*told[1:], None], strict=False):
        style = GRADES.get(row["grade"] or "", "")
        moved = f"{row['score'] - before['score']:+d}" if before else ""
        line = Text.assemble((f"{shown(row['scored_at'], locale)}  ", "dim"))
        line.append(f"{row['score']:>3} {row['grade'] or '':<1} ", style=style)
        line.append(f"{moved:>4} ")
        line.append_text(bar(row["score"], 100, 20, style))
        line.append(f"  {safe(row['model_version'] or '')}", style="dim")
        target.print(line, no_wrap=True, overflow="ellipsis")
        if said := safe(reason(row)):
            target.print(Text(f"{'':18}{said}", style="dim"), overflow="ellipsis", no_wrap=True)


def reason(row: dict[str, Any]) -> str:
    """Return what a row of the history says in words: what was advised, or why somebody set it."""
    if row["recommendation"]:
        return str(row["recommendation"])
    factors = row["factors"] or [{}]
    return str(factors[0].get("value") or "") if row["model_version"] == "manual" else ""
