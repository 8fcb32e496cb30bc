"""Files that an import writes beside the database: the rejected rows, and what became of every row."""

from __future__ import annotations

import csv
import json
import os
from contextlib import suppress
from operator import itemgetter

from mycrm_cli.ids import uuid7
from mycrm_cli.output import files
from mycrm_cli.services.transfer.model import ABSENT, REJECT_COLUMNS, STRUCTURAL, Record, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO
    from uuid import UUID


def private(path: str, size: int | None = None) -> TextIO:
    """Open a file for writing that only its owner may read; ``size`` is what stays of one that is there."""
    files.refuse_folder(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | (0 if size else os.O_TRUNC), 0o600)
    os.fchmod(descriptor, 0o600)
    if size:
        os.truncate(descriptor, size)
    file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
    if size:
        file.seek(0, os.SEEK_END)
    return file


def still(path: str | None, size: int | None) -> int:
    """Return how much of a report is still there, of what an import had written when it was cut off."""
    return min(size, os.path.getsize(path)) if path and size and os.path.isfile(path) else 0


def waiting(path: str, key: str) -> str:
    """Return where results are until all they say has happened: a place of its own for each import, by its key."""
    folder, name = os.path.split(os.path.realpath(path))
    return os.path.join(folder, f".{name}.{key}.mycrm-part")


def publish_left(path: str | None, key: str) -> None:
    """Let the results be there of an import that was killed between its last commit and its end."""
    if path and os.path.exists(waiting(path, key)):
        os.replace(waiting(path, key), os.path.realpath(path))


def discard_left(path: str | None, key: str) -> None:
    """Remove the results of an import that was killed and will not be taken up again."""
    if path:
        with suppress(OSError):
            os.unlink(waiting(path, key))


def beside(path: str, key: str) -> str:
    """Return the name of a new, empty file for what is to be at a path later; raises UsageError for a folder."""
    files.refuse_folder(path)
    temporary = waiting(path, key)
    with suppress(FileNotFoundError):
        os.unlink(temporary)
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return temporary


def flushed(file: TextIO | None) -> int:
    """Make sure that what was written lasts, and return how much it is in bytes."""
    if file is None:
        return 0
    file.flush()
    os.fsync(file.fileno())
    return os.fstat(file.fileno()).st_size


class Rejects:
    """The rows that were refused, as they stood in the file, and why."""

    def __init__(self, path: str | None, delimiter: str | None, size: int | None = None) -> None:
        size = still(path, size)
        self.file = private(path, size) if path else None
        self.delimiter = delimiter
        self.begun = size > 0
        self.writer: Any = None

    def flush(self) -> int:
        """Make what was written last, and return its size."""
        return flushed(self.file)

    def add(self, header: Sequence[str], record: Record) -> None:
        """Write one row."""
        problem = record.problem
        if self.file is None or problem is None:
            return
        why = dict(zip(REJECT_COLUMNS, (record.line, *joined(problem.all)), strict=True))
        if self.delimiter is None:
            self.file.write(self._json(header, record, why) + "\n")
            return
        kept = [place for place, name in enumerate(header) if name not in REJECT_COLUMNS]
        if self.writer is None:
            self.writer = csv.writer(self.file, delimiter=self.delimiter, lineterminator="\n")
            if not self.begun:
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
    """One line for every row: what became of it, and our id and number for it.

    The file is there under its name once ``publish`` says that all of it is true: when the transaction has
    succeeded. An import that is written in ``parts`` adds to it part by part; ``size`` is what was there before.
    ``key`` is by what it is found again after a kill, where somebody looks for it.
    """

    def __init__(
        self, path: str | None, size: int | None = None, *, parts: bool = False, key: UUID | None = None
    ) -> None:
        self.path = path
        self.file: TextIO | None = None
        self.temporary: str | None = None
        self.waiting: list[tuple[Any, ...]] = []
        self.kept = size = still(path, size)
        if path is None:
            return
        if parts or (os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)):
            self.file = private(path, size)
        else:
            self.temporary = beside(path, str(key or uuid7()))
            self.file = private(self.temporary)
        self.writer = csv.writer(self.file, lineterminator="\n")
        if not size:
            self.writer.writerow(["line", "status", "id", "number", "code", "message"])

    def flush(self) -> int:
        """Make what was written last, and return its size."""
        self.sort()
        self.kept = flushed(self.file)
        return self.kept

    def sort(self) -> None:
        """Write the lines that were added, in the order of the file."""
        if self.file is not None:
            self.waiting.sort(key=itemgetter(0))
            self.writer.writerows(self.waiting)
        self.waiting = []

    def add(
        self, line: int, status: str, id: UUID | None, number: int | None, code: str = "", message: str = ""
    ) -> None:
        """Add one line; ``sort`` writes it."""
        if self.file is not None:
            self.waiting.append((line, status, id or "", number or "", code, message))

    def publish(self) -> None:
        """Let the file be there: what it says has happened."""
        self.sort()
        if self.file is not None:
            self.file.close()
            self.file = None
            if self.temporary is not None:
                os.replace(self.temporary, os.path.realpath(str(self.path)))

    def close(self) -> None:
        """Close the file; of what was not published only the parts stay that were."""
        if self.file is None:
            return
        self.file.close()
        self.file = None
        if self.temporary is not None:
            os.unlink(self.temporary)
        elif os.path.isfile(str(self.path)):
            os.truncate(str(self.path), self.kept)
