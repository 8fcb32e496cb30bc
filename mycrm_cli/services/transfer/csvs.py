"""Reads CSV strictly: a row that breaks the rules is a problem with its line, and the next rows are read on."""

from __future__ import annotations

import csv
import io

from mycrm_cli.errors import Invalid
from mycrm_cli.services.transfer.beginnings import Beginning, chosen_delimiter
from mycrm_cli.services.transfer.files import CHUNK
from mycrm_cli.services.transfer.footers import Trimmed
from mycrm_cli.services.transfer.lines import LONGEST, Lines
from mycrm_cli.services.transfer.model import Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mycrm_cli.services.transfer.model import Remark, Settled
    from mycrm_cli.services.transfer.sources import Source


class CsvRows:
    """The rows of a CSV file; the header is read at once. ``remarks`` tell what is left out before and behind."""

    def __init__(
        self, source: Source, delimiter: str = "auto", header_line: int | None = None, footer: str = "auto"
    ) -> None:
        csv.field_size_limit(2 * LONGEST)
        self.source = source
        self.name = source.name
        self.asked = (delimiter, header_line, footer)
        self.remarks: list[Remark] = []
        self.settled: Settled = None
        start = Beginning(source, chosen_delimiter(delimiter, source.format), header_line)
        self.delimiter = start.delimiter
        if footer == "auto":
            trimmed = Trimmed(source.stream, source.encoding, start.delimiter, start.width, self.remarks)
            source.stream = io.BufferedReader(trimmed, CHUNK)
        self.lines = Lines(source.stream, source.encoding)
        self.skipped = start.line - 1
        first = self._first_line()
        self.remarks += start.remarks
        self.lines.pushed.appendleft(first)
        self.lines.number -= 1
        self.header = self._header()

    def again(self) -> CsvRows:
        """Return the same rows, to be read from the first one."""
        return CsvRows(self.source.again(), *self.asked)

    def close(self) -> None:
        """Close the file."""
        self.source.close()

    def _first_line(self) -> str:
        """Return the line at which the header begins."""
        try:
            for line in self.lines:
                if self.lines.number > self.skipped and line.strip("\ufeff \t\r\n"):
                    self.skipped = self.lines.number - 1
                    return line.lstrip("\ufeff")
        except Problem as problem:
            raise self._refuse(problem) from None
        raise Invalid(
            f"{self.name} has no header", details=[{"line": 1, "code": "empty", "message": "there is no header"}]
        )

    def _header(self) -> list[str]:
        """Return the names of the columns."""
        self.lines.mark()
        try:
            cells = next(self._reader())
        except Problem as problem:
            raise self._refuse(problem) from None
        except (csv.Error, StopIteration) as error:
            raise self._refuse(Problem("quotes", f"in the header {misquoted(error)}")) from None
        return [" ".join(cell.split()) for cell in cells]

    def _refuse(self, problem: Problem) -> Invalid:
        """Return the error for a file whose header cannot be read."""
        problem.line = problem.line or self.lines.number
        hints = {
            "encoding": "name the encoding with --encoding",
            "quotes": "--header-line N says where the headings are",
        }
        hint = hints.get(problem.code)
        return Invalid(f"{self.name}, line {problem.line}: {problem.message}", hint=hint, details=[problem.detail()])

    def _reader(self) -> Any:
        return csv.reader(self.lines, delimiter=self.delimiter, strict=True)

    def __iter__(self) -> Iterator[Record]:
        """Yield the rows; blank lines are none."""
        while True:
            block = self.lines.block()
            rows = self._parsed(block) if block is not None else None
            if rows is not None:
                for line, cells in rows:
                    yield Record(line, cells)
                continue
            if block is not None:
                self.lines.push(block)
            yield from self._singly()
            if self.lines.ended:
                return

    def _parsed(self, block: str) -> list[tuple[int, list[str]]] | None:
        """Return the rows of a block of lines with their lines, or None where one needs a closer look."""
        first, width = self.lines.number + 1, len(self.header)
        # The reader is told where lines end: a carriage return within one is none.
        reader = csv.reader(io.StringIO(block, newline="\n"), delimiter=self.delimiter, strict=True)
        rows, before = [], 0
        try:
            for cells in reader:
                if len(cells) == width:
                    rows.append((first + before, cells))
                elif any(cells):
                    return None
                before = reader.line_num
        except csv.Error:
            return None
        self.lines.number += reader.line_num
        return rows

    def _singly(self) -> Iterator[Record]:
        """Yield rows line by line, until no line is left over that was looked at already."""
        reader, lines, width = self._reader(), self.lines, len(self.header)
        while True:
            lines.mark()
            start = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                lines.ended = True
                return
            except (csv.Error, Problem) as error:
                yield self._broken(start, error)
                reader = self._reader()
                continue
            if len(cells) == width:
                yield Record(start, cells)
            elif cells and any(cells):
                yield self._ragged(start, cells)
            if not lines.pushed and lines.text is None:
                return

    def _broken(self, start: int, error: Exception) -> Record:
        """Return the row of a line that is not valid CSV; the lines after it are read again."""
        # A bad line inside a row that began before it: the row is broken at its first line, and the
        # bad line comes up once more as a row of its own.
        text = self.lines.give_back()
        if isinstance(error, Problem) and error.line == start:
            problem = error
        else:
            message = error.message if isinstance(error, Problem) else misquoted(error)
            problem = Problem("quotes", message)
        problem.line = start
        text = text.rstrip("\r\n")
        return Record(start, self._fitted(text), problem, text)

    def _ragged(self, start: int, cells: list[str]) -> Record:
        count = f"{len(cells)} cell{'s' if len(cells) != 1 else ''}"
        problem = Problem("ragged", f"has {count} where the header has {len(self.header)}", line=start)
        text = "".join(line for line in self.lines.taken if isinstance(line, str)).rstrip("\r\n")
        return Record(start, self._fitted(text), problem, text)

    def _fitted(self, text: str) -> list[str]:
        """Return cells for a line that has none: the whole text stands in the first."""
        return [text, *[""] * (len(self.header) - 1)]


def misquoted(error: BaseException) -> str:
    """Return what is wrong with the quotes of a row."""
    if "unexpected end" in str(error):
        return "a quote is opened and not closed"
    return 'a quote is out of place: a cell with quotes stands in quotes, and each within it is doubled ("")'
