"""Bars below each other: the label of each above it, its text at the end."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from mycrm_cli.output.dashboard.drawing import WIDTH, Svg, library, number, options, series, short

if TYPE_CHECKING:
    from mycrm_cli.query.reports.answer import Bar, Bars

ROW = 42
MOST = 40
"""Bars that are drawn; the table has all of them."""
MARGIN = 0.02
"""What the library leaves free on each side, of the whole."""


def draw(id: str, picture: Bars) -> Svg:
    """Draw bars on one scale, parts behind each other, and a mark at what was aimed at."""
    bars = list(picture.bars)[:MOST]
    said = "; ".join(f"{short(bar.label, 60)}: {bar.text}" for bar in bars)
    svg = Svg(id, picture.title, said, max(len(bars), 1) * ROW)
    most = max((max(sum(number(part.size) for part in bar.parts), number(bar.goal)) for bar in bars), default=0)
    chart = library().HorizontalStackedBar(**options(svg.height, range=(0, most or 1), x_labels=[""] * len(bars)))
    for parts in zip_longest(*(bar.parts for bar in reversed(bars))):
        chart.add("", [number(part.size) if part else 0 for part in parts])
    shapes = series(chart)
    for place, bar in enumerate(bars):
        row(svg, place, bar, [each[len(bars) - 1 - place] for each in shapes], most)
    return svg


def row(svg: Svg, place: int, bar: Bar, shapes: list[dict[str, str]], most: float) -> None:
    """Draw a bar with its texts."""
    top = place * ROW
    svg.text(0, top + 18, short(bar.label), "label")
    svg.text(WIDTH, top + 18, short(bar.text, 30), "value")
    svg.shape({"tag": "rect", "x": "0", "width": str(WIDTH), "y": str(top + 26), "height": "10", "rx": "3"}, "track")
    for part, shape in zip(bar.parts, shapes, strict=False):
        left, width = spread(float(shape["x"])), float(shape.get("width", 0)) / (1 - 2 * MARGIN / (1 + 2 * MARGIN))
        if width:
            placed = {"x": str(left), "width": str(max(width, 1.5)), "y": str(top + 26), "height": "10", "rx": "3"}
            svg.shape({"tag": "rect", **placed}, f"tone-{part.tone}", f"{bar.label}: {part.name}")
    if bar.goal and most:
        svg.line(min(number(bar.goal) / most * WIDTH, WIDTH - 1), top + 22, top + 40, "goal")


def spread(x: float) -> float:
    """Return a place without what the library leaves free on both sides."""
    return (x / WIDTH * (1 + 2 * MARGIN) - MARGIN) * WIDTH
