"""An organization in which every text field of every noun holds every payload that its kind takes."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mycrm_cli import catalog
from mycrm_cli.kinds.base import BadValue
from tests.attacks.payloads import PAYLOADS
from tests.program import Program

TEXTS = frozenset(("text", "url", "domain", "email", "phone", "country", "currency", "tags"))
"""Kinds that people fill with words."""
WITHOUT = frozenset(("change", "org", "score", "rate"))
"""Nouns whose texts nobody writes through an import; the organization's are set by hand."""
EXPRESSIONS = {"filter": "expression", "rule": "expression"}
"""Fields in a language of their own, which get one filter in which the payload is a quoted text."""
CUSTOM = ("contact", "company", "lead", "deal")
PARENT = {"contact": "boss@acme.example"}
BASE: dict[str, dict[str, Any]] = {
    "note": PARENT,
    "activity": {"activity_type": "call", "occurred_at": "2026-01-02T10:00:00Z", **PARENT},
    "task": {"due_date": "2026-12-01T10:00:00Z", "assigned_to": "me"},
    "email": PARENT,
    "item": {"deal": "D-1", "product": "P-1"},
    "stage": {"pipeline": "Own", "probability": 5},
    "user": {"role": "readonly"},
    "field": {"entity": "contact", "type": "text"},
    "filter": {"entity": "contact", "expression": "city=x"},
    "rule": {"expression": "source=event", "user": "me"},
    "lead": {"email": None},
}
"""What a record needs beside its texts."""
SETUP = (
    ("contact", "add", "Boss", "--email", "boss@acme.example"),
    ("product", "add", "Seat", "--unit-price", "1"),
    ("deal", "add", "First"),
    ("pipeline", "add", "Own", "--stages", "One:10,Two:20"),
    *(("field", "add", noun, "own_text", "--type", "text") for noun in CUSTOM),
)


class World:
    """The organization; ``rows`` are what was written by noun and payload, ``ids`` a record of each noun."""

    def __init__(self, crm: Program, folder: Path, payloads: dict[str, str] = PAYLOADS) -> None:
        self.crm = crm
        self.folder = folder
        self.payloads = payloads
        self.rows: dict[str, dict[str, dict[str, str]]] = {}
        self.ids: dict[str, list[str]] = {}
        self.refused = self.written = 0
        self.dropped: list[tuple[str, str, str]] = []
        self.wrong: list[str] = []
        """What went wrong since."""
        for line in SETUP:
            crm(*line)
        for noun, entity in catalog.nouns().items():
            if noun not in WITHOUT:
                self._fill(noun, entity)
        self._organization()

    def _fill(self, noun: str, entity: catalog.Entity) -> None:
        """Import a record for each payload; fields that the noun's rules refuse are left out of the next try."""
        rows = {}
        for name, payload in self.payloads.items():
            fields = texts(entity, payload)
            self.refused += sum(1 for taken in fields.values() if not taken)
            rows[name] = {field: payload for field, taken in fields.items() if taken}
            if noun in CUSTOM and "\0" not in payload and name != "surrogate":
                rows[name]["cf.own_text"] = payload
        self.rows[noun] = rows
        waiting = list(rows)
        for _ in range(8):
            waiting = self._import(noun, entity, waiting)
            if not waiting:
                break
        assert not waiting, (noun, waiting)
        self.written += sum(map(len, rows.values()))

    def _import(self, noun: str, entity: catalog.Entity, names: list[str]) -> list[str]:
        """Import the rows, take away the fields that were refused, and return the names of those to try again."""
        rejects = self.folder / f"{noun}.rejects.jsonl"
        rejects.unlink(missing_ok=True)
        lines = [self._record(noun, entity, name) for name in names]
        result = self.crm(
            *(noun, "import", "-", "--format", "jsonl", "--on-error", "skip", "--mode", "insert", "--yes"),
            *("--rejects", str(rejects)),
            stdin="\n".join(map(json.dumps, lines)),
            exit=None,
        )
        assert result.exit in (0, 6, 7), result
        again = []
        for line in rejects.read_text().splitlines() if rejects.exists() else ():
            rejected = json.loads(line)
            name, field = names[rejected["_line"] - 1], rejected["_column"]
            if self.rows[noun][name].pop(field, None) is None:
                self.refused += len(self.rows[noun].pop(name))
                self.dropped.append((noun, name, rejected["_message"]))
            else:
                self.refused += 1
                again.append(name)
        return again

    def _record(self, noun: str, entity: catalog.Entity, name: str) -> dict[str, Any]:
        place = list(self.payloads).index(name)
        base = {key: value for key, value in BASE.get(noun, {}).items() if value is not None}
        record = base | self.rows[noun][name]
        if noun in EXPRESSIONS and name not in ("nul", "surrogate"):
            record[EXPRESSIONS[noun]] = f"company={quoted(self.payloads[name][:90])}"
        for key in filter(None, (entity.key, *(f.name for f in entity.fields.values() if f.required))):
            if key == "email":
                record[key] = f"u{place}@acme.example"
            elif key in entity.fields and entity.fields[key].kind_name == "text" and not record.get(key):
                record[key] = f"z_{place}"
        return record

    def _organization(self) -> None:
        """Give the organization itself a hostile name, and remember a record of each noun."""
        self.crm("org", "edit", "--name", self.payloads["link"] + self.payloads["markup"][:40])
        for noun in catalog.nouns():
            if noun != "org":
                self.ids[noun] = self.crm(noun, "list", "-o", "ids", "-L", "0").lines

    def expected(self, noun: str) -> Iterator[tuple[str, str, str]]:
        """Yield (payload's name, field, text) of what was written as plain text and must come back the same."""
        entity = catalog.nouns()[noun]
        for name, record in self.rows[noun].items():
            for field, text in record.items():
                if field.startswith("cf.") or entity.fields[field].kind_name == "text":
                    yield name, field, text.strip()


def texts(entity: catalog.Entity, payload: str) -> dict[str, bool]:
    """Return the fields that people fill with words, and whether their kinds take the payload."""
    found = {}
    for field in entity.fields.values():
        if not field.writable or field.internal or field.table or field.kind_name not in TEXTS:
            continue
        if (
            field.name in EXPRESSIONS.values()
            or (entity.command == "filter")
            or (entity.command == "field" and field.name in ("entity", "key"))
        ):
            continue
        if entity.command == "user" and field.name == "email":
            continue
        try:
            found[field.name] = bool(field.kind.accept(payload))
        except BadValue:
            found[field.name] = False
    return found


def quoted(text: str) -> str:
    """Return a text as a filter quotes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def cells(text: str, delimiter: str) -> list[dict[str, str]]:
    """Return the records of a CSV file."""
    import io

    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
