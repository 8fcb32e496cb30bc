"""What hangs on records in tables of its own and travels with them: addresses, links, keys of other systems.

The catalogue tells it all: a link is a row with two parts, one of which is the record; further values
of a field are rows with one part and a column of the field's name.
"""

from __future__ import annotations

from functools import cache

from mycrm_cli import catalog
from mycrm_cli.kinds.base import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.catalog import Entity, Field

FINGERPRINT = "fingerprint"
"""The source of keys made of a row's values, for imported rows that have no other."""


class Link:
    """A table that joins records with several others, of which ``main`` holds the first.

    ``child`` and ``parent`` are its columns; ``name`` is what people call the others (``companies``).
    """

    __slots__ = ("child", "main", "name", "other", "parent", "table")

    def __init__(self, table: Entity, child: Field, parent: Field) -> None:
        self.table = table
        self.child = child.name
        self.parent = parent.name
        self.main = parent.name
        self.other = catalog.by_table(str(parent.table))
        self.name = self.other.plural


class Further:
    """A table with further values of one of a record's fields: addresses beside the primary one."""

    __slots__ = ("child", "field", "name", "table")

    def __init__(self, table: Entity, child: Field, field: Field) -> None:
        self.table = table
        self.child = child.name
        self.field = field
        self.name = f"{field.name}s"


@cache
def _parts(name: str) -> list[tuple[Entity, list[Field]]]:
    """Return the tables without commands whose rows go with records of an entity, and their parts."""
    table = catalog.entity(name).table
    found = []
    for other in catalog.entities().values():
        parts = [field for field in other.fields.values() if field.part]
        if not other.command and any(field.table == table for field in parts):
            found.append((other, parts))
    return found


@cache
def links(name: str) -> dict[str, Link]:
    """Return the links of an entity by the column that holds the first of them."""
    entity, found = catalog.entity(name), {}
    for table, parts in _parts(name):
        if len(parts) == 2 and parts[0].table == entity.table and parts[1].name in entity.fields:
            found[parts[1].name] = Link(table, parts[0], parts[1])
    return found


@cache
def further(name: str) -> Further | None:
    """Return where an entity keeps further addresses, or None."""
    entity = catalog.entity(name)
    for table, parts in _parts(name):
        shared = [f for f in table.fields.values() if f.kind_name == "email" and f.name in entity.fields]
        if len(parts) == 1 and shared:
            return Further(table, parts[0], entity.fields[shared[0].name])
    return None


@cache
def note_link(name: str) -> str | None:
    """Return the column by which notes hang on an entity, or None where they do not."""
    table, note = catalog.entity(name).table, catalog.entity("note")
    for field in note.relations.values():
        if field.table == table and table != "users" and field.name != "organization_id":
            return field.name
    return None


class Several(Kind):
    """Several texts in one cell, with semicolons between them; one inside a text has a backslash before it."""

    name = "tags"

    def text(self, value: Any) -> str:
        """Write the texts with semicolons."""
        return ";".join(item.replace(";", "\\;") for item in value)
