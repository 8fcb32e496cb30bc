"""What passes between the stages of an import: rows with their lines, batches of them, and problems."""

from __future__ import annotations

from itertools import count
from types import MappingProxyType

from mycrm_cli.errors import Invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.derived import Known
    from mycrm_cli.services.rows import Row

    Remark = tuple[int, str, str, str]
    """What a reader says about the file: line, column, message, code."""
    Settled = dict[str, tuple[str | None, Any]] | None
    """How columns write dates and numbers, by name, once the file has been looked at."""

BATCH = 5000
"""Rows that go through the stages together."""

STRUCTURAL = frozenset(("encoding", "long_line", "nul", "quotes", "ragged", "not_json", "not_vcard", "not_calendar"))
"""Codes of rows whose cells could not be told apart; what they hold is not sure."""

REJECT_COLUMNS = ("_line", "_column", "_code", "_message")
"""What a rejects file adds to the original columns; an import of such a file leaves them out."""


ABSENT = object()
"""The cell of a column that a JSON record has not; ``None`` is one that is there and empty."""


class Problem(Exception):
    """Why a row cannot be imported: its line, the column, the value, a stable code, and a sentence.

    ``further`` is what else is wrong with the row.
    """

    further: Sequence[Problem] = ()

    def __init__(self, code: str, message: str, *, line: int = 0, column: str = "", value: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line
        self.column = column
        self.value = value

    def detail(self) -> dict[str, object]:
        """Return the problem as errors list it."""
        found: dict[str, object] = {"line": self.line, "column": self.column or None, "code": self.code}
        if self.value not in (None, ""):
            found["value"] = short(str(self.value))
        return found | {"message": self.message}

    @property
    def all(self) -> list[Problem]:
        """The problem and the others of its row."""
        return [self, *self.further]


def short(text: str, longest: int = 60) -> str:
    """Return a value as messages quote it."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def joined(problems: Sequence[Problem]) -> tuple[str, str, str]:
    """Return the columns, the codes and the sentences of a row's problems, as a file with one line a row has them."""
    said = [(problem.column, problem.code, problem.message) for problem in problems]
    columns, codes, messages = ("; ".join(texts) for texts in zip(*said, strict=True))
    return columns, codes, messages


def from_error(error: Invalid, column: str = "") -> Problem:
    """Return the problem that an error of the writer means for a row."""
    detail = error.details[0] if error.details else {}
    name = column or str(detail.get("field") or "")
    message = error.message
    if error.candidates:
        message += f": {' · '.join(error.candidates)}"
    return Problem(str(detail.get("code") or error.code), message, column=name)


PLACES = count(1)
NOTHING: Any = MappingProxyType({})
"""What most rows have of references, roles and links: nothing, and the same nothing for all."""


class Record:
    """One row of the file on its way through the stages.

    ``place`` tells it from all others; several records of a JSON file may share a ``line``.

    ``values`` are the fields to set; ``references`` the texts of columns that point to other records,
    by the column's place; ``roles`` what part they have, by their text; ``links`` the further records by
    the column of the first; ``externals`` are its keys in other systems, ``keys`` all by which it may be
    known. ``matched`` is the id of the stored record it is about, ``image`` that record as far as it was
    read, ``trashed`` whether it is in the trash. What the record's computed columns will be is ``computed`` where
    another process has the time for it. A row with nothing in it is not ``filled``.
    """

    __slots__ = (
        "cells",
        "computed",
        "externals",
        "filled",
        "image",
        "keys",
        "line",
        "links",
        "matched",
        "notes",
        "place",
        "problem",
        "references",
        "roles",
        "text",
        "trashed",
        "values",
    )

    def __init__(self, line: int, cells: list[Any], problem: Problem | None = None, text: str = "") -> None:
        self.line = line
        self.place = next(PLACES)
        self.cells = cells
        self.problem = problem
        self.text = text
        self.values: Row = {}
        self.references: Mapping[int, list[str]] = NOTHING
        self.roles: Mapping[tuple[int, str], str] = NOTHING
        self.links: Mapping[str, dict[UUID, str | None]] = NOTHING
        self.externals: Sequence[tuple[str, str]] = ()
        self.notes: Sequence[str] = ()
        self.keys: list[tuple[str, Any]] = []
        self.matched: UUID | None = None
        self.image: Row | None = None
        self.trashed = False
        self.computed: Known | None = None
        self.filled = False

    def refer(self, place: int, texts: list[str]) -> None:
        """Remember what a column points to."""
        if self.references is NOTHING:
            self.references = {}
        self.references[place] = texts  # type: ignore[index]

    def refuse(self, problem: Problem) -> None:
        """Mark the row as one that cannot be imported, for one more reason."""
        problem.line = self.line
        if self.problem is None:
            self.problem = problem
        elif all(problem.detail() != known.detail() for known in self.problem.all):
            self.problem.further = [*self.problem.further, problem]


class Batch:
    """Rows that go through the stages together, under the header as far as it is known."""

    __slots__ = ("header", "records")

    def __init__(self, header: Sequence[str], records: list[Record]) -> None:
        self.header = header
        self.records = records

    @property
    def good(self) -> list[Record]:
        """The rows without a problem so far."""
        return [record for record in self.records if record.problem is None]
