"""The change journal: what each command changed and how that was before, in a chain of hashes.

``items_hash`` is the SHA-256 over one line for each item; ``hash`` covers the columns of the change and
the hash of the change before, so that an edit, a deletion or a reordering shows. ``services.chain``
reads it all again.
"""

from __future__ import annotations

import hashlib
import os

from mycrm_cli import __version__, catalog, clock
from mycrm_cli.ids import uuid7
from mycrm_cli.services import counters, entries, rows
from mycrm_cli.services.entries import canonical, dumped
from mycrm_cli.services.spool import Spool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

BATCH = 2000
"""Items kept in memory before they are written."""

COUNTED = {"create": "created_count", "update": "updated_count", "restore": "updated_count"}

UNDONE = "undone"
"""What an undo touches of a change that it takes back beside the one that it names as its own."""


class Journal:
    """The change set of one unit of work. ``undoes`` is the change that it takes back, if it takes one back."""

    def __init__(self, work: Work, kind: str = "write") -> None:
        self.work = work
        self.kind = kind
        self.id = uuid7()
        self.number: int | None = None
        self.undoes: UUID | None = None
        self.started = clock.now()
        self.position = 0
        self.counts = dict.fromkeys(("created_count", "updated_count", "deleted_count"), 0)
        self.items_hash = hashlib.sha256()
        self.items: list[Any] = []
        self.payloads: list[Any] = []
        self.sqlite = work.connection.dialect == "sqlite"
        self.spool: Spool | None = None

    @property
    def reference(self) -> str | None:
        """How people refer to the change, once it is sealed."""
        return f"X-{self.number}" if self.number else None

    def note(self, entity: Entity, id: UUID, action: str, before: Row | None = None) -> None:
        """Write down that a record was touched, and the values that its fields had before.

        ``before`` of a purge is the whole row; its fields are not listed as touched, since all are.
        """
        self.counts[COUNTED.get(action, "deleted_count")] += 1
        digest, touched = None, "[]"
        if before:
            image = dumped(entity, before)
            if action == "purge":
                image = {name: value for name, value in image.items() if value is not None}
            else:
                touched = canonical(sorted(before))
            digest = self._keep(canonical(image))
        self._add(entity.name, id, action, touched, digest)

    def removed(self, entity: Entity, id: UUID, image: Row) -> None:
        """Write down that a record was removed for good; the image is as JSON holds it, without empty values."""
        self.counts["deleted_count"] += 1
        self._add(entity.name, id, "purge", "[]", self._keep(canonical(image)))

    def cancel(self, changes: Iterable[UUID]) -> None:
        """Write down which changes are taken back: one stands in the change itself, further ones as items."""
        self.undoes, *further = changes
        for id in further:
            self._add("changes", id, "update", canonical([UNDONE]), None)

    def _add(self, entity: str, id: UUID, action: str, touched: str, digest: str | None) -> None:
        """Add an item, its columns in the order of ``entries.ITEM``, to the hash and to those that are to be written.

        The line is that of ``entries.line``, put together faster.
        """
        self.position += 1
        mark = f'"{digest}"' if digest else "null"
        line = f'[{self.position},"{entity}","{id}","{action}",{touched},{mark}]'
        self.items_hash.update(f"{line}\n".encode())
        self.items.append((self.position, entity, id.bytes, action, touched, digest) if self.sqlite else line)
        if len(self.items) >= BATCH:
            self.flush()

    def _keep(self, image: str) -> str:
        """Keep the before-image of the next item and return its salted hash."""
        salt = os.urandom(16).hex()
        place = self.position + 1
        self.payloads.append((place, salt, image) if self.sqlite else f'[{place},"{salt}",{image}]')
        return entries.payload_hash(salt, image)

    def flush(self) -> None:
        """Put the items gathered so far aside, so that a large change takes little memory.

        On SQLite they wait in a file: a row in ``change_items`` whose change is not written yet is a
        deferred violation, and while there is one, every insert searches all tables that point to its own.
        """
        if self.sqlite and self.spool is None:
            self.spool = Spool()
        for table, gathered in (("change_items", self.items), ("change_payloads", self.payloads)):
            if self.spool is not None:
                self.spool.add(table, gathered)
            else:
                self._write(table, gathered)
        self.items, self.payloads = [], []

    def mark(self) -> tuple[Any, ...]:
        """Return all that ``back`` needs to forget what is noted from here on."""
        pending = (list(self.items), list(self.payloads), self.spool.mark() if self.spool else 0)
        return self.position, dict(self.counts), self.items_hash.copy(), *pending

    def back(self, mark: tuple[Any, ...]) -> None:
        """Forget what was noted since a mark; rows that were written are taken back by the database."""
        self.position, self.counts, self.items_hash, self.items, self.payloads, end = mark
        if self.spool is not None:
            self.spool.back(end)

    def _write(self, table: str, gathered: list[Any]) -> None:
        if gathered:
            write = entries.write_items if table == "change_items" else entries.write_payloads
            write(self.work.connection, self.work.scope.organization_id, self.id, gathered)

    def seal(self) -> None:
        """Append the change to the chain; a command that touched nothing leaves no change."""
        if not self.position and not self.undoes:
            return
        # Taking the number first makes writers queue for the end of the chain on PostgreSQL.
        work, organization = self.work, self.work.scope.organization_id
        self.number = counters.take(work.connection, organization, "changes", 1)
        position, previous = chain_end(work)
        row = self._row() | {"position": position + 1, "previous_hash": previous, "number": self.number}
        row["hash"] = link_hash(row)
        rows.insert(work.connection, catalog.entity("changes"), [row])
        for table, gathered in self.spool.batches() if self.spool else ():
            self._write(table, gathered)
        self._write("change_items", self.items)
        self._write("change_payloads", self.payloads)

    def _row(self) -> Row:
        """Return the columns of the change that do not depend on the chain."""
        work = self.work
        blank = dict.fromkeys(catalog.entity("changes").fields)
        return blank | {
            "id": self.id,
            "organization_id": work.scope.organization_id,
            "kind": self.kind,
            "actor_id": work.scope.user_id,
            "profile": work.profile,
            "program": __version__,
            "command": work.command,
            "label": work.label,
            "started_at": self.started,
            "finished_at": clock.now(),
            "undoes_id": self.undoes,
            "items_hash": self.items_hash.hexdigest(),
            **self.counts,
        }


def chain_end(work: Work) -> tuple[int, str]:
    """Return the position and the hash of the newest change; 0 and nothing where there is none."""
    scope, dialect = work.scope, work.connection.dialect
    id = scope.organization_id.bytes if dialect == "sqlite" else scope.organization_id
    row = work.connection.execute(
        "SELECT position, hash FROM changes WHERE organization_id = ? ORDER BY position DESC LIMIT 1", (id,)
    ).fetchone()
    return (row[0], row[1]) if row else (0, "")


def link_hash(row: dict[str, Any]) -> str:
    """Return the hash of a link: SHA-256 over all of its columns but the hash itself, sorted by name."""
    entity = catalog.entity("changes")
    parts = dumped(entity, {name: row[name] for name in sorted(entity.fields) if name != "hash"})
    return hashlib.sha256(canonical(parts).encode("utf-8", "surrogatepass")).hexdigest()
