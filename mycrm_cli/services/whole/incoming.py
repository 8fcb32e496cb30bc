"""Reads the lines of a whole organization back and refuses a file that is not as it was written."""

from __future__ import annotations

import hashlib
import json

from mycrm_cli import __version__
from mycrm_cli.db.revision import REVISION
from mycrm_cli.errors import ConfigError, Invalid
from mycrm_cli.services.whole import tables
from mycrm_cli.services.whole.outgoing import FORMAT, LONGEST, VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO
    from uuid import UUID

    from mycrm_cli.catalog import Entity

STEP, SIZE = 1000, 1 << 20
"""Rows, and about how many bytes of them, that are read together."""


class Dump:
    """A file with a whole organization: its head, then its tables one after the other."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self.name = name
        self.stream = stream
        self.digest = hashlib.sha256()
        self.number = 0
        self.rows = 0
        self.waiting: dict[str, Any] | None = None
        self.head = self._head()
        self.counts: dict[str, int] = {}

    def refuse(self, what: str) -> Invalid:
        """Return the error for a file that cannot be taken."""
        detail = {"line": self.number, "code": "damaged", "message": what}
        hint = "nothing was written; make the export again"
        return Invalid(f"{self.name}, line {self.number}: {what}", details=[detail], hint=hint)

    def _head(self) -> dict[str, Any]:
        """Return the first line; raises Invalid for another kind of file, ConfigError for a newer program's."""
        line = self._line()
        head = self._parsed(line) if line.startswith(b"{") else None
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            raise Invalid(f"{self.name} is no export of a whole organization", hint="mycrm org export --all -O FILE")
        schema, version = str(head.get("schema")), head.get("version")
        if version != VERSION or schema > REVISION:
            raise ConfigError(
                f"{self.name} was written by mycrm {head.get('program')} with schema {schema}; this is {__version__}"
                f" with schema {REVISION}",
                hint="update mycrm",
            )
        self.digest.update(line)
        return head

    def organization(self) -> tuple[UUID, str, str]:
        """Return id, slug and name of the organization."""
        from uuid import UUID

        try:
            told = self.head["organization"]
            return UUID(told["id"]), str(told["slug"]), str(told["name"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self.refuse("it does not say whose it is") from None

    def tables(self) -> Iterator[Table]:
        """Yield the tables; each must be read to its end. Raises Invalid where the file is not whole."""
        known = {entity.table: entity for entity in tables.travelling()}
        told = self._next()
        while told is not None and "table" in told:
            entity = known.get(str(told["table"]))
            if entity is None or entity.table in self.counts:
                raise self.refuse(f"there is no table {told['table']!r}, or it comes twice")
            columns = told.get("columns")
            if not isinstance(columns, list) or not set(columns) <= set(tables.columns(entity)):
                raise self.refuse(f"the columns of {entity.table} are not those of this program")
            table = Table(self, entity, columns)
            yield table
            self.counts[entity.table] = table.count
            told = self.waiting
        self._check_end(told)

    def _check_end(self, tail: dict[str, Any] | None) -> None:
        """Compare what was read with what the head and the last line say."""
        if tail is None:
            raise self.refuse("the file is cut off: its last line is missing")
        if tail.get("sha256") != self.digest.hexdigest() or tail.get("rows") != self.rows:
            raise self.refuse("the file was altered: its SHA-256 is another")
        if {name: count for name, count in self.head.get("tables", {}).items() if count} != self.counts:
            raise self.refuse("the tables do not have the rows that the first line tells")
        if self.stream.read(1):
            raise self.refuse("something follows after the last line")

    def batches(self, width: int) -> Iterator[list[list[Any]]]:
        """Yield the rows of a table, some at a time, up to the line that is none."""
        batch: list[list[Any]] = []
        size = 0
        while line := self._line():
            if not line.startswith(b"["):
                self.waiting = self._announced(line)
                break
            self.digest.update(line)
            row = self._parsed(line)
            if len(row) != width:
                raise self.refuse(f"the row has {len(row)} values for {width} columns")
            batch.append(row)
            self.rows += 1
            size += len(line)
            if len(batch) == STEP or size > SIZE:
                yield batch
                batch, size = [], 0
        else:
            self.waiting = None
        if batch:
            yield batch

    def _next(self) -> dict[str, Any] | None:
        line = self._line()
        return self._announced(line) if line else None

    def _announced(self, line: bytes) -> dict[str, Any]:
        """Return a line that begins a table or ends the file."""
        told = self._parsed(line)
        if not isinstance(told, dict):
            raise self.refuse("it is neither a row nor the beginning of a table")
        if "sha256" not in told:
            self.digest.update(line)
        return told

    def _line(self) -> bytes:
        self.number += 1
        line = self.stream.readline(LONGEST)
        if line and not line.endswith(b"\n"):
            raise self.refuse(
                "the file is cut off in the middle of a line" if len(line) < LONGEST else "it is too long"
            )
        return line

    def _parsed(self, line: bytes) -> Any:
        try:
            return json.loads(line.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError):
            raise self.refuse("it is not valid JSON") from None


class Table:
    """One table of a file. ``count`` is the number of rows that were read so far."""

    def __init__(self, dump: Dump, entity: Entity, columns: list[str]) -> None:
        self.dump = dump
        self.entity = entity
        self.columns = columns
        self.count = 0

    @property
    def expected(self) -> int:
        """The number of rows that the head tells."""
        told = self.dump.head.get("tables", {}).get(self.entity.table, 0)
        return told if isinstance(told, int) else 0

    def batches(self) -> Iterator[list[list[Any]]]:
        """Yield the rows, some at a time."""
        for batch in self.dump.batches(len(self.columns)):
            self.count += len(batch)
            yield batch
