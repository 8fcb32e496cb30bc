"""Saved filters: ``@hot`` in an expression stands for what was saved under the name."""

from __future__ import annotations

from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query.language import parse
from mycrm_cli.query.nodes import And, Node, Not, Or, Saved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame

MOST = 500
"""Saved filters in one expression, those in saved filters included."""


class SavedFilter:
    """What was saved: an expression, and how a list of it looks."""

    __slots__ = ("columns", "expression", "name", "sort")

    def __init__(self, name: str, expression: str, sort: str | None, columns: list[str]) -> None:
        self.name = name
        self.expression = expression
        self.sort = sort
        self.columns = columns


def by_key(rows: list[SavedFilter]) -> dict[str, SavedFilter]:
    """Return saved filters by their name as it is compared."""
    return {fold_key(row.name): row for row in rows}


def named(entity: Entity, known: Mapping[str, SavedFilter], node: Saved) -> SavedFilter:
    """Return the filter that a node names; raises UsageError with the near names."""
    found = known.get(fold_key(node.name))
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(fold_key(node.name)[:100], known, n=5, cutoff=0.5)
        node.spot.fail(
            f"there is no saved filter @{node.name[:60]} for {entity.plural}",
            candidates=[f"@{known[key].name}" for key in near],
            hint=f'mycrm filter list {entity.noun} lists them; to search for the word, quote it: "@…"',
        )
    return found


def expanded(frame: Frame, entity: Entity, node: Node) -> Node:
    """Return the tree with what was saved in place of each name; raises UsageError for unknown ones and circles."""
    return _Expansion(frame, entity).expand(node, ())


class _Expansion:
    """Puts saved filters in place, some of which may name others."""

    def __init__(self, frame: Frame, entity: Entity) -> None:
        self.entity = entity
        self.known = frame.saved(entity)
        self.count = 0

    def expand(self, node: Node, way: tuple[str, ...]) -> Node:
        match node:
            case And() | Or():
                return type(node)([self.expand(child, way) for child in node.children])
            case Not():
                return Not(self.expand(node.child, way))
            case Saved():
                return self.replaced(node, way)
        return node

    def replaced(self, node: Saved, way: tuple[str, ...]) -> Node:
        found = named(self.entity, self.known, node)
        self.count += 1
        if found.name in way:
            node.spot.fail(f"the saved filters lead back to themselves: {' -> '.join((*way, found.name))}")
        if self.count > MOST:
            node.spot.fail(f"more than {MOST} saved filters in one filter")
        # A filter that was saved for its order and columns alone fits all.
        tree = parse(found.expression) or And([])
        return self.expand(tree, (*way, found.name))


def names_in(node: Node | None) -> list[str]:
    """Return the names of the saved filters that a tree mentions itself."""
    match node:
        case And() | Or():
            return [name for child in node.children for name in names_in(child)]
        case Not():
            return names_in(node.child)
        case Saved():
            return [node.name]
    return []


def brought(entity: Entity, known: Mapping[str, SavedFilter], node: Node | None) -> tuple[list[str], str | None]:
    """Return the columns and the order that the saved filters of a list bring along, each of the first that has it."""
    parts = node.children if isinstance(node, And) else [node]
    found = [named(entity, known, part) for part in parts if isinstance(part, Saved)]
    columns = next((filter.columns for filter in found if filter.columns), [])
    return columns, next((filter.sort for filter in found if filter.sort), None)
