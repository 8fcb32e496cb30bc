"""Takes the footer of a report off its stream: the last bytes are held back until it is known what they are."""

from __future__ import annotations

import csv
import re

from mycrm_cli.services.transfer.files import CHUNK, Wrapper
from mycrm_cli.services.transfer.preambles import LEFT_OUT, filled, footer_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, BinaryIO

TAIL = 1 << 13
"""Bytes in which a footer has to fit."""


class Trimmed(Wrapper):
    """A stream without the report's footer; what is taken off is told to ``remarks`` with its line."""

    def __init__(self, stream: BinaryIO, encoding: str, delimiter: str, width: int, remarks: list[Any]) -> None:
        self.stream = stream
        self.encoding = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)
        self.delimiter = delimiter
        self.width = width
        self.remarks = remarks
        self.newline = "\n".encode(self.encoding)
        self.ready = b""
        self.kept = b""
        self.line = 1
        self.is_cut = False
        self.ended = False

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next."""
        while not self.ready and not self.ended:
            data = self.stream.read(CHUNK)
            self.kept += data
            if not data:
                self.ended = True
                self._end()
            elif len(self.kept) > TAIL:
                self._release(len(self.kept) - TAIL)
        size = min(len(buffer), len(self.ready))
        buffer[:size] = self.ready[:size]
        self.ready = self.ready[size:]
        return size

    def _release(self, size: int) -> None:
        size -= size % 4
        self.is_cut = True
        self.ready = self.kept[:size]
        self.kept = self.kept[size:]
        self.line += self.ready.count(self.newline)

    def _end(self) -> None:
        """Look at the last bytes, and take a footer off them."""
        text = self.kept.decode(self.encoding, "replace")
        lines = [line for line in re.split(r"(?<=\n)", text) if line]
        cells = [self._cells(line) for line in lines]
        if self.is_cut and cells:
            cells[0] = None
        start = footer_at(cells, self.width)
        if start:
            rest = "".join(lines[start:]).encode(self.encoding, "replace")
            if self.kept.endswith(rest):
                for place, line in enumerate(lines[start:], self.line + start):
                    self._tell(place, line)
                self.kept = self.kept[: len(self.kept) - len(rest)]
        self.ready, self.kept = self.kept, b""

    def _tell(self, place: int, line: str) -> None:
        cells = filled(self._cells(line) or [line])
        if cells:
            message = f"{LEFT_OUT}: {self.delimiter.join(cells)[:100]!r}"
            self.remarks.append((place, "", message, "footer"))

    def _cells(self, line: str) -> Sequence[str] | None:
        """Return the cells of a line, or None where a quote is open: it is part of a longer row."""
        if line.count('"') % 2:
            return None
        try:
            return next(csv.reader([line], delimiter=self.delimiter), [])
        except csv.Error:
            return None
