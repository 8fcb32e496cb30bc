"""Files that an import writes beside the database: the rejected rows, and what became of every row."""

from __future__ import annotations

import csv
import json
import os

from mycrm_cli.errors import UsageError
from mycrm_cli.services.transfer.model import ABSENT, REJECT_COLUMNS, STRUCTURAL, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO
    from uuid import UUID


def private(path: str) -> TextIO:
    """Open a file for writing that only its owner may read."""
    if os.path.isdir(path):
        raise UsageError(f"{path} is a folder, not a file")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


class Rejects:
    """The rows that were refused, as they stood in the file, and why."""

    def __init__(self, path: str | None, delimiter: str | None) -> None:
        self.file = private(path) if path else None
        self.delimiter = delimiter
        self.writer: Any = None

    def add(self, header: Sequence[str], record: Record) -> None:
        """Write one row."""
        problem = record.problem
        if self.file is None or problem is None:
            return
        why = dict(zip(REJECT_COLUMNS, (record.line, problem.column, problem.code, problem.message), strict=True))
        if self.delimiter is None:
            self.file.write(self._json(header, record, why) + "\n")
            return
        kept = [place for place, name in enumerate(header) if name not in REJECT_COLUMNS]
        if self.writer is None:
            self.writer = csv.writer(self.file, delimiter=self.delimiter, lineterminator="\n")
            self.writer.writerow([*(header[place] for place in kept), *REJECT_COLUMNS])
        self.writer.writerow([*(record.cells[place] for place in kept), *why.values()])

    @staticmethod
    def _json(header: Sequence[str], record: Record, why: dict[str, object]) -> str:
        if problem_is_structural(record):
            return json.dumps({"_raw": record.text, **why}, ensure_ascii=True)
        cells = {name: cell for name, cell in zip(header, record.cells, strict=False) if cell is not ABSENT}
        kept = {name: cell for name, cell in cells.items() if name not in REJECT_COLUMNS}
        return json.dumps({**kept, **why}, ensure_ascii=True)

    def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()


def problem_is_structural(record: Record) -> bool:
    """Whether the row's cells could not be told apart."""
    return record.problem is not None and record.problem.code in STRUCTURAL and not record.cells


class Results:
    """One line for every row: what became of it, and our id and number for it."""

    def __init__(self, path: str | None) -> None:
        self.file = private(path) if path else None
        if self.file is not None:
            self.writer = csv.writer(self.file, lineterminator="\n")
            self.writer.writerow(["line", "status", "id", "number", "code", "message"])

    def add(
        self, line: int, status: str, id: UUID | None, number: int | None, code: str = "", message: str = ""
    ) -> None:
        """Write one line."""
        if self.file is not None:
            self.writer.writerow([line, status, id or "", number or "", code, message])

    def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()
