"""The page of the dashboard: what reports answer becomes parts, and parts become HTML that needs nothing else."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from mycrm_cli.output.safe import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.output.dashboard.figures import Figure
    from mycrm_cli.query.reports.answer import Report
    from mycrm_cli.query.shown import Shown
    from mycrm_cli.scope import Locale

MOST = 500
"""Rows of a table; whoever wants more asks the report itself."""
LONGEST = 300
"""Letters of a text in a table."""
HERE = os.path.dirname(__file__)


class Cell(NamedTuple):
    """A value in a table: as machines read it, as people do, and whether it is a number."""

    value: str
    text: str
    right: bool


class Picture(NamedTuple):
    """A picture: its title, its SVG, what its colours mean, and the text beside it."""

    title: str
    svg: Any
    legend: list[tuple[str, str]]
    text: str


class Part(NamedTuple):
    """A report on the page."""

    id: str
    heading: str
    title: str
    empty: str
    pictures: list[Picture]
    notes: list[str]
    columns: list[Any]
    rows: list[list[Cell]]
    total: list[Cell]
    more: str


class Page(NamedTuple):
    """All of the page; ``about`` holds who and what it is limited to, ``made`` when it was made."""

    title: str
    organization: str
    period: str
    about: list[str]
    figures: list[Figure]
    parts: list[Part]
    made: str


def part(id: str, heading: str, found: Report, notes: Sequence[str], locale: Locale) -> Part:
    """Return the part of the page that shows a report."""
    from markupsafe import Markup

    from mycrm_cli.output.dashboard import charts

    pictures = []
    for place, one in enumerate(found.pictures, 1):
        if not charts.is_empty(one):
            drawn = Markup(charts.svg(f"{id}-{place}", one))  # noqa: S704 - an XML library wrote it
            pictures.append(Picture(safe(one.title), drawn, legend(one), safe(getattr(one, "text", ""))))
    rows = [cells(found.columns, row, locale) for row in found.rows[:MOST]]
    empty = "" if pictures else f"{sentence(found.empty)} yet." if not rows else "Nothing to draw yet."
    rest = len(found.rows) - len(rows)
    return Part(
        id,
        heading,
        safe(found.title),
        safe(empty),
        pictures,
        [safe(note) for note in notes],
        [column(each) for each in found.columns],
        rows,
        cells(found.columns, found.total, locale) if rows and found.total is not None else [],
        f"and {rest:,} more: mycrm report {id}" if rest else "",
    )


def sentence(text: str) -> str:
    """Return a remark as the beginning of a sentence."""
    return text[:1].upper() + text[1:].rstrip(".")


def column(shown: Shown) -> Any:
    """Return a heading: its text, and whether numbers stand below it."""
    return {"label": safe(shown.label), "right": bool(shown.kind.right)}


def cells(columns: Sequence[Shown], row: Sequence[Any], locale: Locale) -> list[Cell]:
    """Return a row: numbers as CSV has them and as people read them, texts cut where they are very long."""
    found = []
    for shown, value in zip(columns, row, strict=True):
        right = bool(shown.kind.right)
        if value is None:
            found.append(Cell("", "", right))
        else:
            text = safe(str(shown.kind.show(value, locale))[: LONGEST + 1])
            text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
            found.append(Cell(shown.kind.text(value) if right else "", text, right))
    return found


def legend(picture: Any) -> list[tuple[str, str]]:
    """Return what the colours of bars mean, where there are several."""
    tones = dict.fromkeys((part.name, part.tone) for bar in getattr(picture, "bars", ()) for part in bar.parts)
    found = [(safe(name[:60]), tone) for name, tone in tones]
    clear = len({name for name, _ in found}) == len(found) == len({tone for _, tone in found})
    return found if clear and 1 < len(found) <= 6 else []


@cache
def template() -> Any:
    """Return the template; every text that goes into it is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    return found.get_template("page.html")


def html(page: Page) -> str:
    """Return the page as one text, its styles included."""
    from markupsafe import Markup

    with open(os.path.join(HERE, "page.css"), encoding="utf-8") as file:
        css = Markup(file.read())  # noqa: S704 - a file of this package
    return f"{template().render(page=page, css=css).strip()}\n"
