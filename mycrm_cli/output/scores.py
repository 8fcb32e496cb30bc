"""Pictures of scores on a terminal: what a score consists of, and how it moved."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.output import relative
from mycrm_cli.output.safe import safe
from mycrm_cli.output.scoretexts import differing, reason

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
"""Where the values end of which all are short."""
POINTS = 17
"""Cells of a factor's line beside its label, its value and when that was seen."""
MOST = 9
"""Those of them that tell what it may give at most."""
ENOUGH = 14
"""Cells that suffice for most values."""
WHEN = 15
"""The widest moment, as it is told."""
BAR = 20
"""Cells of a bar of the history, if the terminal has room for it."""
SHORTEST = 5
"""Cells that a bar has at least, else it is left out."""


def draw(target: Console, found: Any, locale: Locale) -> None:
    """Draw an explanation: the score, its components with their factors, what speaks for and against, what to do."""
    from rich.text import Text

    head = Text.assemble((f"L-{found.number}", "bold cyan"), f"  {safe(found.name)}")
    target.print(head, no_wrap=True, overflow="ellipsis")
    draw_score(target, found, locale)
    draw_stored(target, found)
    lines = Lines(found.parts, target.width, locale)
    for name, cap in found.caps.items():
        draw_component(target, found, name, cap, lines)
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


def print_bar(target: Console, line: Text, points: float, cap: float, widest: int, style: str) -> None:
    """Print a line with a bar at its end, as wide as the terminal has room for, or without one."""
    if (wide := min(widest, target.width - line.cell_len)) >= SHORTEST:
        line.append_text(bar(points, cap, wide, style))
    line.rstrip()
    target.print(line, no_wrap=True, overflow="ellipsis")


def draw_component(target: Console, found: Any, name: str, cap: int, lines: Lines) -> None:
    """Draw a component as a bar with a cell for each point of its cap, then its factors."""
    from rich.text import Text

    points = found.breakdown[name]
    share = points / cap if cap else 0
    style = "green" if share >= 2 / 3 else "yellow" if share >= 1 / 3 else "red"
    target.print()
    line = Text.assemble((f"{name.capitalize():<11}", "bold"), f"{points:>3} of {cap:<3} ")
    print_bar(target, line, points, cap, cap, style)
    for part in found.parts:
        if part.component == name:
            target.print(lines.of(part), no_wrap=True, overflow="ellipsis")


class Lines:
    """Draws factors below each other: how wide labels and values are, the terminal and all of them together say."""

    def __init__(self, parts: Sequence[Any], width: int, locale: Locale) -> None:
        from rich.cells import cell_len

        self.width, self.locale = width, locale
        longest = max(cell_len(worth(part)) for part in parts)
        self.label = min(max(cell_len(safe(part.label)) for part in parts), LABEL, max(width - 9, 9))
        # What a factor may give at most says less than its name.
        self.has_most = width - POINTS - self.label >= min(longest, ENOUGH)
        room = width - POINTS - self.label + (0 if self.has_most else MOST)
        self.value = min(max(longest, VALUE), room - WHEN) if room >= VALUE + WHEN else min(longest, room)

    def of(self, part: Any) -> Text:
        """Return one factor: its points of those that it may give, its value, and, where it fits, when it was seen."""
        from rich.text import Text

        text = Text.assemble("  ", cut(safe(part.label), self.label), " ")
        points = f"{part.points:>5.1f}"
        if part.is_unknown:
            text.append(points, style="dim")
            room = self.width - text.cell_len
            whole = "  unknown, so that the average counts" if not part.difference else "  unknown"
            text.append(whole if len(whole) <= room else "  unknown: average", style="dim")
            return text
        text.append(points, style="green" if part.difference >= 0.5 else "red" if part.difference <= -0.5 else "")
        most = f" of {round(part.most, 1):<4g} " if part.most > 0 else " " * MOST
        text.append(most if self.has_most else "  ", style="dim")
        text.append(cut(worth(part), self.value))
        if part.observed_at:
            when = f" {ago(part.observed_at, self.locale)}"
            if text.cell_len + len(when) > self.width:
                text.rstrip()
                when = f" ·{when}"
            if text.cell_len + len(when) <= self.width:
                text.append(when, style="dim")
        text.rstrip()
        return text


