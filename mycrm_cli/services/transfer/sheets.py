"""Looks into a workbook before it is loaded: what it unpacks to, how large its sheets are, which cells are errors."""

from __future__ import annotations

import io
import re
import zlib
from datetime import datetime, time
from decimal import Decimal
from math import isfinite
from zipfile import BadZipFile, ZipFile

from mycrm_cli.errors import Invalid
from mycrm_cli.services.transfer.percentages import Percentages, in_percent
from mycrm_cli.services.transfer.unpacking import packed_as

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mycrm_cli.services.transfer.sources import Source

MOST_FILE = 64 << 20
"""Bytes of a workbook's file."""
MOST_PARTS = 512 << 20
"""Bytes that all parts of a workbook may unpack to."""
MOST_TEXTS = 64 << 20
"""Bytes of its table of texts, and of all texts of a sheet."""
RATIO = 200
FREE = 16 << 20
MOST_CELLS = 2_000_000
"""Filled cells of a sheet; each takes about a hundred bytes."""
MOST_AREA = 4_000_000
"""Cells between the first and the last one that is filled."""
CHUNK = 1 << 20

PLACE = re.compile(rb'<(?:\w+:)?(?:c|row)\s[^>]*?\br=["\']([A-Z]{0,4})(\d{1,8})["\']')
CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
ERROR = re.compile(
    rb'<(?:\w+:)?c\s(?=[^>]*\bt=["\']e["\'])[^>]*?\br=["\']([A-Z]{1,3})(\d{1,8})["\'][^>]*>.{0,2000}?<(?:\w+:)?v>([^<]{1,40})<',
    re.DOTALL,
)
SHARED = re.compile(rb'<(?:\w+:)?c\s[^>]*\bt=["\']s["\'][^>]*>\s*<(?:\w+:)?v>(\d{1,9})<')
SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
ODS_TAG = re.compile(rb"<table:table-row\b([^>]*)>|<table:(?:covered-)?table-cell\b([^>]*)>|<table:table[\s>]")
REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="(\d{1,9})"')

MIDNIGHT = time(0)

Wrong = dict[int, list[tuple[int, str]]]
"""Cells that show an error: by row, the place of the column and what is shown."""


def unreadable(name: str, why: str, hint: str = "", **more: str) -> Invalid:
    """Return the error for a workbook that cannot be read."""
    return Invalid(
        f"{name} cannot be read as a workbook: {why}",
        hint=hint or "open it in a spreadsheet program and save it as CSV",
        details=[{"line": 1, "code": "format", "message": why, **more}],
    )


def damaged(name: str, error: BaseException) -> Invalid:
    """Return the error for a workbook that is broken; what the library said of it is for programs."""
    hint = "get the file once more, or open it in a spreadsheet program and save it as CSV"
    return unreadable(name, "it is damaged or cut off", hint, library=str(error))


def too_large(name: str, why: str) -> Invalid:
    """Return the error for a workbook that would take too much memory."""
    return Invalid(
        f"{name} is too large for a workbook: {why}",
        hint="save the sheet as CSV, which is read row by row",
        details=[{"line": 1, "code": "too_large", "message": why}],
    )


def whole(source: Source) -> bytes:
    """Return the bytes of a workbook, unpacked where it is packed once more."""
    parts, count = [], 0
    while data := source.stream.read(CHUNK):
        parts.append(data)
        count += len(data)
        if count > MOST_FILE:
            raise too_large(source.name, f"its file has more than {MOST_FILE >> 20} MB")
    return b"".join(parts)


