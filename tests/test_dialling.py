"""The short way to a phone number gives the library's answer."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.contacts import Phone
from mycrm_cli.kinds.dialling import e164, parsed
from mycrm_cli.scope import Locale

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
DIGITS = st.text("0123456789", min_size=3, max_size=14)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(CODES), DIGITS)
def test_numbers_with_a_country_code(code: int, national: str) -> None:
    assert e164(f"+{code}{national}", "US") == parsed(f"+{code}{national}", "US")


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"\(?[0-9]{3}\)?[ .-]?[0-9]{3}[ .-]?[0-9]{4}", fullmatch=True), st.sampled_from(["US", "DE"]))
def test_numbers_as_they_are_dialled(typed: str, region: str) -> None:
    assert e164(typed, region) == parsed(typed, region)


@pytest.mark.parametrize(
    ("typed", "region", "number"),
    [
        ("06 12 34 56 78", "US", None),
        ("0123456789", "US", None),
        ("030/901820", "FR", None),
        ("0049 30 901820", "US", None),
        ("0049 30 901820", "FR", "+4930901820"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("030/901820", "DE", "+4930901820"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("416 555 0100", "US", "+14165550100"),
        ("+49 30 90", "US", "+493090"),
    ],
)
def test_numbers_without_a_country_code_belong_to_the_region(typed: str, region: str, number: str | None) -> None:
    assert e164(typed, region) == parsed(typed, region) == number


def test_a_phone_number_that_does_not_fit_is_refused_once() -> None:
    told: list[str] = []
    read = Phone().reader(Locale(warn=told.append))
    with pytest.raises(BadValue, match="at most 20 fit"):
        read("0" * 30)
    assert told == []
    assert read("call me") == "call me"
    assert len(told) == 1
