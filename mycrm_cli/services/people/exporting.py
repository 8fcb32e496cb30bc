"""Everything the organization holds about a person, as one document that machines and people can read."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli import catalog, clock, roles
from mycrm_cli.errors import Denied, NotFound
from mycrm_cli.query import journal, payloads, touches
from mycrm_cli.services import entries, rows
from mycrm_cli.services.people import finding, holdings, mentions
from mycrm_cli.services.people.finding import NOUNS
from mycrm_cli.services.people.journal import Traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.people.finding import Person
    from mycrm_cli.services.people.holdings import Holdings
    from mycrm_cli.services.people.mentions import Mention
    from mycrm_cli.services.rows import Row

    Document = dict[str, Any]

ORDER = ("contact", "lead", "contact_emails", "external_ids", "deal", "note", "activity", "task", "email")
"""The parts that people look for first."""
OF_DEALS = ("id", "number", "name", "status", "value", "currency", "stage_id", "expected_close_date")
"""What is told of deals, which are about the organization's sale more than about the person."""


def document(reader: Reader, text: str) -> Document:
    """Return the document; raises NotFound where nothing is held, Denied for a role that may not."""
    if reader.scope.role not in roles.ADMINISTRATORS:
        raise Denied(f"{reader.scope.email} is {reader.scope.role}; only an administrator exports people")
    person = finding.find(reader, text)
    held = holdings.gather(reader, person)
    parts = _parts(person, held)
    traces = Traces(reader, person, {name: ids_of(rows) for name, rows in parts.items() if name != "deal"})
    traces.find()
    changes = _changes(reader, traces.records)
    if not (changes or any(parts.values())):
        raise NotFound(f"nothing is known of {person.text} in {reader.scope.slug}")
    names = _names(reader, parts)
    shown = {name: [_shown(name, row, names) for row in parts[name]] for name in sorted(parts, key=_place)}
    return {
        "person": text,
        "organization": reader.scope.organization,
        "exported_at": clock.now().isoformat(),
        "addresses": sorted(person.addresses),
        "phones": sorted(person.phones),
        "records": {catalog.entity(name).plural: members for name, members in shown.items() if members},
        "mentions": [each._asdict() for each in _mentions(reader, person, parts)],
        "changes": changes,
    }


def _place(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def _parts(person: Person, held: Holdings) -> dict[str, list[Row]]:
    """Return the rows by entity."""
    parts: dict[str, list[Row]] = {noun: list(person.records[noun].values()) for noun in NOUNS}
    for name in {*held.alone, *held.shared}:
        parts[name] = held.of(name)
    parts["deal"] = list(held.deals.values())
    return {name: sorted(members, key=lambda row: str(row.get("id"))) for name, members in parts.items()}


def _names(reader: Reader, parts: dict[str, list[Row]]) -> dict[UUID, str]:
    """Return how the records are called to which the rows point."""
    wanted: dict[str, set[UUID]] = {}
    for name, members in parts.items():
        for field in catalog.entity(name).fields.values():
            if field.table and field.table != "organizations":
                found = {row[field.name] for row in members if row.get(field.name)}
                wanted.setdefault(field.table, set()).update(found)
    names: dict[UUID, str] = {}
    for table, ids in wanted.items():
        entity = catalog.by_table(table)
        for id, row in rows.images(reader.connection, reader.scope, entity, ids).items():
            names[id] = entity.called(row.get("number"), entity.titled(row)) if entity.prefix else entity.titled(row)
    return names


def _shown(name: str, row: Row, names: dict[UUID, str]) -> Document:
    """Return a row as JSON holds it; beside each id stands how that record is called."""
    entity = catalog.entity(name)
    columns = OF_DEALS if name == "deal" else tuple(row)
    image = entries.dumped(entity, {column: row[column] for column in columns if column != "organization_id"})
    for column in columns:
        field = entity.fields[column]
        if field.relation and row[column] in names:
            image[field.relation] = names[row[column]]
    return image


def ids_of(members: Iterable[Row]) -> set[UUID]:
    """Return the ids of rows that have one."""
    return {row["id"] for row in members if "id" in row}


def _mentions(reader: Reader, person: Person, parts: dict[str, list[Row]]) -> list[Mention]:
    """Return where else the person is spoken of, in free text of records of which not all is told here."""
    told = {
        (catalog.entity(name).noun, reference(name, row)) for name in parts.keys() - {"deal"} for row in parts[name]
    }
    texts = (person.addresses - person.users) | person.phones | person.names
    return [each for each in mentions.find(reader, texts) if (each.noun, each.reference) not in told]


def reference(name: str, row: Row) -> str:
    """Return how mentions call a row."""
    prefix = catalog.entity(name).prefix
    return f"{prefix}-{row['number']}" if prefix else str(row.get("id"))


def _changes(reader: Reader, records: dict[str, set[UUID]]) -> list[Document]:
    """Return what the journal says about the records and what hangs on them, gone ones included, oldest first."""
    found: list[tuple[UUID, int, str, UUID, str, list[str]]] = []
    for name, ids in records.items():
        found += [(c, place, name, id, action, fields) for id, c, place, action, fields in _touches(reader, name, ids)]
    images: dict[tuple[UUID, int], Row] = {}
    for change in {each[0] for each in found}:
        places = [each[1] for each in found if each[0] == change]
        images |= {(change, place): image for place, image in payloads.payloads(reader, change, places).items()}
    known = journal.by_ids(reader, {each[0] for each in found})
    actors = {each.actor_id for each in known.values() if each.actor_id}
    users = rows.images(reader.connection, reader.scope, catalog.entity("user"), actors, ["id", "email"])
    told = []
    for change, place, name, id, action, fields in sorted(found):
        of = known[change]
        who = users[of.actor_id]["email"] if of.actor_id in users else None
        entry: Document = {"change": of.reference, "at": of.finished_at.isoformat(), "by": who}
        entry |= {"command": journal.command(of.command), "action": action, "record": catalog.entity(name).noun}
        told.append(entry | {"id": str(id), "fields": fields, "before": images.get((change, place))})
    return told


def _touches(reader: Reader, name: str, ids: Iterable[UUID]) -> list[Any]:
    wanted = list(ids)
    return list(touches.touches(reader, name, wanted)) if wanted else []
