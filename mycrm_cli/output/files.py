"""Files that are there under their name only when all of them is written; packed as their ending says."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from contextlib import contextmanager

from mycrm_cli.errors import ConfigError, UsageError
from mycrm_cli.output.safe import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO, TextIO

PACKED = (".gz", ".zst", ".zip")
TEXTS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
"""Formats of text by the ending of a file's name, whether it is written or read."""
LEVEL = 4
"""How hard gzip and zip try: harder takes twice the time for a tenth of the size."""
BUFFER = 1 << 18


def split(path: str) -> tuple[str, str]:
    """Return a file's name without the ending that says how it is packed, and that ending, in lower case."""
    name, ending = os.path.splitext(path)
    return (name, ending.lower()) if ending.lower() in PACKED else (path, "")


def refuse_folder(path: str) -> None:
    """Refuse a folder where a file is to be written, and what only a folder is called; raises UsageError."""
    if os.path.isdir(path):
        raise UsageError(f"{path} is a folder, not a file")
    if path.endswith((os.sep, "/")):
        raise UsageError(f"{path} names a folder, not a file", hint=f"without {path[-1]} at its end")


@contextmanager
def text(path: str | None, *, mark: bool = False) -> Iterator[TextIO]:
    """Give a stream for text as ``binary`` does; with ``mark`` it begins with a byte order mark."""
    if path in (None, "-"):
        sys.stdout.write("\ufeff" if mark else "")
        yield visible(sys.stdout)
        return
    with binary(path) as stream:
        writer = io.TextIOWrapper(stream, "utf-8-sig" if mark else "utf-8", newline="")
        yield writer
        writer.flush()
        writer.detach()


@contextmanager
def binary(path: str | None) -> Iterator[BinaryIO]:
    """Give a stream to a new file, mode 0600, or to stdout; raises UsageError for a name that none can have."""
    if path is None or path == "-":
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        with open(path, "wb", BUFFER) as device, _packed(device, path) as stream:
            yield stream  # a pipe or a device stays what it is
        return
    refuse_folder(path)
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise UsageError(f"{target} cannot be written: it is no file's name in a folder that exists")
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".mycrm-", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb", BUFFER) as file:
            with _packed(file, path) as stream:
                yield stream
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


@contextmanager
def _packed(file: BinaryIO, path: str) -> Iterator[Any]:
    """Give a stream that packs what is written as the file's name says."""
    name, ending = split(path)
    if ending == ".gz":
        import gzip

        with gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as stream, io.BufferedWriter(stream, BUFFER) as buffered:
            yield buffered
    elif ending == ".zst":
        with zstd().ZstdFile(file, "wb") as packer:
            yield packer
    elif ending == ".zip":
        import zipfile

        with (
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive,
            archive.open(os.path.basename(name), "w", force_zip64=True) as member,
        ):
            yield member
    else:
        yield file


def zstd() -> Any:
    """Return Python's module for zstd, its own or the one that older versions need."""
    try:
        from compression import zstd as module
    except ImportError:
        try:
            from backports import zstd as module
        except ImportError:
            hint = "pip install 'mycrm[zstd]'"
            raise ConfigError("zstd needs a library that is not installed", hint=hint) from None
    return module
