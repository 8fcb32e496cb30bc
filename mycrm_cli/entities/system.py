"""The database's own business: numbers that come next, and what programs may use it."""

from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel

from mycrm_cli.db import fields
from mycrm_cli.db.base import Created, Entity


class Counter(SQLModel, table=True):
    """The next number of an entity's records; taken in blocks, never given twice."""

    __tablename__ = "counters"
    __table_args__ = ({"sqlite_with_rowid": False},)

    organization_id: UUID = fields.reference(
        "organizations", "The organization it belongs to.", primary_key=True, nullable=False, writable=False
    )
    entity: str = fields.text(50, "What is numbered.", primary_key=True, nullable=False, writable=False)
    next_value: int = fields.integer("The next number.", low=1, default=1, writable=False)


class SchemaInfo(Created, table=True):
    """The one row that tells which programs may use the database; it belongs to no organization."""

    __tablename__ = "schema_info"

    id: int = fields.integer("Always 1.", low=1, high=1, primary_key=True, default=1, writable=False)
    min_program: str = fields.text(
        50, "The oldest version of the program that may use it.", nullable=False, writable=False
    )
    maintenance_until: datetime | None = fields.moment("Until when nothing may be written.", writable=False)


COUNTERS = Entity(
    name="counters", table=Counter, plural="counters", key="entity", columns=("entity", "next_value"), sort="entity"
)
SCHEMA_INFO = Entity(
    name="schema_info", table=SchemaInfo, plural="schema info", columns=("min_program", "created_at"), sort="id"
)
