"""Random filters: the text as people would type it, and the condition that the oracle judges."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.query.oracle import today
from tests.query.world import CITIES, FIRST, LAST, NOW, STATUSES, TAGS

Filter = tuple[str, tuple[Any, ...]]

SPELLED = {"=": "", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "~": "contains", "^=": "starts", "!=": "not"}
TEXTS = sorted(
    {t for t in (*FIRST, *LAST, *CITIES, "%", "_", "mul", "ß", "ss", "Z", "o'", "Acme", "acme süd", "böß") if t}
)
TEXT_FIELDS = [
    "first_name",
    "last_name",
    "city",
    "company",
    "name",
    "company.name",
    "owner.name",
    "owner.manager.name",
    "cf.note",
]
OWNERS = ["me", "me@acme.com", "ana@acme.com", "Ana Berg", "bea böss", "x@acme.com", "nobody"]
MOMENT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAYS: dict[str, date | datetime] = {
    "today": today(),
    "yesterday": today() - timedelta(1),
    "tomorrow": today() + timedelta(1),
    "som": date(2026, 3, 1),
    "eom": date(2026, 3, 31),
    "soy": date(2026, 1, 1),
    "eow": date(2026, 3, 29),
    "-30d": today() - timedelta(30),
    "2026-03-01": date(2026, 3, 1),
    "2026-03-29": date(2026, 3, 29),
    "2026-03-01T12:00:00Z": MOMENT,
    "now": NOW,
}


def quoted(text: str) -> str:
    """Put a text in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def written(draw: st.DrawFn, text: str) -> str:
    """Write a text in quotes, or bare where that is the same."""
    bare = all(c.isalnum() for c in text) and text.lower() not in ("none", "any", "me") and draw(st.booleans())
    return text if bare else quoted(text)


@st.composite
def operator(draw: st.DrawFn, symbol: str) -> str:
    """Write an operator as a symbol or in the spelling for shells."""
    if symbol in SPELLED and SPELLED[symbol] and draw(st.booleans()):
        return f".{SPELLED[symbol]}="
    return draw(st.sampled_from(["=", ":"])) if symbol == "=" else symbol


@st.composite
def texts(draw: st.DrawFn) -> Filter:
    name, text = draw(st.sampled_from(TEXT_FIELDS)), draw(st.sampled_from(TEXTS))
    symbol = draw(st.sampled_from(["=", "!=", "~", "!~", "^="]))
    shown = name.replace("_", draw(st.sampled_from("_-"))) if "cf." not in name else name
    return f"{shown}{draw(operator(symbol))}{draw(written(text))}", ("field", name, symbol, [text])


@st.composite
def presence(draw: st.DrawFn) -> Filter:
    name = draw(
        st.sampled_from(
            ["city", "score", "email", "owner", "company.name", "owner.manager.name", "cf.size", "last_activity_at"]
        )
    )
    there = draw(st.booleans())
    condition: tuple[Any, ...] = ("field", name, "=", [None])
    text = draw(
        st.sampled_from(
            [f"{name}!=none", f"{name}=any", f"{name}.any=yes"] if there else [f"{name}=none", f"{name}.none=yes"]
        )
    )
    return text, ("not", condition) if there else condition


@st.composite
def numbers(draw: st.DrawFn) -> Filter:
    name = draw(st.sampled_from(["score", "cf.size"]))
    number = draw(st.sampled_from([0, 5, 25, 50, 70, 99, 100]))
    symbol = draw(st.sampled_from(["=", "!=", ">", ">=", "<", "<="]))
    return f"{name}{draw(operator(symbol))}{number}", (
        "field",
        name,
        symbol,
        [Decimal(number) if "." in name else number],
    )


@st.composite
def ranges(draw: st.DrawFn) -> Filter:
    low, high = draw(st.none() | st.integers(0, 100)), draw(st.none() | st.integers(0, 100))
    if low is None and high is None:
        low = 50
    text = f"score={'' if low is None else low}..{'' if high is None else high}"
    return text, ("field", "score", "=", [(low, high)])


@st.composite
def times(draw: st.DrawFn) -> Filter:
    name = draw(st.sampled_from(["created_at", "last_activity_at", "created-at"]))
    word = draw(st.sampled_from(sorted(DAYS)))
    symbol = draw(st.sampled_from(["=", "!=", ">", ">=", "<", "<="]))
    if draw(st.booleans()):
        other = draw(st.sampled_from(sorted(DAYS)))
        return f"{name}={word}..{other}", ("field", name.replace("-", "_"), "=", [(DAYS[word], DAYS[other])])
    return f"{name}{draw(operator(symbol))}{word}", ("field", name.replace("-", "_"), symbol, [DAYS[word]])


@st.composite
def days(draw: st.DrawFn) -> Filter:
    day = date(2026, 3, 1) + timedelta(draw(st.integers(0, 60)))
    symbol = draw(st.sampled_from(["=", "!=", ">", ">=", "<", "<="]))
    return f"cf.since{draw(operator(symbol))}{day}", ("field", "cf.since", symbol, [day])


