"""The tables that a statement may ask: one view each, of the rows and columns that the user may read."""

from __future__ import annotations

import re

from mycrm_cli import catalog, roles
from mycrm_cli.query.paths import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.sql import Sql

ROW = "r"
"""The alias of the table in its view."""
TYPES = {"reference": "id", "money": "number", "percent": "number", "tags": "json"}
KEPT = frozenset(("integer", "number", "timestamp", "date", "boolean", "json"))
LIMITED = {"sqlite": " LIMIT -1", "postgresql": " OFFSET 0"}
"""What keeps a user's conditions from being tried on rows that the user may not read."""


def offered(role: str) -> dict[str, Entity]:
    """Return the entities that a role may read, by their table."""
    return {
        entity.table: entity
        for entity in sorted(catalog.entities().values(), key=lambda entity: entity.table)
        if (entity.tenant or entity.table == "organizations") and roles.allowed(role, entity.name, roles.READ)
    }


def columns(entity: Entity) -> list[Field]:
    """Return the columns that people may see: no secrets, nothing internal."""
    return [field for field in entity.fields.values() if visible(field)]


def type_of(field: Field) -> str:
    """Return what ``--tables`` calls a column's type."""
    name = field.kind_name
    return TYPES.get(name, name if name in KEPT else "text")


def select(frame: Frame, entity: Entity, table: str) -> str:
    """Return the statement of a view: the visible columns, and the rows that the user may read.

    ``table`` is the stored table with its schema.
    """
    shown = ", ".join(f'{_expression(frame.dialect, field)} AS "{field.name}"' for field in columns(entity))
    condition = literal(frame.within(entity, ROW))
    text = f"SELECT {shown} FROM {table} AS {ROW} WHERE {condition}"
    limited = roles.allowed(frame.scope.role, entity.name, roles.READ) != roles.ALL
    return text + (LIMITED[frame.dialect] if limited else "")


def _expression(dialect: str, field: Field) -> str:
    """Return a column as the view shows it.

    SQLite would try conditions on an index alone before it knows whose the row is; the sign keeps it from that.
    Keys may use theirs: whoever asks for one must know it.
    """
    column = f'{ROW}."{field.name}"'
    if dialect == "postgresql" or field.kind_name == "reference":
        return column
    scale = getattr(field.kind, "scale", 0)
    return f"{column} / {10**scale}.0" if scale else f"+{column}"


def literal(condition: Sql) -> str:
    """Return a condition with its parameters written out: views hold none; only ids are among them."""
    values = iter(condition.params)
    return re.sub(r"\?", lambda _: _written(next(values)), condition.text)


def _written(value: Any) -> str:
    from uuid import UUID

    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, UUID):
        return f"'{value}'::uuid"
    raise TypeError(f"no literal of a {type(value).__name__}")


def mentioned(tables: dict[str, Entity], words: Collection[str]) -> dict[str, Entity]:
    """Return the tables whose names stand in a statement."""
    return {table: entity for table, entity in tables.items() if table in words}
