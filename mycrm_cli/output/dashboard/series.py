"""Values one after the other: columns, or a line where there are too many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli.output.dashboard.drawing import WIDTH, Svg, library, number, options, series, short

if TYPE_CHECKING:
    from mycrm_cli.query.reports.answer import Series

HEIGHT, BELOW = 150, 24
COLUMNS = 60
"""So many values are columns."""


def draw(id: str, picture: Series) -> Svg:
    """Draw the values with the first and the last label, and one between them where there is room."""
    values = [number(value) for value in picture.values]
    told = zip(picture.labels, picture.values, strict=False)
    said = "; ".join([*filter(None, [picture.text]), *(f"{short(label, 40)}: {value:,}" for label, value in told)])
    svg = Svg(id, picture.title, said, HEIGHT + BELOW)
    few = len(values) <= COLUMNS
    more = {"margin_bottom": BELOW, "range": (0, max(values, default=0) or 1)}
    line: dict[str, Any] = {} if few else {"fill": True, "show_dots": False}
    chart = (library().Bar if few else library().Line)(**options(svg.height, **more, **line))
    chart.add("", values)
    shapes = [shape for each in series(chart) for shape in each]
    for place, shape in enumerate(shapes):
        if few and place < len(values):
            hint = f"{picture.labels[place]}: {picture.values[place]:,}" if place < len(picture.labels) else ""
            svg.shape(shape, "tone-plain" if values[place] else "track", hint)
        elif "d" in shape:
            svg.shape(shape, "area")
    svg.line(0, HEIGHT, HEIGHT, "base")
    labels(svg, picture)
    return svg


def labels(svg: Svg, picture: Series) -> None:
    """Write the first, the middle and the last label."""
    if not picture.labels:
        return
    y = svg.height - 4
    svg.text(0, y, short(picture.labels[0], 14), "axis start")
    if len(picture.labels) > 4:
        svg.text(WIDTH / 2, y, short(picture.labels[len(picture.labels) // 2], 14), "axis middle")
    if len(picture.labels) > 1:
        svg.text(WIDTH, y, short(picture.labels[-1], 14), "axis end")
