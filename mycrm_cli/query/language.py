"""The filter language: text -> tree, with the place of every part for error messages.

expression := and/or/not, parentheses      atom := field op value | +tag | -tag | @saved | word | "words"
"""

from __future__ import annotations

from mycrm_cli.query import scanner
from mycrm_cli.query.nodes import Compare, Node, Not, Or, Range, Saved, Search, Value, Virtual, all_of, spread
from mycrm_cli.query.scanner import Scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

DEEPEST = 100
"""Levels of parentheses and ``not``."""
MOST = 500
"""Conditions in one expression."""

SYMBOLS = {"=": "=", ":": "=", "~": "~", "^=": "^=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
NEGATIVE = {"!=": "=", "!~": "~"}
SPELLED = {
    "eq": "=",
    "contains": "~",
    "starts": "^=",
    "gt": ">",
    "after": ">",
    "gte": ">=",
    "lt": "<",
    "before": "<",
    "lte": "<=",
    "in": "in",
    "not": "!=",
    "ne": "!=",
    "any": "any",
    "none": "none",
}
"""Operators for shells, where ``<`` and ``>`` need quotes: ``score.gte=70``."""


def parse(expressions: str | Iterable[str]) -> Node | None:
    """Read one expression, or several that must all hold; None where there is nothing to hold.

    Raises UsageError with a caret under the spot.
    """
    texts = [expressions] if isinstance(expressions, str) else expressions
    return all_of(_Parser(text).whole() for text in texts)


class _Parser:
    """Reads one expression by recursive descent; the depth is bounded."""

    def __init__(self, text: str) -> None:
        self.scan = Scanner(text)
        self.depth = 0
        self.atoms = 0

    def whole(self) -> Node | None:
        self.scan.skip_space()
        if not self.scan.peek():
            return None
        node = self.either()
        if self.scan.peek():
            self.scan.fail("this parenthesis was never opened")
        return node

    def either(self) -> Node:
        children = [self.both()]
        while self.scan.keyword() == "or":
            self.scan.take(scanner.KEYWORD)
            self.scan.skip_space()
            children.append(self.both())
        return children[0] if len(children) == 1 else Or(children)

    def both(self) -> Node:
        children = [self.single()]
        while True:
            word = self.scan.keyword()
            if word == "and":
                self.scan.take(scanner.KEYWORD)
                self.scan.skip_space()
            elif word == "or" or self.scan.peek() in ("", ")"):
                break
            children.append(self.single())
        return all_of(children) or children[0]

    def single(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            self.scan.fail(f"the filter is nested more than {DEEPEST} levels deep")
        start = self.scan.at
        if self.scan.peek() == "(":
            node = self.group(start)
        elif self.scan.keyword() == "not":
            self.scan.take(scanner.KEYWORD)
            self.scan.skip_space()
            node = Not(self.single())
        else:
            node = self.atom(start)
        self.scan.skip_space()
        self.depth -= 1
        return node

    def group(self, start: int) -> Node:
        self.scan.at += 1
        self.scan.skip_space()
        node = self.either()
        if self.scan.peek() != ")":
            self.scan.fail("this parenthesis is never closed", start)
        self.scan.at += 1
        return node

    def atom(self, start: int) -> Node:
        self.atoms += 1
        if self.atoms > MOST:
            self.scan.fail(f"the filter has more than {MOST} conditions")
        if self.scan.peek() in ("", ")") or self.scan.keyword():
            self.scan.fail("a condition is missing here")
        if found := self.scan.comparison():
            return self.compare(*found, start)
        if self.scan.peek() in "+-":
            return self.tag(start)
        if self.scan.peek() in "=<>~!^:":
            self.scan.fail("the name of a field is missing before the operator")
        words = self.scan.quoted()
        bare = self.scan.bare() if words is None else words
        if words is None and bare.startswith("@"):
            if len(bare) == 1:
                self.scan.fail("the name of a saved filter is missing after @", start)
            return Saved(bare[1:], self.scan.spot(start))
        if words is None and any(sign in bare for sign in "=<>~"):
            self.scan.spot(start).fail(
                "this is no field and no condition", hint=f'quote it to search for it: "{bare[:60]}"'
            )
        return Search(bare, self.scan.spot(start))

    def tag(self, start: int) -> Node:
        sign = self.scan.peek()
        self.scan.at += 1
        spot = self.scan.spot()
        quoted = self.scan.quoted()
        tag = self.scan.bare() if quoted is None else quoted
        if not tag.strip():
            self.scan.fail(f"a tag is missing after {sign}", start)
        node: Node = Compare("tags", "=", [Value(tag, quoted=True, spot=spot)], self.scan.spot(start))
        if quoted is None and tag.isupper():
            node = Virtual(tag, self.scan.spot(start))
        return Not(node) if sign == "-" else node

    def compare(self, name: str, operator: str, start: int) -> Node:
        spot = self.scan.spot(start)
        if operator in ("in", "not in"):
            listed = Compare(name, "=", self.bracketed(), spot)
            return Not(listed) if operator == "not in" else listed
        name, operator = _spelled(name, operator)
        if operator in ("any", "none"):
            return self.presence(name, operator == "any", start)
        if operator == "in":
            return Compare(name, "=", self.listed(), spot)
        node = Compare(name, NEGATIVE.get(operator) or SYMBOLS[operator], [self.value(operator)], spot)
        return Not(node) if operator in NEGATIVE else node

    def presence(self, name: str, wanted: bool, start: int) -> Node:
        """``owner.none=yes`` asks whether there is a value, ``tag.none=a,b`` whether one of them fits."""
        values = self.listed()
        answer = values[0].text.lower() if len(values) == 1 and isinstance(values[0], Value) else ""
        spot = self.scan.spot(start)
        if name in ("tag", "tags") or answer not in ("yes", "true", "no", "false"):
            node: Node = Compare(name, "=", values, spot)
        else:
            node = Compare(name, "any", [], spot)
            wanted = wanted == (answer in ("yes", "true"))
        return node if wanted else Not(node)

    def value(self, operator: str) -> Value | Range:
        """Take what follows an operator; only ``=`` and ``!=`` know ranges."""
        self.scan.skip_space()
        start = self.scan.at
        typed = self.item(scanner.BARE)
        value = self.spread(typed) if operator in ("=", ":", "!=") else typed
        if self.scan.peek() not in ("", ")") and not self.scan.peek().isspace():
            self.scan.fail("put a value that contains quotes or parentheses in quotes", start)
        return value

    def item(self, pattern: re.Pattern[str]) -> Value:
        spot = self.scan.spot()
        quoted = self.scan.quoted()
        text = self.scan.bare(pattern).strip() if quoted is None else quoted
        if not text and quoted is None:
            self.scan.fail("a value is missing here")
        return Value(text, quoted=quoted is not None, spot=spot)

    def spread(self, value: Value) -> Value | Range:
        if value.quoted and self.scan.text.startswith("..", self.scan.at):
            self.scan.at += 2
            return Range(value, self.item(scanner.PART), value.spot)
        return spread(value)

    def listed(self) -> list[Value | Range]:
        """Take ``a,b,"c d"`` without brackets."""
        values = [self.spread(self.item(scanner.PART))]
        while self.scan.peek() == ",":
            self.scan.at += 1
            values.append(self.spread(self.item(scanner.PART)))
        return values

    def bracketed(self) -> list[Value | Range]:
        """Take ``a, b c, "d"`` up to the closing bracket; the opening one has been taken."""
        values: list[Value | Range] = []
        while True:
            self.scan.skip_space()
            values.append(self.spread(self.item(scanner.ITEM)))
            self.scan.skip_space()
            if self.scan.peek() == ")":
                self.scan.at += 1
                return values
            if self.scan.peek() != ",":
                self.scan.fail("a comma or a closing parenthesis is missing here")
            self.scan.at += 1


def _spelled(name: str, operator: str) -> tuple[str, str]:
    """Return the field and the operator that ``score.gte`` with ``=`` spells."""
    field, _, last = name.rpartition(".")
    if operator not in ("=", ":") or not field or field == "cf" or last.lower() not in SPELLED:
        return name, operator
    return field, SPELLED[last.lower()]
