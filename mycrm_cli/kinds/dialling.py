"""Reads phone numbers (Google's libphonenumber); those that are written plainly take a short way to the same answer.

The library takes 40 microseconds for a number. Most numbers of a file need none of its cleverness: they
have nothing to strip, and only their length is left to be checked against the library's own tables.
"""

from __future__ import annotations

import re
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PLAIN = re.compile(r"\+([1-9][0-9]{6,14})")
"""A number as ITU-T E.164 writes it."""
DIALLED = re.compile(r"\(?[2-9][0-9]{2}\)?[ .-]?[0-9]{3}[ .-]?[0-9]{4}")
"""A number as it is dialled in North America, without the trunk prefix."""


def e164(typed: str, region: str) -> str | None:
    """Return the E.164 form of a number (with ``;ext=`` for an extension), or None for what is no number."""
    if plain := PLAIN.fullmatch(typed):
        return _checked(plain[1]) or parsed(typed, region)
    if region in ("US", "CA") and DIALLED.fullmatch(typed):
        national = re.sub(r"[^0-9]", "", typed)
        if _american().fullmatch(national):
            return f"+1{national}"
    return parsed(typed, region)


def parsed(typed: str, region: str) -> str | None:
    """Return the same by the library alone.

    A number without its country must be one of the region: it may as well come from elsewhere.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(typed, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None
    source = number.country_code_source
    international = source in (
        phonenumbers.CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN,
        phonenumbers.CountryCodeSource.FROM_NUMBER_WITH_IDD,
    )
    if not international and not phonenumbers.is_valid_number(number):
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{dialled};ext={number.extension}" if number.extension else dialled


@cache
def _american() -> re.Pattern[str]:
    """Return the pattern of numbers of the United States."""
    from phonenumbers import PhoneMetadata

    metadata: Any = PhoneMetadata.metadata_for_region("US", None)
    return re.compile(metadata.fixed_line.national_number_pattern)


def _checked(digits: str) -> str | None:
    """Return the number where it has a possible length and nothing that the library would strip, else None."""
    for size in (1, 2, 3):
        if (rules := _rules(digits[:size])) is not None:
            lengths, prefix = rules
            national = digits[size:]
            if len(national) in lengths and national[0] != "0" and not prefix(national):
                return f"+{digits}"
            return None
    return None


@cache
def _rules(code: str) -> tuple[frozenset[int], Any] | None:
    """Return the possible lengths of national numbers behind a calling code, and what finds a prefix in them."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
    from phonenumbers.phonenumberutil import region_code_for_country_code

    if int(code) not in COUNTRY_CODE_TO_REGION_CODE:
        return None
    region = region_code_for_country_code(int(code))
    if region == "001":
        metadata = PhoneMetadata.metadata_for_nongeo_region(int(code), None)
    else:
        metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or metadata.general_desc is None:
        return frozenset(), lambda national: True
    prefix = metadata.national_prefix_for_parsing
    lengths = frozenset(metadata.general_desc.possible_length)
    return lengths, re.compile(prefix).match if prefix else lambda national: None
