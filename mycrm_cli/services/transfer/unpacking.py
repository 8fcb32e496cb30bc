"""Unpacks gzip, zip and zstd while reading, with limits against files that unpack to no end."""

from __future__ import annotations

import io
import os

from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.output import files as written
from mycrm_cli.services.transfer.files import Wrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO
    from zipfile import ZipInfo

    from mycrm_cli.services.transfer.files import File

MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip"}
MOST = 256 << 30
"""Bytes that a packed file may unpack to."""
FREE = 64 << 20
"""Bytes that any file may unpack to, however small it is."""
RATIO = 200
"""How many times its size a file may unpack to beyond that; tables rarely reach 50."""
DATA = (*written.TEXTS, ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".vcf", ".ics")
"""Endings of files in a zip archive that are taken for data."""


def packed_as(head: bytes) -> str | None:
    """Return how a file is packed by its first bytes, or None."""
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), None)


class Unpacked(Wrapper):
    """The bytes of a packed file; raises Invalid where it is broken or unpacks to too much."""

    def __init__(self, name: str, kind: str, stream: Any, size: int) -> None:
        self.file_name = name
        self.kind = kind
        self.stream = stream
        self.allowed = min(FREE + RATIO * size, MOST)
        self.count = 0

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next."""
        import zlib
        from zipfile import BadZipFile

        try:
            data = self.stream.read(len(buffer))
        except (EOFError, OSError, zlib.error, BadZipFile, ValueError, NotImplementedError) as error:
            raise broken(self.file_name, self.kind, error) from None
        except RuntimeError as error:  # zipfile, where a password is needed
            raise broken(self.file_name, self.kind, error) from None
        except Exception as error:
            if type(error).__name__ != "ZstdError":
                raise
            raise broken(self.file_name, self.kind, error) from None
        buffer[: len(data)] = data
        self.count += len(data)
        if self.count > self.allowed:
            raise Invalid(
                f"{self.file_name} unpacks to more than {RATIO} times its size: it is not taken for data",
                hint="if it is what you want, unpack it yourself and import the file",
                details=[{"code": "too_large", "message": f"more than {self.allowed:,} bytes"}],
            )
        return len(data)


def broken(name: str, kind: str, error: BaseException) -> Invalid:
    """Return the error for a packed file that cannot be unpacked."""
    said = str(error)
    why, hint = "it is damaged", "get the file once more"
    if isinstance(error, EOFError) or "incomplete" in said:
        why = "it is cut off"
    elif isinstance(error, OSError) and error.strerror:
        why = error.strerror.lower()
    elif isinstance(error, NotImplementedError):
        why, hint = "it is packed in a way that is not known here", "unpack it yourself and import the file"
    elif isinstance(error, RuntimeError) and ("password" in said or "encrypted" in said):
        why, hint = "it is protected with a password", "unpack it yourself and import the file"
    details: list[dict[str, object]] = [{"code": "packed", "message": why, "library": said}]
    return Invalid(f"{name} cannot be unpacked as {kind}: {why}", hint=hint, details=details)


def unpacked(file: File, kind: str, member: ZipInfo | None) -> BinaryIO:
    """Return the unpacked bytes of a file from their beginning."""
    view = file.view()
    stream: Any
    if kind == "gzip":
        import gzip

        stream = gzip.GzipFile(fileobj=io.BufferedReader(view), mode="rb")
    elif kind == "zstd":
        stream = written.zstd().ZstdFile(io.BufferedReader(view), "rb")
    else:
        stream = _member(file, member)
    size = member.compress_size if member is not None else view.size
    return io.BufferedReader(Unpacked(file.name, kind, stream, size), 1 << 16)


def _member(file: File, member: ZipInfo | None) -> Any:
    from zipfile import BadZipFile, ZipFile

    assert member is not None
    try:
        return ZipFile(io.BufferedReader(file.view())).open(member)
    except (BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError) as error:
        raise broken(file.name, "zip", error) from None


def members(file: File) -> list[ZipInfo]:
    """Return the files in a zip archive; raises Invalid where it is none."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(io.BufferedReader(file.view())) as archive:
            found = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        what = "looks like a zip archive or a workbook, and is damaged or cut off"
        raise Invalid(
            f"{file.name} {what}",
            hint="get the file once more; open a workbook in a spreadsheet program and save it as CSV",
            details=[{"code": "format", "message": what, "library": str(error)}],
        ) from None
    return [member for member in found if not member.is_dir()]


def chosen(file: File, found: list[ZipInfo], asked: str | None) -> ZipInfo:
    """Return the one file of an archive that is to be read; raises where it is not clear which."""
    real = [m for m in found if not m.filename.startswith("__MACOSX/") and os.path.basename(m.filename)[:1] != "."]
    names = [member.filename for member in real]
    if asked is not None:
        fitting = [m for m in real if asked in (m.filename, os.path.basename(m.filename))]
        if len(fitting) != 1:
            hint = "--member takes the name of one of them"
            raise UsageError(f"{file.name} has no single file called {asked!r}", hint=hint, candidates=names[:20])
        return fitting[0]
    data = [member for member in real if member.filename.lower().endswith(DATA)] or real
    if len(data) == 1:
        return data[0]
    if not data:
        raise Invalid(
            f"{file.name} is an archive without files",
            details=[{"code": "empty", "message": "an archive without files"}],
        )
    raise UsageError(
        f"{file.name} has {len(data):,} files", hint=f"--member '{data[0].filename}' reads one", candidates=names[:20]
    )
