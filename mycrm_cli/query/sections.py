"""Sections of a record's page: what they show, and which rows belong to them.

``related`` says which sections a noun has; ``hanging`` reads them.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.nodes import all_of, equals
from mycrm_cli.query.sql import Sql, all_hold, column, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.kinds import Kind
    from mycrm_cli.query.frame import Frame

    Way = str | tuple[str, str, str]

FIRST = 5
"""Rows of a section, unless all are asked for."""


class Section:
    """Records of one noun that hang on another's.

    ``ways`` lead from the record to them: the column of theirs that points to it (``contact_id``), or
    (table, column, column) of a table between: the column that points to the record, and the one that
    points to them. ``only`` are values that they must have, ``exact`` such that an index begins with.
    ``extras`` are columns of the table between: name -> (table, column, ours, theirs, how several become
    one). ``total`` is summed up, ``tally`` is counted for each of them, ``spans`` is a moment: each row
    lasts until the next one. ``first`` are the rows that a page shows, ``more`` is the
    line that shows all. ``aside`` is for programs alone: people
    read it in the record's own fields.
    """

    __slots__ = (
        "aside", "exact", "extras", "fields", "first", "key", "label", "more", "noun", "only", "sort", "spans", "tally",
        "title", "total", "ways",
    )  # fmt: skip

    def __init__(
        self,
        key: str,
        noun: str,
        ways: Sequence[Way],
        fields: str = "",
        *,
        label: str | None = None,
        sort: str = "-id",
        only: dict[str, str] | None = None,
        exact: dict[str, str] | None = None,
        extras: dict[str, tuple[str, str, str, str, str]] | None = None,
        title: str = "name",
        total: str | None = None,
        tally: Tally | None = None,
        spans: str | None = None,
        more: str | None = None,
        first: int = FIRST,
        aside: bool = False,
    ) -> None:
        self.key = key
        self.noun = noun
        self.ways = ways
        self.fields = fields.split()
        self.label = label or key.replace("_", " ")
        self.sort = sort
        self.only = only or {}
        self.exact = exact or {}
        self.extras = extras or {}
        self.title = title
        self.total = total
        self.tally = tally
        self.spans = spans
        self.more = more
        self.first = first
        self.aside = aside


class Tally:
    """How many records hang on another, by one of their fields, and what they are worth by currency."""

    exact: dict[str, str] = {}  # noqa: RUF012 - never changed
    __slots__ = ("by", "key", "label", "money", "noun", "only", "ways")

    def __init__(
        self,
        key: str,
        noun: str,
        ways: Sequence[Way],
        by: str,
        *,
        money: str | None = None,
        only: dict[str, str] | None = None,
        label: str | None = None,
    ) -> None:
        self.key = key
        self.noun = noun
        self.ways = ways
        self.by = by
        self.money = money
        self.only = only or {}
        self.label = label or key.replace("_", " ")


class Made:
    """A column that is computed beside the query's own."""

    __slots__ = ("expression", "kind", "label", "load", "name", "prefix")

    def __init__(self, name: str, kind: Kind, dialect: str = "", expression: Sql | None = None) -> None:
        self.name = name
        self.kind = kind
        self.label = name.replace("_", " ")
        self.load = kind.loader(dialect) if expression is not None else None
        self.expression = expression or Sql("NULL")
        self.prefix = None


class Hanging:
    """A section that was read: ``more`` rows were left out, ``at_least`` if only so many were counted."""

    __slots__ = ("at_least", "columns", "more", "rows", "section", "total")

    def __init__(self, section: Section | Tally, columns: list[Any], rows: list[list[Any]]) -> None:
        self.section = section
        self.columns = columns
        self.rows = rows
        self.more = 0
        self.at_least = False
        self.total: Any = None


def reach(frame: Frame, entity: Entity, alias: str, ways: Sequence[Way], id: UUID) -> Sql:
    """Return the condition that a row hangs on the record with this id."""
    if len(ways) == 1 and isinstance(ways[0], str):
        return compose("{} = {}", column(alias, ways[0]), value(frame.id(id)))
    found = [_ids(frame, entity, way, id) for way in ways]
    return compose("{}.id IN ({})", alias, compose(" UNION ".join("{}" for _ in found), *found))


def _ids(frame: Frame, entity: Entity, way: Way, id: UUID) -> Sql:
    """Return the statement for the ids that one way leads to."""
    table, ours, theirs = (entity.table, way, "id") if isinstance(way, str) else way
    between = catalog.by_table(table)
    alias = frame.alias()
    return compose(
        "SELECT {} FROM {} AS {} WHERE {} AND {} = {}",
        column(alias, theirs),
        table,
        alias,
        within(frame, between, alias, ours),
        column(alias, ours),
        value(frame.id(id)),
    )


def within(frame: Frame, entity: Entity, alias: str, link: str) -> Sql:
    """Return the condition for the organization, which on SQLite must not keep the link's index from being used."""
    hide = frame.dialect == "sqlite" and (link == "id" or link not in entity.keyed)
    return compose("{}{}", "+" if hide else "", frame.within(entity, alias))


def conditions(frame: Frame, section: Section | Tally, alias: str, id: UUID) -> Sql:
    """Return the condition of a section's rows: the organization, not in the trash, on the record, and its own."""
    from mycrm_cli.query.compiler import condition

    entity = catalog.entity(section.noun)
    direct = section.ways[0] if len(section.ways) == 1 and isinstance(section.ways[0], str) else "id"
    parts = [within(frame, entity, alias, next(iter(section.exact), direct))]
    parts += [compose("{} = {}", column(alias, name), value(word)) for name, word in section.exact.items()]
    parts += [reach(frame, entity, alias, section.ways, id)]
    if entity.soft_delete:
        parts += frame.live(entity, alias, False)
    if only := all_of(equals(name, *words.split(",")) for name, words in section.only.items()):
        parts.append(condition(frame, entity, alias, only))
    return all_hold(parts)
