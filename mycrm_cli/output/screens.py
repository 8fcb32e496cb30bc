"""A record's page on a terminal: what it is, its fields in columns, then what hangs on it."""

from __future__ import annotations

from mycrm_cli.output import relative, table, wording
from mycrm_cli.output.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from rich.console import Console

    from mycrm_cli.scope import Locale

TWO_COLUMNS = 96
"""Columns of a terminal from which on fields stand in two columns."""
BESIDE = 64
"""The widest column of fields."""
LABEL = 24
"""The widest label of a field that still stands beside others."""
INDENT = 2
Line = tuple[str, str]


class Block:
    """A section of a page: its heading, its rows, and what is said below them."""

    __slots__ = ("columns", "heading", "note", "prefix", "rows", "sentence")

    def __init__(
        self,
        heading: str,
        columns: Sequence[Any] = (),
        rows: Sequence[Sequence[Any]] = (),
        *,
        prefix: str | None = None,
        note: str = "",
        sentence: str = "",
    ) -> None:
        self.heading = heading
        self.columns = columns
        self.rows = rows
        self.prefix = prefix
        self.note = note
        self.sentence = sentence


class Page:
    """A record as people see it: title, facts for the first line, fields (column, value), sections, last line."""

    __slots__ = ("blocks", "facts", "fields", "last", "reference", "title")

    def __init__(self, reference: str, title: str) -> None:
        self.reference = reference
        self.title = title
        self.facts: list[str] = []
        self.fields: list[Line] = []
        self.blocks: list[Block] = []
        self.last = ""


def draw_page(target: Console, page: Page, locale: Locale) -> None:
    """Draw a page from top to bottom; sections without rows are left out."""
    from rich.text import Text

    head = Text(safe(page.reference), style="bold cyan")
    head.append(f"{'  ' if page.reference else ''}{safe(page.title)}", style="bold default")
    target.print(head, overflow="fold")
    for line in filled_lines(page.facts, target.width):
        target.print(Text(line), overflow="fold")
    if page.fields:
        target.print()
        draw_fields(target, page.fields)
    for block in page.blocks:
        if block.rows or block.sentence:
            target.print()
            draw_block(target, block, locale)
    if page.last:
        target.print()
        target.print(Text(page.last, style="dim"))


def filled_lines(facts: Sequence[str], width: int) -> list[str]:
    """Return facts with dots between them, in lines that fit; no fact is broken."""
    from rich.cells import cell_len

    lines: list[str] = []
    for fact in facts:
        joined = f"{lines[-1]} · {fact}" if lines else fact
        if lines and cell_len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(fact)
    return lines


def draw_fields(target: Console, fields: Sequence[Line]) -> None:
    """Draw labels and values, in two columns where the terminal is wide enough; long texts below, one by one."""
    from rich.cells import cell_len
    from rich.padding import Padding
    from rich.text import Text

    wide = target.width >= TWO_COLUMNS
    room = min((target.width - INDENT) // 2, BESIDE) if wide else target.width
    width = min(max(cell_len(label) for label, _ in fields), LABEL)
    long = [pair for pair in fields if "\n" in pair[1] or cell_len(pair[1]) > room - width - 3]
    short = [pair for pair in fields if pair not in long]
    height = (len(short) + 1) // 2 if wide else len(short)
    for first, second in zip(
        short[:height], [*short[height:], ("", "")] if wide else [("", "")] * height, strict=False
    ):
        line = Text()
        _append(line, first, width)
        if second[0]:
            line.append(" " * (room + INDENT - cell_len(line.plain)))
            _append(line, second, width)
        target.print(line, no_wrap=True, overflow="ellipsis")
    for label, text in long:
        target.print(Text(label, style="dim"))
        target.print(Padding(Text(text), (0, 0, 0, INDENT), expand=False), overflow="fold")


def _append(line: Any, pair: Line, width: int) -> None:
    from rich.cells import set_cell_size

    line.append(set_cell_size(pair[0], width) + "  ", style="dim")
    line.append(pair[1])


def draw_block(target: Console, block: Block, locale: Locale) -> None:
    """Draw one section: a heading, a grid of rows that fits, a remark."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    target.print(Text(block.heading[:1].upper() + block.heading[1:], style="bold"))
    if block.rows:
        cells = filled([wording.cells(block.columns, row, locale, block.prefix) for row in block.rows])
        plain = [[text for text, _ in row] for row in cells]
        widths = table.fitting(plain, target.width - INDENT)
        grid = Table.grid(padding=(0, table.GAP, 0, 0))
        for place, width in enumerate(widths):
            right = all(style == "right" for row in cells for text, style in [row[place]] if text)
            grid.add_column(width=width, no_wrap=True, overflow="ellipsis", justify="right" if right else "left")
        for row in cells:
            grid.add_row(*[Text(text, style="" if style == "right" else style) for text, style in row[: len(widths)]])
        target.print(Padding(grid, (0, 0, 0, INDENT), expand=False))
    for text, style in ((block.sentence, ""), (block.note, "dim")):
        if text:
            target.print(Padding(Text(text, style=style), (0, 0, 0, INDENT), expand=False), overflow="fold")


def filled(rows: list[list[Line]]) -> list[list[Line]]:
    """Leave out the cells that are empty in every row."""
    kept = [place for place in range(len(rows[0])) if any(row[place][0] for row in rows)]
    return [[row[place] for place in kept] for row in rows]


def draw_timeline(target: Console, title: str, entries: Sequence[dict[str, Any]], locale: Locale) -> None:
    """Draw what happened, newest first, a heading for each day and a line or more for each entry."""
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    from mycrm_cli.kinds.times import zone

    target.print(Text(safe(title), style="bold"))
    day, grid = None, None
    kinds = max((cell_len(safe(entry["what"])) for entry in entries), default=0)
    for entry in entries:
        local = entry["at"].astimezone(zone(locale.timezone))
        if local.date() != day or grid is None:
            if grid is not None:
                target.print(grid)
            day = local.date()
            target.print()
            named = relative.day(day, locale)
            target.print(Text(f"{day:%a} {day}{'' if named == str(day) else f'  {named}'}", style="bold cyan"))
            grid = Table.grid(padding=(0, table.GAP, 0, 0))
            for width in (5 + INDENT, kinds):
                grid.add_column(width=width, no_wrap=True, style="dim" if width == 5 + INDENT else "")
            grid.add_column(overflow="fold")
        grid.add_row(f"  {local:%H:%M}", Text(safe(entry["what"]).replace("_", " ")), _told(entry))
    if grid is not None:
        target.print(grid)


def _told(entry: dict[str, Any]) -> Any:
    """Return what happened, field by field, then who did it and in which change."""
    from rich.text import Text

    lines = entry.get("lines") or [entry["text"]]
    text = Text("\n".join(safe(line, lines=True) for line in lines))
    by = "  ".join(safe(part) for part in (entry["who"], entry["change"] or entry.get("reference")) if part)
    if by:
        text.append(f"{'  ' if lines != [''] else ''}{by}", style="dim")
    return text
