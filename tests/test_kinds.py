"""Kinds: what they read, what they refuse, and that what they write they read again."""

import json
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mycrm_cli import kinds
from mycrm_cli.kinds.contacts import PLAIN_EMAIL
from mycrm_cli.kinds.folding import fold, fold_key, search_words
from mycrm_cli.scope import Locale

NOW = "2026-11-22T23:30:00Z"
BERLIN = Locale("Europe/Berlin", "DE", "EUR")

READ: list[tuple[str, str, Any]] = [
    ("text", "  Ana  ", "Ana"),
    ("email", "HANS@Example.DE ", "hans@example.de"),
    ("email", "mailto:a.b+c@sub.example.org", "a.b+c@sub.example.org"),
    ("email", "ünï@exämple.com", "ünï@exämple.com"),
    ("phone", "030 901820", "+4930901820"),
    ("phone", "+1 (312) 555-0100 ext. 5", "+13125550100;ext=5"),
    ("phone", "ask at the desk", "ask at the desk"),
    ("url", "acme.com/about", "https://acme.com/about"),
    ("url", "http://acme.com:8080/?q=1", "http://acme.com:8080/?q=1"),
    ("domain", "https://www.Acme.com/x?y", "acme.com"),
    ("domain", "münchen.de", "xn--mnchen-3ya.de"),
    ("country", "germany", "DE"),
    ("country", "USA", "US"),
    ("country", "UK", "GB"),
    ("currency", "eur", "EUR"),
    ("money", "1.234,56 €", Decimal("1234.56")),
    ("money", "1 234,56", Decimal("1234.56")),
    ("money", "$12,400", Decimal("12400.00")),
    ("money", "0", Decimal("0.00")),
    ("percent", "50 %", Decimal("0.50")),
    ("percent", "100", Decimal("1.00")),
    ("integer", "2,822", 2822),
    ("boolean", "Yes", True),
    ("boolean", "0", False),
    ("date", "2026-02-28", date(2026, 2, 28)),
    ("date", "15.3.2024", date(2024, 3, 15)),
    ("date", "3/15/2024", date(2024, 3, 15)),
    ("date", "12 Mar 2025", date(2025, 3, 12)),
    ("date", "Mar 12, 2025", date(2025, 3, 12)),
    ("date", "today", date(2026, 11, 23)),
    ("date", "mon", date(2026, 11, 30)),
    ("date", "eom", date(2026, 11, 30)),
    ("date", "soq", date(2026, 10, 1)),
    ("date", "eoy", date(2026, 12, 31)),
    ("date", "+2w", date(2026, 12, 7)),
    ("date", "3mo", date(2027, 2, 23)),
    ("timestamp", "2026-07-01 10:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
    ("timestamp", "2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
    ("timestamp", "2025-11-02T08:15:30.000Z", datetime(2025, 11, 2, 8, 15, 30, tzinfo=UTC)),
    ("timestamp", "3/15/2024 2:30 PM", datetime(2024, 3, 15, 13, 30, tzinfo=UTC)),
    ("timestamp", "15m", datetime(2026, 11, 22, 23, 45, tzinfo=UTC)),
    ("tags", "VIP, new; vip", ["vip", "new"]),
    ("json", '{"a": [1]}', {"a": [1]}),
    ("reference", "0192f0c1-0000-7000-8000-000000000001", UUID("0192f0c1-0000-7000-8000-000000000001")),
]

REFUSED: list[tuple[str, str, str]] = [
    ("text", "a\x00b", "nul"),
    ("text", "a\ud800b", "encoding"),
    ("email", "nobody", "not_an_email"),
    ("email", "a@b", "not_an_email"),
    ("email", "a b@example.com", "not_an_email"),
    ("url", "javascript:alert(1)", "not_a_url"),
    ("url", "https://", "not_a_url"),
    ("url", "data:text/html,x", "not_a_url"),
    ("domain", "no domain", "not_a_domain"),
    ("country", "Korea", "not_a_country"),
    ("country", "Philipines", "not_a_country"),
    ("currency", "XYZ1", "not_a_currency"),
    ("money", "-1", "out_of_range"),
    ("money", "1.234", "too_precise"),
    ("money", "1e5", "not_a_number"),
    ("money", "NaN", "not_a_number"),
    ("money", "12,34,56", "not_a_number"),
    ("money", "9" * 14, "out_of_range"),
    ("percent", "101", "out_of_range"),
    ("percent", "12.5", "too_precise"),
    ("integer", "1.5", "not_a_number"),
    ("integer", "9" * 40, "out_of_range"),
    ("boolean", "perhaps", "not_a_boolean"),
    ("date", "01/02/2024", "ambiguous_date"),
    ("date", "2024-02-30", "not_a_date"),
    ("date", "1899-12-31", "out_of_range"),
    ("date", "soon", "not_a_date"),
    ("date", "99999y", "out_of_range"),
    ("timestamp", "2026-11-05T25:00", "not_a_date"),
    ("tags", "x" * 51, "too_long"),
    ("json", '{"a":1,"a":2}', "not_json"),
    ("json", "[NaN]", "not_json"),
    ("json", "[9223372036854775808]", "not_json"),
    ("json", "[" * 100_000, "not_json"),
    ("reference", "C-1", "not_an_id"),
]


@pytest.fixture(autouse=True)
def the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is half past midnight of Monday, 23 November 2026, in Berlin."""
    monkeypatch.setenv("MYCRM_NOW", NOW)


@pytest.mark.parametrize(("name", "text", "value"), READ, ids=lambda v: str(v)[:30])
def test_what_is_read(name: str, text: str, value: Any) -> None:
    """Each kind reads what people type, and reads again what it writes, for people's files and for machines."""
    kind = kinds.make(name)
    found = kind.read(text, BERLIN)
    assert found == value
    assert kind.read(kind.text(found), BERLIN) == found
    assert kind.accept(kind.dump(found), BERLIN) == found
    assert isinstance(kind.show(found, BERLIN), str)
    for dialect in ("sqlite", "postgresql"):
        save, load = kind.saver(dialect), kind.loader(dialect)
        stored = save(found) if save else found
        assert (load(stored) if load else stored) == found


@pytest.mark.parametrize(
    ("name", "text", "code"), REFUSED, ids=lambda v: str(v)[:30].encode("ascii", "replace").decode()
)
def test_what_is_refused(name: str, text: str, code: str) -> None:
    """With a code that programs can rely on."""
    with pytest.raises(kinds.BadValue) as caught:
        kinds.make(name).read(text, BERLIN)
    assert caught.value.code == code


def test_a_kept_phone_is_told() -> None:
    """A number that cannot be dialled is kept, and said so."""
    said: list[str] = []
    assert kinds.make("phone").read("12", Locale(warn=said.append)) == "12"
    assert len(said) == 1


def test_lengths_and_choices() -> None:
    """Lengths count characters; choices do not mind case, spaces and hyphens."""
    assert kinds.make("text", max_length=3).read("äöü") == "äöü"
    with pytest.raises(kinds.BadValue, match="4 characters"):
        kinds.make("text", max_length=3).read("abcd")
    assert kinds.make("choice", choices=("cold_call", "event")).read(" Cold-Call ") == "cold_call"
    with pytest.raises(kinds.BadValue, match="cold_call, event"):
        kinds.make("choice", choices=("cold_call", "event")).read("mail")


def test_the_end_of_a_due_day() -> None:
    """A due date without a time is the end of its day."""
    due = kinds.make("timestamp", day_end=True).read("2026-07-01", BERLIN)
    assert due == datetime(2026, 7, 1, 21, 59, 59, tzinfo=UTC)


def test_json_values_of_the_wrong_type() -> None:
    """JSON's own types are taken only where they mean the kind."""
    assert kinds.make("percent").accept(0.5) == Decimal("0.50")
    assert kinds.make("money").accept(12.5) == Decimal("12.50")
    for name, value in (
        ("integer", True),
        ("integer", 1.5),
        ("text", 5),
        ("money", float("nan")),
        ("tags", [1]),
        ("boolean", 2),
    ):
        with pytest.raises(kinds.BadValue):
            kinds.make(name).accept(value)


@given(st.decimals(min_value=0, max_value=Decimal("9999999999999.99"), places=2))
def test_money_is_exact(amount: Decimal) -> None:
    """Every amount comes back to the cent, through text, JSON and SQLite's integers."""
    kind = kinds.make("money")
    save, load = kind.saver("sqlite"), kind.loader("sqlite")
    assert save is not None
    assert load is not None
    assert kind.read(kind.text(amount)) == kind.accept(kind.dump(amount)) == load(save(amount)) == amount
    assert kind.read(kind.show(amount)) == amount


@given(st.text())
def test_folding(text: str) -> None:
    """Folding twice is folding once; case does not matter."""
    assert fold(fold(text)) == fold(text)
    assert fold_key(text) == fold_key(f"  {text} ")
    assert all(word.isalnum() for word in search_words(text))


def test_folded_examples() -> None:
    """What should be found is found."""
    assert fold("Müller STRASSE ẞ Ωmega 한국") == "muller strasse ss ωmega 한국"
    assert search_words("ana@acme.com, Müller-Lüdenscheidt") == ["ana", "acme", "com", "muller", "ludenscheidt"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
JSONS = st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS, st.lists, max_leaves=5)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "date": st.dates(date(1900, 1, 1), date(2999, 12, 31)),
    "integer": st.integers(),
    "json": st.dictionaries(TEXTS, JSONS) | st.lists(JSONS),
    "money": st.decimals(0, Decimal("9999999999999.99"), places=2),
    "number": st.decimals(-9999, 9999, places=2),
    "percent": st.integers(0, 100).map(lambda whole: Decimal(whole).scaleb(-2)),
    "reference": st.uuids(),
    "tags": st.lists(TEXTS),
    "timestamp": st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
}


@pytest.mark.parametrize("name", sorted(set(kinds.KINDS) - {"secret"}))
@given(data=st.data())
def test_what_is_dumped_comes_back(name: str, data: st.DataObject) -> None:
    """The journal keeps every value as JSON, and gives it back as it was, to the last digit."""
    value, kind = data.draw(VALUES.get(name, TEXTS)), kinds.make(name)
    again = kind.undump(json.loads(json.dumps(kind.dump(value))))
    assert (again, type(again), str(again)) == (value, type(value), str(value))


def test_plain_addresses_need_no_library() -> None:
    """What the short way takes, the library takes as well, and makes the same of it."""
    choose = random.Random(1)

    def label(letters: str, longest: int) -> str:
        size = choose.choice((1, 2, 61, 62, 63, 64, 65)) if choose.random() < 0.1 else choose.randint(1, longest)
        return "".join(choose.choice(letters) for _ in range(size))

    ends = ["com", "example", "a", "co", "museum", "x1", "z" * 63, "z" * 64, *email_validator.SPECIAL_USE_DOMAIN_NAMES]
    taken = 0
    for _ in range(4000):
        local = ".".join(label("abc019_+-", 10) for _ in range(choose.randint(1, 3)))
        domain = ".".join([*(label("abcxyz019-", 8) for _ in range(choose.randint(0, 3))), choose.choice(ends)])
        address = f"{local}@{domain}"
        if PLAIN_EMAIL.fullmatch(address) and len(address) <= 254:
            taken += 1
            valid = email_validator.validate_email(address, check_deliverability=False, test_environment=True)
            assert valid.normalized.lower() == address
    assert taken > 500
