"""The order of a list: ``-s due,-score``; empty values last, the id breaks ties."""

from __future__ import annotations

from mycrm_cli.query.compiler import operand, resolve_table
from mycrm_cli.query.paths import Path, resolve
from mycrm_cli.query.spots import Spot
from mycrm_cli.query.sql import Sql, compose, folded, value
from mycrm_cli.query.titles import title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.joins import Joins

MOST_KEYS = 20


def order(frame: Frame, entity: Entity, alias: str, joins: Joins, sort: str) -> Sql:
    """Return what comes after ORDER BY; the id goes in the direction of the last key, so that indexes serve."""
    keys = split(sort)
    parts = [_key(frame, entity, joins, resolve(entity, name, spot), down) for name, down, spot in keys]
    names = [name for name, _, _ in keys]
    if "id" in entity.fields and "id" not in names:
        parts.append(Sql(f"{alias}.id DESC" if keys and keys[-1][1] else f"{alias}.id"))
    return compose(", ".join("{}" for _ in parts), *parts)


def split(sort: str) -> list[tuple[str, bool, Spot]]:
    """Read ``due,-score`` as (name, descending, place); raises UsageError for an empty part."""
    keys: list[tuple[str, bool, Spot]] = []
    start = 0
    for part in sort.split(","):
        name = part.strip()
        spot = Spot(sort, start + len(part) - len(part.lstrip()))
        if not name.lstrip("+-") or "\0" in name or len(keys) == MOST_KEYS:
            spot.fail("a field to sort by is missing here" if len(keys) < MOST_KEYS else "too many fields to sort by")
        keys.append((name.lstrip("+-"), name.startswith("-"), spot))
        start += len(part) + 1
    return keys


def _key(frame: Frame, entity: Entity, joins: Joins, path: Path, down: bool) -> Sql:
    own, nullable = expression(frame, joins, path)
    text = "{} DESC" if down else "{}"
    # Each database has empty values last in one direction by itself; saying so there would cost the index.
    if nullable and down == (frame.dialect == "postgresql"):
        text += " NULLS LAST"
    return compose(text, own)


def expression(frame: Frame, joins: Joins, path: Path) -> tuple[Sql, bool]:
    """Return what to sort by, and whether it may be empty."""
    field = path.field
    if field is not None and field.kind_name == "reference" and field.table:
        target = resolve_table(field.table)
        alias = joins.follow([*path.steps, (field, target)])
        keyed = "name_key" in target.fields
        return (Sql(f"{alias}.name_key"), True) if keyed else (_text(frame, title(target, alias)), True)
    left = operand(frame, path, joins.follow(path.steps))
    if left.kind.name in ("json", "tags"):
        path.spot.fail(f"{path.name} has no order to sort by")
    if left.kind.name == "choice":
        return _declared(left.column, left.kind.choices), True  # type: ignore[attr-defined]
    nullable = bool(path.steps) or not (left.key or (field is not None and field.spec.get("nullable") is False))
    return (_text(frame, left.column) if left.is_free_text else left.column), nullable


def _text(frame: Frame, expression: Sql) -> Sql:
    """Return a text as it is sorted: folded, character by character."""
    return compose("{}" if frame.dialect == "sqlite" else '{} COLLATE "C"', folded(expression))


def _declared(column: Sql, choices: tuple[str, ...]) -> Sql:
    """Return the place of a choice among the choices: low, medium, high, urgent."""
    places = [compose("WHEN {} THEN {}", value(choice), str(place)) for place, choice in enumerate(choices)]
    return compose(f"CASE {{}} {' '.join('{}' for _ in places)} END", column, *places)
