"""The file of a plan: a header, one line of JSON for each row of the import, and a last line that seals it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby

from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.services.whole import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO

    Document = dict[str, Any]

VERSION = 1
CHUNK = 1 << 20
ACTIONS = {
    "created": "create",
    "updated": "update",
    "restored": "restore",
    "unchanged": "unchanged",
    "skipped": "skip",
    "rejected": "error",
}
"""What a row's line says, by what becomes of the row."""
HEADER: dict[str, type] = {
    "entity": str,
    "organization_id": str,
    "made_at": str,
    "counts": dict,
    "custom_fields": dict,
    "checked": list,
    "warnings": dict,
    "options": dict,
    "parents": dict,
}
"""What a header has at least, beside the version."""
PARENT = "parent"
"""The action of a record that is created because rows point to it."""

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def line(document: Document) -> bytes:
    """Return a line of the file; half characters of broken cells stay as JSON writes them."""
    return f"{encode(document)}\n".encode("utf-8", "backslashreplace")


class Draft:
    """Lines that wait for their header, which tells what they add up to."""

    def __init__(self, path: str) -> None:
        self.file: Any = tempfile.TemporaryFile(dir=os.path.dirname(os.path.realpath(path)))  # noqa: SIM115

    def add(self, document: Document) -> None:
        """Add a line."""
        self.file.write(line(document))

    def finish(self, stream: BinaryIO, header: Document) -> None:
        """Write the header, the lines, and the last line with the SHA-256 of all before it."""
        first = line(header)
        digest = hashlib.sha256(first)
        stream.write(first)
        self.file.seek(0)
        while part := self.file.read(CHUNK):
            digest.update(part)
            stream.write(part)
        stream.write(line({"end": True, "counts": header["counts"], "sha256": digest.hexdigest()}))


@contextmanager
def written(path: str) -> Iterator[tuple[Draft, BinaryIO]]:
    """Give a draft and the stream to the file, which is there under its name only when all is written."""
    if path == "-":
        raise UsageError("a plan is written into a file", hint="--plan plan.jsonl")
    with files.writing(path) as stream:
        draft = Draft(path)
        try:
            yield draft, stream
        finally:
            draft.file.close()


class Stored:
    """A plan in a file, found whole. ``header`` and ``counts`` are what it says of itself."""

    def __init__(self, path: str) -> None:
        if path == "-":
            raise UsageError("a plan is read twice, so it cannot come from a pipe", hint="--apply plan.jsonl")
        self.path = path
        self.header: Document = {}
        with files.reading(path) as stream:
            self._check(stream)

    def _check(self, stream: BinaryIO) -> None:
        """Read all of it once; raises Invalid for what is no plan, is cut off or was altered."""
        first = stream.readline(CHUNK * 64)
        self.header = self._parsed(first)
        if "plan" not in self.header:
            raise self._no_plan()
        if self.header["plan"] != VERSION:
            made = f"version {self.header['plan']} of plans, by mycrm {self.header.get('program')}"
            raise Invalid(f"{self.path} is of {made}; this program knows version {VERSION}", hint="make the plan again")
        if not _is_header(self.header):
            raise self._no_plan()
        digest, waiting = hashlib.sha256(), first
        for each in stream:
            digest.update(waiting)
            waiting = each
        last = self._parsed(waiting) if waiting.endswith(b"\n") else {}
        if last.get("end") is not True:
            raise Invalid(f"{self.path} is cut off: its last line is missing", hint="make the plan again")
        if last.get("sha256") != digest.hexdigest():
            raise self._altered()

    def batches(self) -> Iterator[list[Document]]:
        """Yield the lines that belong together; raises Invalid where the file is another one now."""
        for _, together in groupby(self._lines(), key=lambda document: document.get("batch")):
            yield list(together)

    def _lines(self) -> Iterator[Document]:
        with files.reading(self.path) as stream:
            waiting = stream.readline()
            digest = hashlib.sha256(waiting)
            waiting = stream.readline()
            for each in stream:
                digest.update(waiting)
                yield self._parsed(waiting)
                waiting = each
            if self._parsed(waiting).get("sha256") != digest.hexdigest():
                raise self._altered()

    def _parsed(self, text: bytes) -> Document:
        """Return what a line says; raises Invalid for what is no line of a plan."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise self._no_plan() from None
        if not isinstance(document, dict):
            raise self._no_plan()
        return document

    def _no_plan(self) -> Invalid:
        return Invalid(f"{self.path} is no plan", hint="mycrm contact import FILE --plan plan.jsonl makes one")

    def _altered(self) -> Invalid:
        return Invalid(
            f"{self.path} was altered: its lines do not give the SHA-256 of its last line",
            hint="make the plan again; what is to be different belongs into the file that is imported",
        )


def _is_header(header: Document) -> bool:
    """Whether the first line says what a plan says of itself."""
    if not all(isinstance(header.get(name), wanted) for name, wanted in HEADER.items()):
        return False
    if {"rows", *ACTIONS} - header["counts"].keys() or not all(type(n) is int for n in header["counts"].values()):
        return False
    try:
        return datetime.fromisoformat(header["made_at"]).tzinfo is not None
    except ValueError:
        return False
