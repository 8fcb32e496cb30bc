"""The file that is read: a regular file, or a private copy of a pipe, which can be read more than once."""

from __future__ import annotations

import io
import os
import stat
import sys
import tempfile

from mycrm_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

CHUNK = 1 << 16
STANDARD_INPUT = "standard input"
"""What people call the file that ``-`` names."""


class View(io.RawIOBase):
    """Reads a file from a place on, with a position of its own: several views of one file do not meet."""

    def __init__(self, file: BinaryIO, start: int = 0) -> None:
        self.descriptor = file.fileno()
        self.start = start
        self.place = 0
        self.size = max(os.fstat(self.descriptor).st_size - start, 0)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be wound."""
        return True

    def tell(self) -> int:
        """Return how far it has been read."""
        return self.place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.place, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError("a place before the beginning")
        self.place = base + offset
        return self.place

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next."""
        data = os.pread(self.descriptor, len(buffer), self.start + self.place)
        buffer[: len(data)] = data
        self.place += len(data)
        return len(data)


class Wrapper(io.RawIOBase):
    """Makes bytes of those of another stream, which is closed with it; ``readinto`` is the subclass's."""

    stream: Any

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def close(self) -> None:
        """Close both streams."""
        if not self.closed:
            self.stream.close()
        super().close()


class File:
    """An open file that views are taken of. ``name`` is what people call it; standard input has no ``path``."""

    def __init__(self, path: str | None, file: BinaryIO, ours: bool) -> None:
        self.path = path
        self.name = path or STANDARD_INPUT
        self.file = file
        self.ours = ours
        self.start = file.tell()

    def view(self) -> View:
        """Return a view from the beginning."""
        return View(self.file, self.start)

    def close(self) -> None:
        """Close the file, unless somebody else opened it."""
        if self.ours:
            self.file.close()


def opened(path: str) -> File:
    """Open a file (``-`` is stdin); raises UsageError for what is none."""
    raw: Any = getattr(sys.stdin, "buffer", None) if path == "-" else open_file(path)
    if raw is None:
        raise UsageError(f"there is no {STANDARD_INPUT} to read", hint="name a file")
    ours = path != "-"
    try:
        if not is_regular(raw):
            raw, ours = spooled(raw, ours), True
        return File(None if path == "-" else path, raw, ours)
    except BaseException:
        if ours:
            raw.close()
        raise


def is_regular(raw: Any) -> bool:
    """Return whether a stream is a file, which answers at once and can be read again."""
    try:
        return stat.S_ISREG(os.fstat(raw.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def spooled(raw: Any, ours: bool) -> BinaryIO:
    """Copy a pipe to a nameless private file, so that a slow writer at its other end keeps no lock of ours."""
    copy: Any = tempfile.TemporaryFile()  # noqa: SIM115 - the source closes it
    try:
        while data := raw.read(CHUNK):
            copy.write(data)
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    if ours:
        raw.close()
    return copy  # type: ignore[no-any-return]


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
