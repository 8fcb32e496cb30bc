"""Names of fields in lists and orders, and the parts of a filter: field, operator, value."""

from __future__ import annotations

from mycrm_cli import commands
from mycrm_cli.completing import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.completing.access import Access
    from mycrm_cli.completing.line import Wanted
    from mycrm_cli.completing.values import Answer, Found

OPERATORS = {
    "exact": (("=", "is"), ("!=", "is not")),
    "text": (("=", "is"), ("!=", "is not"), ("~", "contains"), ("!~", "does not contain"), ("^=", "starts with")),
    "number": (("=", "is"), ("!=", "is not"), (">", "above"), (">=", "at least"), ("<", "below"), ("<=", "at most")),
    "date": (("=", "on"), ("!=", "not on"), (">", "after"), (">=", "from"), ("<", "before"), ("<=", "until")),
}
SIGNS = "=!~^><:"
JOINTS = str.maketrans("", "", "-@._/")
"""Takes away what may stand inside a word of a filter."""
ANYTHING = (("none", "Empty"), ("any", "Not empty"))


def answer(wanted: Wanted) -> Answer:
    """Return the candidates for a list of fields, an order, ``FIELD=VALUE`` or a filter.

    They are those of the command's noun, unless the way names another one.
    """
    entity = commands.read(f"@{(*wanted.value, wanted.noun)[1]}")
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
        entity = commands.read(f"@{target}")
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

    return access.ask(wanted.profile, asked, wanted.place.command)


def _saved(wanted: Wanted, entity: dict[str, Any]) -> Found:
    """Return the organization's saved filters of the entity whose names need no quotes."""
    from mycrm_cli.completing import access

    statement = (
        "SELECT f.name, f.expression FROM saved_filters AS f WHERE f.organization_id = ? AND f.entity = ? ORDER BY 1"
    )

    def asked(reached: Access) -> Found:
        rows = reached.connection.execute(statement, (reached.organization, entity["name"]))
        return [(f"@{name}", expression or "") for name, expression in rows if _is_bare(name)]

    return access.ask(wanted.profile, asked, wanted.place.command)


def _is_bare(word: str) -> bool:
    """Tell whether a filter reads a word as one, without quotes."""
    return not any(letter.isspace() or letter in "()\"'" for letter in word)


def _tags(wanted: Wanted, entity: dict[str, Any], typed: str) -> Found:
    """Return the virtual tags, and those that records have; tags in capitals alone are virtual."""
    found = [(name, help) for name, help in entity["tags"]]
    if typed[1:].isupper() or not entity.get("tagged"):
        return found
    from mycrm_cli.errors import CrmError

    try:
        stored = values.answer(wanted.about(["tags"], ""))[1]
    except CrmError:
        return found
    return found + [(f"+{tag}", help) for tag, help in stored if _is_bare(tag) and "," not in tag]


def _assignment(wanted: Wanted, entity: dict[str, Any]) -> Answer:
    """Return fields to set, and the choices behind ``=``."""
    name, given, typed = wanted.typed.partition("=")
    if not given:
        return "parts", [(f"{name}=", help) for name, help in _names(wanted, entity, name)]
    field = _field(entity, name)
    way = ["date"] if field.get("type") == "date" else field.get("value", ["text"])
    return "words", [(f"{name}={value}", help) for value, help in values.answer(wanted.about(way, typed))[1]]


def _filter(wanted: Wanted, entity: dict[str, Any]) -> Answer:
    """Complete the last term of a filter; what stands before it stays as it is."""
    start, quoted = 0, False
    for place, letter in enumerate(wanted.typed):
        quoted ^= letter == '"'
        start = place + 1 if letter in " (\t" and not quoted else start
    head, term = wanted.typed[:start], wanted.typed[start:]
    mode, found = _term(wanted, entity, term) if term[:1] != '"' else ("words", [])
    return mode, [(head + value, help) for value, help in found]


def _term(wanted: Wanted, entity: dict[str, Any], term: str) -> Answer:
    if term.startswith("@"):
        return "words", _saved(wanted, entity)
    if term.startswith("+"):
        return "words", _tags(wanted, entity, term)
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


def _values(wanted: Wanted, field: dict[str, Any], typed: str, anything: bool) -> Found:
    """Return values of a field; behind a comma those that are not yet there, and none in quotes."""
    head, comma, last = typed.rpartition(",")
    value = field.get("value", ["text"])
    found: Found = []
    if value[0] == "choice":
        found = [(choice, "") for choice in value[1:]]
    elif value[0] in ("reference", "tags"):
        found = [each for each in _plain(wanted, value, last) if not (comma and each[0][:1] == '"')]
    elif field.get("type") == "date":
        found = [(date, "") for date in values.DATES]
    if anything and not comma:
        found = [*found, *ANYTHING]
    taken = head.split(",")
    return [(f"{head}{comma}{value}", help) for value, help in found if value not in taken]


def _plain(wanted: Wanted, value: list[Any], typed: str) -> Found:
    """Return references and tags; what is more than a word is offered in the quotes that a filter needs."""
    begun = typed[:1] == '"'
    found = values.answer(wanted.about(value, typed[begun:]))[1]
    bare = [(text, help) for text, help in found if text.translate(JOINTS).isalnum() and not begun]
    quoted = [(f'"{text}"', help) for text, help in found if begun or not text.translate(JOINTS).isalnum()]
    return bare + [each for each in quoted if "\\" not in each[0] and each[0].count('"') == 2]
