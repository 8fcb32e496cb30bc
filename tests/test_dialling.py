"""The short way to a phone number gives the library's answer."""

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st

from mycrm_cli.kinds.dialling import e164, parsed

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
