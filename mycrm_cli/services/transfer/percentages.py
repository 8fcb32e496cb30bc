"""Cells of a workbook that are shown in percent: their sheet holds 0.25 where people see 25%."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

BUILT_IN = frozenset(("9", "10"))
"""The formats 0% and 0.00%, which no workbook defines."""
FORMAT = re.compile(r"<(?:\w+:)?numFmt\s([^>]*)>")
STYLES = re.compile(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
STYLE = re.compile(r"<(?:\w+:)?xf\b([^>]*)>")
NUMBER = re.compile(r"\bnumFmtId\s*=\s*[\"'](\d+)[\"']")
CODE = re.compile(r"\bformatCode\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
LITERAL = re.compile(r"&quot;.*?&quot;|\"[^\"]*\"|\\\\.|_.")
"""Parts of a format that are shown as they are."""


def in_percent(styles: str) -> re.Pattern[bytes] | None:
    """Return what finds the cells of a sheet with a percent format, or None where the workbook has none."""
    formats = set(BUILT_IN)
    for attributes in FORMAT.findall(styles):
        number, code = NUMBER.search(attributes), CODE.search(attributes)
        if number and code:
            shown = LITERAL.sub("", code[1] or code[2] or "")
            (formats.add if "%" in shown else formats.discard)(number[1])
    used = STYLES.search(styles)
    numbers = [NUMBER.search(entry) for entry in STYLE.findall(used[0])] if used else []
    found = [str(place) for place, number in enumerate(numbers) if number and number[1] in formats]
    if not found:
        return None
    style = "|".join(found).encode()
    return re.compile(rb"<(?:\w+:)?c\s(?=[^>]*\bs=[\"'](?:%s)[\"'])[^>]*?\br=[\"']([A-Z]{1,3})(\d{1,8})[\"']" % style)


class Percentages:
    """Where a sheet shows percentages: the rows of each column that has them."""

    def __init__(self) -> None:
        self.columns: dict[int, set[int]] = {}

    def add(self, column: int, row: int) -> None:
        """Remember a cell; rows are counted from 1."""
        self.columns.setdefault(column, set()).add(row)

    def show(self, row: int, values: list[object], number: Callable[[float], str]) -> None:
        """Put the texts that people see in place of the numbers of a row."""
        for column, rows in self.columns.items():
            if row in rows and column < len(values):
                value = values[column]
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    values[column] = f"{number(float(f'{value * 100:.13g}'))}%"
