"""The journal: every change, what it touched, and how that was before.

Rows are only ever added. Whether a change was undone is known from the change that undid it, and a
command that takes several transactions writes one change for each, linked by ``part_of_id``.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import SQLModel

from mycrm_cli.db import fields
from mycrm_cli.db.base import READ, Entity, Numbered, Owned, index, unique
from mycrm_cli.db.constraints import reference_within


class Change(Numbered, Owned, table=True):
    """What one command changed, as a link of the organization's chain.

    ``hash`` is the SHA-256 of the hash before, of the row's other columns and of ``items_hash``, which
    in turn covers every item with the hash of its payload. ``position`` counts the links without gaps.
    """

    __tablename__ = "changes"
    __table_args__ = (
        unique("organization_id", "position"),
        index("organization_id", "actor_id", "position"),
        index("organization_id", "label"),
        index("undoes_id"),
        index("part_of_id"),
    )

    position: int = fields.integer("Its place in the chain, from 1.", low=1, nullable=False, writable=False)
    kind: str = fields.choice(
        "write import undo redo erase", "What kind of change it is.", default="write", writable=False
    )
    actor_id: UUID | None = fields.reference("users", "Who made it.", writable=False)
    profile: str | None = fields.text(100, "The profile it was made with.", writable=False)
    program: str | None = fields.text(50, "The version of the program that made it.", writable=False)
    command: list[Any] = fields.column("json", "The words of the command.", factory=list, writable=False)
    label: str | None = fields.text(100, "A name given to a group of changes.", writable=False)
    started_at: datetime = fields.moment("When the command began.", nullable=False, writable=False)
    finished_at: datetime = fields.moment("When it was written down.", nullable=False, writable=False)
    undoes_id: UUID | None = fields.reference("changes", "The change that it takes back.", writable=False)
    part_of_id: UUID | None = fields.reference("changes", "The command's first change.", writable=False)
    created_count: int = fields.integer("Records created.", low=0, default=0, writable=False)
    updated_count: int = fields.integer("Records updated.", low=0, default=0, writable=False)
    deleted_count: int = fields.integer("Records deleted.", low=0, default=0, writable=False)
    items_hash: str = fields.text(64, "SHA-256 over the items.", nullable=False, writable=False)
    previous_hash: str = fields.text(64, "Hash of the link before; empty for the first.", default="", writable=False)
    hash: str = fields.text(64, "Hash of this link.", nullable=False, writable=False)


class _OfChange(SQLModel):
    """The key of a part of a change, without an id: a million of them come with one import."""

    organization_id: UUID = fields.reference(
        "organizations", "The organization it belongs to.", primary_key=True, nullable=False, writable=False
    )
    change_id: UUID = fields.reference("changes", "The change.", primary_key=True, nullable=False, writable=False)
    position: int = fields.integer(
        "Its place in the change, from 1.", low=1, primary_key=True, nullable=False, writable=False
    )


class ChangeItem(_OfChange, table=True):
    """One record that a change touched, or many with which it did the same.

    An item of many stands for a place for each: its ``position`` is that of the first. ``record_id`` and
    ``last_record_id`` are the smallest and the largest of their ids, ``members`` all of them.
    """

    __tablename__ = "change_items"
    __table_args__ = (
        index("organization_id", "entity", "record_id"),
        index(
            "organization_id",
            "entity",
            "record_id",
            "last_record_id",
            name="many",
            sqlite_where=text("members IS NOT NULL"),
            postgresql_where=text("members IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    entity: str = fields.text(50, "What kind of record it is.", nullable=False, writable=False)
    record_id: UUID = fields.column("reference", "The record.", nullable=False, writable=False)
    action: str = fields.choice(
        "create update delete restore purge", "What was done with it.", nullable=False, writable=False
    )
    touched: list[Any] = fields.column("json", "The fields that were touched.", factory=list, writable=False)
    payload_hash: str | None = fields.text(64, "SHA-256 of the payload, where there is one.", writable=False)
    last_record_id: UUID | None = fields.column("reference", "The last record of many.", writable=False)
    members: str | None = fields.lines("The ids of many records, 32 digits each.", writable=False)


class ChangePayload(_OfChange, table=True):
    """How the touched fields were before; only erasing a person removes it.

    The hash covers ``salt`` as well, so that nobody guesses an erased value from the hash that stays. Of an
    item of many ``before`` holds the names of the columns, a row and a salt of its own for each record: the
    row of one person can go without the others'.
    """

    __tablename__ = "change_payloads"
    __table_args__ = (reference_within("change_id", "position", "change_items", key="position"),)

    salt: str = fields.text(32, "Random digits that go into the hash.", nullable=False, writable=False)
    before: dict[str, Any] = fields.record("The values before.", writable=False)


CHANGES = Entity(
    name="changes",
    table=Change,
    command="change",
    plural="changes",
    prefix="X",
    title=("command",),
    columns=("number", "finished_at", "actor", "command", "created_count", "updated_count", "deleted_count", "label"),
    wide=("kind", "profile", "hash"),
    sort="-position",
    commands=READ,
)
CHANGE_ITEMS = Entity(
    name="change_items",
    table=ChangeItem,
    plural="change items",
    key="position",
    columns=("change", "position", "entity", "record_id", "action", "touched"),
    sort="position",
)
CHANGE_PAYLOADS = Entity(
    name="change_payloads",
    table=ChangePayload,
    plural="change payloads",
    key="position",
    columns=("change", "position", "before"),
    sort="position",
)
