"""What a row brings beside the record's own columns: keys of other systems, notes, further parents and addresses."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Duplicate
from mycrm_cli.services import records, rows
from mycrm_cli.services.transfer.parents import LINKS
from mycrm_cli.services.transfer.targets import NOTE_LINKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.work import Work


class Extras:
    """Writes what goes with records; each call returns the lines of the rows that brought something new."""

    def __init__(self, work: Work, entity: Entity) -> None:
        self.work = work
        self.entity = entity

    def write(self, batch: Sequence[Record], ids: dict[int, UUID]) -> set[int]:
        """Write the extras of a batch."""
        return self._externals(batch, ids) | self._notes(batch, ids) | self._links(batch, ids)

    def fetch(self, table: Entity, column: str, keys: list[Any], columns: list[str]) -> list[list[Any]]:
        """Return rows of a table of extras."""
        return list(rows.fetch(self.work.connection, self.work.scope, table, column, keys, columns))

    def add(self, table: Entity, new: list[Row]) -> None:
        """Insert rows into a table of extras; their keys were checked before."""
        if new:
            records.insert(self.work, table, records.prepared(self.work, table, new))

    def new_addresses(self, batch: Sequence[Record]) -> set[int]:
        """Return the lines of rows with addresses that their contact has not yet."""
        giving = [record for record in batch if record.values.get("emails")]
        if not giving:
            return set()
        table = catalog.entity("contact_emails")
        ids = [record.matched for record in giving]
        known = {(row[0], row[1]) for row in self.fetch(table, "contact_id", ids, ["contact_id", "email"])}
        return {r.place for r in giving if any((r.matched, email) not in known for email in r.values["emails"])}

    def _externals(self, batch: Sequence[Record], ids: dict[int, UUID]) -> set[int]:
        table = catalog.entity("external_ids")
        wanted = {(source, key): record for record in batch for source, key in record.externals}
        columns = ["entity", "source", "external_id", "record_id"]
        stored = self.fetch(table, "external_id", [key for _, key in wanted], columns) if wanted else []
        known = {(source, key): owner for of, source, key, owner in stored if of == self.entity.name}
        new: list[Row] = []
        places: set[int] = set()
        for (source, key), record in wanted.items():
            id = ids[record.place]
            if (source, key) not in known:
                new.append({"entity": self.entity.name, "record_id": id, "source": source, "external_id": key})
                places.add(record.place)
            elif known[source, key] != id:
                raise Duplicate(
                    f"{source} id {key} belongs to another {self.entity.name} already",
                    details=[{"field": f"ext:{source}", "code": "conflicting_keys"}],
                )
        self.add(table, new)
        return places

    def _notes(self, batch: Sequence[Record], ids: dict[int, UUID]) -> set[int]:
        """Add notes that the record has not yet, word by word."""
        giving = [record for record in batch if record.notes]
        if not giving:
            return set()
        table, link = catalog.entity("note"), NOTE_LINKS[self.entity.name]
        stored = self.fetch(table, link, [ids[record.place] for record in giving], [link, "body"])
        known = {(owner, body) for owner, body in stored}
        new: list[Row] = []
        places: set[int] = set()
        for record in giving:
            for body in dict.fromkeys(record.notes):
                if (ids[record.place], body) not in known:
                    author = {"author_id": self.work.scope.user_id}
                    new.append({"body": body, link: ids[record.place], **author})
                    places.add(record.place)
        self.add(table, new)
        return places

    def _links(self, batch: Sequence[Record], ids: dict[int, UUID]) -> set[int]:
        """Add the further parents of rows that name several."""
        places: set[int] = set()
        for (entity, column), (name, child, parent) in LINKS.items():
            giving = [record for record in batch if record.links.get(column)]
            if entity != self.entity.name or not giving:
                continue
            table = catalog.entity(name)
            stored = self.fetch(table, child, [ids[record.place] for record in giving], [child, parent])
            known = {(owner, other) for owner, other in stored}
            new: list[Row] = []
            for record in giving:
                for other in dict.fromkeys(record.links[column]):
                    if (ids[record.place], other) not in known:
                        new.append({child: ids[record.place], parent: other})
                        places.add(record.place)
            self.add(table, new)
        return places
