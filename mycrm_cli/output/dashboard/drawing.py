"""From a chart of pygal to a piece of SVG that stands inside a page: shapes alone, named for those who cannot see them.

pygal brings scripts, styles, comments and tooltips along; all that goes. What stays are rectangles, circles and lines,
whose classes give them the page's colours. Texts are written here, as text.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

from mycrm_cli.output.safe import safe

WIDTH = 480
"""Units across a picture; the page scales it."""
LONGEST = 28
"""Letters of a label at most; a picture has no room for more, its table has all of it."""
KEPT = frozenset(("rect", "circle", "path"))
SHAPE = frozenset(("x", "y", "width", "height", "rx", "ry", "cx", "cy", "r", "d"))


def library() -> Any:
    """Return the library that draws, without the old-fashioned importer that it leaves behind (PEP 302)."""
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]
    return pygal


def number(value: Any) -> float:
    """Return a number as the library draws it: what is below nothing is nothing."""
    return max(float(value or 0), 0.0) if isinstance(value, int | float | Decimal) else 0.0


def short(text: str, most: int = LONGEST) -> str:
    """Return a text as a label: one line, nothing that could reorder letters, cut where it is long."""
    shown = safe(text[: most * 2])
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip()}…"


def options(height: float, **more: Any) -> dict[str, Any]:
    """Return what every chart is told: no script, no axes, no legend, no texts, and its size."""
    return {
        "no_prefix": True,
        "width": WIDTH,
        "height": height,
        "margin": 0,
        "spacing": 0,
        "js": (),
        "css": (),
        "show_legend": False,
        "show_x_labels": False,
        "show_y_labels": False,
        "show_x_guides": False,
        "show_y_guides": False,
        "print_values": False,
        **more,
    }


def series(chart: Any) -> list[list[dict[str, str]]]:
    """Return the shapes of each series of a chart: their places and sizes, ``tag`` is their kind."""
    tree = chart.render_tree()
    found = []
    for group in tree.iter():
        if isinstance(group.tag, str) and "series" in group.get("class", "").split():
            shapes = [
                {"tag": node.tag, **{name: value for name in sorted(SHAPE) if (value := node.get(name)) is not None}}
                for node in group.iter()
                if isinstance(node.tag, str) and node.tag.rpartition("}")[2] in KEPT
            ]
            if shapes:
                found.append(shapes)
    return found


class Svg:
    """A picture that is being made; ``id`` is its own on the page."""

    def __init__(self, id: str, title: str, said: str, height: float) -> None:
        self.height = height
        self.root = ET.Element(
            "svg",
            {
                "class": "chart",
                "viewBox": f"0 0 {WIDTH} {trimmed(height)}",
                "role": "img",
                "aria-labelledby": f"{id}-title {id}-desc",
            },
        )
        ET.SubElement(self.root, "title", {"id": f"{id}-title"}).text = safe(title[:200])
        ET.SubElement(self.root, "desc", {"id": f"{id}-desc"}).text = safe(said[:1500])

    def shape(self, given: dict[str, str], css: str, hint: str = "") -> None:
        """Add a shape of the chart; ``hint`` is what a pointer over it tells."""
        attributes = {name: rounded(name, value) for name, value in given.items() if name != "tag"}
        node = ET.SubElement(self.root, given["tag"].rpartition("}")[2], {**attributes, "class": css})
        if hint:
            ET.SubElement(node, "title").text = safe(hint[:300])

    def line(self, x: float, top: float, bottom: float, css: str) -> None:
        """Add an upright line."""
        places = {"x1": trimmed(x), "x2": trimmed(x), "y1": trimmed(top), "y2": trimmed(bottom)}
        ET.SubElement(self.root, "line", {**places, "class": css})

    def text(self, x: float, y: float, text: str, css: str) -> None:
        """Add a text."""
        ET.SubElement(self.root, "text", {"x": trimmed(x), "y": trimmed(y), "class": css}).text = safe(text)

    def written(self) -> str:
        """Return the picture as a piece of HTML."""
        return ET.tostring(self.root, encoding="unicode", short_empty_elements=False)


def rounded(name: str, value: str) -> str:
    """Return an attribute with as many digits as anybody sees."""
    if name == "d":
        return value
    try:
        return trimmed(float(value))
    except ValueError:
        return value


def trimmed(value: float) -> str:
    """Return a number without needless digits."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
