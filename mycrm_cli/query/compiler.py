"""A filter's tree -> one SQL condition with bound parameters.

Conditions on related records are ``x_id IN (SELECT id …)``: the related table is asked once, not
once for each row. ``Not`` is IS NOT TRUE, so that a missing value is not equal to anything and the
opposite of a condition is everything else.
"""

from __future__ import annotations

from mycrm_cli.kinds.base import BadValue
from mycrm_cli.kinds.structures import Tags
from mycrm_cli.query import operands
from mycrm_cli.query.computed import Computed
from mycrm_cli.query.keys import keys
from mycrm_cli.query.lookups import ADDRESSES, lookups, pointing
from mycrm_cli.query.nodes import Among, And, Compare, Not, Or, Range, Saved, Search, Value, Virtual
from mycrm_cli.query.operands import Operand
from mycrm_cli.query.paths import resolve
from mycrm_cli.query.sql import ALWAYS, Sql, all_hold, column, compose, one_holds, opposite
from mycrm_cli.query.titles import title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.paths import Path

ORDERED = (">", ">=", "<", "<=")


def condition(frame: Frame, entity: Entity, alias: str, node: Node | None) -> Sql:
    """Compile the tree for a row of the entity's table under its alias; raises UsageError."""
    match node:
        case None:
            return ALWAYS
        case And() | Or():
            parts = [condition(frame, entity, alias, child) for child in node.children]
            return all_hold(parts) if isinstance(node, And) else one_holds(parts)
        case Not():
            return opposite(condition(frame, entity, alias, node.child))
        case Compare():
            return _compare(frame, entity, alias, node)
        case Virtual():
            from mycrm_cli.query.virtual import virtual

            return virtual(frame, entity, alias, node)
        case Saved():
            from mycrm_cli.query.saved import expanded

            return condition(frame, entity, alias, expanded(frame, entity, node))
        case Among():
            from mycrm_cli.query.since import one_of

            return one_of(frame.dialect, column(alias, "id"), node.ids)
        case Search():
            from mycrm_cli.query.fulltext import matching

            return matching(frame, entity, alias, node.text, node.spot)
    raise TypeError(f"{type(node).__name__} is no condition")


def _compare(frame: Frame, entity: Entity, alias: str, node: Compare) -> Sql:
    """Compile one comparison: a row without a value, on the way or at its end, fits only ``none``."""
    path = resolve(entity, node.field, node.spot)
    words = {"any"} if node.operator == "any" else set()
    values: list[Value | Range] = []
    for typed in node.values:
        word = _presence(path, node, typed)
        if word:
            words.add(word)
        else:
            values.append(typed)
    parts = []
    if values:
        parts.append(_along(frame, path, alias, path.steps, lambda at: _leaf(frame, path, at, node, values)))
    if words:
        there = _along(frame, path, alias, path.steps, lambda at: _present(frame, path, at))
        parts += [there if word == "any" else opposite(there) for word in sorted(words)]
    return one_holds(parts)


def _presence(path: Path, node: Compare, typed: Value | Range) -> str | None:
    """Return ``none`` or ``any`` if that is what was typed; a choice of that name wins (``direction=none``)."""
    if node.operator != "=" or not isinstance(typed, Value):
        return None
    choices = path.field.options.get("choices", ()) if path.field else ()
    return next((word for word in ("none", "any") if typed.is_word(word) and word not in choices), None)


def _along(frame: Frame, path: Path, alias: str, steps: list[tuple[Field, Entity]], make: Callable[[str], Sql]) -> Sql:
    """Nest one sub-select for each relation on the way, and put the leaf's condition into the innermost."""
    if not steps:
        return make(alias)
    (field, target), rest = steps[0], steps[1:]
    return frame.linked(target.table, "id", column(alias, field.name), lambda at: _along(frame, path, at, rest, make))


def operand(frame: Frame, path: Path, alias: str) -> Operand:
    """Return the left side that a path ends at, for a row of the last table on the way."""
    if path.what == "custom":
        from mycrm_cli.query import custom

        return custom.operand(frame, alias, custom.definition(frame, path))
    if path.keyed:
        return Operand(frame, Sql(f"{alias}.name_key"), _text(), key=True)
    if path.field is None:
        return Operand(frame, title(path.entity, alias), _text())
    if isinstance(path.field, Computed):
        return Operand(frame, path.field.make(frame, alias), path.field.kind)
    prefix = path.entity.prefix if path.field.name == "number" else None
    return Operand(frame, Sql(column(alias, path.field.name)), path.field.kind, prefix=prefix)


def _text() -> Any:
    from mycrm_cli import kinds

    return kinds.make("text")


