"""Erases a person, in one transaction and for good: nothing of it is ever taken back.

The records go with what is about them alone; deals, and what is about others as well, stay without the person. The
journal keeps that it happened, and the hashes of what it held; tombstones keep the person from coming back.
"""

from __future__ import annotations

from mycrm_cli import catalog, roles
from mycrm_cli.errors import Conflict, Denied, NotFound
from mycrm_cli.services import rows, updating
from mycrm_cli.services.people import cleaning, finding, holdings, mentions, sources, tombstones
from mycrm_cli.services.people.finding import NOUNS, NUMBERS
from mycrm_cli.services.people.journal import Traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.people.finding import Person
    from mycrm_cli.services.people.holdings import Holdings
    from mycrm_cli.services.people.mentions import Mention
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

LOCK = "LOCK TABLE contacts, leads IN SHARE ROW EXCLUSIVE MODE"
"""Keeps others from writing contacts and leads meanwhile, so that none of them brings the person back."""


class Erased:
    """What an erasure removes, or would: ``removed`` and ``kept`` are references by plural, ``images`` are counted.

    ``before`` is when the person was erased already, where there was nothing left to do.
    """

    def __init__(self, person: Person) -> None:
        self.person = person
        self.removed: dict[str, list[str]] = {}
        self.kept: dict[str, list[str]] = {}
        self.tables: set[str] = set()
        self.mentions: list[Mention] = []
        self.images = 0
        self.before: datetime | None = None


def erase(work: Work, text: str, *, shared: bool = False) -> Erased:
    """Erase the person that a text names; ``shared`` takes what is about others as well along.

    Raises NotFound where there is nothing of such a person, and nobody erased them before.
    """
    begin(work)
    person = finding.find(work.reader, text)
    if person.users:
        raise Conflict(
            f"{', '.join(sorted(person.users))} is the address of somebody who works with mycrm here",
            hint="users are not erased: take the address off the contacts and leads, or give the user another",
        )
    held = holdings.gather(work.reader, person)
    result = Erased(person)
    going = _going(person, held, shared=shared)
    _take_parts(work, going)
    traces = Traces(work.reader, person, _records(going, held))
    traces.find()
    person.addresses |= traces.addresses
    texts = person.addresses | person.phones | person.names
    _let_go(work, person, held, going, result)
    _remove(work, going, result)
    if sources.forget(work, person.addresses):
        result.tables.add("external_ids")
    for change, marks in traces.erase().items():
        work.journal.erased(change, marks)
        result.images += len(marks)
    result.mentions = mentions.find(work.reader, texts)
    _remember(work, result)
    cleaning.drop_words(work.connection, result.tables)
    return result


def begin(work: Work) -> None:
    """Make the unit of work one that erases, alone among those that write people; raises Denied."""
    if work.scope.role not in roles.ADMINISTRATORS:
        raise Denied(f"{work.scope.email} is {work.scope.role}; only an administrator erases people")
    work.journal.kind = "erase"
    if work.connection.dialect == "postgresql":
        work.connection.execute(LOCK)


def _going(person: Person, held: Holdings, *, shared: bool) -> dict[str, dict[Any, Row]]:
    """Return the rows that go, by entity and key."""
    going: dict[str, dict[Any, Row]] = {noun: {**person.records[noun]} for noun in NOUNS}
    for kind in (held.alone, held.shared) if shared else (held.alone,):
        for name, members in kind.items():
            going.setdefault(name, {}).update(members)
    return going


def _take_parts(work: Work, going: dict[str, dict[Any, Row]]) -> None:
    """Add the parts of what goes: reminders of tasks, keys that other systems gave."""
    waiting = [name for name in going if name not in NOUNS]
    while waiting:
        whole = catalog.entity(waiting.pop())
        ids = [row["id"] for row in going[whole.name].values() if "id" in row]
        for entity in catalog.entities().values():
            for field in entity.fields.values():
                if field.table != whole.table or not field.part or not entity.tenant:
                    continue
                parts = {row["id"]: row for row in finding.every(work.reader, entity.name, field.name, ids)}
                if parts.keys() - going.get(entity.name, {}).keys():
                    going.setdefault(entity.name, {}).update(parts)
                    waiting.append(entity.name)
        if whole.name != "external_ids":
            keys = finding.every(work.reader, "external_ids", "record_id", ids, within={"entity": whole.name})
            going.setdefault("external_ids", {}).update({row["id"]: row for row in keys})


def _records(going: dict[str, dict[Any, Row]], held: Holdings) -> dict[str, set[UUID]]:
    """Return the ids of all records whose images go from the journal."""
    found = {name: {row["id"] for row in members.values() if "id" in row} for name, members in going.items()}
    for name, members in held.shared.items():
        found.setdefault(name, set()).update(row["id"] for row in members.values())
    return found


def _let_go(work: Work, person: Person, held: Holdings, going: dict[str, dict[Any, Row]], result: Erased) -> None:
    """Empty the references of what stays to what goes."""
    for entity in catalog.entities().values():
        for field in entity.fields.values():
            target = next((name for name in going if catalog.entity(name).table == field.table), None)
            if target is None or field.name == "id" or not entity.tenant or "id" not in entity.fields:
                continue
            ids = [row["id"] for row in going[target].values() if "id" in row]
            stay = {row[0] for row in rows.fetch(work.connection, work.scope, entity, field.name, ids, ["id"])}
            stay -= going.get(entity.name, {}).keys()
            if stay:
                before = rows.images(work.connection, work.scope, entity, stay, lock=True)
                updating.write(work, entity, before, [(id, {field.name: None}) for id in before])
                result.tables.add(entity.table)
                kept = result.kept.setdefault(entity.plural, [])
                kept += [name for row in before.values() if (name := reference(entity, row)) not in kept]


def _remove(work: Work, going: dict[str, dict[Any, Row]], result: Erased) -> None:
    """Remove the rows; the journal says which they were, and nothing of what they held."""
    for name, members in going.items():
        entity = catalog.entity(name)
        if not members:
            continue
        result.removed[entity.plural] = [reference(entity, row) for row in members.values()]
        result.tables.add(entity.table)
        column = "id" if "id" in entity.fields else "lead_id"
        ids = [row[column] for row in members.values()]
        for id in ids if column == "id" else ():
            work.journal.note(entity, id, "purge")
        rows.delete(work.connection, work.scope, entity, ids, column=column)


def _remember(work: Work, result: Erased) -> None:
    """Leave tombstones, also of numbers that nobody else has; raises NotFound where nobody was there or erased."""
    person = result.person
    if not (result.removed or result.images):
        there = tombstones.among(work, [("email", address) for address in person.addresses])
        if not there:
            raise NotFound(f"nothing is known of {person.text} in {work.scope.slug}")
        result.before = min(row["erased_at"] for row in there.values())
    taken: set[str] = set()
    for noun, columns in NUMBERS.items():
        for column in columns:
            found = rows.fetch(
                work.connection, work.scope, catalog.entity(noun), column, sorted(person.phones), [column]
            )
            taken |= {str(row[0]) for row in found}
    tombstones.remember(work, person.addresses, person.phones - taken)


def reference(entity: Entity, row: Row) -> str:
    """Return how a row is called: by its number, or by its id."""
    if entity.prefix and row.get("number"):
        return f"{entity.prefix}-{row['number']}"
    return str(row.get("id") or row.get("lead_id"))
