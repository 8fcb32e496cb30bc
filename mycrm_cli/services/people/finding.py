"""Who is meant by an address, a phone number or a record, and which records are that person.

A person is every contact and lead, in the trash or not, that has one of the addresses; their further addresses
lead to further records, until nothing new comes. So does a conversion: a lead and the contact it became are one
person. A phone number only says whom to begin with: colleagues and families share numbers.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Ambiguous, Invalid, NotFound
from mycrm_cli.kinds.base import BadValue
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.query.references import Found
    from mycrm_cli.services.rows import Row

NOUNS = ("contact", "lead")
NUMBERS = {"contact": ("phone", "mobile"), "lead": ("phone",)}
LATER = frozenset(("name_key", "search_text", "search_rowid"))
"""Columns that the program works out of others."""


class Person:
    """Somebody: ``addresses``, and the rows of ``contact`` and ``lead`` that are this person, by id.

    ``text`` is how the person was named, ``users`` are those of the addresses that are of people who work here.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.addresses: set[str] = set()
        self.users: set[str] = set()
        self.records: dict[str, dict[UUID, Row]] = {noun: {} for noun in NOUNS}

    @property
    def rows(self) -> Iterator[tuple[str, Row]]:
        """Every record with its noun."""
        return ((noun, row) for noun in NOUNS for row in self.records[noun].values())

    @property
    def phones(self) -> set[str]:
        """The phone numbers of the records."""
        return {str(row[name]) for noun, row in self.rows for name in NUMBERS[noun] if row[name]}

    @property
    def names(self) -> set[str]:
        """The full names of the records."""
        both = (" ".join(filter(None, (row["first_name"], row["last_name"]))) for _, row in self.rows)
        return {name for name in both if " " in name}

    @property
    def is_known(self) -> bool:
        """Whether there is a record."""
        return any(self.records.values())


def find(reader: Reader, text: str) -> Person:
    """Return the person that a text names; one whose address no record has comes without records.

    Raises NotFound, Ambiguous, and Invalid for a text with ``@`` that is no address.
    """
    person = Person(text)
    if "@" in text and not text.startswith("ext:"):
        person.addresses.add(address_of(reader, text))
    else:
        start = named(reader, text)
        for noun, id in start.items():
            person.records[noun] |= complete(reader, noun, "id", [id])
        learn(reader, person)
    widen(reader, person)
    if len([noun for noun in NOUNS if person.records[noun]]) == 2 and "@" not in text:
        check_one(reader, person, text)
    user, wanted = catalog.entity("user"), sorted(person.addresses)
    person.users = {row[0] for row in rows.fetch(reader.connection, reader.scope, user, "email", wanted, ["email"])}
    return person


def address_of(reader: Reader, text: str) -> str:
    """Return an address as it is stored; raises Invalid."""
    try:
        return str(catalog.entity("contact").fields["email"].kind.read(text, reader.scope.locale))
    except BadValue as error:
        raise Invalid(error.message, details=[{"field": "address", "code": error.code}]) from None


def named(reader: Reader, text: str) -> dict[str, UUID]:
    """Return the ids of the contact and the lead that a reference names; raises NotFound and Ambiguous."""
    found: dict[str, Found] = {}
    for noun in NOUNS:
        entity = catalog.entity(noun)
        for deleted in (False, True):
            if noun not in found:
                try:
                    found[noun] = reader.find(entity, text, deleted=deleted)
                except NotFound:
                    continue
    if not found:
        raise NotFound(
            f"no contact and no lead matches {text!r} in {reader.scope.slug}",
            hint="name the person by an e-mail address, a phone number or a reference such as C-88",
        )
    return {noun: each.id for noun, each in found.items()}


def check_one(reader: Reader, person: Person, text: str) -> None:
    """Refuse a name or number that means a contact and a lead of whom nothing says that they are one person."""
    start = named(reader, text)
    if len(start) < len(NOUNS):
        return
    alone = Person(text)
    alone.records["contact"] = complete(reader, "contact", "id", [start["contact"]])
    learn(reader, alone)
    widen(reader, alone)
    if start["lead"] not in alone.records["lead"]:
        labels = [catalog.entity(noun).called(row["number"], row["email"]) for noun, row in person.rows]
        raise Ambiguous(f"{text!r} is a contact and a lead who may be two people", candidates=labels)


def widen(reader: Reader, person: Person) -> None:
    """Follow addresses and conversions until nothing new comes."""
    asked: set[str] = set()
    count = -1
    while person.addresses - asked or count != sum(map(len, person.records.values())):
        count = sum(map(len, person.records.values()))
        new = sorted(person.addresses - asked)
        asked |= person.addresses
        contacts, leads = person.records["contact"], person.records["lead"]
        if new:
            contacts |= complete(reader, "contact", "email", new)
            contacts |= complete(reader, "contact", "id", held(reader, "email", new, "contact_id"))
            leads |= complete(reader, "lead", "email", new)
        leads |= complete(reader, "lead", "converted_contact_id", list(contacts))
        became = {row["converted_contact_id"] for row in leads.values()} - {None} - contacts.keys()
        contacts |= complete(reader, "contact", "id", became)
        learn(reader, person)


def learn(reader: Reader, person: Person) -> None:
    """Take up the addresses of the records."""
    person.addresses |= {str(row["email"]) for _, row in person.rows if row["email"]}
    person.addresses |= set(map(str, held(reader, "contact_id", person.records["contact"], "email")))


def held(reader: Reader, column: str, keys: Iterable[object], wanted: str) -> list[object]:
    """Return a column of further addresses by another one."""
    table = catalog.entity("contact_emails")
    return [row[0] for row in rows.fetch(reader.connection, reader.scope, table, column, keys, [wanted])]


def complete(reader: Reader, name: str, column: str, keys: Iterable[object]) -> dict[UUID, Row]:
    """Return the whole rows of an entity by a column, by their ids."""
    return {row["id"]: row for row in every(reader, name, column, keys)}


def every(reader: Reader, name: str, column: str, keys: Iterable[object], *, within: Row | None = None) -> list[Row]:
    """Return the whole rows of an entity by a column, as ``rows.fetch`` does."""
    entity = catalog.entity(name)
    names = [
        field.name for field in entity.fields.values() if not (field.secret or field.generated or field.name in LATER)
    ]
    wanted = list(keys)
    found = rows.fetch(reader.connection, reader.scope, entity, column, wanted, names, within=within) if wanted else ()
    return [dict(zip(names, row, strict=True)) for row in found]
