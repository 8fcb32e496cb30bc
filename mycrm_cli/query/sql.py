"""Pieces of SQL with their parameters, which stay together wherever the piece goes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

# Names of columns that are words of SQL on one of the databases.
RESERVED = frozenset(("at", "by", "check", "default", "desc", "end", "from", "group", "limit", "order", "to", "user"))
ENDMOST = "\U0010ffff"
"""The last character there is: every text that starts with ``x`` is below ``x`` and this."""
CHUNK = 50
"""Terms in a row; longer chains become a tree, because SQLite bounds the depth of an expression."""


class Sql:
    """SQL text with ``?`` for each of its parameters."""

    __slots__ = ("params", "text")

    def __init__(self, text: str, params: Iterable[Any] = ()) -> None:
        self.text = text
        self.params: tuple[Any, ...] = tuple(params)


ALWAYS = Sql("1 = 1")
NEVER = Sql("1 = 0")


def compose(template: str, *parts: Sql | str) -> Sql:
    """Put the parts where the template has ``{}``, their parameters in the same order."""
    params: list[Any] = []
    for part in parts:
        if isinstance(part, Sql):
            params += part.params
    return Sql(template.format(*(part.text if isinstance(part, Sql) else part for part in parts)), params)


def value(param: Any) -> Sql:
    """Return a bound parameter."""
    return Sql("?", (param,))


def marks(values: Sequence[Any]) -> Sql:
    """Return ``?, ?, ?`` with the values."""
    return Sql(", ".join("?" * len(values)), values)


def among(expression: Sql, values: Sequence[Any]) -> Sql:
    """Return whether the expression is one of the values."""
    if len(values) == 1:
        return compose("{} = {}", expression, value(values[0]))
    return compose("{} IN ({})", expression, marks(values))


def all_hold(parts: Sequence[Sql]) -> Sql:
    """Join conditions with AND."""
    return _joined(parts, " AND ") if parts else ALWAYS


def one_holds(parts: Sequence[Sql]) -> Sql:
    """Join conditions with OR."""
    return _joined(parts, " OR ") if parts else NEVER


def _joined(parts: Sequence[Sql], word: str) -> Sql:
    if len(parts) == 1:
        return parts[0]
    if len(parts) > CHUNK:
        return _joined([_joined(parts[i : i + CHUNK], word) for i in range(0, len(parts), CHUNK)], word)
    return Sql(f"({word.join(part.text for part in parts)})", (p for part in parts for p in part.params))


def opposite(part: Sql) -> Sql:
    """Return the condition that holds exactly where ``part`` does not, an unknown outcome included."""
    return compose("({}) IS NOT TRUE", part)


def column(alias: str, name: str) -> str:
    """Return the column of a table's alias."""
    return f'{alias}."{name}"' if name in RESERVED else f"{alias}.{name}"


def folded(expression: Sql) -> Sql:
    """Return the text as it is compared."""
    return compose("mycrm_fold({})", expression)


def contains(dialect: str, text: Sql, part: str) -> Sql:
    """Return whether the text has the part in it; neither is folded here."""
    return compose("instr({}, {}) > 0" if dialect == "sqlite" else "strpos({}, {}) > 0", text, value(part))


def starts(text: Sql, part: str) -> Sql:
    """Return whether the text starts with the part, in a form that an index on the text serves."""
    if not part:
        return compose("{} IS NOT NULL", text)
    return compose("({} >= {} AND {} < {})", text, value(part), text, value(part + ENDMOST))
