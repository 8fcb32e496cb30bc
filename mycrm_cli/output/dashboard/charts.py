"""Pictures of reports as SVG, whatever kind they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycrm_cli.output.dashboard import bars, funnel, heat, series

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.output.dashboard.drawing import Svg

DRAWN: dict[str, Callable[[str, Any], Svg]] = {
    "Bars": bars.draw,
    "Funnel": funnel.draw,
    "Heat": heat.draw,
    "Series": series.draw,
}


def svg(id: str, picture: Any) -> str:
    """Return a picture as a piece of HTML; ``id`` is its own on the page."""
    return DRAWN[type(picture).__name__](id, picture).written()


def is_empty(picture: Any) -> bool:
    """Return whether there is nothing to draw."""
    kind = type(picture).__name__
    if kind == "Bars":
        return not any(part.size for bar in picture.bars for part in bar.parts)
    if kind == "Funnel":
        return not any(step.count for step in picture.steps)
    if kind == "Heat":
        return not any(cell for row in picture.cells for cell in row)
    return not any(picture.values)
