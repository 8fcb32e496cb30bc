"""A file without a name in which the entries of a large change wait until the change itself is written."""

from __future__ import annotations

import marshal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


LENGTH = 8
"""Bytes that tell how long a batch is."""


class Spool:
    """Batches of rows, each for a table. The system removes the file with the process."""

    def __init__(self) -> None:
        from tempfile import TemporaryFile

        self.file = TemporaryFile()  # noqa: SIM115 - it lives as long as the change is being made

    def add(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Put a batch at the end."""
        batch = marshal.dumps((table, list(rows)))
        self.file.write(len(batch).to_bytes(LENGTH, "big") + batch)

    def mark(self) -> int:
        """Return where the file ends now."""
        return self.file.tell()

    def back(self, mark: int) -> None:
        """Forget what was added since a mark."""
        self.file.seek(mark)
        self.file.truncate()

    def batches(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """Yield all batches in their order, and close the file."""
        end = self.mark()
        self.file.seek(0)
        while self.file.tell() < end:
            length = int.from_bytes(self.file.read(LENGTH), "big")
            yield marshal.loads(self.file.read(length))  # noqa: S302 - nobody else can write this file
        self.file.close()