def cut(text: str, width: int) -> str:
    """Return a text in a column of so many cells; one that is too long ends with an ellipsis."""
    from rich.text import Text

    line = Text(text)
    line.truncate(width, overflow="ellipsis", pad=True)
    return line.plain


def worth(part: Any) -> str:
    """Return a factor's value as people read it."""
    if part.value is None or (part.value == 0 and not part.observed_at):
        return ""
    if part.code in DAYS:
        return f"{part.value:.0f} days"
    if isinstance(part.value, bool):
        return "yes" if part.value else "no"
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

    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    told = [part for part in parts if not part.is_unknown]
    better = sorted((part for part in told if part.difference >= 0.05), key=lambda part: -part.difference)[:SHOWN]
    worse = sorted((part for part in told if part.difference <= -0.05), key=lambda part: part.difference)[:SHOWN]
    if not better and not worse:
        return
    width = max((target.width - 2) // 2, 20)
    if all(cell_len(safe(part.label)) + 8 <= width for part in (*better, *worse)):
        heading = set_cell_size("Better than the average", width + 2) + ("Worse" if worse else "")
        target.print(Text(heading.rstrip(), style="bold"), no_wrap=True)
        for one, other in zip_longest(better, worse):
            line = side(one, width, "green")
            line.append("  ")
            line.append_text(side(other, width, "red"))
            line.rstrip()
            target.print(line, no_wrap=True)
        target.print()
        return
    for heading, some, style in (("Better", better, "green"), ("Worse", worse, "red")):
        if some:
            target.print(Text(f"{heading} than the average", style="bold"))
        for part in some:
            line = side(part, target.width, style)
            line.rstrip()
            target.print(line, no_wrap=True)
    target.print()


def side(part: Any, width: int, style: str) -> Text:
    """Return a factor with its points against the average, in a column."""
    from rich.text import Text

    if part is None:
        return Text(" " * width)
    return Text.assemble((f"{part.difference:>+6.1f}", style), "  ", cut(safe(part.label), width - 8))


def draw_stored(target: Console, found: Any) -> None:
    """Say that the stored score is another, and why."""
    from rich.text import Text

    if other := differing(found):
        target.print(Text(safe(f"{other[:1].upper()}{other[1:]}."), style="yellow"), overflow="fold")


def draw_history(target: Console, title: str, rows: Iterable[dict[str, Any]], locale: Locale) -> None:
    """Draw how a score moved, newest first: a bar for each row, what moved it, and what was advised."""
    from rich.padding import Padding
    from rich.text import Text

    target.print(Text(safe(title), style="bold"), no_wrap=True, overflow="ellipsis")
    told = list(rows)
    versions = max((len(row["model_version"] or "") for row in told), default=0)
    for row, before in zip(told, [*told[1:], None], strict=False):
        style = GRADES.get(row["grade"] or "", "")
        moved = f"{row['score'] - before['score']:+d}" if before else ""
        line = Text.assemble((f"{shown(row['scored_at'], locale)}  ", "dim"))
        line.append(f"{row['score']:>3} {row['grade'] or '':<1} ", style=style)
        line.append(f"{moved:>4} ")
        wide = min(BAR, target.width - line.cell_len - 2 - versions)
        if wide >= SHORTEST:
            line.append_text(bar(row["score"], 100, wide, style)).append("  ")
        line.append(safe(row["model_version"] or ""), style="dim")
        target.print(line, no_wrap=True, overflow="ellipsis")
        if said := row["recommendation"] or reason(row):
            indent = 18 if target.width >= 80 else 2
            target.print(Padding(Text(safe(said), style="dim", overflow="fold"), (0, 0, 0, indent), expand=False))
