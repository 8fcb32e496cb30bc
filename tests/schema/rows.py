"""Rows for tests of the schema itself, written without the services."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import mycrm_cli.entities  # noqa: F401  (fills the metadata)
from mycrm_cli import clock
from mycrm_cli.db.base import metadata
from mycrm_cli.db.connect import Connection
from mycrm_cli.db.ddl import JOURNAL
from mycrm_cli.ids import uuid7

FILLED: dict[str, Any] = {
    "text": "x",
    "email": "x@example.com",
    "currency": "EUR",
    "timestamp": clock.now(),
    "secret": "x",
    "integer": 1,
}


class Rows:
    """Inserts rows as the schema wants them, with defaults for whatever a test does not care about."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.count = 0

    def add(self, table: str, **values: Any) -> UUID:
        """Insert a row and return its id."""
        self.count += 1
        id: UUID = values.setdefault("id", uuid7())
        row = {c.name: self._value(c, values) for c in metadata.tables[table].columns if c.computed is None}
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
        return id

    def _value(self, column: Any, values: dict[str, Any]) -> Any:
        value = values.get(column.name)
        if value is None and column.name not in values:
            value = self._default(column)
        saver = column.type.kind.saver(self.connection.dialect)
        return saver(value) if saver and value is not None else value

    def _default(self, column: Any) -> Any:
        if column.name in ("number", "search_rowid", "position"):
            return self.count
        if column.default is not None and column.default.is_callable:
            return column.default.arg(None)
        if column.default is not None and column.default.arg is not None:
            return column.default.arg
        if column.nullable:
            return None
        return FILLED[column.info["kind"]] if column.info["kind"] != "choice" else column.info["options"]["choices"][0]

    def organization(self, slug: str) -> UUID:
        """Insert an organization and make it the session's own."""
        id = uuid7()
        self.enter(id)
        return self.add("organizations", id=id, slug=slug, name=slug)

    def enter(self, organization_id: UUID | None) -> None:
        """Name the organization that row security lets the session see."""
        if self.connection.dialect == "postgresql":
            text = str(organization_id) if organization_id else ""
            self.connection.execute("SELECT set_config('mycrm.organization_id', ?, false)", (text,))


def one_of_each(rows: Rows, organization: UUID) -> dict[str, UUID]:
    """Insert a row into every table, each pointing to the others of its organization."""
    rows.enter(organization)
    made = {name: uuid7() for name in metadata.tables if name not in ("organizations", "schema_info")}
    for name in list(made):
        table = metadata.tables[name]
        targets = {column.name: column.info["options"].get("table") for column in table.columns}
        links: dict[str, Any] = {column: made[target] for column, target in targets.items() if target in made}
        links |= {"record_id": uuid7()} if "record_id" in table.columns else {}
        if name == "users":
            links["email"] = f"{organization}@example.com"
        links |= {hash: made[name].hex for hash in ("token_hash", "code_hash") if hash in table.columns}
        if name == "lead_signals":
            made[name] = made["leads"]
        links |= {c.name: 1 for c in table.columns if c.name == "position" and name in JOURNAL}
        rows.add(name, id=made[name], organization_id=organization, **_days(table), **links)
    return made


def _days(table: Any) -> dict[str, Any]:
    required = [c for c in table.columns if not c.nullable]
    values: dict[str, Any] = {c.name: date(2026, 1, 1) for c in required if c.info["kind"] == "date"}
    values |= {c.name: Decimal(1) for c in required if c.info["kind"] in ("money", "number", "percent")}
    return values
