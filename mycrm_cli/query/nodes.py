"""The tree that a filter is read into; typed flags build the same nodes."""

from __future__ import annotations

from mycrm_cli.query.spots import NOWHERE, Spot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Node:
    """A condition on a record; it holds or it does not, never anything between."""

    __slots__ = ("spot",)

    def __init__(self, spot: Spot = NOWHERE) -> None:
        self.spot = spot


class And(Node):
    """All of several conditions."""

    __slots__ = ("children",)

    def __init__(self, children: list[Node]) -> None:
        super().__init__()
        self.children = children


class Or(Node):
    """At least one of several conditions."""

    __slots__ = ("children",)

    def __init__(self, children: list[Node]) -> None:
        super().__init__()
        self.children = children


class Not(Node):
    """The opposite of a condition: it holds exactly where the condition does not."""

    __slots__ = ("child",)

    def __init__(self, child: Node) -> None:
        super().__init__(child.spot)
        self.child = child


class Value:
    """A value as it was typed; a quoted one has no special meanings (``none``, ``me``, ``a..b``)."""

    __slots__ = ("quoted", "spot", "text")

    def __init__(self, text: str, *, quoted: bool = False, spot: Spot = NOWHERE) -> None:
        self.text = text
        self.quoted = quoted
        self.spot = spot

    def is_word(self, word: str) -> bool:
        """Return whether this is the bare word, in any case."""
        return not self.quoted and self.text.lower() == word


class Range:
    """``low..high``, both included; either end may be open."""

    __slots__ = ("high", "low", "spot")

    def __init__(self, low: Value | None, high: Value | None, spot: Spot = NOWHERE) -> None:
        self.low = low
        self.high = high
        self.spot = spot


class Compare(Node):
    """A field compared with values, of which one has to fit.

    ``operator`` is one of ``= ~ ^= > >= < <=``, or ``any`` (has a value; takes no values). The
    negative operators are ``Not`` around these.
    """

    __slots__ = ("field", "operator", "values")

    def __init__(self, field: str, operator: str, values: list[Value | Range], spot: Spot = NOWHERE) -> None:
        super().__init__(spot)
        self.field = field
        self.operator = operator
        self.values = values


class Virtual(Node):
    """A condition with a name of its own, such as ``+MINE``."""

    __slots__ = ("name",)

    def __init__(self, name: str, spot: Spot = NOWHERE) -> None:
        super().__init__(spot)
        self.name = name


class Saved(Node):
    """A filter that was saved under a name: ``@hot``."""

    __slots__ = ("name",)

    def __init__(self, name: str, spot: Spot = NOWHERE) -> None:
        super().__init__(spot)
        self.name = name


class Among(Node):
    """The records with these ids, 32 digits each."""

    __slots__ = ("ids",)

    def __init__(self, ids: list[str]) -> None:
        super().__init__()
        self.ids = ids


class Search(Node):
    """Words that full-text search must find, all of them, each as the beginning of a word."""

    __slots__ = ("text",)

    def __init__(self, text: str, spot: Spot = NOWHERE) -> None:
        super().__init__(spot)
        self.text = text


def all_of(nodes: Iterable[Node | None]) -> Node | None:
    """Return the node that holds where all hold; None stands for no condition."""
    children = _with_one_search([node for node in nodes if node is not None])
    return children[0] if len(children) == 1 else And(children) if children else None


def _with_one_search(nodes: list[Node]) -> list[Node]:
    """Return the nodes with all words in a single search, which asks the index once."""
    searches = [node for node in nodes if isinstance(node, Search)]
    if len(searches) < 2:
        return nodes
    merged = Search(" ".join(search.text for search in searches), searches[0].spot)
    return [merged, *(node for node in nodes if not isinstance(node, Search))]


def mentions_saved(node: Node | None) -> bool:
    """Return whether a tree names a saved filter."""
    if isinstance(node, And | Or):
        return any(map(mentions_saved, node.children))
    return mentions_saved(node.child) if isinstance(node, Not) else isinstance(node, Saved)


def equals(field: str, *values: str) -> Node:
    """Return the node for a typed flag: the field is one of the values (``none``, ``me``, ``a..b`` included)."""
    return Compare(field, "=", [spread(Value(value)) for value in values])


def tagged(tag: str) -> Node:
    """Return the node for a tag, as ``--tag`` on a list means it."""
    return Compare("tags", "=", [Value(tag, quoted=True)])


def spread(value: Value) -> Value | Range:
    """Return the range that a bare ``a..b`` stands for, or the value itself."""
    low, dots, high = value.text.partition("..")
    if value.quoted or not dots or not (low or high):
        return value
    after = Spot(value.spot.text, value.spot.start + len(low) + 2)
    return Range(
        Value(low, spot=value.spot) if low else None, Value(high, spot=after) if high else None, spot=value.spot
    )
