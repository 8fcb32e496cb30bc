"""A heat map: a dot for each cell, the larger and stronger the more happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycrm_cli.output.dashboard.drawing import Svg, library, options, series, short

if TYPE_CHECKING:
    from mycrm_cli.query.reports.answer import Heat

LEFT, ROW, BELOW = 54, 26, 22
ROOM = 8
"""So many columns at most have their names below them, or as many as there is room for."""


def draw(id: str, picture: Heat) -> Svg:
    """Draw a dot for each cell in which something happened."""
    height = len(picture.rows) * ROW
    sums = "; ".join(f"{name}: {sum(row):,}" for name, row in zip(picture.rows, picture.cells, strict=True))
    svg = Svg(id, picture.title, sums, height + BELOW)
    most = max((cell for row in picture.cells for cell in row), default=0)
    chart = library().Dot(**options(height + BELOW, margin_left=LEFT, margin_bottom=BELOW, range=(0, most or 1)))
    for row in picture.cells:
        chart.add("", [cell or 0 for cell in row])
    drawn = series(chart)
    for name, row, shapes in zip(picture.rows, picture.cells, drawn, strict=False):
        svg.text(0, float(shapes[0]["cy"]) + 5, short(name, 8), "axis start")
        for column, cell, shape in zip(picture.columns, row, shapes, strict=False):
            place = {**shape, "cx": str(float(shape["cx"]) + LEFT)}
            if cell:
                size, level = str(max(float(shape["r"]), 2.0)), min(-(-cell * 4 // most), 4)
                svg.shape({**place, "r": size}, f"heat-{level}", f"{name} {column}: {cell:,}")
            else:
                svg.shape({**place, "r": "1"}, "none")
    if drawn:
        columns(svg, picture, [float(shape["cx"]) + LEFT for shape in drawn[0]])
    return svg


def columns(svg: Svg, picture: Heat, places: list[float]) -> None:
    """Write the names of columns, as many as have room."""
    named = [(place, name) for place, name in zip(places, picture.columns, strict=False) if name]
    step = -(-len(named) // ROOM) if len(named) > ROOM else 1
    for place, name in named[::step]:
        svg.text(place, svg.height - 4, short(name, 8), "axis middle")
