"""Pictures of reports on a terminal: bars, funnels, heat maps and sparklines, drawn by Rich."""

from __future__ import annotations

from mycrm_cli.output.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from rich.console import Console
    from rich.text import Text

LABEL = 28
"""The widest label."""
NARROWEST = 8
"""Cells of a bar, if there is room for one at all."""
EIGHTHS = " ▏▎▍▌▋▊▉"
LEVELS = "▁▂▃▄▅▆▇█"
SHADES = " ░▒▓█"
GOAL = "│"
CELLS = {"faint": "▒", "bad": "▓"}
"""What tones are drawn with where it is not a full cell, for terminals without colours."""
TONES = {"plain": "cyan", "good": "green", "bad": "red", "faint": "bright_black"}


def draw(target: Console, picture: Any) -> None:
    """Draw a picture with its title."""
    from rich.text import Text

    target.print(Text(safe(picture.title), style="bold"), overflow="fold")
    {"Bars": bars, "Funnel": funnel, "Heat": heat, "Series": series}[type(picture).__name__](target, picture)
    target.print()


def bars(target: Console, picture: Any) -> None:
    """Draw bars on one scale, each with its text behind it."""
    room = Room(target.width, [bar.label for bar in picture.bars], [bar.text for bar in picture.bars])
    most = max((max(sum(part.size for part in bar.parts), bar.goal or 0) for bar in picture.bars), default=0)
    for bar in picture.bars:
        line = room.begin(bar.label)
        line.append_text(filled(bar, room.bar, float(most)))
        room.end(target, line, bar.text)


def filled(bar: Any, width: int, most: float) -> Text:
    """Return the cells of a bar: its parts one behind the other, and a mark at what was aimed at."""
    from rich.text import Text

    text, behind, cells = Text(), 0.0, 0
    for part in bar.parts:
        behind += max(float(part.size), 0.0)
        end = round(behind / most * width) if most else 0
        text.append(CELLS.get(part.tone, "█") * (end - cells), style=TONES[part.tone])
        cells = max(cells, end)
    if not cells and behind:
        text.append(EIGHTHS[1], style=TONES[bar.parts[0].tone])
    text.append(" " * (width - len(text)))
    if bar.goal and most:
        place = min(round(float(bar.goal) / most * width), width - 1)
        text = Text.assemble(text[:place], (GOAL, "bold"), text[place + 1 :])
    return text


def funnel(target: Console, picture: Any) -> None:
    """Draw the steps of a funnel, each in the middle of the widest."""
    from rich.text import Text

    room = Room(target.width, [step.label for step in picture.steps], [step.text for step in picture.steps])
    most = max((step.count for step in picture.steps), default=0)
    for step in picture.steps:
        wide = round(step.count / most * room.bar) if most else 0
        wide = max(wide, 1) if step.count else 0
        left = (room.bar - wide) // 2
        line = room.begin(step.label)
        line.append_text(Text.assemble(" " * left, ("█" * wide, "cyan"), " " * (room.bar - wide - left)))
        room.end(target, line, step.text)


class Room:
    """How a line is shared by label, bar and text; on a narrow terminal the bar goes first."""

    def __init__(self, width: int, labels: list[str], texts: list[str]) -> None:
        from rich.cells import cell_len

        widest = max((cell_len(safe(label)) for label in labels), default=0)
        behind = max((cell_len(safe(text)) for text in texts), default=0)
        self.label = min(widest, LABEL, max(width // 3, 6))
        left = width - self.label - behind - 4
        self.bar = min(left, 60) if left >= NARROWEST else 0

    def begin(self, label: str) -> Text:
        """Return the beginning of a line: its label, as wide as all labels."""
        from rich.text import Text

        text = Text(safe(label))
        text.truncate(self.label, overflow="ellipsis", pad=True)
        return text.append("  ")

    def end(self, target: Console, line: Text, text: str) -> None:
        """Print a line with the text at its end."""
        line.append(("  " if self.bar else "") + safe(text))
        line.rstrip()
        target.print(line, no_wrap=True, overflow="ellipsis")


def heat(target: Console, picture: Any) -> None:
    """Draw a map of shades, the darker the more."""
    from rich.text import Text

    label = max(map(len, picture.rows), default=0)
    most = max((cell for row in picture.cells for cell in row), default=0)
    wide = 2 if label + 1 + 2 * len(picture.columns) <= target.width else 1
    for name, row in zip(picture.rows, picture.cells, strict=True):
        shades = "".join(shade(cell, most) * wide for cell in row)
        line = Text.assemble(f"{name:<{label}} ", (shades, "cyan"), f" {sum(row):,}")
        target.print(line, no_wrap=True, overflow="ellipsis")
    below = " " * (label + 1) + scale(picture.columns, wide)
    target.print(Text(below, style="dim"), no_wrap=True, overflow="ellipsis")


def shade(cell: int, most: int) -> str:
    """Return the shade of a cell; what happened at all is seen."""
    return SHADES[-(-cell * (len(SHADES) - 1) // most)] if most and cell else "·"


def scale(columns: list[str], wide: int) -> str:
    """Return the names of columns below their cells, as many as have room."""
    line = ""
    for place, name in enumerate(columns):
        if len(line) <= place * wide and name:
            line = line.ljust(place * wide) + name + " "
    return line


def series(target: Console, picture: Any) -> None:
    """Draw a sparkline with its first and last label."""
    from rich.text import Text

    most = max((float(each) for each in picture.values), default=0.0)
    marks = "".join(LEVELS[round(max(float(each), 0.0) / most * 7)] if most else LEVELS[0] for each in picture.values)
    wide = max(min(target.width // max(len(marks), 1), 3), 1)
    line = "".join(mark * wide for mark in marks)[: target.width]
    target.print(Text(line, style="cyan"), no_wrap=True)
    ends = f"{picture.labels[0]} … {picture.labels[-1]}" if picture.labels else ""
    target.print(Text(safe(f"{ends}   {picture.text}".strip()), style="dim"), overflow="fold")
