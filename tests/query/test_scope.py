"""Every table of every statement keeps to the organization."""

import re
from typing import Any
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.errors import CrmError
from mycrm_cli.query import Reader, Select, full
from mycrm_cli.query.frame import Frame
from mycrm_cli.query.language import parse
from mycrm_cli.scope import Locale, Scope
from tests.query.world import World

SCOPE = Scope(
    UUID("01900000-0000-7000-8000-000000000001"),
    UUID("01900000-0000-7000-8000-000000000002"),
    "admin",
    organization="Acme",
    slug="acme",
    email="ana@acme.com",
    locale=Locale("Europe/Berlin", "DE", "EUR"),
)
TABLES = {entity.table for entity in catalog.entities().values()}
USED = re.compile(r"\b(?:FROM|JOIN) (\w+) AS (\w+)")
FILTERS = [
    "company.name~acme",
    "owner.manager.name^=b",
    "email=ana@acme.com",
    "owner=ana@acme.com or company_id=CO-1 or owner=Ana",
    "company_id=acme.com",
    "+MINE +vip jan",
    "-UNASSIGNED not jan",
    "cf.tier=gold",
    "owner=+4930123456",
    "company_id=ext:hubspot:1",
]


def frame(dialect: str) -> Frame:
    """Return the context of a statement without a database."""
    return Frame(SCOPE, dialect, lambda entity: {}, lambda statement: 0)


class Watched:
    """A connection that keeps what was sent."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.sent: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def execute(self, sql: str, params: Any = ()) -> Any:
        self.sent.append(sql)
        return self.connection.execute(sql, params)

    def sql(self, sql: str) -> str:
        self.sent.append(sql)
        return str(self.connection.sql(sql))


def unscoped(sql: str) -> list[str]:
    """Return the tables of a statement that are not held to the organization."""
    used = USED.findall(sql)
    assert used or "pragma" in sql
    named = {table for table, _ in used}
    assert set(re.findall(r"\b(?:FROM|JOIN) (\w+)", sql)) - named <= {
        "json_each",
        *(f"{t}_search" for t in TABLES),
        "pragma_index_list",
        "pragma_index_info",
        "jsonb_array_elements_text",
    }
    return [table for table, alias in used if table in TABLES and f"{alias}.organization_id = ?" not in sql]


def test_every_table_has_its_organization(world: World) -> None:
    contact = catalog.entity("contact")
    reader = world.reader()
    watched = Watched(reader.connection)
    reader = Reader(watched, reader.scope)  # type: ignore[arg-type]
    fields = [*full(contact), "owner", "owner.manager", "company.name", "cf.tier", "assigned_to.team.lead"]
    for text in FILTERS:
        list(reader.rows(Select(contact, fields, where=parse(text), sort="company.name,-owner")))
        reader.count(contact, parse(text))
    for reference in ("ana1@acme.com", "C-1", "1", "Ana Berg", "+493012345", "ext:a:b", "nobody at all", "x@y.z"):
        try:
            reader.find(contact, reference)
        except CrmError as error:
            assert error.exit in (3, 5)
    list(reader.search("acme", [contact, catalog.entity("company"), catalog.entity("user")]))
    assert len(watched.sent) > 40
    for sql in watched.sent:
        assert unscoped(sql) == [], sql
    watched.connection.close()


def test_no_filter_reaches_another_organization(world: World) -> None:
    contact = catalog.entity("contact")
    reader, theirs = world.reader(), {c["id"] for c in world.of("contacts", world.other)}
    stranger = next(c for c in world.of("contacts", world.other) if c["email"])
    owner = next(u for u in world.of("users", world.other))
    for text in (
        "score=any or score=none",
        f"id={stranger['id']}",
        f"email={stranger['email']} or not email={stranger['email']}",
        f"owner={owner['id']}",
        f"owner={owner['email']}",
        "not score=77",
        "acme or not acme",
    ):
        for deleted in (False, True, None):
            found = {row[0] for row in reader.rows(Select(contact, ["id"], where=parse(text), deleted=deleted))}
            assert not found & theirs, text
    reader.connection.close()
