"""Finds out which decimal mark a column of numbers has, from all of its cells together."""

from __future__ import annotations

import re

from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.numbers import SPACES, SYMBOLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SHAPE = re.compile(r"[+-]?(\d*)((?:[.,]\d+)+)")
MARK = re.compile(r"[.,]")
GROUP = re.compile(r"(?<![\d.])[1-9]\d{0,2}\.\d{3}(?!\d)")
"""A number that is a thousand times as large where the point groups."""


def shape_of(text: str) -> list[str]:
    """Return the marks and the digits behind each of a number's text: ``,234 .5``; nothing for another text."""
    bare = SPACES.sub("", SYMBOLS.sub(r"\1", text.strip()).strip().removesuffix("%").strip("() "))
    match = SHAPE.fullmatch(bare)
    return [match[1], *re.findall(r"[.,]\d+", match[2])] if match else []


def may_group(text: str) -> bool:
    """Whether the point of a number may as well group its digits: ``1.000``, not ``1.5`` or ``0.125``."""
    if "." not in text:
        return False
    lead, *groups = shape_of(text) or [""]
    return len(groups) == 1 and GROUP.fullmatch(lead + groups[0]) is not None


def asking(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the function that reads cells of a column of which nothing tells what a point is."""

    def sure(cell: Any) -> Any:
        if isinstance(cell, str) and may_group(cell):
            hint = "--decimal . or --decimal , tells"
            raise BadValue("ambiguous_number", f"{cell.strip()!r} may be a decimal number or thousands; {hint}")
        return read(cell)

    return sure


class DecimalColumn:
    """What the cells of a column of numbers have shown so far.

    ``whole`` columns have no decimals at all; those that are ``fine`` often have three.
    """

    def __init__(self, *, whole: bool = False, fine: bool = False) -> None:
        self.whole = whole
        self.fine = fine
        self.marks: set[str] = set()
        self.unsure: tuple[int, str] | None = None

    def catches(self, text: str) -> bool:
        """Whether a cell shows that the column has to be looked at; most points are what programs write."""
        return "," in text or ("." in text and not self.fine and GROUP.search(text) is not None)

    def feed(self, text: str, line: int) -> None:
        """Look at a cell."""
        if "," not in text and "." not in text:
            return
        shape = shape_of(text)
        if not shape:
            return
        lead, *groups = shape
        used = {group[0] for group in groups}
        last = groups[-1][0]
        if len(used) == 2:
            self.marks.add(last)
        elif len(groups) > 1:
            self.marks.add("." if last == "," else ",")
        elif len(groups[0]) != 4 or len(lead) > 3 or lead in ("", "0", "00", "000"):
            self.marks.add(last)
        elif self.unsure is None and not (self.whole if last == "," else self.fine):
            self.unsure = (line, text.strip())

    def found(self) -> str | None:
        """Return the mark that all cells have, or None where they do not agree or say nothing."""
        return next(iter(self.marks)) if len(self.marks) == 1 else None

    def question(self, column: str) -> dict[str, Any] | None:
        """Return what is to be asked where a cell may be read in two ways; a comma in a whole number groups."""
        if self.unsure is None or self.found() is not None:
            return None
        line, text = self.unsure
        mark = "," if "," in text else "."
        grouped, decimal = MARK.sub("", text), text.replace(",", ".")
        ways = (grouped, decimal) if mark == "," else (decimal, grouped)
        return {
            "line": line,
            "column": column,
            "code": "ambiguous_number",
            "value": text,
            "message": f"{text} may be {' or '.join(ways)}, and no cell of the column settles it",
        }

    hint = "--decimal . where a point is the decimal mark, --decimal , where a comma is and a point groups thousands"
