"""Orders what refers to each other, so that what is pointed to comes first; circles are cut where it costs least."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from mycrm_cli.catalog import Entity

    Links = Callable[[str], Collection[str]]


def ordered(names: Sequence[str], needs: Links, wishes: Links) -> list[str]:
    """Return the names so that each comes after those it needs, and after those it would like where it can.

    ``needs`` are references that must be there, ``wishes`` those that may come later. Names that could
    come next stay in the order given.
    """
    left, done = list(names), []
    while left:
        ready = [name for name in left if not (set(needs(name)) & set(left)) - {name}] or left
        # Where all wait for something they wait for a circle in the end: it is cut, and nothing beside it.
        best = min(ready, key=lambda name: (len(behind(name, left, wishes)), len(set(wishes(name)) & set(left))))
        left.remove(best)
        done.append(best)
    return done


def behind(name: str, left: Collection[str], wishes: Links) -> set[str]:
    """Return everything that a name waits for, step by step."""
    found: set[str] = set()
    queue = [name]
    while queue:
        for other in (set(wishes(queue.pop())) & set(left)) - found - {name}:
            found.add(other)
            queue.append(other)
    return found


def needed(entity: Entity) -> set[str]:
    """Return the tables that rows of an entity must point to."""
    return {table for name, table in pointers(entity) if must(entity, name)}


def wished(entity: Entity) -> set[str]:
    """Return the tables that rows of an entity may point to."""
    return {table for _, table in pointers(entity)}


def pointers(entity: Entity) -> list[tuple[str, str]]:
    """Return the references of an entity, each with the table that it points to."""
    return [(field.name, str(field.table)) for field in entity.fields.values() if field.relation and field.table]


def must(entity: Entity, name: str) -> bool:
    """Return whether a reference must have a value."""
    return entity.fields[name].required or not entity.fields[name].nullable
