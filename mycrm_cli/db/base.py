"""What entities are made of: the common columns, and the description that goes with a table."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, MetaData, UniqueConstraint, text
from sqlmodel import SQLModel

from mycrm_cli import clock
from mycrm_cli.db import fields
from mycrm_cli.ids import uuid7

metadata: MetaData = SQLModel.metadata

READ = ("list", "view", "count", "export")
WRITE = ("add", "edit", "delete", "import")
ALL = (*READ, *WRITE)
RECORD = (*ALL, "history")
TRASHED = (*RECORD, "restore", "purge")
TAGGED = ("tag", "untag")
DOUBLES = ("dupes", "merge")


class Row(SQLModel):
    """A row with an id."""

    id: UUID = fields.column(
        "reference", "The record's id (UUID version 7).", factory=uuid7, primary_key=True, writable=False
    )


class Owned(Row):
    """A row that belongs to an organization."""

    organization_id: UUID = fields.reference(
        "organizations", "The organization it belongs to.", nullable=False, writable=False
    )


class Created(SQLModel):
    """When a row was made."""

    created_at: datetime = fields.moment("When it was created.", factory=clock.now, writable=False)


class Dated(Created):
    """When a row was made and changed."""

    updated_at: datetime = fields.moment("When it was last changed.", factory=clock.now, writable=False)


class Versioned(SQLModel):
    """A row whose edits are guarded against each other."""

    version: int = fields.integer("Counts the edits, so that none overwrites another.", default=1, writable=False)


class Numbered(SQLModel):
    """A record that people refer to by a number, unique in its organization and never used again."""

    number: int = fields.integer("The number people refer to it by.", nullable=False, writable=False)


class Named(SQLModel):
    """A record that is found by its name."""

    name_key: str = fields.lines(
        "The name as it is compared: folded, for references, matching and sorting.",
        default="",
        writable=False,
        internal=True,
    )


class Searchable(SQLModel):
    """A record that full-text search covers."""

    search_text: str = fields.lines(
        "The folded words that full-text search finds.", default="", writable=False, internal=True
    )
    search_rowid: int | None = fields.integer(
        "The key of the row in SQLite's full-text index; empty on PostgreSQL.",
        low=0,
        high=2**63 - 1,
        writable=False,
        internal=True,
    )


class SoftDeleted(SQLModel):
    """A record that stays in the trash when it is deleted."""

    is_deleted: bool = fields.boolean("Whether it is in the trash.", writable=False)
    deleted_at: datetime | None = fields.moment("When it was put into the trash.", writable=False)


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One noun: how its records are called, listed, found and matched.

    ``title`` tells how a record is named in one line: each item is a set of fields joined with
    spaces, and the first that is not empty is taken. ``match`` are the keys of an import, in order.
    ``search`` are the fields that full-text search covers. Of ``any_of`` at least one must have a
    value. Two live records with the same value in a ``distinct`` field are taken for duplicates.
    """

    name: str
    table: type[SQLModel]
    plural: str = ""
    command: str | None = None
    prefix: str | None = None
    key: str = "id"
    title: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    sort: str = "-id"
    match: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take the name as the command where there are commands."""
        if self.commands and self.command is None:
            object.__setattr__(self, "command", self.name)


LIVE: dict[str, object] = {"sqlite_where": text("is_deleted = 0"), "postgresql_where": text("NOT is_deleted")}
"""Keeps an index to the records that are not in the trash."""


def index(*columns: str | Column[object], name: str | None = None, **options: object) -> Index:
    """Declare an index; ``-score`` means descending order. Its name is made of table and columns unless told."""
    names = name or "_".join(str(c).lstrip("-") for c in columns)
    parts = [text(f"{c[1:]} DESC") if str(c).startswith("-") else c for c in columns]
    return Index(f"ix_%s_{names}", *parts, **options)  # type: ignore[arg-type]


def unique(*columns: str) -> UniqueConstraint:
    """Declare a uniqueness rule. Its name is made of table and columns."""
    return UniqueConstraint(*columns, name=f"uq_%s_{'_'.join(columns)}")
