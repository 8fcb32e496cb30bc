"""One line of a plan, read back: what is to become of a row."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli.query.attached import FINGERPRINT
from mycrm_cli.services.transfer.model import Problem, Record
from mycrm_cli.services.transfer.planfile import ACTIONS

STORED = ("create", "update", "restore", "unchanged")
"""Actions on a record, which is named."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.planfile import Document
    from mycrm_cli.services.transfer.planvalues import Values


class Planned:
    """``wanted`` is what the record gets; ``values`` are old and new as JSON holds them, of updates only.

    ``same`` is what the record has already; ``extras`` is what comes beside the record's own columns.
    """

    __slots__ = ("action", "errors", "extras", "id", "keys", "line", "number", "same", "values", "wanted")

    def __init__(self, document: Document, values: Values, reader: Reader) -> None:
        self.line: int = document["line"]
        self.action: str = document["action"]
        if self.action not in ACTIONS.values() or (self.action in STORED and "id" not in document):
            raise ValueError(self.action)
        self.id = UUID(document["id"]) if "id" in document else UUID(int=0)
        self.number: int | None = document.get("number")
        self.errors: list[Document] = document.get("errors", [])
        self.extras: Document = document.get("extras", {})
        said: dict[str, Any] = document.get("values", {})
        is_new = self.action == "create"
        self.values: dict[str, list[Any]] = {} if is_new else said
        given = said if is_new else {name: pair[1] for name, pair in said.items()}
        self.same: Row = {n: values.load(reader, n, v) for n, v in document.get("same", {}).items()}
        self.wanted: Row = self.same | {name: values.load(reader, name, value) for name, value in given.items()}
        self.keys = [(step, values.load_key(reader, step, key)) for step, key in document.get("keys", ())]
        if self.extras.get("emails"):
            self.wanted["emails"] = self.extras["emails"]
        if is_new:
            self.wanted["id"] = self.id
            for source, key in self.extras.get("external_ids", ()):
                if source != FINGERPRINT:
                    self.wanted["+external"] = key

    def record(self) -> Record:
        """Return the row as the stages of an import know it."""
        record = Record(self.line, [])
        record.values, record.keys = self.wanted, self.keys
        record.matched = None if self.action == "create" else self.id
        extras = self.extras
        record.externals = [(s, k) for s, k in (*extras.get("external_ids", ()), *extras.get("remembered", ()))]
        record.notes = extras.get("notes", ())
        for main, other, role in (*extras.get("links", ()), *extras.get("roles", ())):
            linked = dict(record.links.get(main, {}))
            record.links = {**record.links, main: linked | {UUID(other): role}}
        return record

    def problems(self) -> list[Problem]:
        """Return why the row cannot be imported."""
        return [
            Problem(
                each["code"], each["message"], line=self.line, column=each.get("column") or "", value=each.get("value")
            )
            for each in self.errors
        ]
