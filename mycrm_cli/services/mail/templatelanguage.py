"""The language of templates: text, places for fields, and conditions; nothing in it calls, loops or counts.

A template is checked as a tree before it is ever run, and runs in Jinja's sandbox, in which names lead to fields and
nowhere else. What fields hold is put in as text: it is never read as a template.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from mycrm_cli.errors import Invalid
from mycrm_cli.services.mail.templatefilters import FILTERS
from mycrm_cli.services.mail.templatevalues import Group, Missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2 import Template

LONGEST = 100_000
"""Characters of a part of a template."""
LARGEST = 1_000_000
"""Characters of what it makes."""
DEEPEST = 10
"""Conditions within conditions."""
MOST = 8
"""Filters of one place, and parts of one name."""
ALLOWED = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.And, nodes.Or, nodes.Not)
COMPARISONS = frozenset(("eq", "ne", "lt", "lteq", "gt", "gteq"))
WORDS = {
    nodes.Call: "calls",
    nodes.For: "loops",
    nodes.Getitem: "brackets",
    nodes.Slice: "brackets",
    nodes.Test: "tests with is",
    nodes.CondExpr: "conditions inside {{ }}",
    nodes.Include: "includes",
    nodes.Import: "imports",
    nodes.FromImport: "imports",
    nodes.Extends: "extends",
    nodes.Macro: "macros",
    nodes.Assign: "set",
    nodes.AssignBlock: "set",
    nodes.Concat: "sums",
    nodes.BinExpr: "sums",
    nodes.UnaryExpr: "sums",
    nodes.Const: "words or numbers inside {{ }}",
}
HINT = "a template has text, {{ contact.first_name | default('there') }} and {% if deal.value > 1000 %} … {% endif %}"


class Language(SandboxedEnvironment):
    """Jinja without anything that a template does not need: a name leads to a field, or nowhere."""

    def __init__(self, *, is_html: bool) -> None:
        super().__init__(undefined=Missing, autoescape=is_html, optimized=False, keep_trailing_newline=True)
        self.globals = {}
        self.tests = {}
        self.filters = dict(FILTERS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a field of a group of fields, and nothing of anything else."""
        return obj.at(attribute) if isinstance(obj, Group) else Missing(name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return nothing: there are no brackets."""
        return Missing(name=str(argument)[:50])


@cache
def language(is_html: bool) -> Language:
    """Return the language of plain text, or of HTML, where values are escaped."""
    return Language(is_html=is_html)


def bad(part: str, message: str, line: int | None = None) -> Invalid:
    """Return the error for a template that is none."""
    place = f"{part}, line {line}" if line else part
    return Invalid(f"{place}: {message}", details=[{"field": part, "code": "not_a_template"}], hint=HINT)


def names_of(part: str, text: str) -> dict[str, int]:
    """Return the fields that a text names, each with its line; raises Invalid for what is no template."""
    if len(text) > LONGEST:
        raise bad(part, f"it is longer than {LONGEST:,} characters")
    try:
        tree = language(False).parse(text)
        found: dict[str, int] = {}
        for name, line in _checked(part, tree, 0):
            found.setdefault(name, line)
    except TemplateSyntaxError as error:
        raise bad(part, (error.message or "it cannot be read").rstrip(".")[:200], error.lineno) from None
    except (TemplateError, RecursionError, ValueError, OverflowError):
        raise bad(part, "it is too entangled to be read") from None
    return found


def _checked(part: str, node: nodes.Node, depth: int) -> Iterator[tuple[str, int]]:
    """Yield the names below a node; raises Invalid for what templates do not have."""
    if isinstance(node, nodes.Output):
        for place in node.nodes:
            if not isinstance(place, nodes.TemplateData):
                yield from _place(part, place)
        return
    if isinstance(node, nodes.If):
        if depth >= DEEPEST:
            raise bad(part, "too many conditions within conditions", node.lineno)
        yield from _test(part, node.test, 0)
        for branch in (node.body, node.elif_, node.else_):
            for child in branch:
                # A further branch is no deeper than the condition that it belongs to.
                yield from _checked(part, child, depth + (branch is not node.elif_))
        return
    if not isinstance(node, nodes.Template):
        raise _foreign(part, node)
    for child in node.body:
        yield from _checked(part, child, depth)


def _test(part: str, node: nodes.Node, depth: int) -> Iterator[tuple[str, int]]:
    """Yield the names of a condition."""
    if depth > DEEPEST:
        raise bad(part, "a condition is too long", node.lineno)
    if isinstance(node, nodes.Compare):
        if len(node.ops) != 1 or node.ops[0].op not in COMPARISONS:
            raise bad(part, "a condition compares two values with == != < <= > or >=", node.lineno)
        for side in (node.expr, node.ops[0].expr):
            yield from _operand(part, side)
    elif isinstance(node, (nodes.And, nodes.Or)):
        yield from _test(part, node.left, depth + 1)
        yield from _test(part, node.right, depth + 1)
    elif isinstance(node, nodes.Not):
        yield from _test(part, node.node, depth + 1)
    else:
        yield from _place(part, node)


def _operand(part: str, node: nodes.Node) -> Iterator[tuple[str, int]]:
    if not _is_constant(node):
        yield from _place(part, node)


def _is_constant(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, (str, int, float))


def _place(part: str, node: nodes.Node) -> Iterator[tuple[str, int]]:
    """Yield the names of a place: a field, and what its filters fall back to."""
    count = 0
    here: nodes.Node = node
    while isinstance(here, nodes.Filter):
        count += 1
        if count > MOST:
            raise bad(part, f"a place has {MOST} filters at most", here.lineno)
        if here.name not in FILTERS:
            known = ", ".join(sorted(FILTERS))
            raise bad(part, f"there is no filter {here.name[:40]!r}; there are {known}", here.lineno)
        if here.kwargs or here.dyn_args or here.dyn_kwargs or len(here.args) > 1:
            raise bad(part, f"the filter {here.name} takes one value at most", here.lineno)
        for argument in here.args:
            if not _is_constant(argument):
                if here.name != "default":
                    raise bad(part, f"the filter {here.name} takes a word or a number", here.lineno)
                yield from _name(part, argument)
        if here.node is None:
            raise _foreign(part, here)
        here = here.node
    yield from _name(part, here)


def _name(part: str, node: nodes.Node) -> Iterator[tuple[str, int]]:
    """Yield a field's name: ``contact.first_name``."""
    line, segments = node.lineno, []
    here: nodes.Node = node
    while isinstance(here, nodes.Getattr):
        segments.append(here.attr)
        here = here.node
    if not isinstance(here, nodes.Name):
        raise _foreign(part, here)
    segments.append(here.name)
    if len(segments) > MOST or any(segment.startswith("_") for segment in segments):
        raise bad(part, f"there is no field {'.'.join(reversed(segments))[:60]!r}", line)
    yield ".".join(reversed(segments)), line


def _foreign(part: str, node: nodes.Node) -> Invalid:
    word = next((word for kind, word in WORDS.items() if isinstance(node, kind)), type(node).__name__.lower())
    return bad(part, f"a template has no {word}", node.lineno)


@cache
def compiled(part: str, text: str, is_html: bool) -> Template:
    """Return a template ready to be filled in; raises Invalid for what is none."""
    names_of(part, text)
    return language(is_html).from_string(text)


def filled(part: str, text: str, is_html: bool, values: Mapping[str, Any]) -> str:
    """Return a text with its places filled in; raises NotThere for a field without a value, Invalid for too much."""
    pieces, size = [], 0
    for piece in compiled(part, text, is_html).generate(values):
        size += len(piece)
        if size > LARGEST:
            raise bad(part, f"it makes more than {LARGEST:,} characters")
        pieces.append(piece)
    return "".join(pieces)
