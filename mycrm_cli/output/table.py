"""Tables and records on a terminal, drawn by Rich; data never passes as markup."""

from __future__ import annotations

from mycrm_cli.kinds.base import EMPTY
from mycrm_cli.output import relative
from mycrm_cli.output.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from rich.console import Console
    from rich.text import Text

    from mycrm_cli.query.select import Column
    from mycrm_cli.scope import Locale

GAP = 2
"""Blanks between columns, of which the box draws one."""
NARROWEST = 14
"""A column that would get less than this, or less than it needs, is left out."""

STYLES = {
    "won": "green",
    "active": "green",
    "customer": "green",
    "open": "cyan",
    "lost": "red",
    "archived": "dim",
    "inactive": "dim",
    "overdue": "red",
    "urgent": "bold red",
    "high": "red",
}


def console(color: str, file: Any, width: int | None = None) -> Console:
    """Return a Rich console without markup, highlighting or emoji codes; NO_COLOR is honoured by Rich."""
    from rich.console import Console

    return Console(
        file=file,
        markup=False,
        highlight=False,
        emoji=False,
        force_terminal=True if color == "always" else None,
        no_color=True if color == "never" else None,
        width=width,
    )


def shown(column: Column, value: Any, locale: Locale, prefix: str | None) -> str:
    """Return a value as people see it in a table."""
    if value is None:
        return ""
    if column.name == "number" and prefix:
        return f"{prefix}-{value}"
    kind = column.kind.name
    if kind == "timestamp":
        return relative.since(value, locale)
    if kind == "date":
        return relative.day(value, locale)
    return safe(column.kind.show(value, locale))


def draw_rows(
    target: Console, columns: Sequence[Column], rows: Iterable[Sequence[Any]], locale: Locale, prefix: str | None
) -> int:
    """Draw a table that fits the terminal and return how many rows it has."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    texts = [[shown(column, value, locale, prefix) for column, value in zip(columns, row, strict=True)] for row in rows]
    if not texts:
        return 0
    columns, texts = with_content(columns, texts, target.width)
    labels = [heading(column) for column in columns]
    widths = fitting([labels, *texts], target.width)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", padding=(0, GAP - 1, 0, 0))
    for column, label, width in zip(columns, labels, widths, strict=False):
        number = column.name == "number"
        justify: Any = "right" if column.kind.right and not number else "left"
        style = "cyan" if number else ""
        table.add_column(Text(label), justify=justify, no_wrap=True, overflow="ellipsis", width=width, style=style)
    for row in texts:
        table.add_row(*[styled(column, text) for column, text in zip(columns[: len(widths)], row, strict=False)])
    target.print(table)
    return len(texts)


def heading(column: Column) -> str:
    """Return a column's heading."""
    return safe("#" if column.name == "number" else column.label.removesuffix(" at"))


def with_content(
    columns: Sequence[Column], texts: list[list[str]], room: int
) -> tuple[Sequence[Column], list[list[str]]]:
    """Leave out the columns that are empty in every row, where all of them would not fit."""
    from rich.cells import cell_len

    longest = [max(map(cell_len, cells)) for cells in zip(map(heading, columns), *texts, strict=True)]
    if sum(longest) + GAP * (len(longest) - 1) <= room:
        return columns, texts
    kept = [place for place, _ in enumerate(columns) if any(row[place] for row in texts)] or [0]
    return [columns[place] for place in kept], [[row[place] for place in kept] for row in texts]


def styled(column: Column, text: str) -> Text:
    """Return a cell; choices that call for a look have a colour."""
    from rich.text import Text

    return Text(text, style=STYLES.get(text, "") if column.kind.name == "choice" else "")


def fitting(lines: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return the widths of as many columns as fit: the last ones go first, the rest shrink evenly."""
    from rich.cells import cell_len

    natural = [max(cell_len(text) for text in column) for column in zip(*lines, strict=True)]
    while len(natural) > 1 and sum(min(width, NARROWEST) + GAP for width in natural) - GAP > room:
        natural.pop()
    widths = list(natural)
    while sum(widths) + GAP * (len(widths) - 1) > max(room, len(widths)):
        widest = max(range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def draw_record(target: Console, title: str, pairs: Sequence[tuple[Column, Any]], locale: Locale) -> None:
    """Draw one record: its title, then a line for each field that has a value."""
    from rich.table import Table
    from rich.text import Text

    target.print(Text(safe(title), style="bold"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for column, value in pairs:
        if value in EMPTY:
            continue
        text = safe(column.kind.show(value, locale), lines=True)
        if column.kind.name == "timestamp":
            text += f"  ({relative.since(value, locale)})"
        grid.add_row(Text(safe(column.label.removesuffix(" at"))), Text(text))
    target.print(grid)
