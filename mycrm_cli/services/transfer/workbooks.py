"""Reads a sheet of a workbook (Excel's .xlsx, .xlsm and .xls, OpenDocument's .ods) as rows of text."""

from __future__ import annotations

import io
from collections import deque
from itertools import islice

from mycrm_cli.errors import ConfigError, Invalid, UsageError
from mycrm_cli.services.transfer import elsewhere, sheets
from mycrm_cli.services.transfer.model import Problem, Record
from mycrm_cli.services.transfer.preambles import LEFT_OUT, LOOKED_AT, filled, footer_at, header_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mycrm_cli.services.transfer.model import Remark, Settled
    from mycrm_cli.services.transfer.sources import Source

FOOTER_ROWS = 40
"""Rows at the end among which a footer is looked for."""


class WorkbookRows:
    """The rows of a sheet, as text; a row's line is its number in the sheet. Rejected rows are written as CSV."""

    delimiter = ","

    def __init__(
        self, source: Source, sheet: str | None, header_line: int | None, decimal: str, footer: str = "auto"
    ) -> None:
        self.source = source
        self.name = source.name
        self.remarks: list[Remark] = []
        self.settled: Settled = None
        self.text = sheets.writer(decimal)
        self.decimal = decimal
        self.data = sheets.whole(source)
        self.parts = sheets.Parts(source.name, self.data)
        self.book = opened(source.name, self.data)
        self.sheet = self._chosen(sheet)
        source.sheet = str(self.sheet.name)
        # Rows are counted from 0 here, and from 1 where people see them.
        self.top = self.sheet.start[0] if self.sheet.start else 0
        first = header_line - 1 if header_line else self._header_place()
        heading = next(self._grid(first, first + 1), [])
        self.skipped = first
        self.header = [" ".join(cell.split()) for cell in shortened(heading)]
        if not self.header:
            where = f"row {first + 1} of sheet {self.sheet.name!r} has no headings"
            raise self._empty(where, first + 1, elsewhere.line(self))
        self.end = self._end(footer)

    def _empty(self, message: str, line: int, hint: str) -> Invalid:
        details: list[dict[str, object]] = [{"line": line, "code": "empty", "message": "there is no header"}]
        return Invalid(f"{self.name}: {message}", hint=hint or None, details=details)

    @property
    def others(self) -> list[str]:
        """The names of the sheets that are not read."""
        return self._beside(self.sheet.name)

    def _beside(self, sheet: str) -> list[str]:
        return [name for name in self.book.sheet_names if name != sheet]

    def _chosen(self, asked: str | None) -> Any:
        """Return the sheet that was asked for, or the first one that has a header and rows."""
        names: list[str] = self.book.sheet_names
        if asked is not None:
            return self._loaded(sheet_name(self.name, names, asked))
        visible = [m.name for m in self.book.sheets_metadata if str(m.visible).endswith(".Visible")] or names
        best = None
        for name in visible:
            sheet = self._loaded(name)
            if sheet.height > 1:
                best = sheet
                break
            best = best if best is not None and best.height else sheet
        if best is None or not best.height:
            hidden = [name for name in names if name not in visible]
            raise self._empty("no sheet has rows", 1, elsewhere.sheets(hidden))
        others = ", ".join(repr(name) for name in visible if name != best.name)
        if others:
            self.remarks.append((1, "", f"sheet {best.name!r} is read, not {others} (--sheet NAME)", "sheet"))
        return best

    def _loaded(self, name: str) -> Any:
        """Return a sheet, after it has been measured; raises Invalid, with the other sheets for a way out."""
        try:
            self.wrong = self.parts.look_at(name)
            return guarded(self.name, lambda: self.book.get_sheet_by_name(name))
        except Invalid as error:
            error.hint = "; ".join(filter(None, [error.hint, elsewhere.sheets(self._beside(name))]))
            raise

    def _grid(self, start: int, end: int | None = None) -> Iterator[list[str]]:
        """Yield the rows of the sheet from one place to another as texts."""
        text, shown = self.text, self.parts.percentages
        for line, row in enumerate(islice(self.sheet.iter_rows(), start, end), start + 1):
            if shown.columns:
                shown.show(line, row, lambda value: sheets.number(value, self.decimal))
            yield [value if value.__class__ is str else text(value) for value in row]

    def _header_place(self) -> int:
        """Return the header's place, and remember the titles before it."""
        rows = [shortened(row) for row in self._grid(0, self.top + LOOKED_AT)]
        widest = max(map(len, rows), default=0)
        place = header_at([row + [""] * (widest - len(row)) if len(filled(row)) > 1 else row for row in rows])
        self._tell(rows[:place], 0, "left out before the header", "preamble")
        return place

    def _end(self, footer: str) -> int:
        """Return the place where the rows end, and remember the footer that is left out behind them."""
        count = 0
        last: deque[list[Any]] = deque(maxlen=FOOTER_ROWS)
        for row in islice(self.sheet.iter_rows(), self.skipped + 1, None):
            last.append(row)
            count += 1
        rows = [[value if isinstance(value, str) else self.text(value) for value in row] for row in last]
        place = footer_at(rows, len(self.header)) if footer == "auto" else None
        end = self.skipped + 1 + count
        if place is None:
            return end
        self._tell(rows[place:], end - len(rows) + place, LEFT_OUT, "footer")
        return end - len(rows) + place

    def _tell(self, rows: list[list[str]], start: int, why: str, code: str) -> None:
        for line, cells in enumerate(rows, start + 1):
            if filled(cells):
                self.remarks.append((line, "", f"{why}: {' '.join(filled(cells))[:100]!r}", code))

    def again(self) -> WorkbookRows:
        """Return the same rows, to be read from the first one."""
        return self

    def close(self) -> None:
        """Close the workbook and its file."""
        self.book.close()
        self.source.close()

    def __iter__(self) -> Iterator[Record]:
        """Yield the rows; blank ones are none."""
        width = len(self.header)
        for line, cells in enumerate(self._grid(self.skipped + 1, self.end), self.skipped + 2):
            for column, shown in self.wrong.pop(line, ()):
                name = self.header[column] if column < width else ""
                self.remarks.append((line, name, f"the cell shows {shown}; it is taken as empty", "cell_error"))
            if not any(cells):
                continue
            further = cells[width:]
            if any(further):
                yield self._ragged(line, cells[:width], further)
            else:
                yield Record(line, cells[:width] + [""] * (width - len(cells)))

    def _ragged(self, line: int, cells: list[str], further: list[str]) -> Record:
        value = next(cell for cell in further if cell)
        problem = Problem("ragged", f"has {value[:60]!r} in a column without a heading", line=line)
        return Record(line, cells, problem, self.delimiter.join((*cells, *further)))


