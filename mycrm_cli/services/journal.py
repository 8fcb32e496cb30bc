"""The change journal: what each command changed and how that was before, in a chain of hashes.

``items_hash`` is the SHA-256 over one line for each item; ``hash`` covers the columns of the change and
the hash of the change before, so that an edit, a deletion or a reordering shows.
"""

from __future__ import annotations

import hashlib
import os

from mycrm_cli import __version__, catalog, clock
from mycrm_cli.ids import uuid7
from mycrm_cli.kinds.structures import write_json
from mycrm_cli.services import counters, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

BATCH = 2000
"""Items kept in memory before they are written."""

COUNTED = {"create": "created_count", "update": "updated_count", "restore": "updated_count"}


class Journal:
    """The change set of one unit of work."""

    def __init__(self, work: Work, kind: str = "write") -> None:
        self.work = work
        self.kind = kind
        self.id = uuid7()
        self.number: int | None = None
        self.started = clock.now()
        self.position = 0
        self.counts = dict.fromkeys(("created_count", "updated_count", "deleted_count"), 0)
        self.items_hash = hashlib.sha256()
        self.items: list[Row] = []
        self.payloads: list[Row] = []
        self.spooled: list[str] = []

    @property
    def reference(self) -> str | None:
        """How people refer to the change, once it is sealed."""
        return f"X-{self.number}" if self.number else None

    def note(self, entity: Entity, id: UUID, action: str, before: Row | None = None) -> None:
        """Write down that a record was touched, and the values that its fields had before."""
        self.position += 1
        self.counts[COUNTED.get(action, "deleted_count")] += 1
        image = dumped(entity, before) if before else None
        digest = self._keep(image) if image is not None else None
        touched = sorted(before or ())
        key = {"organization_id": self.work.scope.organization_id, "change_id": self.id, "position": self.position}
        self.items.append(
            key | {"entity": entity.name, "record_id": id, "action": action, "touched": touched, "payload_hash": digest}
        )
        line = write_json([self.position, entity.name, str(id), action, touched, digest])
        self.items_hash.update(line.encode("utf-8", "surrogatepass") + b"\n")
        if len(self.items) >= BATCH:
            self.flush()

    def _keep(self, image: Row) -> str:
        """Keep a before-image and return its salted hash."""
        salt = os.urandom(16).hex()
        self.payloads.append(
            {
                "organization_id": self.work.scope.organization_id,
                "change_id": self.id,
                "position": self.position,
                "salt": salt,
                "before": image,
            }
        )
        return hashlib.sha256(f"{salt}{write_json(image)}".encode("utf-8", "surrogatepass")).hexdigest()

    def flush(self) -> None:
        """Put the items gathered so far aside, so that a large change takes little memory.

        On SQLite they wait in temporary tables: a row in ``change_items`` whose change is not written
        yet is a deferred violation, and while there is one, every insert searches all tables that
        point to its own.
        """
        spool = self.work.connection.dialect == "sqlite"
        for name, gathered in (("change_items", self.items), ("change_payloads", self.payloads)):
            table = catalog.entity(name)
            if spool and name not in self.spooled:
                self.work.connection.execute(f"CREATE TEMP TABLE {name}_aside AS SELECT * FROM {name} WHERE 0")
                self.spooled.append(name)
            rows.insert(self.work.connection, table, gathered, into=f"temp.{name}_aside" if spool else None)
        self.items, self.payloads = [], []

    def seal(self) -> None:
        """Append the change to the chain; a command that touched nothing leaves no change."""
        if not self.position:
            return
        # Taking the number first makes writers queue for the end of the chain on PostgreSQL.
        work, organization = self.work, self.work.scope.organization_id
        self.number = counters.take(work.connection, organization, "changes", 1)
        position, previous = chain_end(work)
        row = self._row() | {"position": position + 1, "previous_hash": previous, "number": self.number}
        row["hash"] = link_hash(row)
        rows.insert(work.connection, catalog.entity("changes"), [row])
        for name in self.spooled:
            work.connection.execute(f"INSERT INTO {name} SELECT * FROM temp.{name}_aside")
            work.connection.execute(f"DROP TABLE temp.{name}_aside")
        rows.insert(work.connection, catalog.entity("change_items"), self.items)
        rows.insert(work.connection, catalog.entity("change_payloads"), self.payloads)

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
            "items_hash": self.items_hash.hexdigest(),
            **self.counts,
        }


def dumped(entity: Entity, values: Row) -> Row:
    """Return values as JSON holds them; secrets stay out."""
    fields = entity.fields
    return {
        name: None if value is None else fields[name].kind.dump(value)
        for name, value in values.items()
        if not fields[name].secret
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
    return hashlib.sha256(write_json(parts).encode("utf-8", "surrogatepass")).hexdigest()
