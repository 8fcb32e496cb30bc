"""Reads ``schema.txt`` into what a migrated database must show, on each database."""

import re
from pathlib import Path

Rows = tuple[str, ...]

OWNED = "id id · organization_id tenant"
PARTS = {
    "owned": OWNED,
    "created": "created_at time",
    "dated": "created_at time · updated_at time",
    "versioned": "version int",
    "numbered": "number int",
    "named": "name_key lines",
    "soft": "is_deleted bool · deleted_at time?",
    "searchable": "search_text lines · search_rowid int(0..9223372036854775807)?",
}
SQLITE = {
    "bool": "INTEGER",
    "choice": "TEXT",
    "date": "VARCHAR(10)",
    "decimal": "INTEGER",
    "id": "BLOB",
    "int": "INTEGER",
    "json": "TEXT",
    "lines": "TEXT",
    "money": "INTEGER",
    "percent": "INTEGER",
    "time": "VARCHAR(27)",
}
POSTGRESQL = {
    "bool": "boolean",
    "choice": "text",
    "date": "date",
    "id": "uuid",
    "int": "integer",
    "json": "jsonb",
    "lines": "text",
    "money": "numeric(15,2)",
    "percent": "numeric(3,2)",
    "time": "timestamp with time zone",
}
LENGTHS = {"email": 254, "phone": 20, "url": 500, "domain": 255, "country": 2, "currency": 3}
MONEY = ("0", "9999999999999.99")


class Column:
    """One column: its type's name, the type's arguments, and whether it may be empty."""

    def __init__(self, text: str) -> None:
        match = re.fullmatch(r"(\w+) (\w+)(?:\((.*)\))?(\??)", text)
        assert match, text
        self.name, self.type, self.rule, self.nullable = match[1], match[2], match[3] or "", bool(match[4])
        self.generated = self.type == "generated"
        if self.generated:
            self.type, self.rule = self.rule, ""
        self.table = {"tenant": "organizations", "ref": self.rule}.get(self.type)
        if self.type in ("tenant", "ref"):
            self.type = "id"
        elif self.type == "tags":
            self.type = "json"

    def shape(self, dialect: str) -> tuple[str, bool, bool]:
        """Return the SQL type, whether it may be empty, and whether it is generated."""
        nullable = self.nullable and not (dialect == "sqlite" and self.name == "search_rowid")
        return self.sql_type(dialect), nullable, self.generated

    def sql_type(self, dialect: str) -> str:
        """Return the SQL type as the database names it."""
        known = (SQLITE if dialect == "sqlite" else POSTGRESQL).get(self.type)
        if known:
            return known
        if self.type == "decimal":
            digits, scale, _ = self.rule.split(",")
            return f"numeric({digits},{scale})"
        return f"VARCHAR({self.length})" if dialect == "sqlite" else f"character varying({self.length})"

    @property
    def length(self) -> int:
        """Return how many characters a text may have."""
        return LENGTHS.get(self.type) or int(self.rule)

    def check(self, dialect: str) -> set[str] | None:
        """Return the literals of the column's CHECK, or None where it has none."""
        if self.type == "choice":
            return set(self.rule.split("|"))
        if self.type == "int" and self.rule:
            return set(filter(None, self.rule.split("..")))
        if self.type in ("money", "percent", "decimal"):
            return self._bounds(dialect)
        if dialect != "sqlite":
            return None
        if self.type == "bool":
            return {"0", "1"}
        return set() if self.type == "json" else self._text_check()

    def _text_check(self) -> set[str] | None:
        plain = ("id", "time", "date", "lines", "int")
        return None if self.type in plain else {str(self.length)}

    def _bounds(self, dialect: str) -> set[str]:
        low, high, scale = *MONEY, 2
        if self.type == "percent":
            low, high = "0", "1"
        elif self.type == "decimal":
            scale = int(self.rule.split(",")[1])
            low, high = self.rule.split(",")[2].split("..")
        if dialect == "sqlite":
            from decimal import Decimal

            return {str(int(Decimal(bound).scaleb(scale))) for bound in (low, high)}
        return {low, high}


class Table:
    """One table: its columns, keys, indexes and references."""

    def __init__(self, block: str) -> None:
        heading, *lines = block.splitlines()
        _, self.name, *self.parts = heading.split()
        columns = [PARTS[part] for part in self.parts if part in PARTS]
        columns += [line for line in lines if " " in line and not self._rule(line)]
        parsed = [Column(text.strip()) for line in columns for text in line.split("·")]
        self.columns = {column.name: column for column in parsed}
        rules = [line.split() for line in lines if self._rule(line)]
        self.primary: Rows = next((tuple(rule[1:]) for rule in rules if rule[0] == "primary"), ("id",))
        self.unique = {tuple(rule[1:]) for rule in rules if rule[0] == "unique"} | set(self._implied_keys())
        self.indexes = {tuple(rule[1:]) for rule in rules if rule[0] == "index"}
        self.foreign = {" ".join(rule[1:]) for rule in rules if rule[0] == "foreign"} | set(self._references())
        if "named" in self.parts and "organization_id" in self.columns:
            self.indexes.add(("organization_id", "name_key"))
        if "soft" in self.parts:
            self.indexes.add(("organization_id", "created_at", "id", "is_deleted", "live"))

    @staticmethod
    def _rule(line: str) -> bool:
        return line.split(maxsplit=1)[0] in ("primary", "unique", "index", "foreign")

    def _implied_keys(self) -> list[Rows]:
        keys: list[Rows] = [("organization_id", "id")] if {"organization_id", "id"} <= self.columns.keys() else []
        return keys + ([("organization_id", "number")] if "numbered" in self.parts else [])

    def _references(self) -> list[str]:
        found = []
        for column in self.columns.values():
            if column.table == "organizations":
                found.append(f"{column.name} -> organizations id")
            elif column.table:
                found.append(f"organization_id {column.name} -> {column.table} organization_id id")
        return found

    def index_set(self, dialect: str) -> set[Rows]:
        """Return the indexes that the database must have, unique ones and the full-text one aside."""
        return {index for index in self.indexes if dialect == "postgresql" or not index[0].startswith("gin")}

    def unique_set(self, dialect: str) -> set[Rows]:
        """Return the uniqueness rules that the database must have."""
        rowid = {("search_rowid",)} if dialect == "sqlite" and "searchable" in self.parts else set()
        return self.unique | rowid


def tables() -> dict[str, Table]:
    """Return every table that the page asks for."""
    text = Path(__file__).with_name("schema.txt").read_text(encoding="utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    found = [Table(block.strip()) for block in re.split(r"\n\n+", bare) if block.strip()]
    return {table.name: table for table in found}
