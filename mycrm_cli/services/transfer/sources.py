"""Where rows come from: a file or stdin, how it is packed, its encoding and its format."""

from __future__ import annotations

import codecs
import io
import os
import re

from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.output import files as written
from mycrm_cli.services.transfer import files, unpacking
from mycrm_cli.services.transfer.charsets import known_encoding
from mycrm_cli.services.transfer.files import open_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO
    from zipfile import ZipInfo

HEAD = 1 << 16
"""Bytes that are looked at to find out encoding and format."""

FORMATS = ("csv", "tsv", "json", "jsonl", "xlsx", "vcf", "ics", "mbox", "eml")
CARDS = (".vcf", ".vcard")
CALENDARS = (".ics", ".ical", ".icalendar")
ENDINGS = written.TEXTS | dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), "xlsx") | dict.fromkeys(CARDS, "vcf")
ENDINGS |= dict.fromkeys(CALENDARS, "ics") | {".mbox": "mbox", ".mbx": "mbox", ".eml": "eml"}
MBOX = re.compile(r"From \S+ .*\r?\n(?:[A-Za-z][A-Za-z0-9-]*:|>From )")
"""How a file of messages begins."""
PACKED_ENDINGS = (".gz", ".gzip", ".zst", ".zstd", ".zip")
OTHER_FILES = (
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"BZh", "compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "compressed with xz; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"<!doctype html", "a web page; open it in a spreadsheet and save it as CSV"),
    (b"<html", "a web page; open it in a spreadsheet and save it as CSV"),
    (b"<table", "a web page; open it in a spreadsheet and save it as CSV"),
)
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
"""Files that only a workbook has in its archive: Excel's two kinds and OpenDocument's."""


class Source:
    """A file with what was found out about it. ``stream`` is read once; ``again`` gives one from the beginning."""

    def __init__(self, file: files.File, packed: str | None, member: ZipInfo | None) -> None:
        self.file = file
        self.packed = packed
        self.part = member
        self.path = file.path
        self.name = file.name if member is None else f"{member.filename} in {file.name}"
        self.mark = b""
        self.head = b""
        self.sheet: str | None = None
        self.format = "csv"
        self.encoding = "utf-8"
        self._stream: BinaryIO | None = None
        self._is_copy = False

    @property
    def stream(self) -> BinaryIO:
        """The unpacked bytes, without a byte order mark of UTF-8."""
        if self._stream is None:
            self._stream = self.open()
            self._stream.read(len(self.mark))
        return self._stream

    @stream.setter
    def stream(self, stream: BinaryIO) -> None:
        self._stream = stream

    def open(self) -> BinaryIO:
        """Return the unpacked bytes from the beginning."""
        if self.packed:
            return unpacking.unpacked(self.file, self.packed, self.part)
        view: Any = io.BufferedReader(self.file.view(), HEAD)
        return view  # type: ignore[no-any-return]

    def again(self) -> Source:
        """Return the same source, to be read from the beginning; closing it leaves the file open."""
        twin = Source(self.file, self.packed, self.part)
        twin.mark, twin.head, twin.format, twin.encoding = self.mark, self.head, self.format, self.encoding
        twin._is_copy = True
        return twin

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
        if not self._is_copy:
            self.file.close()


def open_source(
    path: str, format: str = "auto", encoding: str = "auto", member: str | None = None, *, is_mail: bool = False
) -> Source:
    """Open a file (``-`` is stdin) and find out how it is packed, its encoding and its format.

    Messages may also be a folder of files (``is_mail``).

    Raises UsageError for what is no file, Invalid for an empty file or a kind of file that is not read.
    """
    if format not in ("auto", *FORMATS):
        raise UsageError(f"no import format {format!r}", candidates=["auto", *FORMATS])
    if is_mail and os.path.isdir(path):
        from mycrm_cli.services.transfer import mailrows

        file, format = mailrows.folder(path), "mbox"
    else:
        file = files.opened(path)
    try:
        return _examined(file, format, encoding, member)
    except BaseException:
        file.close()
        raise


