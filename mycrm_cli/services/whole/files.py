"""Files that hold a whole organization: plain, or packed as their ending says."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from contextlib import contextmanager

from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.services.transfer import files, unpacking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO

BUFFER = 1 << 18
"""Bytes that are read at a time."""
LEVEL = 4
"""How hard gzip tries: harder takes twice the time for a tenth of the size."""
ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst")


@contextmanager
def writing(path: str | None) -> Iterator[BinaryIO]:
    """Give a stream to a file that is there under its name only when all is written; None and ``-`` are stdout."""
    if path in (None, "-"):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = os.path.realpath(str(path))
    folder = os.path.dirname(target)
    if not target.endswith(ENDINGS):
        raise UsageError(f"{path} cannot be written: the name ends in {', '.join(ENDINGS)}")
    if os.path.isdir(target) or not os.path.isdir(folder):
        raise UsageError(f"{path} cannot be written: it is no file's name in a folder that exists")
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".mycrm-", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            with _packed(file, target) as stream:
                yield stream
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


@contextmanager
def _packed(file: BinaryIO, name: str) -> Iterator[Any]:
    """Give a stream that packs as the name says."""
    if name.endswith(".gz"):
        import gzip

        with gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as stream:
            yield stream
    elif name.endswith(".zst"):
        with unpacking.zstd().ZstdFile(file, "wb") as stream:
            yield stream
    else:
        yield file


@contextmanager
def reading(path: str) -> Iterator[BinaryIO]:
    """Give the unpacked lines of a file (``-`` is stdin); raises UsageError, or Invalid for one that is broken."""
    file = files.opened(path)
    try:
        with file.view() as view:
            kind = unpacking.packed_as(view.read(4))
        if kind == "zip":
            raise Invalid(f"{file.name} is a zip archive; unpack it first")
        stream = unpacking.unpacked(file, kind, None) if kind else io.BufferedReader(file.view(), BUFFER)
        with stream:
            yield stream
    finally:
        file.close()