def _present(frame: Frame, path: Path, alias: str) -> Sql:
    left = operand(frame, path, alias)
    if left.kind.name in ("tags", "json"):
        return operands.filled(frame.dialect, left.column)
    return operands.present(left)


def _leaf(frame: Frame, path: Path, alias: str, node: Compare, values: list[Value | Range]) -> Sql:
    """Compile the comparison at the end of a path: one of the values fits."""
    left = operand(frame, path, alias)
    if left.kind.name == "reference" and path.field is not None and path.field.table:
        return _reference(frame, path.field, alias, node, values)
    plain = [v for v in values if isinstance(v, Value)]
    parts = [_range(left, node, v) for v in values if isinstance(v, Range)]
    if node.operator == "=" and plain and left.kind.name not in ("tags", "json"):
        for typed in plain:
            _guarded(node, typed, left.read, typed.text)
        parts.append(_equal(frame, path, alias, left, plain))
    else:
        parts += [_guarded(node, v, _single, frame, left, node, v) for v in plain]
    return one_holds(parts)


def _guarded(node: Compare, typed: Value | Range, make: Callable[..., Any], *about: Any) -> Any:
    """Turn a value that cannot be read into a UsageError with its field and its place."""
    try:
        return make(*about)
    except BadValue as error:
        spot = typed.spot if typed.spot.text else node.spot
        spot.fail(f"{node.field}: {error.message}", hint="the field's kind is shown by -w '?'")


def _range(left: Operand, node: Compare, limits: Range) -> Sql:
    """Return whether the column is in a range, both ends included."""
    _needs_order(left, node)
    ends = [(">=", limits.low), ("<=", limits.high)]
    return all_hold([_guarded(node, end, operands.ordered, left, op, end.text) for op, end in ends if end])


def _needs_order(left: Operand, node: Compare) -> None:
    if not left.kind.ordered or left.key:
        node.spot.fail(
            f"{node.field} has no order; compare it with = != ~ or ^=",
            hint='put a value with .. in it in quotes: "a..b"',
        )


def _equal(frame: Frame, path: Path, alias: str, left: Operand, values: list[Value]) -> Sql:
    """Return equality; a contact's e-mail is any of its addresses."""
    if left.kind.name != "email" or path.entity.table not in ADDRESSES:
        return operands.equal(left, values)
    wanted = [left.read(v.text) for v in values]
    selects = lookups(frame, path.entity, "email", wanted, lambda at, key: Sql(f"{at}.id"))
    return compose(f"{alias}.id IN ({' UNION ALL '.join('{}' for _ in selects)})", *selects)


def _single(frame: Frame, left: Operand, node: Compare, typed: Value) -> Sql:
    """Compile one value for the operators that take one, and for lists of tags."""
    if left.kind.name == "json":
        node.spot.fail(f"{node.field} can only be compared with none and any")
    if isinstance(left.kind, Tags) and node.operator == "=":
        return operands.tag_equal(frame.dialect, left.column, left.kind.tidy([typed.text]) or [""])
    if isinstance(left.kind, Tags) and node.operator not in ORDERED:
        return operands.tag_partly(frame.dialect, left.column, node.operator, typed.text)
    if node.operator in ORDERED:
        _needs_order(left, node)
        return operands.ordered(left, node.operator, typed.text)
    if left.kind.ordered or left.kind.name in ("boolean", "reference"):
        node.spot.fail(f"{node.field} is no text; compare it with = != or an order")
    return operands.partly(left, node.operator, typed.text)


def _reference(frame: Frame, field: Field, alias: str, node: Compare, values: list[Value | Range]) -> Sql:
    """Compile a relation: any reference is understood, parts of a text are looked for in the title."""
    texts = [v for v in values if isinstance(v, Value)]
    target = resolve_table(field.table)
    own = column(alias, field.name)
    if node.operator in ("~", "^=") and texts:
        named = Compare("name", node.operator, list(values), node.spot)
        return frame.linked(target.table, "id", own, lambda at: condition(frame, target, at, named))
    if node.operator != "=" or len(texts) != len(values):
        node.spot.fail(f"{node.field} is a reference, which has no order")
    wanted: dict[str, list[Any]] = {}
    for typed in texts:
        found = keys(target, typed.text, frame.scope, me=not typed.quoted)
        for step, key in found:
            wanted.setdefault(step, []).append(key)
    return pointing(frame, target, own, wanted)


def resolve_table(table: str | None) -> Entity:
    """Return the entity that a reference points to."""
    from mycrm_cli import catalog

    return catalog.by_table(table or "")
