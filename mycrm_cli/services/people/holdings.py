"""What hangs on a person: the rows of all tables that point to the records or have one of the addresses.

Which tables those are says the catalogue, so that a new one is covered from its first day.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services.people.finding import NOUNS, every

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.people.finding import Person
    from mycrm_cli.services.rows import Row

TABLES = {"contacts": "contact", "leads": "lead"}
ADDRESSED = {
    "email": ("from_email", "to_email"),
    "email_sequence_enrollments": ("to_email",),
    "outbox": ("to_email",),
    "email_events": ("address",),
    "suppressions": ("email",),
}
"""Columns with addresses of people outside, beside those of contacts and leads themselves."""
OF_EMAILS = (
    ("email", "email_id", ("email_events", "outbox")),
    ("email_sequence_enrollments", "enrollment_id", ("outbox",)),
)
"""What is about messages and enrollments goes with them."""
SHARED = ("note", "activity", "task")
"""What may be about others as well."""


class Holdings:
    """Rows by entity and key. ``alone`` are about the person, ``shared`` about others as well, ``deals`` stay."""

    def __init__(self) -> None:
        self.alone: dict[str, dict[object, Row]] = {}
        self.shared: dict[str, dict[object, Row]] = {}
        self.deals: dict[UUID, Row] = {}

    def put(self, name: str, row: Row, *, shared: bool = False) -> None:
        """Add a row."""
        kind = self.shared if shared else self.alone
        kind.setdefault(name, {})[row.get("id") or row.get("lead_id")] = row

    def of(self, name: str) -> list[Row]:
        """Return the rows of an entity, shared ones included."""
        return [*self.alone.get(name, {}).values(), *self.shared.get(name, {}).values()]


def pointing() -> Iterator[tuple[Entity, str, str]]:
    """Yield (entity, column, noun) of the columns that lead to contacts and leads."""
    for entity in catalog.entities().values():
        for field in entity.fields.values():
            if entity.tenant and field.table in TABLES and entity.name not in NOUNS:
                yield entity, field.name, TABLES[field.table]


def gather(reader: Reader, person: Person) -> Holdings:
    """Return all that hangs on a person."""
    found = Holdings()
    for entity, column, noun in pointing():
        for row in every(reader, entity.name, column, person.records[noun]):
            if entity.name == "deal":
                found.deals[row["id"]] = row
            else:
                found.put(entity.name, row, shared=entity.name in SHARED and is_shared(person, row))
    for name, columns in ADDRESSED.items():
        for column in columns:
            # Messages of a user's address are with everybody, not about the user.
            for row in every(reader, name, column, sorted(person.addresses - person.users)):
                found.put(name, row)
    for noun in NOUNS:
        for row in every(reader, "external_ids", "record_id", person.records[noun], within={"entity": noun}):
            found.put("external_ids", row)
    _follow_messages(reader, found)
    return found


def _follow_messages(reader: Reader, found: Holdings) -> None:
    """Add what is about the messages and enrollments that were found."""
    for name, column, others in OF_EMAILS:
        ids = [row["id"] for row in found.of(name)]
        for other in others:
            for row in every(reader, other, column, ids):
                found.put(other, row)
    written = {row["message_id"] for row in found.of("email") if row["message_id"]}
    for row in every(reader, "email_events", "message_id", sorted(written)):
        found.put("email_events", row)


def is_shared(person: Person, row: Row) -> bool:
    """Return whether a note, an activity or a task is about a deal, another person or another company as well."""
    if row["opportunity_id"] is not None:
        return True
    for column, noun in (("contact_id", "contact"), ("lead_id", "lead")):
        if row[column] is not None and row[column] not in person.records[noun]:
            return True
    own = {contact["company_id"] for contact in person.records["contact"].values()}
    return row["company_id"] is not None and row["company_id"] not in own
