"""The catalogue: what the entities are, read from ``catalog.json`` without SQLModel.

The file is generated from the SQLModel classes (``make generate``) and checked in; reading it takes
a millisecond where importing the classes takes three hundred.
"""

from __future__ import annotations

from mycrm_cli import kinds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.kinds import Kind


class Field:
    """One column of an entity.

    ``relation`` is the name that filters and options use for a reference (``owner`` for ``owner_id``,
    ``deal`` for ``opportunity_id``); ``writable`` tells whether people may set it; ``required`` whether it must be set;
    ``part`` whether the row goes with the record it points to.
    """

    __slots__ = (
        "_kind",
        "default",
        "description",
        "generated",
        "name",
        "nullable",
        "options",
        "part",
        "relation",
        "required",
        "short",
        "spec",
        "writable",
    )

    def __init__(self, name: str, spec: dict[str, Any]) -> None:
        self.name = name
        self.spec = spec
        self.options: dict[str, Any] = spec.get("options", {})
        self.description: str = spec.get("description", "")
        self.required: bool = spec.get("required", False)
        self.nullable: bool = spec.get("nullable", True)
        self.default: Any = spec.get("default")
        self.writable: bool = spec.get("writable", True)
        self.generated: bool = spec.get("generated", False)
        self.part: bool = self.options.get("part", False)
        self.short: str | None = spec.get("short")
        self.relation: str | None = relation_of(name) if spec["kind"] == "reference" and name != "id" else None
        self._kind: Kind | None = None

    @property
    def kind(self) -> Kind:
        """The field's kind, made when it is first needed."""
        if self._kind is None:
            self._kind = kinds.make(self.spec["kind"], **self.options)
        return self._kind

    @property
    def kind_name(self) -> str:
        """The name of the field's kind."""
        return str(self.spec["kind"])

    @property
    def table(self) -> str | None:
        """The table a reference points to."""
        return self.options.get("table")

    @property
    def secret(self) -> bool:
        """Whether the value is never shown."""
        return self.kind_name == "secret"

    @property
    def internal(self) -> bool:
        """Whether the column is the program's own business (search text, name keys)."""
        return bool(self.spec.get("internal"))

    @property
    def label(self) -> str:
        """The column's heading for people."""
        return (self.relation or self.name).replace("_", " ")


class Entity:
    """One noun: its table, its fields and how it is listed, found and matched."""

    __slots__ = (
        "_fields",
        "any_of",
        "columns",
        "command",
        "commands",
        "description",
        "distinct",
        "key",
        "keyed",
        "match",
        "name",
        "plural",
        "prefix",
        "search",
        "sort",
        "spec",
        "table",
        "title",
        "unique",
        "wide",
    )

    def __init__(self, name: str, spec: dict[str, Any]) -> None:
        self.name = name
        self.spec = spec
        self.table: str = spec["table"]
        self.command: str | None = spec.get("command")
        self.plural: str = spec["plural"]
        self.description: str = spec["description"]
        self.prefix: str | None = spec.get("prefix")
        self.key: str = spec["key"]
        self.title: list[str] = spec["title"]
        self.columns: list[str] = spec["columns"]
        self.wide: list[str] = spec["wide"]
        self.search: list[str] = spec["search"]
        self.sort: str = spec["sort"]
        self.match: list[str] = spec["match"]
        self.any_of: list[str] = spec["any_of"]
        self.distinct: list[str] = spec["distinct"]
        self.unique: list[list[str]] = spec["unique"]
        self.keyed: list[str] = spec["keyed"]
        self.commands: list[str] = spec["commands"]
        self._fields: dict[str, Field] | None = None

    @property
    def fields(self) -> dict[str, Field]:
        """The fields by their column's name, in the order of the schema."""
        if self._fields is None:
            self._fields = {name: Field(name, spec) for name, spec in self.spec["fields"].items()}
        return self._fields

    @property
    def noun(self) -> str:
        """What people call one of its records: the command, where there is one."""
        return self.command or self.name

    @property
    def one(self) -> str:
        """One of its records, as people call it: ``a deal``, ``an activity``."""
        return one(self.noun)

    @property
    def relations(self) -> dict[str, Field]:
        """The references by their short name (``owner`` -> ``owner_id``)."""
        return {field.relation: field for field in self.fields.values() if field.relation}

    @property
    def soft_delete(self) -> bool:
        """Whether deleting keeps the record in the trash."""
        return "is_deleted" in self.spec["fields"]

    @property
    def numbered(self) -> bool:
        """Whether records have a number per organization (``C-88``)."""
        return "number" in self.spec["fields"]

    @property
    def versioned(self) -> bool:
        """Whether edits are guarded by a version, which is a number."""
        return bool(self.spec["fields"].get("version", {}).get("kind") == "integer")

    @property
    def searchable(self) -> bool:
        """Whether the full-text index covers it."""
        return "search_text" in self.spec["fields"]

    @property
    def tenant(self) -> bool:
        """Whether rows belong to an organization; only ``organizations`` itself does not."""
        return "organization_id" in self.spec["fields"]

    def titled(self, row: dict[str, Any]) -> str:
        """Return a record's title: the first item of ``title`` that has a value."""
        for item in self.title:
            parts = [str(row[name]) for name in item.split() if row.get(name)]
            if parts:
                return " ".join(parts)
        return ""

    def called(self, number: int | None, title: str | None) -> str:
        """Return how people call a record: number and title, as far as it has them."""
        return " ".join(part for part in (f"{self.prefix}-{number}" if self.prefix and number else "", title) if part)


def one(noun: str) -> str:
    """Return a noun with its article."""
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def relation_of(column: str) -> str:
    """Return the name of a reference for people: an opportunity is a deal to them."""
    return column.removesuffix("_id").replace("opportunity", "deal")


_entities: dict[str, Entity] = {}


def entities() -> dict[str, Entity]:
    """Return every entity by its name, supporting tables included."""
    if not _entities:
        import json
        import os

        path = os.path.join(os.path.dirname(__file__), "catalog.json")
        with open(path, encoding="utf-8") as file:
            raw = json.load(file)
        _entities.update((name, Entity(name, spec)) for name, spec in raw["entities"].items())
    return _entities


def entity(name: str) -> Entity:
    """Return the entity called ``name``; raises KeyError."""
    return entities()[name]


def by_table(table: str) -> Entity:
    """Return the entity stored in ``table``; raises KeyError."""
    for candidate in entities().values():
        if candidate.table == table:
            return candidate
    raise KeyError(table)


def by_prefix(prefix: str) -> Entity | None:
    """Return the entity whose numbers start with ``prefix`` (``C`` in ``C-88``), in any case."""
    for candidate in entities().values():
        if candidate.prefix == prefix.upper():
            return candidate
    return None


def nouns() -> dict[str, Entity]:
    """Return the entities that have commands, by the noun people type."""
    return {e.command: e for e in entities().values() if e.command}
