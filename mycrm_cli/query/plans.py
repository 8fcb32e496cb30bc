"""Where SQLite, which has no statistics, should begin to read.

By itself it reads an organization in the order of the list and tests every row. That is right for a
filter that fits many rows and a hundred times too slow for one that fits a few, so such a filter is
put in front: first the ids of the few, then their rows.
"""

from __future__ import annotations

from mycrm_cli.query.nodes import And, Compare, Search, Value
from mycrm_cli.query.paths import resolve
from mycrm_cli.query.sql import Sql, all_hold, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.nodes import Node

FEW = 2000
"""Rows that are cheaper to fetch and sort than to come across on the way through a large table."""
KEYS = frozenset(("domain", "email", "phone"))
"""Kinds whose values name one record or a few; with the organization they have an index."""
INDEXED = """SELECT count(*) FROM pragma_index_list({}) AS l JOIN pragma_index_info(l.name) AS i
WHERE i.seqno = 0 AND i.name = {}"""


def source(frame: Frame, entity: Entity, alias: str, node: Node | None, deleted: bool | None) -> Sql:
    """Return the table to read, behind the ids of the few rows that fit where there are only few.

    CROSS JOIN keeps the order of reading as it is written.
    """
    table = Sql(f"{entity.table} AS {alias}")
    first = _first(frame, entity, node, deleted) if node is not None and frame.dialect == "sqlite" else None
    if first is None or "id" not in entity.fields:
        return table
    ids = frame.alias()
    return compose(f"({{}}) AS {ids} CROSS JOIN {{}} ON {alias}.id = {ids}.id", first, table)


def _first(frame: Frame, entity: Entity, node: Node, deleted: bool | None) -> Sql | None:
    """Return the statement for the ids that fit the narrowest part of a filter, or None where none is narrow."""
    parts = node.children if isinstance(node, And) else [node]
    for part in parts:
        if isinstance(part, Compare) and _is_key(entity, part):
            return _ids(frame, entity, part, "", deleted)
    for part in parts:
        if _is_linked(frame, entity, part):
            few = _ids(frame, entity, part, "+", deleted)
            if frame.ask(compose("SELECT count(*) FROM ({} LIMIT {})", few, str(FEW))) < FEW:
                return few
    return None


def _ids(frame: Frame, entity: Entity, part: Node, hide: str, deleted: bool | None) -> Sql:
    """Return the statement for the ids; ``+`` before the organization keeps its index from being used."""
    from mycrm_cli.query.compiler import condition

    alias = frame.alias()
    fits = condition(frame, entity, alias, part)
    return compose(
        "SELECT DISTINCT {}.id FROM {} AS {} WHERE {}",
        alias,
        entity.table,
        alias,
        all_hold([compose("{}{}", hide, frame.within(entity, alias)), *frame.live(entity, alias, deleted), fits]),
    )


def _is_key(entity: Entity, part: Compare) -> bool:
    """Whether the part names records by something that an index knows together with the organization."""
    if part.operator != "=" or not all(map(_plain, part.values)):
        return False
    path = resolve(entity, part.field, part.spot)
    if path.steps or path.field is None:
        return path.keyed and not path.steps
    return path.keyed or path.field.kind_name in KEYS


def _is_linked(frame: Frame, entity: Entity, part: Node) -> bool:
    """Whether the part has an index of its own: full text, or a reference."""
    if isinstance(part, Search):
        return entity.searchable
    if not isinstance(part, Compare) or part.operator != "=" or not all(map(_plain, part.values)):
        return False
    path = resolve(entity, part.field, part.spot)
    if path.steps or path.field is None or not path.field.table:
        return False
    return frame.ask(compose(INDEXED, value(entity.table), value(path.field.name))) > 0


def _plain(typed: object) -> bool:
    return isinstance(typed, Value) and not typed.is_word("none") and not typed.is_word("any")
