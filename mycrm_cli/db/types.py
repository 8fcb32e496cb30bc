"""The column type behind every kind of value, on SQLite and on PostgreSQL."""

from typing import Any

from sqlalchemy import Date, DateTime, Integer, LargeBinary, Numeric, String, Text, Uuid
from sqlalchemy.dialects.postgresql import BOOLEAN, JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from mycrm_cli import kinds

SQLITE: dict[str, TypeEngine[Any]] = {
    "boolean": Integer(),
    "date": String(10),
    "integer": Integer(),
    "json": Text(),
    "money": Integer(),
    "number": Integer(),
    "percent": Integer(),
    "reference": LargeBinary(16),
    "tags": Text(),
    "timestamp": String(27),
}
POSTGRESQL: dict[str, TypeEngine[Any]] = {
    "boolean": BOOLEAN(),
    "date": Date(),
    "integer": Integer(),
    "json": JSONB(),
    "reference": Uuid(),
    "tags": JSONB(),
    "timestamp": DateTime(timezone=True),
}


class Stored(TypeDecorator[Any]):
    """A column that stores the values of one kind, converted by the kind itself.

    ``options`` are the kind's, as pairs, so that SQLAlchemy can cache statements.
    """

    impl = Text
    cache_ok = True

    def __init__(self, kind_name: str, options: tuple[tuple[str, Any], ...] = ()) -> None:
        super().__init__()
        self.kind_name = kind_name
        self.options = options
        self.kind = kinds.make(kind_name, **dict(options))

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type of the dialect; texts on PostgreSQL compare byte by byte."""
        sqlite = dialect.name == "sqlite"
        known = (SQLITE if sqlite else POSTGRESQL).get(self.kind_name)
        if known is None and isinstance(self.kind, kinds.Number):
            known = Numeric(self.kind.digits, self.kind.scale)
        if known is None:
            length = getattr(self.kind, "max_length", None)
            collation = None if sqlite else "C"
            known = String(length, collation) if length else Text(collation=collation)
        return dialect.type_descriptor(known)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Turn a value into a parameter; PostgreSQL's JSONB type writes JSON itself."""
        if value is None or (dialect.name != "sqlite" and self.kind_name in ("json", "tags")):
            return value
        saver = self.kind.saver(dialect.name)
        return saver(value) if saver else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Turn what the database answers into a value."""
        if value is None:
            return None
        loader = self.kind.loader(dialect.name)
        return loader(value) if loader else value
