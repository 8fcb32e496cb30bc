"""The filter language: what is read, and what is refused with a caret under the spot."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mycrm_cli import catalog
from mycrm_cli.errors import UsageError
from mycrm_cli.query.compiler import condition
from mycrm_cli.query.describe import describe
from mycrm_cli.query.frame import Frame
from mycrm_cli.query.language import parse
from mycrm_cli.query.nodes import And, Compare, Node, Not, Or, Range, Search, Virtual, all_of, equals, tagged
from mycrm_cli.query.virtual import VIRTUAL, VirtualTag, mine
from tests.query.test_scope import SCOPE, frame

CONTACT = catalog.entity("contact")


def shape(node: Node | None) -> object:
    """Return a tree as nested tuples."""
    match node:
        case And() | Or():
            return (type(node).__name__.lower(), *map(shape, node.children))
        case Not():
            return ("not", shape(node.child))
        case Compare():
            values = [
                f"{v.low and v.low.text}..{v.high and v.high.text}" if isinstance(v, Range) else v.text
                for v in node.values
            ]
            return (node.field, node.operator, *values)
        case Search():
            return ("search", node.text)
        case Virtual():
            return ("virtual", node.name)
    return None


READ = {
    "score>=70": ("score", ">=", "70"),
    "score >= 70": ("score", ">=", "70"),
    "score.gte=70": ("score", ">=", "70"),
    "due.before=eom": ("due", "<", "eom"),
    "due.after:eom": ("due", ">", "eom"),
    "stage.in=new,qualified": ("stage", "=", "new", "qualified"),
    'stage.in=new,"Closed won"': ("stage", "=", "new", "Closed won"),
    "stage in(new, Closed won)": ("stage", "=", "new", "Closed won"),
    "stage not in (a)": ("not", ("stage", "=", "a")),
    "owner:me": ("owner", "=", "me"),
    "tag.not=vip": ("not", ("tag", "=", "vip")),
    "name!~x": ("not", ("name", "~", "x")),
    "name.contains=x": ("name", "~", "x"),
    "name^=x": ("name", "^=", "x"),
    "name.starts='a b'": ("name", "^=", "a b"),
    'name="a \\"b\\" c"': ("name", "=", 'a "b" c'),
    "score=1..5": ("score", "=", "1..5"),
    "score=1..": ("score", "=", "1..None"),
    "score=..5": ("score", "=", "None..5"),
    'name="a..b"': ("name", "=", "a..b"),
    'due="2026-01-01"..eom': ("due", "=", "2026-01-01..eom"),
    "+vip -old": ("and", ("tags", "=", "vip"), ("not", ("tags", "=", "old"))),
    '+"big deal"': ("tags", "=", "big deal"),
    "+MINE": ("virtual", "MINE"),
    "-TODAY": ("not", ("virtual", "TODAY")),
    "jan acme": ("search", "jan acme"),
    '"jan acme" score>1 x': ("and", ("search", "jan acme x"), ("score", ">", "1")),
    "a or b and not c": ("or", ("search", "a"), ("and", ("search", "b"), ("not", ("search", "c")))),
    "(a OR b) AND NOT c": ("and", ("or", ("search", "a"), ("search", "b")), ("not", ("search", "c"))),
    "not not +a": ("not", ("not", ("tags", "=", "a"))),
    "order=3 android": ("and", ("order", "=", "3"), ("search", "android")),
    "owner.none=yes": ("not", ("owner", "any")),
    "owner.any=no": ("not", ("owner", "any")),
    "owner.none=no": ("owner", "any"),
    "tags.none=a,b": ("not", ("tags", "=", "a", "b")),
    "owner.manager.email=x@y.z": ("owner.manager.email", "=", "x@y.z"),
    "cf.in=3": ("cf.in", "=", "3"),
    "created_at>-30d": ("created_at", ">", "-30d"),
    "ana@acme.com": ("search", "ana@acme.com"),
    "": None,
    " \n ": None,
}


@pytest.mark.parametrize("text", READ)
def test_reading(text: str) -> None:
    assert shape(parse(text)) == READ[text]


def test_several_expressions_must_all_hold() -> None:
    assert shape(parse(["+a or +b", "", "x", "y"])) == (
        "and",
        ("search", "x y"),
        ("or", ("tags", "=", "a"), ("tags", "=", "b")),
    )
    assert parse([]) is None


def test_typed_flags_are_nodes_of_the_same_tree() -> None:
    both = all_of([parse("score>1"), equals("status", "active", "inactive"), tagged("vip"), None])
    assert shape(both) == ("and", ("score", ">", "1"), ("status", "=", "active", "inactive"), ("tags", "=", "vip"))


# What is wrong, and the column of the caret.
REFUSED = {
    "(a": 0,
    "a)": 1,
    "score>": 6,
    'name="x': 5,
    "a or": 4,
    "and": 0,
    "not": 3,
    "a and or b": 6,
    "+": 0,
    "- a": 0,
    "=x": 0,
    "a ~x": 0,
    "stage in(a": 10,
    "stage in()": 9,
    "score in(1,,2)": 11,
    "score.in=1,": 11,
    'name="a"b': 5,
    "name=a(b)": 5,
    "***": 0,
    "a\0b": 1,
    "a\ud800": 1,
    "scor>70": 0,
    "x  company.nam=y": 3,
    "owner.x=1": 0,
    "score=abc": 6,
    "score in(1,abc)": 11,
    "score=1..abc": 9,
    "score>=200": 7,
    "created_at=someday": 11,
    "status=gone": 7,
    "score~1": 0,
    "status>a": 0,
    "name=a..b": 0,
    "owner=a..b": 0,
    "owner>a": 0,
    "custom_fields=1": 0,
    "do_not_call=maybe": 12,
    "+FOO": 0,
    "x +OVERDUE": 2,
    "cf.nope=1": 0,
    "password=x": 0,
    "name_key=x": 0,
    "search_text~x": 0,
    "id=12": 3,
    "email=nobody": 6,
    "Größe 李李 scor=1": 9,
}


@pytest.mark.parametrize("text", REFUSED)
def test_refusing(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        condition(frame("sqlite"), CONTACT, "t", parse(text))
    message, line, caret = caught.value.message.split("\n")
    assert message
    assert len(line.strip()) >= 1
    column = REFUSED[text] + (2 if "李" in text else 0)
    assert caret == " " * (4 + column) + "^"
    assert caught.value.exit == 2


def test_long_expressions_are_shown_around_the_spot() -> None:
    with pytest.raises(UsageError) as caught:
        parse("a " * 300 + "b) " + "c " * 300)
    _, line, caret = caught.value.message.split("\n")
    assert len(line) < 140
    assert line[caret.index("^")] == ")"


def test_unknown_fields_name_near_ones() -> None:
    with pytest.raises(UsageError) as caught:
        condition(frame("sqlite"), CONTACT, "t", parse("company.nmae=x"))
    assert caught.value.candidates[0] == "company.name"
    with pytest.raises(UsageError) as caught:
        condition(frame("sqlite"), CONTACT, "t", parse("job-tile=x"))
    assert caught.value.candidates[0] == "job_title"
    with pytest.raises(UsageError) as caught:
        condition(frame("sqlite"), CONTACT, "t", parse("+VIP"))
    assert caught.value.candidates == ["+MINE", "+UNASSIGNED", "+MAILABLE", "+CALLABLE"]


HOSTILE = [
    "(" * 50_000,
    "not " * 12_000,
    "(" * 101 + "a" + ")" * 101,
    "a or " * 12_000 + "a",
    "x" * 100_000,
    "score=1 " * 8_000,
    "owner." * 5_000 + "name=1",
    '"' + "\\" * 60_001,
    "+" * 60_000,
    "'" * 60_001,
    "score in(" + "1," * 100 + ")",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
def test_hostile_input(text: str) -> None:
    with pytest.raises(UsageError):
        condition(frame("postgresql"), CONTACT, "t", parse(text))


def test_what_is_long_and_allowed() -> None:
    long = "(" * 99 + "score=1" + ")" * 99
    assert shape(parse(long)) == ("score", "=", "1")
    listed = parse("id in(" + ",".join(["00000000-0000-7000-8000-000000000000"] * 1500) + ")")
    assert "?" in condition(frame("sqlite"), CONTACT, "t", listed).text
    assert condition(frame("sqlite"), CONTACT, "t", parse(" or ".join(["score=1"] * 500))).params == (1,) * 500


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from([*"ab.=<>~!^:()+-,\"'\\ \n%_\0é李", "and ", " in(", "score", "owner", "..", "none"])))
def test_any_text_is_read_or_refused(parts: list[str]) -> None:
    try:
        condition(frame("sqlite"), CONTACT, "t", parse("".join(parts)))
    except UsageError as error:
        assert len(error.message.split("\n")) == 3


def test_describe() -> None:
    lines = {name: (kind, text) for name, kind, text in describe(CONTACT)}
    assert lines["owner"][0] == "user reference"
    assert lines["status"][0] == "active | inactive | archived"
    assert lines["+MINE"][1]
    assert "name" in lines
    assert not {"password", "name_key", "search_text"} & set(lines)
    assert "due_date (due)" in {name for name, _, _ in describe(catalog.entity("task"))}
    for entity in catalog.entities().values():
        assert all(kind and text for _, kind, text in describe(entity)), entity.name


def test_a_later_part_adds_a_virtual_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VIRTUAL, "STALE", VirtualTag("Nothing happened.", mine))
    assert "owner_id" in condition(frame("sqlite"), CONTACT, "t", parse("+STALE")).text


def test_nothing_is_compiled_without_a_scope() -> None:
    with pytest.raises(TypeError):
        Frame(None, "sqlite", lambda entity: {}, lambda statement: 0)  # type: ignore[arg-type]
    assert frame("sqlite").scope is SCOPE
