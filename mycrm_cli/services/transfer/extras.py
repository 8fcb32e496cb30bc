"""What a row brings beside the record's own columns: keys of other systems, notes, further parents and addresses."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Duplicate
from mycrm_cli.query import attached
from mycrm_cli.query.attached import FINGERPRINT
from mycrm_cli.services import records, rows, updating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.attached import Link
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.work import Work


def tables() -> list[Entity]:
    """Return the tables of extras that grow with the records of an import."""
    return [catalog.entity(name) for name in ("external_ids", "contact_emails")]


class Extras:
    """Writes what goes with records; each call returns the lines of the rows that brought something new."""

    def __init__(self, work: Work, entity: Entity) -> None:
        self.work = work
        self.entity = entity
        self.added: dict[int, dict[str, Any]] | None = None
        """What rows brought that was not there, by their place, where somebody wants to know."""

    def _tell(self, record: Record, word: str, *found: Any) -> None:
        """Remember what a row brought."""
        if self.added is not None:
            self.added.setdefault(record.place, {}).setdefault(word, []).extend(found)

    def forget(self, batch: Sequence[Record]) -> None:
        """Forget what rows brought: it was taken back."""
        for record in batch if self.added else ():
            self.added.pop(record.place, None)  # type: ignore[union-attr]

    def _tell_said(self, says: dict[int, dict[str, Any]]) -> None:
        """Remember what sources say beside their keys."""
        for place, brought in (self.added or {}).items():
            named = [*brought.get("external_ids", ()), *brought.get("remembered", ())]
            if place in says and any(source != FINGERPRINT for source, _ in named):
                brought["said"] = says[place]

    def write(
        self, batch: Sequence[Record], ids: dict[int, UUID], says: dict[int, dict[str, Any]], *, own: bool = False
    ) -> set[int]:
        """Write the extras of a batch; ``says`` is what the source of each row says.

        A file of our ``own`` tells what we hold, not what the source said: what is known of that stays.
        """
        places = self._externals(batch, ids, says, own) | self._notes(batch, ids) | self._links(batch, ids)
        self._tell_said(says)
        return places

    def fetch(self, table: Entity, column: str, keys: list[Any], columns: list[str]) -> list[tuple[Any, ...]]:
        """Return rows of a table of extras."""
        return list(rows.fetch(self.work.connection, self.work.scope, table, column, keys, columns))

    def new_addresses(self, batch: Sequence[Record]) -> set[int]:
        """Return the lines of rows with addresses that their contact has not yet."""
        giving = [record for record in batch if record.values.get("emails")]
        if not giving:
            return set()
        more = attached.further(self.entity.name)
        assert more is not None
        columns, ids = [more.child, more.field.name], [record.matched for record in giving]
        known = {(row[0], row[1]) for row in self.fetch(more.table, more.child, ids, columns)}
        places = set()
        for record in giving:
            own = dict.fromkeys(email for email in record.values["emails"] if (record.matched, email) not in known)
            if own:
                places.add(record.place)
                self._tell(record, "emails", *own)
        return places

    def last(self, batch: Sequence[Record]) -> dict[int, dict[str, Any]]:
        """Return what the sources of rows said the last time, by the rows' places."""
        stored = self._stored(batch)
        return {r.place: stored[key][2] for r in reversed(batch) for key in reversed(r.externals) if key in stored}

    def _stored(self, batch: Sequence[Record]) -> dict[tuple[str, str], tuple[UUID, UUID, dict[str, Any]]]:
        """Return the stored keys of other systems among those of rows: record, id, and what was said the last time."""
        wanted: dict[str, set[str]] = {}
        for record in batch:
            for source, key in record.externals:
                wanted.setdefault(source, set()).add(key)
        table, columns = catalog.entity("external_ids"), ["external_id", "record_id", "id", "last_values"]
        found = {}
        for source, keys in wanted.items():
            of = {"entity": self.entity.name, "source": source}
            for key, *known in rows.fetch(
                self.work.connection, self.work.scope, table, "external_id", keys, columns, within=of
            ):
                found[source, key] = tuple(known)
        return found

    def _externals(
        self, batch: Sequence[Record], ids: dict[int, UUID], says: dict[int, dict[str, Any]], own_file: bool
    ) -> set[int]:
        """Add the keys that records have not yet, and remember what their source says."""
        table, stored = catalog.entity("external_ids"), self._stored(batch)
        new: list[Row] = []
        before: dict[UUID, Row] = {}
        changed: list[tuple[UUID, Row]] = []
        places: set[int] = set()
        for record in batch:
            id = ids[record.place]
            for source, key in dict.fromkeys(record.externals):
                last = {} if source == FINGERPRINT else says[record.place]
                if (source, key) not in stored:
                    row = {"entity": self.entity.name, "record_id": id, "source": source, "external_id": key}
                    new.append(row | {"last_values": last})
                    places.add(record.place)
                    self._tell(record, "external_ids", [source, key])
                    continue
                owner, own, known = stored[source, key]
                if owner != id:
                    raise self._taken(source, key)
                if known | last != known and not own_file:
                    before[own] = {"last_values": known}
                    changed.append((own, {"last_values": known | last}))
                    self._tell(record, "remembered", [source, key])
        records.put(self.work, table.name, new)
        if changed:
            updating.write(self.work, table, before, changed)
        return places

    def _taken(self, source: str, key: str) -> Duplicate:
        """Return the error for a key that another record has."""
        return Duplicate(
            f"{source} id {key} belongs to another {self.entity.noun} already",
            details=[{"field": f"ext:{source}", "code": "conflicting_keys"}],
        )

    def _notes(self, batch: Sequence[Record], ids: dict[int, UUID]) -> set[int]:
        """Add notes that the record has not yet, word by word."""
        giving = [record for record in batch if record.notes]
        if not giving:
            return set()
        table, link = catalog.entity("note"), str(attached.note_link(self.entity.name))
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
                    self._tell(record, "notes", body)
        records.put(self.work, table.name, new)
        return places

    def _links(self, batch: Sequence[Record], ids: dict[int, UUID]) -> set[int]:
        """Add the further parents of rows that name several, and the parts that they have."""
        places: set[int] = set()
        for main, link in attached.links(self.entity.name).items():
            giving = [record for record in batch if record.links.get(main)]
            if giving:
                places |= self._linked(link, main, giving, ids)
        return places

    def _linked(self, link: Link, main: str, giving: Sequence[Record], ids: dict[int, UUID]) -> set[int]:
        """Add the links of one kind."""
        columns = [link.child, link.parent, "id", "role"]
        stored = self.fetch(link.table, link.child, [ids[record.place] for record in giving], columns)
        known = {(row[0], row[1]): (row[2], row[3]) for row in stored}
        new: list[Row] = []
        before: dict[UUID, Row] = {}
        changed: list[tuple[UUID, Row]] = []
        places: set[int] = set()
        for record in giving:
            for other, role in record.links[main].items():
                own, there = known.get((ids[record.place], other), (None, None))
                if own is None:
                    new.append({link.child: ids[record.place], link.parent: other, "role": role})
                    self._tell(record, "links", [main, str(other), role])
                elif role is not None and role != there:
                    before[own] = {"role": there}
                    changed.append((own, {"role": role}))
                    self._tell(record, "roles", [main, str(other), role])
                else:
                    continue
                places.add(record.place)
        records.put(self.work, link.table.name, new)
        if changed:
            updating.write(self.work, link.table, before, changed)
        return places
