"""Finds out which decimal mark a column of numbers has, from all of its cells together."""

from __future__ import annotations

import re

from mycrm_cli.kinds.numbers import SPACES, SYMBOLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SHAPE = re.compile(r"[+-]?(\d*)((?:[.,]\d+)+)")
MARK = re.compile(r"[.,]")


def shape_of(text: str) -> list[str]:
    """Return the marks and the digits behind each of a number's text: ``,234 .5``; nothing for another text."""
    bare = SPACES.sub("", SYMBOLS.sub(r"\1", text.strip()).strip().removesuffix("%").strip("() "))
    match = SHAPE.fullmatch(bare)
    return [match[1], *re.findall(r"[.,]\d+", match[2])] if match else []


class DecimalColumn:
    """What the cells of a column of numbers have shown so far. ``whole`` columns have no decimals at all."""

    def __init__(self, *, whole: bool = False) -> None:
        self.whole = whole
        self.marks: set[str] = set()
        self.unsure: tuple[int, str] | None = None

    @staticmethod
    def catches(text: str) -> bool:
        """Whether a cell shows that the column has to be looked at; a lone point is what programs write."""
        return "," in text

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
        elif last == "," and self.unsure is None:
            self.unsure = (line, text.strip())

    def found(self) -> str | None:
        """Return the mark that all cells have, or None where they do not agree or say nothing."""
        return next(iter(self.marks)) if len(self.marks) == 1 else None

    def question(self, column: str) -> dict[str, Any] | None:
        """Return what is to be asked where a cell may be read in two ways; whole numbers have one."""
        if self.unsure is None or self.found() is not None or self.whole:
            return None
        line, text = self.unsure
        plain = text.replace(",", "")
        return {
            "line": line,
            "column": column,
            "code": "ambiguous_number",
            "value": text,
            "message": f"{text} may be {plain} or {text.replace(',', '.')}, and no cell of the column settles it",
        }

    hint = "--decimal . where a comma groups thousands, --decimal , where it is the decimal mark"
