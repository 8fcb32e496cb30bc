"""A funnel: steps that fewer and fewer reach, each in the middle of the widest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycrm_cli.output.dashboard.bars import MARGIN, MOST, ROW, spread
from mycrm_cli.output.dashboard.drawing import WIDTH, Svg, library, number, options, series, short

if TYPE_CHECKING:
    from mycrm_cli.query.reports.answer import Funnel


def draw(id: str, picture: Funnel) -> Svg:
    """Draw the steps, each as wide as many came so far."""
    steps = list(picture.steps)[:MOST]
    svg = Svg(id, picture.title, "; ".join(f"{short(s.label, 60)}: {s.text}" for s in steps), max(len(steps), 1) * ROW)
    most = max((number(step.count) for step in steps), default=0) or 1
    chart = library().HorizontalStackedBar(**options(svg.height, range=(0, most), x_labels=[""] * len(steps)))
    chart.add("", [(most - number(step.count)) / 2 for step in reversed(steps)])
    chart.add("", [number(step.count) for step in reversed(steps)])
    shapes = series(chart)[1:]
    for place, step in enumerate(steps):
        top = place * ROW
        svg.text(0, top + 18, short(step.label), "label")
        svg.text(WIDTH, top + 18, short(step.text, 30), "value")
        shape = shapes[0][len(steps) - 1 - place]
        left, width = spread(float(shape["x"])), float(shape.get("width", 0)) / (1 - 2 * MARGIN / (1 + 2 * MARGIN))
        placed = {"x": str(left), "width": str(max(width, 1.5)), "y": str(top + 24), "height": "14", "rx": "3"}
        svg.shape({"tag": "rect", **placed}, "tone-plain" if step.count else "track", f"{step.label}: {step.text}")
    return svg
