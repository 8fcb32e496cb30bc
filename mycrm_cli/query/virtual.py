"""Virtual tags: conditions with a name, such as ``+OVERDUE``. A later part adds a line to ``VIRTUAL``."""

from __future__ import annotations

from mycrm_cli.query.nodes import Compare, Node, Or, Value, all_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.sql import Sql

    Build = Callable[[Entity], Node | None]

RESPONSIBLE = ("owner_id", "assigned_to_id")
DUE = ("due_date", "expected_close_date")
OPEN = ("open", "pending", "in_progress")


class VirtualTag:
    """A condition with a name; ``build`` returns it as a tree, or None where it means nothing."""

    __slots__ = ("build", "description")

    def __init__(self, description: str, build: Build) -> None:
        self.description = description
        self.build = build

    def applies(self, entity: Entity) -> bool:
        """Whether the tag means something for the entity."""
        return self.build(entity) is not None


def mine(entity: Entity) -> Node | None:
    """Owned by or assigned to the user."""
    found: list[Node] = [Compare(name, "=", [Value("me")]) for name in RESPONSIBLE if name in entity.fields]
    return Or(found) if found else None


def unassigned(entity: Entity) -> Node | None:
    """Neither owned by nor assigned to anybody."""
    return all_of(Compare(name, "=", [Value("none")]) for name in RESPONSIBLE if name in entity.fields)


def today(entity: Entity) -> Node | None:
    """Due today."""
    return _due(entity, "=")


def overdue(entity: Entity) -> Node | None:
    """Due before now (a day: before today) and still open."""
    due, status = _due(entity, "<"), entity.fields.get("status")
    if due is None or status is None:
        return None
    still = [Value(word, quoted=True) for word in status.options.get("choices", ()) if word in OPEN]
    return all_of([due, Compare("status", "=", list(still))]) if still else None


def _due(entity: Entity, operator: str) -> Node | None:
    name = next((name for name in DUE if name in entity.fields), None)
    if name is None:
        return None
    moment = entity.fields[name].kind_name == "timestamp" and operator != "="
    return Compare(name, operator, [Value("now" if moment else "today")])


VIRTUAL = {
    "MINE": VirtualTag("Owned by or assigned to you.", mine),
    "UNASSIGNED": VirtualTag("Neither owned by nor assigned to anybody.", unassigned),
    "TODAY": VirtualTag("Due today.", today),
    "OVERDUE": VirtualTag("Due in the past and still open.", overdue),
}


def virtual(frame: Frame, entity: Entity, alias: str, node: Node) -> Sql:
    """Compile a virtual tag; raises UsageError for one that the entity has not."""
    from mycrm_cli.query.compiler import condition

    name: str = getattr(node, "name", "")
    known = VIRTUAL.get(name)
    tree = known.build(entity) if known else None
    if tree is None:
        there = [f"+{tag}" for tag, meaning in VIRTUAL.items() if meaning.applies(entity)]
        node.spot.fail(
            f"{entity.command or entity.name} has no virtual tag +{name[:40]}",
            candidates=there,
            hint="tags are written in lower case; in capitals there are " + (" ".join(there) or "none here"),
        )
    return condition(frame, entity, alias, tree)
