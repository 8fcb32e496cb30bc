"""Two organizations with records, kept as plain Python beside the database, for oracles to judge by."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.db.connect import Connection, connect
from mycrm_cli.ids import uuid7
from mycrm_cli.kinds.folding import fold_key, search_words
from mycrm_cli.query import Reader
from mycrm_cli.scope import Locale, Scope

NOW = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
"""A quarter to midnight in Berlin, on the eve of the change to summer time."""
ZONE = "Europe/Berlin"

FIRST = [
    "Ana",
    "ANA",
    "José",
    "Müller",
    "muller",
    "Łukasz",
    "Straße",
    "strasse",
    "O'Neil",
    "100%_a",
    "a\\b",
    None,
    None,
]
LAST = ["Berg", "Ünal", "unal", "Ångström", "ß", "Σίσυφος", "李", "de la Cruz", "😀", "[x]", "*", None]
CITIES = ["Köln", "koln", "KÖLN", "Łódź", "São Paulo", "none", "me", "a..b", "x,y", None]
TAGS = ["vip", "old", "big deal", "grösse", 'q"t', "x,y", "a%"]
STATUSES = ["active", "inactive", "archived"]
PHONES = ["+493012345", "+14155550123", "call me", None]
COMPANIES = [("Acme", "acme.com"), ("ACME Süd", "acme.de"), ("Globex", None), ("Initech", "initech.io")]
TIERS = ["gold", "silver", None]

Row = dict[str, Any]


class World:
    """The rows of both organizations, by table, and a reader for the first one."""

    def __init__(self, url: str, count: int = 120, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.rows: dict[str, list[Row]] = {}
        self.url = url
        self.writer = connect(url, write=True)
        self.acme, self.other = self.organization("acme"), self.organization("other")
        for organization in (self.other, self.acme):
            self.enter(organization)
            self.fill(organization, count if organization == self.acme else 25)
        self.writer.commit()
        self.writer.close()
        self.me = next(u for u in self.of("users") if u["email"] == "me@acme.com")

    def of(self, table: str, organization: UUID | None = None) -> list[Row]:
        """Return the rows of a table, of the first organization unless told otherwise."""
        return [row for row in self.rows.get(table, []) if row["organization_id"] == (organization or self.acme)]

    def scope(self, organization: UUID | None = None) -> Scope:
        """Return the scope of the user ``me`` (the other organization's has the same name there)."""
        slug = "other" if organization == self.other else "acme"
        user = next(u for u in self.of("users", organization) if u["email"] == f"me@{slug}.com")
        locale = Locale(ZONE, "DE", "EUR")
        return Scope(
            organization or self.acme,
            user["id"],
            "admin",
            organization=slug,
            slug=slug,
            email=user["email"],
            locale=locale,
        )

    def reader(self, organization: UUID | None = None) -> Reader:
        """Open a connection that reads, and return its reader."""
        connection = connect(self.url, organization_id=organization or self.acme)
        connection.begin()
        return Reader(connection, self.scope(organization))

    def organization(self, slug: str) -> UUID:
        identifier = uuid7()
        self.enter(identifier)
        self.add("organizations", id=identifier, organization_id=identifier, name=slug.title(), slug=slug, plan="pro")
        return identifier

    def enter(self, organization: UUID) -> None:
        if self.writer.dialect == "postgresql":
            self.writer.execute("SELECT set_config('mycrm.organization_id', ?, false)", (str(organization),))

    def add(self, table: str, **values: Any) -> Row:
        """Insert a row; what is not given is filled as the program would."""
        entity = catalog.by_table(table)
        row = {name: values.get(name) for name in entity.fields}
        known = self.rows.setdefault(table, [])
        numbered = sum(r["organization_id"] == values["organization_id"] for r in known) + 1
        filled = {
            "id": uuid7(),
            "number": numbered,
            "created_at": NOW,
            "updated_at": NOW,
            "search_rowid": len(known) + 1,
        }
        for name, field in entity.fields.items():
            if row[name] is None:
                row[name] = filled.get(name, field.default)
            if row[name] is None and field.spec.get("nullable") is False:
                row[name] = {"tags": [], "json": {}, "boolean": False, "text": ""}.get(field.kind_name)
        row["title"] = title(row)
        if "name_key" in row:
            row["name_key"] = fold_key(row["title"] or "")
        if "search_text" in row:
            texts = (str(row[name] or "") for name in entity.search)
            row["search_text"] = " ".join(word for text in texts for word in search_words(text))
        insert(self.writer, table, row)
        row["organization_id"] = values["organization_id"]
        known.append(row)
        return row

    def fill(self, organization: UUID, count: int) -> None:
        slug, pick = ("acme" if organization == self.acme else "other"), self.random.choice
        boss = self.user(organization, f"boss@{slug}.com", "Bea", "Böß", None)
        users = [
            self.user(organization, f"me@{slug}.com", "Me", "Myself", boss["id"]),
            self.user(organization, f"ana@{slug}.com", "Ana", "Berg", boss["id"]),
            self.user(organization, f"x@{slug}.com", None, None, None),
        ]
        firms = [
            self.add("companies", organization_id=organization, name=name, domain=domain, owner_id=pick(users)["id"])
            for name, domain in COMPANIES
        ]
        for key, type, choices in FIELDS:
            self.add(
                "custom_fields", organization_id=organization, entity="contact", key=key, type=type, choices=choices
            )
        for index in range(count):
            self.contact(organization, index, slug, users, firms)
        for index in range(30):
            due = NOW + timedelta(hours=index * 2 - 30) if index % 5 else None
            status = pick(["pending", "in_progress", "completed"])
            self.add(
                "tasks", organization_id=organization, title=f"Call {index}", due_date=due, status=status, priority="low",
                assigned_to_id=pick(users)["id"], task_type="call",
            )  # fmt: skip

    def user(self, organization: UUID, email: str, first: str | None, last: str | None, manager: UUID | None) -> Row:
        return self.add(
            "users", organization_id=organization, email=email, first_name=first, last_name=last, manager_id=manager,
            role="admin", is_active=True,
        )  # fmt: skip

    def contact(self, organization: UUID, index: int, slug: str, users: list[Row], firms: list[Row]) -> None:
        pick, some = self.random.choice, self.random.random
        email = f"{pick(['ana', 'jan', 'jané', 'x_y'])}{index}@{pick(['acme.com', 'ex.org'])}" if some() < 0.7 else None
        custom: Row = {}
        if some() < 0.7:
            custom["tier"] = pick(TIERS)
            custom["size"] = str(Decimal(self.random.randrange(0, 500)) / 4 + Decimal("0.00"))
            custom["since"] = (date(2026, 3, 1) + timedelta(self.random.randrange(60))).isoformat()
            custom["ok"] = pick([True, False])
            custom["note"] = pick(["Ünter", "unter", "x"])
        row = self.add(
            "contacts", organization_id=organization, first_name=pick(FIRST), last_name=pick(LAST), email=email,
            phone=pick(PHONES), city=pick(CITIES), status=pick(STATUSES), score=pick([None, 0, 5, 50, 70, 99, 100]),
            tags=self.random.sample(TAGS, self.random.randrange(4)), custom_fields=custom,
            company=pick(["Acme", None]), country=pick(["DE", "US", None]), website=pick(["https://Acme.com/A", None]),
            owner_id=pick([None, *(u["id"] for u in users)]), assigned_to_id=pick([None, users[0]["id"]]),
            company_id=pick([None, *(f["id"] for f in firms)]), do_not_call=some() < 0.3, is_deleted=some() < 0.2,
            created_at=NOW + timedelta(minutes=self.random.randrange(-90_000, 2_000)),
            last_activity_at=NOW - timedelta(hours=self.random.randrange(2_000)) if some() < 0.6 else None,
            lifecycle_stage="customer", source="other",
        )  # fmt: skip
        row["emails"] = [email] if email else []
        if some() < 0.3:
            self.address(row, f"second{index}@{slug}.example.com")

    def address(self, contact: Row, email: str) -> None:
        own = {"organization_id": contact["organization_id"], "contact_id": contact["id"]}
        self.add("contact_emails", email=email, **own)
        contact["emails"].append(email)


FIELDS: list[tuple[str, str, list[str]]] = [
    ("tier", "choice", ["gold", "silver"]),
    ("size", "money", []),
    ("since", "date", []),
    ("ok", "boolean", []),
    ("note", "text", []),
]


def title(row: Row) -> str | None:
    """Return how a record is called, by a reading of data-model.md that knows nothing of the catalogue."""
    if "role" in row or "lifecycle_stage" in row:
        full = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
        return full or row.get("company") or row["email"] or row["phone"]
    return row.get("name") or row.get("title")


def insert(connection: Connection, table: str, row: Row) -> None:
    """Insert a row in the form of the dialect, written out here rather than taken from the kinds."""
    entity = catalog.by_table(table)
    names = [name for name in entity.fields if "weighted" not in name]
    marks = ", ".join("?" for _ in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    values = [stored(row[name], connection.dialect) for name in names]
    connection.execute(f"INSERT INTO {table} ({quoted}) VALUES ({marks})", values)


def stored(value: Any, dialect: str) -> Any:
    """Return a value as the database holds it."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if dialect != "sqlite" or value is None:
        return value
    match value:
        case bool():
            return int(value)
        case UUID():
            return value.bytes
        case Decimal():
            return int(value * 100)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case date():
            return value.isoformat()
    return value