class Parts:
    """The parts of a workbook that is an archive. The declared sizes are checked, and that they are true."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.archive: ZipFile | None = None
        self.ods = False
        self.percentages = Percentages()
        if packed_as(data) != "zip":
            return  # the old format, whose sheets have at most 65,536 rows of 256 cells
        try:
            self.archive = ZipFile(io.BytesIO(data))
        except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise damaged(name, error) from None
        total = sum(part.file_size for part in self.archive.infolist())
        if total > MOST_PARTS or total > FREE + RATIO * len(data):
            raise too_large(name, f"it unpacks to {total >> 20:,} MB")
        names = set(self.archive.namelist())
        if "xl/workbook.bin" in names:
            raise unreadable(name, "it is in Excel's binary format .xlsb")
        if not names & {"xl/workbook.xml", "content.xml"}:
            raise unreadable(name, "it has no sheets")
        self.ods = "xl/workbook.xml" not in names
        self.lengths = [] if self.ods else self._shared_lengths()
        if self.ods:
            self._measure_ods()  # all of its sheets are loaded at once

    def chunks(self, part: str) -> Iterator[bytes]:
        """Yield what a part unpacks to; raises Invalid where its size or checksum is not what is declared."""
        assert self.archive is not None
        try:
            with self.archive.open(part) as stream:
                while data := stream.read(CHUNK):
                    yield data
        except (BadZipFile, OSError, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
            raise damaged(self.name, error) from None

    def text(self, part: str) -> str:
        """Return a small part as text."""
        assert self.archive is not None
        if part not in self.archive.namelist():
            return ""
        if self.archive.getinfo(part).file_size > CHUNK * 8:
            raise too_large(self.name, f"{part} is larger than {CHUNK * 8 >> 20} MB")
        return b"".join(self.chunks(part)).decode("utf-8", "replace")

    def _shared_lengths(self) -> list[int]:
        """Return the lengths of the texts that cells share."""
        assert self.archive is not None
        part = next((name for name in self.archive.namelist() if name.lower() == "xl/sharedstrings.xml"), None)
        for other in ("xl/styles.xml", "xl/workbook.xml"):
            self.text(other)
        if part is None:
            return []
        if self.archive.getinfo(part).file_size > MOST_TEXTS:
            raise too_large(self.name, f"its texts have more than {MOST_TEXTS >> 20} MB")
        text = b"".join(self.chunks(part))
        return [len(entry) for entry in re.split(rb"<(?:\w+:)?si[\s>/]", text)[1:]]

    def sheet_part(self, sheet: str) -> str | None:
        """Return the part that holds a sheet, or None where it is not found."""
        from html import unescape

        entries = [_attributes(tag) for tag in SHEET.findall(self.text("xl/workbook.xml"))]
        relation = next((e.get("r:id") or e.get("id", "") for e in entries if unescape(e.get("name", "")) == sheet), "")
        links = [_attributes(tag) for tag in RELATION.findall(self.text("xl/_rels/workbook.xml.rels"))]
        target = next((link.get("Target", "") for link in links if link.get("Id") == relation), "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        assert self.archive is not None
        return path if path in self.archive.namelist() else None

    def _measure_ods(self) -> None:
        """Measure the sheets of an OpenDocument workbook, whose rows and cells may stand for many."""
        assert self.archive is not None
        if self.archive.getinfo("content.xml").file_size > 2 * MOST_TEXTS:
            raise too_large(self.name, f"its content has more than {2 * MOST_TEXTS >> 20} MB")
        rows = columns = place = waiting = 0
        for match in ODS_TAG.finditer(b"".join(self.chunks("content.xml"))):
            times = REPEATED.search(match[0])
            count = int(times[1]) if times else 1
            if match[1] is not None:
                waiting, place = waiting + count, 0
            elif match[2] is None:
                rows = columns = waiting = 0
            else:
                place += count
                if b"value-type=" in match[2]:
                    rows, waiting, columns = rows + waiting, 0, max(columns, place)
                    check_size(self.name, rows, columns)

    def look_at(self, sheet: str) -> Wrong:
        """Measure a sheet before it is loaded, and return its cells that show an error."""
        if self.archive is None or self.ods:
            return {}
        part = self.sheet_part(sheet)
        if part is None:
            raise unreadable(self.name, f"sheet {sheet!r} has no part of its own")
        found = _Sheet(self, part)
        self.percentages = found.percentages
        return found.wrong


def _attributes(tag: str) -> dict[str, str]:
    return {name: one or other for name, one, other in ATTRIBUTE.findall(tag)}


class _Sheet:
    """Counts the cells of a sheet of .xlsx while it is unpacked, chunk by chunk."""

    def __init__(self, parts: Parts, part: str) -> None:
        self.parts = parts
        self.wrong: Wrong = {}
        self.percentages = Percentages()
        self.percent = in_percent(parts.text("xl/styles.xml"))
        self.cells = self.rows = self.columns = self.texts = self.row_tags = 0
        self.top = self.left = 1 << 30
        waiting = b""
        for data in parts.chunks(part):
            waiting += data
            # A cell that the next chunk completes is looked at with it.
            end = max(waiting.rfind(b"c>") + 2, waiting.rfind(b"row>") + 4)
            if end < 5 and len(waiting) > 8 * CHUNK:
                end = waiting.rfind(b"/>") + 2
            self._count(waiting[:end])
            waiting = waiting[end:]
        self._count(waiting)

    def _count(self, data: bytes) -> None:
        self.cells += len(CELL.findall(data))
        self.row_tags += len(ROW.findall(data))
        for letters in set(PLACE.findall(data)) if self.cells < MOST_CELLS else ():
            self.rows = max(self.rows, int(letters[1]))
            self.top = min(self.top, int(letters[1]))
            if letters[0]:
                place = column_place(letters[0])
                self.columns, self.left = max(self.columns, place + 1), min(self.left, place)
        lengths = self.parts.lengths
        if lengths:
            self.texts += sum(lengths[int(n)] for n in SHARED.findall(data) if int(n) < len(lengths))
        for letters_, row in self.percent.findall(data) if self.percent else ():
            self.percentages.add(column_place(letters_), int(row))
        if b'"e"' in data or b"'e'" in data:
            for letters_, row, shown in ERROR.findall(data):
                self.wrong.setdefault(int(row), []).append((column_place(letters_), shown.decode("utf-8", "replace")))
        self._check()

    def _check(self) -> None:
        height = max(self.rows - min(self.top, self.rows) + 1, self.row_tags)
        width = self.columns - min(self.left, self.columns) or min(self.cells, 16_384)
        check_size(self.parts.name, height, width)
        if self.cells > MOST_CELLS:
            raise too_large(self.parts.name, f"a sheet has more than {MOST_CELLS:,} cells")
        if self.texts > MOST_TEXTS * 2:
            raise too_large(self.parts.name, f"the texts of a sheet have more than {MOST_TEXTS >> 19} MB")


def check_size(name: str, height: int, width: int) -> None:
    """Refuse a sheet whose filled cells lie too far apart; raises Invalid."""
    if height * width > MOST_AREA:
        raise too_large(name, f"a sheet has {height:,} rows of {width:,} cells")


def column_place(letters: bytes) -> int:
    """Return the place of a column: 0 for A, 26 for AA."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def writer(decimal: str) -> Callable[[object], str]:
    """Return the function from a cell to text as the columns' converters read it.

    Whole numbers have no fraction and no exponent, others the 15 digits that a spreadsheet keeps and the
    file's decimal mark; days and times are ISO 8601.
    """

    def text(value: object) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return number(value, decimal)
        if isinstance(value, datetime):
            return str(value.date()) if value.time() == MIDNIGHT else str(value.replace(microsecond=0))
        return "" if value is None else str(value)

    return text


def number(value: float, decimal: str) -> str:
    """Return a number of a cell as text."""
    if value.is_integer() and abs(value) < 1e18:
        return str(int(value))
    if not isfinite(value):
        return str(value)
    return f"{Decimal(f'{value:.15g}'):f}".replace(".", decimal)
