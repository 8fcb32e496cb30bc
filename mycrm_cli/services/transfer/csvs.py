"""Reads CSV strictly: a row that breaks the rules is a problem with its line, and the next rows are read on."""

from __future__ import annotations

import csv
import re

from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.services.transfer.lines import LONGEST, Lines
from mycrm_cli.services.transfer.model import Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mycrm_cli.services.transfer.sources import Source

DELIMITERS = ",;\t|"
NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
QUOTED = re.compile(r'"(?:[^"]|"")*"?')
PREAMBLE = "Notes:"
"""How LinkedIn's export begins; the header is the first line after it with several cells and ``First Name``."""
LONGEST_PREAMBLE = 20


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


class CsvRows:
    """The rows of a CSV file; the header is read at once."""

    def __init__(self, source: Source, delimiter: str = "auto") -> None:
        csv.field_size_limit(2 * LONGEST)
        self.lines = Lines(source.stream, source.encoding)
        self.source = source
        self.name = source.name
        self.skipped = 0
        first = self._first_line()
        self.delimiter = chosen_delimiter(delimiter, source.format) or delimiter_of(first)
        self.lines.pushed.appendleft(first)
        self.lines.number -= 1
        self.header = self._header()

    def close(self) -> None:
        """Close the file."""
        self.source.close()

    def _first_line(self) -> str:
        """Return the line at which the header begins; blank lines and LinkedIn's preamble come before it."""
        preamble = False
        try:
            for line in self.lines:
                text = line.strip().lstrip("\ufeff")
                if text.strip('",') == PREAMBLE and self.lines.number == 1:
                    preamble = True
                elif preamble and self.lines.number > LONGEST_PREAMBLE:
                    break
                elif text and (not preamble or (text.startswith("First Name") and "," in text)):
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
            raise self._refuse(Problem("quotes", f"the header is not valid CSV: {error}", line=1)) from None
        return [" ".join(cell.split()) for cell in cells]

    def _refuse(self, problem: Problem) -> Invalid:
        """Return the error for a file whose header cannot be read."""
        problem.line = problem.line or self.lines.number
        hint = "name the encoding with --encoding" if problem.code == "encoding" else None
        return Invalid(f"{self.name}, line {problem.line}: {problem.message}", hint=hint, details=[problem.detail()])

    def _reader(self) -> Any:
        return csv.reader(self.lines, delimiter=self.delimiter, strict=True)

    def __iter__(self) -> Iterator[Record]:
        """Yield the rows; blank lines are none."""
        reader, lines, width = self._reader(), self.lines, len(self.header)
        while True:
            lines.mark()
            start = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, Problem) as error:
                yield self._broken(start, error)
                reader = self._reader()
                continue
            if len(cells) == width:
                yield Record(start, cells)
            elif cells and any(cells):
                yield self._ragged(start, cells)

    def _broken(self, start: int, error: Exception) -> Record:
        """Return the row of a line that is not valid CSV; the lines after it are read again."""
        # A bad line inside a row that began before it: the row is broken at its first line, and the
        # bad line comes up once more as a row of its own.
        text = self.lines.give_back()
        if isinstance(error, Problem) and error.line == start:
            problem = error
        else:
            message = error.message if isinstance(error, Problem) else f"a quote is out of place ({error})"
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
