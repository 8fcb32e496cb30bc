"""Looks at the beginning of a CSV file: the delimiter, and the line of the header below titles and blank lines."""

from __future__ import annotations

import codecs
import csv
import re

from mycrm_cli.errors import UsageError
from mycrm_cli.services.transfer.preambles import LINKEDIN, LOOKED_AT, SEPARATOR, filled, header_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services.transfer.model import Remark
    from mycrm_cli.services.transfer.sources import Source

DELIMITERS = ",;\t|"
NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
QUOTED = re.compile(r'"(?:[^"]|"")*"?')


def delimiter_of(line: str) -> str:
    """Return the delimiter of a header: the one that occurs most outside quotes, a comma where none does."""
    bare = QUOTED.sub("", line)
    return max(DELIMITERS, key=bare.count)


def chosen_delimiter(asked: str, format: str) -> str | None:
    """Return the delimiter that was asked for, or None to look at the header."""
    if asked == "auto":
        return "\t" if format == "tsv" else None
    delimiter = NAMED_DELIMITERS.get(asked.lower(), asked)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UsageError(f"--delimiter takes one character, not {asked!r}", candidates=[",", ";", "tab", "|"])
    return delimiter


class Beginning:
    """What the first lines of a file tell: ``line`` is the header's, ``remarks`` are about those before it."""

    def __init__(self, source: Source, delimiter: str | None, header_line: int | None) -> None:
        text = codecs.getincrementaldecoder(source.encoding)("replace").decode(source.head)
        self.lines = re.split(r"(?<=\n)", text.lstrip("\ufeff"))[:LOOKED_AT]
        self.remarks: list[Remark] = []
        self.delimiter = delimiter or self._delimiter()
        self.line = header_line or self._header_line(delimiter)
        if delimiter is None and self.line <= len(self.lines):
            self.delimiter = self._said() or delimiter_of(self.lines[self.line - 1])
        header = self._cells("".join(self.lines[self.line - 1 :]))
        self.width = len(header) if header else 2

    def _said(self) -> str | None:
        """Return the delimiter that a first line for Excel names: ``sep=;``."""
        match = SEPARATOR.fullmatch(self.lines[0].strip()) if self.lines else None
        return match[1] if match and match[1] in DELIMITERS else None

    def _delimiter(self) -> str:
        """Return the delimiter of the first line that has one."""
        if said := self._said():
            return said
        filled_lines = [line for line in self.lines if line.strip()]
        marked = (line for line in filled_lines if any(mark in QUOTED.sub("", line) for mark in DELIMITERS))
        return delimiter_of(next(marked, ""))

    def _header_line(self, delimiter: str | None) -> int:
        """Return the number of the header's line, and remember what is left out before it."""
        if delimiter is None and self._said():
            return 2
        rows = [self._cells(line, delimiter or delimiter_of(line)) for line in self.lines]
        place = header_at(rows)
        before = [(number, filled(cells)) for number, cells in enumerate(rows[:place], 1) if filled(cells)]
        if before and before[0][1] != [LINKEDIN]:
            for number, cells in before:
                text = " ".join(cells)[:100]
                self.remarks.append((number, "", f"left out before the header: {text!r}", "preamble"))
        return place + 1

    def _cells(self, text: str, delimiter: str = "") -> list[str]:
        """Return the cells of the row with which a text begins; a line with an open quote is never a title."""
        if delimiter and text.count('"') % 2:
            return [text, text]
        try:
            return next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter or self.delimiter), [])
        except csv.Error:
            return [text, text]
