"""Files that hold a whole organization: plain, or packed as their ending says."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager

from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.output import files as written
from mycrm_cli.services.transfer import files, unpacking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

BUFFER = 1 << 18
"""Bytes that are read at a time."""
ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst")


@contextmanager
def writing(path: str | None) -> Iterator[BinaryIO]:
    """Give a stream to a file that is there under its name only when all is written; None and ``-`` are stdout."""
    if path not in (None, "-"):
        written.refuse_folder(str(path))
    target = path if path in (None, "-") else os.path.realpath(str(path))
    if target not in (None, "-") and not str(target).endswith(ENDINGS):
        raise UsageError(f"{path} cannot be written: the name ends in {', '.join(ENDINGS)}")
    with written.binary(target) as stream:
        yield stream


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
