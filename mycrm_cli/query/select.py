"""A list of records: what is asked for, and the one statement that answers it."""

from __future__ import annotations

from mycrm_cli import kinds
from mycrm_cli.query import computed
from mycrm_cli.query.computed import Computed
from mycrm_cli.query.joins import Joins
from mycrm_cli.query.nodes import mentions_saved
from mycrm_cli.query.paths import Path, resolve, visible
from mycrm_cli.query.plans import source
from mycrm_cli.query.sql import Sql, all_hold, column, compose, value
from mycrm_cli.query.titles import title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.kinds import Kind
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.nodes import Node


MOST = 2**62
"""Rows that a database can count."""


class Select:
    """What is asked for: fields of the entity's records that fit a filter, in an order.

    ``deleted`` is False for records outside the trash, True for the trash, None for both. Without
    ``limit`` all are read, row by row. ``after`` is the record behind which the list goes on.
    """

    __slots__ = ("after", "deleted", "entity", "fields", "limit", "offset", "sort", "where")

    def __init__(
        self,
        entity: Entity,
        fields: Sequence[str] | None = None,
        *,
        where: Node | None = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        after: UUID | None = None,
        deleted: bool | None = False,
    ) -> None:
        self.entity = entity
        self.fields = list(fields or entity.columns)
        self.where = where
        self.sort = sort or entity.sort
        self.limit = None if limit is None else min(limit, MOST)
        self.offset = min(offset, MOST)
        self.after = after
        self.deleted = deleted


class Column:
    """One column of the answer: its name for machines, its label for people, its kind.

    ``prefix`` goes before a record's number (``C`` for ``C-88``).
    """

    __slots__ = ("expression", "kind", "label", "load", "name", "path", "prefix")

    def __init__(self, path: Path, kind: Kind, expression: Sql, load: Callable[[Any], Any] | None) -> None:
        self.name = path.name
        self.path = path
        self.kind = kind
        self.expression = expression
        self.load = load
        self.label = path.name.removesuffix("_id").removeprefix("cf.").replace("_", " ").replace(".", " ")
        self.prefix = path.entity.prefix if path.field is not None and path.field.name == "number" else None


def full(entity: Entity) -> list[str]:
    """Return the names of all fields that people may see, as JSON carries them."""
    return [*(field.name for field in entity.fields.values() if visible(field)), *computed.of(entity)]


def compile_select(
    frame: Frame, select: Select, arrange: Callable[[list[Column]], list[Any]] = list
) -> tuple[Sql, list[Any]]:
    """Return the statement and its columns, as arranged; raises UsageError for what the entity has not."""
    entity, alias = select.entity, frame.alias()
    wanted = _whole(frame, entity, select.where)
    joins = Joins(frame, alias)
    columns = arrange([column_of(frame, joins, resolve(entity, name)) for name in select.fields])
    table = source(frame, entity, alias, wanted, select.deleted)
    where = restriction(frame, entity, alias, wanted, select.deleted)
    if select.after is not None:
        from mycrm_cli.query.paging import beyond

        where = compose("{} AND {}", where, beyond(frame, entity, joins, select.sort, select.after))
    order = order_of(frame, entity, alias, joins, select.sort)
    parts: list[Sql | str] = [
        compose(", ".join("{}" for _ in columns), *(c.expression for c in columns)),
        table,
        compose("".join(" {}" for _ in joins.parts), *joins.parts),
        where,
        order,
        _limit(frame, select),
    ]
    return compose("SELECT {} FROM {}{} WHERE {} ORDER BY {}{}", *parts), columns


def compile_count(frame: Frame, entity: Entity, where: Node | None, deleted: bool | None) -> Sql:
    """Return the statement that counts; without a filter an index alone answers it."""
    alias = frame.alias()
    where = _whole(frame, entity, where)
    table = source(frame, entity, alias, where, deleted)
    fits = restriction(frame, entity, alias, where, deleted)
    if where is None and deleted is False and entity.soft_delete and frame.dialect == "sqlite":
        # True for every row; it makes SQLite take the index of live rows, the only one that answers alone.
        fits = compose("{} AND {}.created_at >= ''", fits, alias)
    return compose("SELECT count(*) FROM {} WHERE {}", table, fits)


def _whole(frame: Frame, entity: Entity, where: Node | None) -> Node | None:
    """Return a filter with what was saved in place of the names of saved filters, so that plans see it."""
    if where is None or not mentions_saved(where):
        return where
    from mycrm_cli.query.saved import expanded

    return expanded(frame, entity, where)


def restriction(frame: Frame, entity: Entity, alias: str, where: Node | None, deleted: bool | None) -> Sql:
    """Return the condition of a statement: the organization first, then the trash, then the filter."""
    parts = [frame.within(entity, alias), *frame.live(entity, alias, deleted)]
    if where is not None:
        from mycrm_cli.query.compiler import condition

        parts.append(condition(frame, entity, alias, where))
    joined = all_hold(parts)
    return Sql(joined.text.removeprefix("(").removesuffix(")"), joined.params) if len(parts) > 1 else joined


def order_of(frame: Frame, entity: Entity, alias: str, joins: Joins, sort: str) -> Sql:
    """Return the order; that of most lists needs no look at the fields."""
    if sort in ("id", "-id"):
        return Sql(f"{alias}.id DESC" if sort == "-id" else f"{alias}.id")
    from mycrm_cli.query.sorting import order

    return order(frame, entity, alias, joins, sort)


def _limit(frame: Frame, select: Select) -> Sql:
    if select.limit is None and not select.offset:
        return Sql("")
    most = Sql("-1" if frame.dialect == "sqlite" else "ALL") if select.limit is None else value(select.limit)
    return compose(" LIMIT {} OFFSET {}", most, value(select.offset)) if select.offset else compose(" LIMIT {}", most)


def column_of(frame: Frame, joins: Joins, path: Path) -> Column:
    """Return a column; a relation's short name stands for the title of what it points to."""
    if path.what == "custom":
        from mycrm_cli.query import custom

        definition = custom.definition(frame, path)
        own = custom.stored(frame, joins.follow(path.steps), definition.key)
        return Column(path, definition.kind, own, lambda answer: custom.load(definition, answer))
    if path.what == "relation" and path.field is not None and path.field.table:
        from mycrm_cli import catalog

        target = catalog.by_table(path.field.table)
        alias = joins.follow([*path.steps, (path.field, target)])
        return Column(path, kinds.make("text"), title(target, alias), None)
    alias = joins.follow(path.steps)
    if path.field is None:
        return Column(path, kinds.make("text"), title(path.entity, alias), None)
    kind = path.field.kind
    if isinstance(path.field, Computed):
        return Column(path, kind, path.field.make(frame, alias), None)
    return Column(path, kind, Sql(column(alias, path.field.name)), kind.loader(frame.dialect))
