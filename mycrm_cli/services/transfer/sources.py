"""Where rows come from: a file or stdin, its encoding and its format."""

from __future__ import annotations

import codecs
import io
import os
import stat
import sys
import tempfile

from mycrm_cli.errors import Invalid, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

HEAD = 1 << 16
"""Bytes that are looked at to find out encoding and format."""

FORMATS = ("csv", "tsv", "json", "jsonl")
ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OTHER_FILES = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook; save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save it as CSV"),
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"BEGIN:VCARD", "a vCard file; export contacts as CSV"),
)


class _Joined(io.RawIOBase):
    """The bytes that were looked at, then the rest of a stream that cannot be wound back."""

    def __init__(self, head: bytes, rest: Any, ours: bool) -> None:
        self.head = head
        self.rest = rest
        self.ours = ours

    def close(self) -> None:
        """Close the stream, unless somebody else opened it."""
        if self.ours:
            self.rest.close()
        super().close()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next."""
        data = self.head[: len(buffer)] if self.head else self.rest.read(len(buffer))
        self.head = self.head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


class Source:
    """A stream of bytes with what was found out about it."""

    def __init__(self, name: str, stream: BinaryIO, format: str, encoding: str) -> None:
        self.name = name
        self.stream = stream
        self.format = format
        self.encoding = encoding

    def close(self) -> None:
        """Close the file."""
        self.stream.close()


def open_source(path: str, format: str = "auto", encoding: str = "auto") -> Source:
    """Open a file (``-`` is stdin) and find out its encoding and format.

    Raises UsageError for what is no file, Invalid for an empty file or a kind of file that is not read.
    """
    if format not in ("auto", *FORMATS):
        raise UsageError(f"no import format {format!r}", candidates=["auto", *FORMATS])
    raw: Any = getattr(sys.stdin, "buffer", None) if path == "-" else open_file(path)
    if raw is None:
        raise UsageError("there is no stdin to read")
    ours = path != "-"
    try:
        if not is_regular(raw):
            raw, ours = spooled(raw, ours), True
        return _examined(path, raw, format, encoding, ours)
    except BaseException:
        if ours:
            raw.close()
        raise


def is_regular(raw: Any) -> bool:
    """Return whether a stream is a file, which answers at once; memory counts as one."""
    try:
        return stat.S_ISREG(os.fstat(raw.fileno()).st_mode)
    except (OSError, ValueError):
        return True


def spooled(raw: Any, ours: bool) -> BinaryIO:
    """Copy a pipe to a nameless private file, so that a slow writer at its other end keeps no lock of ours."""
    copy: Any = tempfile.TemporaryFile()  # noqa: SIM115 - the source closes it
    try:
        while data := raw.read(HEAD):
            copy.write(data)
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    if ours:
        raw.close()
    return copy  # type: ignore[no-any-return]


def _examined(path: str, raw: Any, format: str, encoding: str, ours: bool) -> Source:
    """Look at the first bytes of a stream."""
    name = "stdin" if path == "-" else path
    head = raw.read(HEAD)
    if not head and format not in ("json", "jsonl") and not path.endswith((".jsonl", ".ndjson")):
        raise Invalid(f"{name} is empty", details=[{"line": 1, "code": "empty", "message": "there is no header"}])
    for mark, kind in OTHER_FILES:
        if head.startswith(mark):
            raise Invalid(f"{name} is {kind}", details=[{"line": 1, "code": "format", "message": f"it is {kind}"}])
    chosen = known_encoding(head, encoding)
    if chosen == "utf-8-sig":
        head, chosen = head.removeprefix(codecs.BOM_UTF8), "utf-8"
    stream = io.BufferedReader(_Joined(head, raw, ours), HEAD)
    return Source(name, stream, chosen_format(path, format, head, chosen), chosen)


def open_file(path: str) -> BinaryIO:
    """Open a file or a named pipe; raises UsageError for a folder or a device."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise UsageError(f"{path} is a folder, not a file")
        return open(path, "rb", buffering=0) if stat.S_ISFIFO(mode) else open(path, "rb")
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}") from None
    except ValueError:
        raise UsageError(f"{path!r} is not the name of a file") from None


def known_encoding(head: bytes, encoding: str) -> str:
    """Return the encoding that was asked for, or that of the byte order mark, else UTF-8."""
    found = next((name for mark, name in MARKS if head.startswith(mark)), None)
    if encoding == "auto":
        return found or "utf-8"
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)  # refuses codecs that are no encodings of text, such as rot13 and base64
    except LookupError:
        raise UsageError(f"no encoding {encoding!r}", candidates=["utf-8", "cp1252", "utf-16", "iso-8859-1"]) from None
    return "utf-8-sig" if name in ("utf-8", "utf-8-sig") and found == "utf-8-sig" else name.removesuffix("-sig")


def chosen_format(path: str, format: str, head: bytes, encoding: str) -> str:
    """Return the format that was asked for, or that of the file's ending, or what the content looks like."""
    if format != "auto":
        return format
    ending = os.path.splitext(path)[1].lower()
    if ending in ENDINGS:
        return ENDINGS[ending]
    first = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")[:1]
    return {"[": "json", "{": "jsonl"}.get(first, "csv")
