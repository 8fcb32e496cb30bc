"""Names of fields in lists and orders, and the parts of a filter: field, operator, value."""

from __future__ import annotations

from mycrm_cli.completing import tree
from mycrm_cli.completing.line import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.completing.access import Access
    from mycrm_cli.completing.values import Answer, Found

OPERATORS = {
    "exact": (("=", "is"), ("!=", "is not")),
    "text": (("=", "is"), ("!=", "is not"), ("~", "contains"), ("!~", "does not contain"), ("^=", "starts with")),
    "number": (("=", "is"), ("!=", "is not"), (">", "above"), (">=", "at least"), ("<", "below"), ("<=", "at most")),
    "date": (("=", "on"), ("!=", "not on"), (">", "after"), (">=", "from"), ("<", "before"), ("<=", "until")),
}
SIGNS = "=!~^><:"
DATES = "today tomorrow yesterday now mon tue wed thu fri sat sun som eom sow eow soq eoq eoy".split()
ANYTHING = (("none", "Empty"), ("any", "Not empty"))


def answer(wanted: Wanted) -> Answer:
    """Return the candidates for a list of fields, an order, ``FIELD=VALUE`` or a filter."""
    entity = tree.read(f"@{wanted.noun}")
    if not entity:
        return "words", []
    if wanted.value[0] == "filter":
        return _filter(wanted, entity)
    if wanted.value[0] == "assignment":
        return _assignment(wanted, entity)
    head, comma, last = wanted.typed.rpartition(",")
    sign = last[:1] if wanted.value[0] == "sort" and last.startswith("-") else ""
    taken = head.split(",")
    return "parts", [
        (f"{head}{comma}{sign}{name}", help)
        for name, help in _names(wanted, entity, last[len(sign) :])
        if name not in taken
    ]


def _names(wanted: Wanted, entity: dict[str, Any], typed: str) -> Found:
    """Return the names of fields; behind a relation and a dot those of what it points to."""
    way, dot, _ = typed.rpartition(".")
    if way == "cf":
        return _custom(wanted, entity)
    if way:
        entity = _target(entity, way)
    settable = wanted.value[0] in ("assignment", "clear")
    fields = [field for field in entity.get("fields", []) if not (settable and field.get("fixed"))]
    return [(way + dot + name, field["help"]) for field in fields for name in field["names"]]


def _target(entity: dict[str, Any], way: str) -> dict[str, Any]:
    """Return the entity that relations lead to; empty where they lead nowhere."""
    for step in way.split("."):
        plain = step.lower().replace("-", "_")
        named = (field.get("value", [""]) for field in entity.get("fields", []) if plain in field["names"])
        target = next((value[1] for value in named if value[0] == "reference"), "")
        entity = tree.read(f"@{target}")
    return entity


def _field(entity: dict[str, Any], name: str) -> dict[str, Any]:
    plain = name.lower().replace("-", "_")
    return next((field for field in entity.get("fields", []) if plain in field["names"]), {})


def _custom(wanted: Wanted, entity: dict[str, Any]) -> Found:
    """Return the organization's own fields."""
    from mycrm_cli.completing import access

    statement = (
        'SELECT f."key", f.label FROM custom_fields AS f WHERE f.organization_id = ? AND f.entity = ? ORDER BY 1'
    )

    def asked(reached: Access) -> Found:
        rows = reached.connection.execute(statement, (reached.organization, entity["name"]))
        return [(f"cf.{key}", label or "") for key, label in rows]

    return access.ask(wanted.profile, asked)


def _assignment(wanted: Wanted, entity: dict[str, Any]) -> Answer:
    """Return fields to set, and the choices behind ``=``."""
    name, given, typed = wanted.typed.partition("=")
    if not given:
        return "parts", [(f"{name}=", help) for name, help in _names(wanted, entity, name)]
    return "words", [(f"{name}={value}", help) for value, help in _values(wanted, _field(entity, name), typed)]


def _filter(wanted: Wanted, entity: dict[str, Any]) -> Answer:
    """Complete the last term of a filter; what stands before it stays as it is."""
    start = max(wanted.typed.rfind(mark) for mark in " (\t") + 1
    head, term = wanted.typed[:start], wanted.typed[start:]
    if head.count('"') % 2:
        return "words", []
    mode, found = _term(wanted, entity, term)
    return mode, [(head + value, help) for value, help in found]


def _term(wanted: Wanted, entity: dict[str, Any], term: str) -> Answer:
    if term.startswith("+"):
        return "words", [(name, help) for name, help in entity["tags"]]
    end = next((place for place, letter in enumerate(term) if letter in SIGNS), len(term))
    if end == len(term):
        return "parts", _fields(wanted, entity, term)
    name = term[:end]
    way, _, last = name.rpartition(".")
    owner, word = (_target(entity, way), last) if way else (entity, name)
    if not _field(owner, word) and way:  # the spelling without quotes: due.before=eom
        way, _, last = way.rpartition(".")
        owner, word = (_target(entity, way), last) if way else (entity, name.rpartition(".")[0])
    rest = term[end:].lstrip(SIGNS)
    stays = term[: len(term) - len(rest)]
    return _behind(wanted, _field(owner, word), name, stays, rest)


def _behind(wanted: Wanted, field: dict[str, Any], name: str, stays: str, rest: str) -> Answer:
    """Return the values behind an operator, or the operators that a beginning may become."""
    sign = stays[len(name) :]
    known = dict(OPERATORS.get(field.get("type", ""), ()))
    if sign in known or sign == ":":
        found = [(stays + value, help) for value, help in _values(wanted, field, rest, sign in ("=", "!=", ":"))]
        if found:
            return "words", found
    return "parts", [(name + other, help) for other, help in known.items() if other != sign and not rest]


def _fields(wanted: Wanted, entity: dict[str, Any], typed: str) -> Found:
    """Return fields with ``=`` behind them; for one that is written out, all its operators."""
    way, _, last = typed.rpartition(".")
    exact = _field(_target(entity, way) if way else entity, last) if last else {}
    if exact:
        return [(f"{typed}{sign}", help) for sign, help in OPERATORS[exact["type"]]] + [
            (f"{name}=", help) for name, help in _names(wanted, entity, typed) if name != typed
        ]
    return [(f"{name}=", help) for name, help in _names(wanted, entity, typed)]


def _values(wanted: Wanted, field: dict[str, Any], typed: str, anything: bool = False) -> Found:
    """Return values of a field; behind a comma those that are not yet there."""
    head, comma, last = typed.rpartition(",")
    value = field.get("value", ["text"])
    found: Found = []
    if value[0] == "choice":
        taken = head.split(",")
        found = [(choice, "") for choice in value[1:] if choice not in taken]
    elif value[0] == "reference":
        found = _plain(wanted, value, last)
    elif field.get("type") == "date":
        found = [(date, "") for date in DATES]
    if anything and not comma:
        found = [*found, *ANYTHING]
    return [(f"{head}{comma}{value}", help) for value, help in found]


def _plain(wanted: Wanted, value: list[str], typed: str) -> Found:
    """Return references that need no quotes in a filter."""
    from mycrm_cli.completing import references

    found = references.candidates(Wanted(value, typed, wanted.place))
    return [(text, help) for text, help in found if text.replace("-", "").replace("@", "").replace(".", "").isalnum()]
