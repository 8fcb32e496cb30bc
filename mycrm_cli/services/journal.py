"""The change journal: what each command changed and how that was before, in a chain of hashes.

``items_hash`` is the SHA-256 over one line for each item; ``hash`` covers the columns of the change and
the hash of the change before, so that an edit, a deletion or a reordering shows. ``services.chain``
reads it all again.
"""

from __future__ import annotations

import hashlib
import os
from uuid import UUID

from mycrm_cli import __version__, catalog, clock
from mycrm_cli.db.directory import NOBODY
from mycrm_cli.ids import uuid7
from mycrm_cli.query.sheets import ERASED, packed
from mycrm_cli.services import counters, entries, links, rows
from mycrm_cli.services.entries import canonical, dumped
from mycrm_cli.services.spool import Spool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

BATCH = 2000
"""Records of items kept in memory before they are written."""
MANY, MOST = 100, 5000
"""Records with which the same was done are one item from so many on; an item holds no more than so many."""
LARGEST = 8_000_000
"""Characters of what records held before that are kept in memory, and about how many of them an item has."""

COUNTED = {"create": "created_count", "update": "updated_count", "restore": "updated_count"}

UNDONE = "undone"
"""What an undo touches of a change that it takes back beside the one that it names as its own."""


class Journal:
    """The change set of one unit of work. ``undoes`` is the change that it takes back, if it takes one back."""

    def __init__(self, work: Work, kind: str = "write") -> None:
        self.work = work
        self.kind = kind
        # Whoever is about to sign in is nobody yet.
        self.actor = work.scope.user_id if work.scope.role != NOBODY else None
        self.id = uuid7()
        self.number: int | None = None
        self.undoes: UUID | None = None
        self.part_of: UUID | None = None
        self.started = clock.now()
        self.position = 0
        self.flushed = 0
        self.counts = dict.fromkeys(("created_count", "updated_count", "deleted_count"), 0)
        self.items_hash = hashlib.sha256()
        self.items: list[Any] = []
        self.payloads: list[Any] = []
        self.waiting = 0
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

    def created(self, entity: Entity, ids: Sequence[UUID]) -> None:
        """Write down that records were created: many of them are one item."""
        if len(ids) < MANY:
            for id in ids:
                self.note(entity, id, "create")
            return
        for start in range(0, len(ids), MOST):
            self.several(entity, "create", [id.bytes for id in ids[start : start + MOST]])

    def columns(
        self, entity: Entity, action: str, keys: Sequence[bytes], names: Sequence[str], values: Sequence[Sequence[Any]]
    ) -> None:
        """Write down what columns of records held before, column by column as JSON holds it."""
        touched = () if action == "purge" else names
        if len(keys) >= MANY:
            for start in range(0, len(keys), MOST):
                part = slice(start, start + MOST)
                self.several(entity, action, keys[part], touched, names, [column[part] for column in values])
            return
        marks = canonical(sorted(touched))
        for key, row in zip(keys, zip(*values, strict=True), strict=True):
            image = dict(zip(names, row, strict=True))
            if action == "purge":
                image = {name: value for name, value in image.items() if value is not None}
                image["id"] = str(UUID(bytes=key))
            self.counts[COUNTED.get(action, "deleted_count")] += 1
            self._add(entity.name, UUID(bytes=key), action, marks, self._keep(canonical(image)))

    def touched(self, entity: Entity, touches: Sequence[tuple[UUID, str, Row]]) -> None:
        """Write down (id, action, values before) of records; many with the same action and fields are one item."""
        alike: dict[tuple[str, ...], list[tuple[UUID, Row]]] = {}
        for id, action, before in touches:
            alike.setdefault((action, *sorted(before)), []).append((id, before))
        for (action, *names), members in alike.items():
            if len(members) < MANY:
                for id, before in members:
                    self.note(entity, id, action, before)
                continue
            dumps = entries.dumps(entity)
            columns = [name for name in names if name in dumps]
            for start in range(0, len(members), MOST):
                part = members[start : start + MOST]
                values = [_dumped([before[name] for _, before in part], dumps[name]) for name in columns]
                self.several(entity, action, [id.bytes for id, _ in part], names, columns, values)

    def several(
        self,
        entity: Entity,
        action: str,
        keys: Sequence[bytes],
        touched: Sequence[str] = (),
        columns: Sequence[str] = (),
        values: Sequence[Sequence[Any]] = (),
    ) -> None:
        """Write down an item for at most ``MOST`` records, ids as sixteen bytes each; or several, of large records.

        ``values`` are what the columns held before, column by column as JSON holds them; of a purge all of the
        record; what the item says anyway and columns that were empty throughout are left out.
        """
        self.counts[COUNTED.get(action, "deleted_count")] += len(keys)
        names = canonical(sorted(touched))
        if columns and action == "purge":
            filled = [
                (name, column)
                for name, column in zip(columns, values, strict=True)
                if name not in entries.IMPLIED and column.count(None) < len(column)
            ]
            names, columns, values = "[]", [name for name, _ in filled], [column for _, column in filled]
        if not columns:
            self._add_many(entity.name, keys, action, names, None)
            return
        start = 0
        for texts in entries.pieces(zip(*values, strict=True), LARGEST):
            payload, digest = entries.sheet(columns, texts)
            self._put_aside("", payload)
            self._add_many(entity.name, keys[start : start + len(texts)], action, names, digest)
            start += len(texts)

    def _add_many(self, entity: str, keys: Sequence[bytes], action: str, touched: str, digest: str | None) -> None:
        """Add an item of many records; it takes a place for each of them."""
        place, low, high, members = self.position + 1, min(keys), max(keys), packed(keys)
        mark = f'"{digest}"' if digest else "null"
        line = f'[{place},"{entity}","{UUID(bytes=low)}","{action}",{touched},{mark},"{UUID(bytes=high)}","{members}"]'
        self.items_hash.update(f"{line}\n".encode())
        self.items.append((place, entity, low, action, touched, digest, high, members) if self.sqlite else line)
        self.position += len(keys)
        self._flush_full()

    def cancel(self, changes: Iterable[UUID]) -> None:
        """Write down which changes are taken back: one stands in the change itself, further ones as items."""
        self.undoes, *further = changes
        for id in further:
            self._add("changes", id, "update", canonical([UNDONE]), None)

    def erased(self, change: UUID, marks: Iterable[str]) -> None:
        """Write down which images of a change are removed, so that no others may be missing."""
        self._add(ERASED, change, "purge", canonical(sorted(marks)), None)

    def done(self, entity: Entity, id: UUID, deed: str, name: str | None = None) -> None:
        """Write down one of ``query.deeds``, and the name of what it was done with: never a secret or a hash."""
        self.counts["updated_count"] += 1
        self._add(entity.name, id, "update", canonical([deed]), self._keep(canonical({deed: name})) if name else None)

    def _add(self, entity: str, id: UUID, action: str, touched: str, digest: str | None) -> None:
        """Add an item, its columns in the order of ``entries.ITEM``, to the hash and to those that are to be written.

        The line is that of ``entries.line``, put together faster.
        """
        self.position += 1
        mark = f'"{digest}"' if digest else "null"
        line = f'[{self.position},"{entity}","{id}","{action}",{touched},{mark}]'
        self.items_hash.update(f"{line}\n".encode())
        stored = (self.position, entity, id.bytes, action, touched, digest, None, None)
        self.items.append(stored if self.sqlite else line)
        self._flush_full()

    def _flush_full(self) -> None:
        if self.position - self.flushed >= BATCH or self.waiting > LARGEST:
            self.flush()

    def _keep(self, image: str) -> str:
        """Keep the before-image of the next item and return its salted hash."""
        salt = os.urandom(16).hex()
        self._put_aside(salt, image)
        return entries.payload_hash(salt, image)

    def _put_aside(self, salt: str, payload: str) -> None:
        """Keep a payload of the next item until it is written."""
        place = self.position + 1
        self.payloads.append((place, salt, payload) if self.sqlite else f'[{place},"{salt}",{payload}]')
        self.waiting += len(payload)

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
        self.items, self.payloads, self.flushed, self.waiting = [], [], self.position, 0

    def mark(self) -> tuple[Any, ...]:
        """Return all that ``back`` needs to forget what is noted from here on."""
        pending = (list(self.items), list(self.payloads), self.spool.mark() if self.spool else 0)
        return self.position, self.waiting, dict(self.counts), self.items_hash.copy(), *pending

    def back(self, mark: tuple[Any, ...]) -> None:
        """Forget what was noted since a mark; rows that were written are taken back by the database."""
        self.position, self.waiting, self.counts, self.items_hash, self.items, self.payloads, end = mark
        self.flushed = min(self.flushed, self.position)
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
        position, previous = links.end(work)
        row = self._row() | {"position": position + 1, "previous_hash": previous, "number": self.number}
        row["hash"] = links.digest(row)
        rows.insert(work.connection, catalog.entity("changes"), [row])
        for table, gathered in self.spool.batches() if self.spool else ():
            self._write(table, gathered)
        self._write("change_items", self.items)
        self._write("change_payloads", self.payloads)

    def _row(self) -> Row:
        """Return the columns of the change that do not depend on the chain."""
        work = self.work
        return dict.fromkeys(catalog.entity("changes").fields) | {
            "id": self.id,
            "organization_id": work.scope.organization_id,
            "kind": self.kind,
            "actor_id": self.actor,
            "profile": work.profile,
            "program": __version__,
            "command": work.command,
            "label": work.label,
            "started_at": self.started,
            "finished_at": clock.now(),
            "undoes_id": self.undoes,
            "part_of_id": self.part_of,
            "items_hash": self.items_hash.hexdigest(),
            **self.counts,
        }


def _dumped(values: list[Any], dump: Any) -> list[Any]:
    """Return the values of a column as JSON holds them."""
    return values if dump is None else [None if value is None else dump(value) for value in values]
