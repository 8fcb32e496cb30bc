"""Hints for SQLite, which has no statistics: which filters are narrow enough to begin with.

Without them SQLite reads an organization in the order of the list and tests every row; that is right
for a filter that fits many rows, and a hundred times too slow for one that fits a few. A ``+`` before
a column keeps its index from being used and changes nothing else.
"""

from __future__ import annotations

from mycrm_cli.query.nodes import And, Compare, Search, Value
from mycrm_cli.query.paths import resolve
from mycrm_cli.query.sql import Sql, compose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.nodes import Node

FEW = 2000
"""Rows that are cheaper to fetch and sort than to come across on the way through a large table."""
KEYS = frozenset(("domain", "email", "phone"))
"""Kinds whose values name one record or a few; with the organization they have an index."""

ORDERED, KEYED, LINKED = "ordered", "keyed", "linked"
"""Read in the order of the list; begin at a key; begin at an index that does not know the organization."""


def plan(frame: Frame, entity: Entity, node: Node | None) -> str:
    """Return where SQLite should begin for a filter; PostgreSQL knows better."""
    if node is None or frame.dialect != "sqlite":
        return ORDERED
    parts = node.children if isinstance(node, And) else [node]
    ways = [_way(frame, entity, part) for part in parts]
    return KEYED if KEYED in ways else LINKED if LINKED in ways else ORDERED


def _way(frame: Frame, entity: Entity, part: Node) -> str:
    if isinstance(part, Search):
        return LINKED if entity.searchable and _few(frame, entity, part) else ORDERED
    if not isinstance(part, Compare) or part.operator != "=" or not all(map(_plain, part.values)):
        return ORDERED
    path = resolve(entity, part.field, part.spot)
    if path.steps or path.what == "custom":
        return ORDERED
    if path.keyed or path.field is None or path.field.name in ("id", "number") or path.field.kind_name in KEYS:
        return KEYED
    return LINKED if path.field.table and _few(frame, entity, part) else ORDERED


def _plain(value: object) -> bool:
    return isinstance(value, Value) and not value.is_word("none") and not value.is_word("any")


def _few(frame: Frame, entity: Entity, part: Node) -> bool:
    """Ask the database whether a condition fits only a few rows; it stops counting soon."""
    from mycrm_cli.query.compiler import condition

    alias = frame.alias()
    inner = compose(
        "SELECT 1 FROM {} AS {} WHERE +{} AND {} LIMIT {}",
        entity.table,
        alias,
        frame.within(entity, alias),
        condition(frame, entity, alias, part),
        str(FEW),
    )
    return frame.ask(compose("SELECT count(*) FROM ({})", inner)) < FEW


def hinted(expression: Sql, hide: bool) -> Sql:
    """Return the expression, hidden from the choice of an index where asked."""
    return compose("+{}", expression) if hide else expression
