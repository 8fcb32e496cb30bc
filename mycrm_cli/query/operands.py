"""Comparing one column with typed values, each kind of value in its own way."""

from __future__ import annotations

from mycrm_cli.kinds.folding import fold, fold_key
from mycrm_cli.query import moments
from mycrm_cli.query.sql import Sql, among, compose, contains, folded, marks, one_holds, starts, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.kinds import Kind
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.nodes import Value

IDENTIFIERS = frozenset(("domain", "email", "phone"))
"""Kinds that are stored as they are compared, in parts too."""
CODES = frozenset(("choice", "country", "currency"))
"""Kinds of which only whole values are stored as they are compared."""
DIALLED = str.maketrans("", "", " -./()\u00a0")


class Operand:
    """The left side of a comparison.

    ``save`` turns a value of the kind into what the column holds; ``key`` says that the column is a
    folded name.
    """

    __slots__ = ("column", "dialect", "key", "kind", "locale", "prefix", "save")

    def __init__(self, frame: Frame, column: Sql, kind: Kind, *, key: bool = False, prefix: str | None = None) -> None:
        self.column = column
        self.kind = kind
        self.key = key
        self.prefix = prefix
        self.dialect = frame.dialect
        self.locale = frame.scope.locale
        self.save: Callable[[Any], Any] = kind.saver(frame.dialect) or (lambda value: value)

    def read(self, text: str) -> Any:
        """Return the parameter that a typed value stands for; raises BadValue."""
        if self.key:
            return fold_key(text)
        if self.kind.name == "phone":
            return dialled(text, self.locale.region)
        if self.prefix and text.upper().startswith(f"{self.prefix}-"):
            text = text[len(self.prefix) + 1 :]
        typed = self.kind.read(text, self.locale)
        return fold(typed) if self.is_free_text else self.save(typed)

    @property
    def is_free_text(self) -> bool:
        """Whether the column holds text as people wrote it."""
        return self.kind.name in ("text", "url") and not self.key

    @property
    def compared(self) -> Sql:
        """The column in the form in which whole values are compared."""
        return folded(self.column) if self.is_free_text else self.column


def dialled(text: str, region: str) -> str:
    """Return a phone number as it is stored: E.164, or as typed where it cannot be read."""
    from mycrm_cli.kinds.dialling import e164

    typed = text.strip().removeprefix("tel:")
    return e164(typed, region) or typed


def equal(operand: Operand, values: list[Value]) -> Sql:
    """Return whether the column is one of the values."""
    if operand.kind.name == "timestamp":
        spans = [moments.compare(operand.column, "=", v.text, operand.locale, operand.save) for v in values]
        return one_holds(spans)
    params = [operand.read(v.text) for v in values]
    return among(operand.compared, params)


def ordered(operand: Operand, operator: str, text: str) -> Sql:
    """Return whether the column is above or below a value."""
    if operand.kind.name == "timestamp":
        return moments.compare(operand.column, operator, text, operand.locale, operand.save)
    return compose(f"{{}} {operator} {{}}", operand.column, value(operand.read(text)))


def partly(operand: Operand, operator: str, text: str) -> Sql:
    """Return whether the column contains (``~``) a text or starts (``^=``) with it."""
    column, part = operand.column, fold(text)
    if operand.key:
        part = fold_key(text)
    elif operand.kind.name in IDENTIFIERS:
        part = as_dialled(text) if operand.kind.name == "phone" else text.lower()
    else:
        column = folded(column)
    return starts(column, part) if operator == "^=" else contains(operand.dialect, column, part)


def as_dialled(text: str) -> str:
    """Return a part of a phone number without what people put between the digits."""
    digits = text.translate(DIALLED)
    return digits if digits.lstrip("+").isdigit() else text


def present(operand: Operand) -> Sql:
    """Return whether there is a value."""
    if operand.key:
        return compose("{} <> ''", operand.column)
    return compose("{} IS NOT NULL", operand.column)


def tag_equal(dialect: str, column: Sql, tags: list[str]) -> Sql:
    """Return whether a list of tags has one of the tags; PostgreSQL's GIN index serves containment."""
    if dialect == "sqlite":
        return compose("EXISTS (SELECT 1 FROM json_each({}) WHERE json_each.value IN ({}))", column, marks(tags))
    from mycrm_cli.kinds.structures import write_json

    return one_holds([compose("{} @> CAST({} AS jsonb)", column, value(write_json([tag]))) for tag in tags])


def tag_partly(dialect: str, column: Sql, operator: str, text: str) -> Sql:
    """Return whether one of the tags contains a text or starts with it."""
    each, tag = (
        ("json_each({})", "json_each.value") if dialect == "sqlite" else ("jsonb_array_elements_text({}) AS tag", "tag")
    )
    part, own = fold(text), folded(Sql(tag))
    inner = starts(own, part) if operator == "^=" else contains(dialect, own, part)
    return compose(f"EXISTS (SELECT 1 FROM {each} WHERE {{}})", column, inner)


def filled(dialect: str, column: Sql) -> Sql:
    """Return whether a list or an object has anything in it."""
    text = "{}" if dialect == "sqlite" else "CAST({} AS TEXT)"
    return compose(f"{text} NOT IN ('[]', '{{{{}}}}', 'null')", column)