@st.composite
def choices(draw: st.DrawFn) -> Filter:
    name, words = draw(
        st.sampled_from([("status", STATUSES), ("country", ["DE", "US"]), ("cf.tier", ["gold", "silver"])])
    )
    chosen = draw(st.lists(st.sampled_from(words), min_size=1, max_size=3, unique=True))
    condition = ("field", name, "=", [*chosen])
    listed = ",".join(word.upper() if draw(st.booleans()) else word for word in chosen)
    text = draw(
        st.sampled_from(
            [f"{name}.in={listed}", f"{name} in({listed})", f"{name} IN ( {listed} )", f"{name} not in({listed})"]
        )
    )
    return text, ("not", condition) if " not " in text else condition


@st.composite
def lists_with_none(draw: st.DrawFn) -> Filter:
    numbers = draw(st.lists(st.sampled_from([0, 5, 50]), min_size=1, max_size=2))
    text = draw(st.sampled_from(["score in({},none)", "score.in=none,{}"])).format(",".join(map(str, numbers)))
    return text, ("field", "score", "=", [*numbers, None])


@st.composite
def booleans(draw: st.DrawFn) -> Filter:
    name, yes = draw(st.sampled_from(["do_not_call", "cf.ok"])), draw(st.booleans())
    word = draw(st.sampled_from(["yes", "true", "1"] if yes else ["no", "false", "0"]))
    return f"{name}={word}", ("field", name, "=", [yes])


@st.composite
def tags(draw: st.DrawFn) -> Filter:
    tag = draw(st.sampled_from(TAGS))
    part = draw(st.sampled_from(["i", "GRÖSSE", "%", '"', "x"]))
    condition: tuple[Any, ...] = ("tag", tag)
    text, condition = draw(
        st.sampled_from(
            [
                (f"+{quoted(tag)}", condition),
                (f"-{quoted(tag)}", ("not", condition)),
                ("tag.in=vip,old", ("or", ("tag", "vip"), ("tag", "old"))),
                ("tags.none=vip,old", ("not", ("or", ("tag", "vip"), ("tag", "old")))),
                ("tag.not=vip", ("not", ("tag", "vip"))),
                ("+VIP".lower(), ("tag", "vip")),
                (f"tags~{quoted(part)}", ("field", "tags", "~", [part])),
            ]
        )
    )
    return text, condition


@st.composite
def owners(draw: st.DrawFn) -> Filter:
    owner = draw(st.sampled_from(OWNERS))
    symbol = draw(st.sampled_from(["=", "!="]))
    text = "me" if owner == "me" else quoted(owner)
    name = draw(st.sampled_from(["owner", "owner_id"]))
    return f"{name}{symbol}{text}", ("field", "owner", symbol, [owner])


@st.composite
def owner_parts(draw: st.DrawFn) -> Filter:
    part = draw(st.sampled_from(["be", "ANA", "böß", "x@"]))
    return f"owner~{quoted(part)}", ("field", "owner", "~", [part])


@st.composite
def emails(draw: st.DrawFn) -> Filter:
    address = f"{draw(st.sampled_from(['ana', 'jan', 'second']))}{draw(st.integers(0, 119))}@"
    address += draw(st.sampled_from(["acme.com", "ex.org", "acme.example.com"]))
    symbol = draw(st.sampled_from(["=", "!="]))
    if draw(st.booleans()):
        part = draw(st.sampled_from(["ACME", "@ex.", "_", "é"]))
        return f"email~{quoted(part)}", ("field", "email", "~", [part.lower()])
    return f"email{symbol}{address.title()}", ("field", "email", symbol, [address])


@st.composite
def phones(draw: st.DrawFn) -> Filter:
    typed, number = draw(
        st.sampled_from([("030 12345", "+493012345"), ("+1 (415) 555-0123", "+14155550123"), ("call me", "call me")])
    )
    symbol = draw(st.sampled_from(["=", "!="]))
    return f"phone{symbol}{quoted(typed)}", ("field", "phone", symbol, [number])


@st.composite
def searches(draw: st.DrawFn) -> Filter:
    text = draw(
        st.sampled_from(["ana", "MULLER", "strasse", "acme", "an acm", "o'neil", "de la", "李", "σισ", "nothing"])
    )
    return quoted(text) if draw(st.booleans()) else " ".join(text.split()), ("words", text)


virtual = st.sampled_from([("+MINE", ("virtual", "MINE")), ("+UNASSIGNED", ("virtual", "UNASSIGNED"))])
flipped = virtual.map(lambda pair: (f"-{pair[0][1:]}", ("not", pair[1])))

atoms = st.one_of(
    texts(), texts(), presence(), numbers(), ranges(), times(), days(), choices(), lists_with_none(), booleans(), tags(), owners(),
    owner_parts(), emails(), phones(), searches(), virtual, flipped,
)  # fmt: skip


@st.composite
def joined(draw: st.DrawFn, parts: st.SearchStrategy[Filter]) -> Filter:
    """Join filters with and, or, not and parentheses."""
    children = draw(st.lists(parts, min_size=1, max_size=3))
    match draw(st.sampled_from(["and", "or", "not", "side by side"])):
        case "and":
            word = draw(st.sampled_from([" and ", " AND "]))
            return word.join(f"({text})" for text, _ in children), ("and", *(c for _, c in children))
        case "or":
            return draw(st.sampled_from([" or ", " Or "])).join(f"({t})" for t, _ in children), (
                "or",
                *(c for _, c in children),
            )
        case "not":
            return f"not ({children[0][0]})", ("not", children[0][1])
    return " ".join(f"( {text} )" for text, _ in children), ("and", *(c for _, c in children))


filters = st.recursive(atoms, joined, max_leaves=6)
