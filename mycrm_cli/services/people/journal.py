"""Takes a person out of the journal: before-images go, their hashes stay, so that the chain stays whole.

An image goes if it is of one of the person's records, of what hung on them, or has one of the addresses in it. Of
an item about many records only the rows of the person go, and leave their hashes. Records that were
removed before, of which only the journal knows, are found by what their images say.
"""

from __future__ import annotations

from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.kinds.structures import read_json
from mycrm_cli.query import sheets, touches
from mycrm_cli.services import entries, rows
from mycrm_cli.services.people import exact
from mycrm_cli.services.people.finding import NOUNS
from mycrm_cli.services.people.holdings import ADDRESSED, SHARED, pointing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.people.finding import Person
    from mycrm_cli.services.rows import Row

    Place = tuple[UUID, int]
    Image = tuple[Place, str, UUID, Row]

AT_ONCE = 20
"""Texts that one statement looks for."""
HELD = (
    'SELECT p.change_id, p.position, i.entity, i.record_id, i.action, i.members, p."before" FROM change_payloads AS p'
    " JOIN change_items AS i ON i.organization_id = ? AND i.change_id = p.change_id AND i.position = p.position"
    " WHERE p.organization_id = ? AND ({})"
)


class Traces:
    """What the journal holds of a person: ``records`` are ids by entity, ``places`` where addresses stand.

    The records of the person must be among ``records`` from the beginning.
    """

    def __init__(self, reader: Reader, person: Person, records: dict[str, set[UUID]]) -> None:
        self.reader = reader
        self.addresses = set(person.addresses)
        self.records = records
        self.gone: dict[str, set[UUID]] = {}
        self.places: dict[tuple[UUID, int], set[int]] = {}
        self.columns = {"external_ids": ["record_id"]}
        for entity, column, _ in pointing():
            if entity.name != "deal":
                self.columns.setdefault(entity.name, []).append(column)

    def find(self) -> None:
        """Look through all images until nothing new comes."""
        asked: set[str] = set()
        while new := self._needles() - asked:
            asked |= new
            for image in images(self.reader, sorted(new)):
                self._look_at(*image)

    def _needles(self) -> set[str]:
        """Return the texts that lead to the person: addresses, and ids of the records."""
        return self.addresses | {str(id) for noun in NOUNS for id in self.records.get(noun, ())}

    def _look_at(self, item: tuple[UUID, int], place: int, name: str, id: UUID, action: str, image: Row) -> None:
        """Decide whether an image is one of the person's."""
        people = {str(each) for noun in NOUNS for each in self.records.get(noun, ())}
        if name in NOUNS:
            # Of a record that is there, what it says now counts: it may have had a wrong address once.
            if action == "purge" and image.get("email") in self.addresses and not self._is_there(name, id):
                self._add(name, id)
        elif any(image.get(column) in people for column in self.columns.get(name, ())):
            self._add(name, id)
            if name == "contact_emails" and image.get("email"):
                self.addresses.add(image["email"])
        elif any(image.get(column) in self.addresses for column in ADDRESSED.get(name, ())):
            self._add(name, id)
        if exact.inside(image, self.addresses):
            self.places.setdefault(item, set()).add(place)

    def _add(self, name: str, id: UUID) -> None:
        if id not in self.records.setdefault(name, set()):
            self.records[name].add(id)
            if name not in SHARED:
                self.gone.setdefault(name, set()).add(id)

    def _is_there(self, name: str, id: UUID) -> bool:
        entity = catalog.entity(name)
        return bool(rows.images(self.reader.connection, self.reader.scope, entity, [id], ["id"]))

    def erase(self) -> dict[UUID, list[str]]:
        """Remove the images; return their marks by change."""
        for name, ids in self.records.items():
            if ids and "id" in catalog.entity(name).fields:
                for item, place in items_of(self.reader, name, ids):
                    self.places.setdefault(item, set()).add(place)
        gone: dict[UUID, list[str]] = {}
        for (change, position), places in self.places.items():
            if 0 in places:
                taken = [0] if remove(self.reader, (change, position)) else []
            else:
                taken = blank(self.reader, (change, position), places)
            if taken:
                gone.setdefault(change, []).extend(sheets.mark(position, place) for place in taken)
        return gone


