"""What an organization makes its own: fields and filters."""

from typing import Any
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import Dated, Entity, Owned, Versioned, index, unique


class CustomField(Dated, Versioned, Owned, table=True):
    """A field that an organization added to an entity; its values lie in ``custom_fields``."""

    __tablename__ = "custom_fields"
    __table_args__ = (unique("organization_id", "entity", "key"),)

    entity: str = fields.text(50, "Whose field it is.", required=True)
    key: str = fields.text(
        50, "Its name in filters and options, after ``cf.``.", pattern="[a-z][a-z0-9_]*", required=True
    )
    label: str | None = fields.text(100, "Its heading.")
    type: str = fields.choice(
        "text integer number money percent boolean date timestamp choice tags email phone url country currency",
        "What kind of value it takes.",
        default="text",
    )
    choices: list[Any] = fields.column("json", "The values of a choice.", factory=list)
    required: bool = fields.boolean("Whether every record must have it.")
    description: str | None = fields.lines("What it means.")


class SavedFilter(Dated, Versioned, Owned, table=True):
    """A filter with a name: ``-w @hot``."""

    __tablename__ = "saved_filters"
    __table_args__ = (unique("organization_id", "entity", "name"), index("user_id"))

    name: str = fields.text(100, "Its name.", required=True)
    entity: str = fields.text(50, "What it filters.", required=True)
    expression: str = fields.lines("The filter.", default="")
    sort: str | None = fields.text(255, "How it sorts.")
    columns: list[Any] = fields.column("json", "What it shows.", factory=list)
    user_id: UUID | None = fields.reference("users", "Who saved it.", writable=False)


CUSTOM_FIELDS = Entity(
    name="custom_fields",
    table=CustomField,
    plural="custom fields",
    key="key",
    title=("key",),
    columns=("entity", "key", "label", "type", "choices", "required"),
    sort="entity,key",
    match=("key",),
)
SAVED_FILTERS = Entity(
    name="saved_filters",
    table=SavedFilter,
    plural="filters",
    key="name",
    title=("name",),
    columns=("name", "entity", "expression", "sort", "user"),
    sort="entity,name",
    match=("name",),
)
