"""What an organization makes its own: fields and filters."""

from typing import Any
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import ALL, Dated, Entity, Owned, Versioned, index, unique


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


class AssignmentRule(Dated, Versioned, Owned, table=True):
    """Who gets the leads that fit a filter; the first rule that fits decides."""

    __tablename__ = "assignment_rules"
    __table_args__ = (index("organization_id", "position"), index("user_id"), index("team_id"))

    name: str = fields.text(100, "Its name.", required=True)
    position: int = fields.integer("Its place among the rules, from 1.", low=1, nullable=False)
    expression: str = fields.lines("The filter that a lead must fit; empty fits all.", default="", short="where")
    user_id: UUID | None = fields.reference("users", "Who gets the lead.")
    team_id: UUID | None = fields.reference("teams", "Whose members get the leads in turn.")
    is_active: bool = fields.boolean("Whether it is in force.", default=True)


class AssignmentTurn(Owned, table=True):
    """When a member of a team last had a turn; no part of the journal, since taking turns is not taken back."""

    __tablename__ = "assignment_turns"
    __table_args__ = (unique("team_id", "user_id"), index("user_id"))

    team_id: UUID = fields.reference("teams", "The team.", part=True, required=True, writable=False)
    user_id: UUID = fields.reference("users", "The member.", part=True, required=True, writable=False)
    turn: int = fields.integer("Counts the turns of the team; the lowest is next.", low=0, default=0, writable=False)


ASSIGNMENT_RULES = Entity(
    name="assignment_rules",
    table=AssignmentRule,
    command="rule",
    plural="assignment rules",
    key="name",
    title=("name",),
    columns=("position", "name", "expression", "user", "team", "is_active"),
    sort="position",
    match=("name",),
    commands=ALL,
)
ASSIGNMENT_TURNS = Entity(
    name="assignment_turns", table=AssignmentTurn, plural="turns", columns=("team", "user", "turn"), sort="turn"
)
CUSTOM_FIELDS = Entity(
    name="custom_fields",
    table=CustomField,
    command="field",
    plural="custom fields",
    key="key",
    title=("key",),
    columns=("entity", "key", "label", "type", "choices", "required"),
    sort="entity,key",
    commands=ALL,
)
SAVED_FILTERS = Entity(
    name="saved_filters",
    table=SavedFilter,
    command="filter",
    plural="filters",
    key="name",
    title=("name",),
    columns=("name", "entity", "expression", "sort", "user"),
    sort="entity,name",
    commands=("list", "view", "count", "delete", "export", "import"),
)