def inside(text: str) -> str:
    """Return a text as it stands inside JSON, in lower case."""
    return entries.canonical(text)[1:-1].lower()


def images(reader: Reader, needles: Sequence[str]) -> Iterator[tuple[tuple[UUID, int], int, str, UUID, str, Row]]:
    """Yield ((change, position), place, entity, record, action, image) of the images that may have one of the texts.

    The place is 0 for the image of one record, and counts from 1 among those of many.
    """
    dialect = reader.connection.dialect
    own = rows.converted(
        [reader.scope.organization_id], rows.savers(catalog.entity("changes"), ["organization_id"], dialect)
    )
    load = catalog.entity("changes").fields["id"].kind.loader(dialect) or (lambda key: key)
    held = 'lower(p."before")' if dialect == "sqlite" else 'lower(CAST(p."before" AS text))'
    found_in = f"instr({held}, ?) > 0" if dialect == "sqlite" else f"strpos({held}, ?) > 0"
    for start in range(0, len(needles), AT_ONCE):
        part = [inside(needle) for needle in needles[start : start + AT_ONCE]]
        statement = HELD.format(" OR ".join([found_in] * len(part)))
        for change, position, name, record, action, members, before in reader.connection.execute(
            statement, [*own, *own, *part]
        ).fetchall():
            item, image = (load(change), position), read_json(before)
            if members is None:
                yield item, 0, name, load(record), action, image
                continue
            for place, id in enumerate(sheets.ids_of(members)):
                row = sheets.image(image, place)
                if row is not None and any(needle in entries.canonical(row).lower() for needle in part):
                    yield item, place + 1, name, id, action, row


def items_of(reader: Reader, name: str, ids: Collection[UUID]) -> Iterator[tuple[tuple[UUID, int], int]]:
    """Yield ((change, position), place) of all items about records."""
    table, columns = catalog.entity("change_items"), ["change_id", "position", "members"]
    of = {"entity": name}
    for change, position, members in rows.fetch(
        reader.connection, reader.scope, table, "record_id", sorted(ids), columns, within=of
    ):
        if members is None:
            yield (change, position), 0
    for change, position, _, _, members, held in touches.of_many(reader, name, ids):
        for _, place in sheets.places_of(members, held):
            yield (change, position), place + 1


def key_of(reader: Reader, item: tuple[UUID, int]) -> list[Any]:
    """Return the key of a payload as parameters."""
    table = catalog.entity("change_payloads")
    savers = rows.savers(table, ["organization_id", "change_id", "position"], reader.connection.dialect)
    return rows.converted([reader.scope.organization_id, *item], savers)


GONE = "DELETE FROM change_payloads WHERE organization_id = ? AND change_id = ? AND position = ?"


def remove(reader: Reader, item: tuple[UUID, int]) -> bool:
    """Remove a payload; return whether there was one."""
    return bool(reader.connection.execute(GONE, key_of(reader, item)).rowcount)


def blank(reader: Reader, item: tuple[UUID, int], places: Iterable[int]) -> list[int]:
    """Take rows out of the sheet of an item of many, their hashes stay; return the places of those that were there."""
    key = key_of(reader, item)
    found = reader.connection.execute(
        'SELECT "before" FROM change_payloads WHERE organization_id = ? AND change_id = ? AND position = ?', key
    ).fetchone()
    if found is None:
        return []
    sheet, taken = read_json(found[0]), []
    for place in sorted(places):
        row = sheet["rows"][place - 1]
        if row is not None:
            sheet["salts"][place - 1] = entries.payload_hash(sheet["salts"][place - 1], entries.canonical(row))
            sheet["rows"][place - 1] = None
            taken.append(place)
    if not taken:
        return []
    reader.connection.execute(GONE, key)
    change, position = item
    payload = entries.canonical(sheet)
    new = (position, "", payload) if reader.connection.dialect == "sqlite" else f'[{position},"",{payload}]'
    entries.write_payloads(reader.connection, reader.scope.organization_id, change, [new])
    return taken