def shortened(cells: list[str]) -> list[str]:
    """Return cells without the empty ones at the end."""
    size = len(cells)
    while size and not cells[size - 1].strip():
        size -= 1
    return cells[:size]


def sheet_name(name: str, names: list[str], asked: str) -> str:
    """Return the sheet that is called so, or has this number counted from 1."""
    if asked in names:
        return asked
    if asked.isascii() and asked.isdigit() and 0 < int(asked) <= len(names):
        return names[int(asked) - 1]
    hint = f"--sheet takes a name, or a number from 1 to {len(names)}"
    raise UsageError(f"{name} has no sheet {asked!r}", hint=hint, candidates=names[:20])


def opened(name: str, data: bytes) -> Any:
    """Return the workbook; raises ConfigError where the library is missing."""
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        raise ConfigError(
            "reading workbooks needs a library that is not installed", hint="pip install 'mycrm[excel]'"
        ) from None
    return guarded(name, lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)))


def guarded(name: str, read: Any) -> Any:
    """Call the library that reads workbooks; what it cannot read is Invalid."""
    from python_calamine import CalamineError, PasswordError

    try:
        return read()
    except PasswordError:
        hint = "open it in a spreadsheet program, take the password off and save it again, or save it as CSV"
        raise sheets.unreadable(name, "it is protected with a password", hint) from None
    except (CalamineError, OSError, ValueError) as error:
        raise sheets.damaged(name, error) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise sheets.damaged(name, error) from None