def _examined(file: files.File, format: str, encoding: str, member: str | None) -> Source:
    """Look at the first bytes of a file."""
    source = _unpacked(file, member)
    with source.open() as stream:
        head = read_fully(stream, HEAD)
    inner = inner_name(source)
    if not head and format not in ("json", "jsonl") and not inner.endswith((".jsonl", ".ndjson")):
        raise Invalid(
            f"{source.name} is empty", details=[{"line": 1, "code": "empty", "message": "there is no header"}]
        )
    _refuse_other(source.name, head, bool(source.packed))
    source.head = head
    if is_workbook(source, head):
        source.format, source.encoding = "xlsx" if format == "auto" else format, "binary"
        if format not in ("auto", "xlsx"):
            raise Invalid(f"{source.name} is a workbook, not {format}", hint="leave --format away")
        return source
    source.encoding = known_encoding(source.name, head, encoding)
    if source.encoding == "utf-8-sig":
        source.mark, source.encoding = codecs.BOM_UTF8, "utf-8"
        source.head = head.removeprefix(source.mark)
    source.format = chosen_format(inner, format, source.head, source.encoding)
    return source


def read_fully(stream: BinaryIO, size: int) -> bytes:
    """Return the first bytes of a stream, all of them where there are so many."""
    parts, count = [], 0
    while count < size and (data := stream.read(size - count)):
        parts.append(data)
        count += len(data)
    return b"".join(parts)


def _unpacked(file: files.File, member: str | None) -> Source:
    """Return the source of what is packed in a file, or of the file; a workbook is an archive that stays packed."""
    packed = unpacking.packed_as(file.view().read(8) or b"")
    if packed == "zip":
        found = unpacking.members(file)
        if not any(part.filename in WORKBOOK_PARTS for part in found):
            return Source(file, packed, unpacking.chosen(file, found, member))
        if member is not None:
            raise UsageError(f"{file.name} is a workbook", hint="--sheet names one of its sheets")
        return Source(file, None, None)
    if member is not None:
        raise UsageError(f"{file.name} is not a zip archive", hint="leave --member away")
    return Source(file, packed, None)


def _refuse_other(name: str, head: bytes, is_packed: bool) -> None:
    """Refuse files that hold no table; raises Invalid."""
    begin = head[:200].lstrip().lower()
    for mark, kind in OTHER_FILES:
        if head.startswith(mark) or begin.startswith(mark):
            raise Invalid(f"{name} is {kind}", details=[{"line": 1, "code": "format", "message": f"it is {kind}"}])
    if is_packed and (again := unpacking.packed_as(head)) in ("gzip", "zstd"):
        raise Invalid(
            f"{name} is packed twice ({again}); unpack it first",
            details=[{"line": 1, "code": "packed", "message": "it is packed twice"}],
        )


def is_workbook(source: Source, head: bytes) -> bool:
    """Whether a file is a workbook; inside another archive, the beginning of one has to do."""
    if head.startswith(OLD_WORKBOOK):
        return True
    return unpacking.packed_as(head) == "zip"


def inner_name(source: Source) -> str:
    """Return the name that tells the format: of the file in the archive, or without the ending of the packing."""
    name = (source.part.filename if source.part else source.file.name).lower()
    if source.packed in ("gzip", "zstd"):
        stem, ending = os.path.splitext(name)
        return stem if ending in PACKED_ENDINGS else name
    return name


def chosen_format(name: str, format: str, head: bytes, encoding: str) -> str:
    """Return the format that was asked for, or that of the file's ending, or what the content looks like."""
    if format != "auto":
        return format
    first = codecs.getincrementaldecoder(encoding)("replace").decode(head[:4096]).lstrip("\ufeff \t\r\n")
    if first[:11].upper() == "BEGIN:VCARD" or (name.endswith(CARDS) and "\nBEGIN:VCARD" in first.upper()):
        return "vcf"
    if first[:15].upper() == "BEGIN:VCALENDAR" or (name.endswith(CALENDARS) and "\nBEGIN:VCALENDAR" in first.upper()):
        return "ics"
    found = ENDINGS.get(os.path.splitext(name)[1])
    if MBOX.match(first):
        return "mbox"
    # Programs call tables and web pages .xls; what is no workbook is read as what it looks like.
    if found and found not in ("xlsx", "vcf", "ics"):
        return found
    return {"[": "json", "{": "jsonl"}.get(first[:1], "csv")


__all__ = ["FORMATS", "HEAD", "Source", "open_file", "open_source"]
