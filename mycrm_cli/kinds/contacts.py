"""Ways to reach somebody and places: e-mail, phone, web address, domain, country, and currency."""

from __future__ import annotations

import re

from mycrm_cli.kinds.base import PLAIN, BadValue
from mycrm_cli.kinds.dialling import e164
from mycrm_cli.kinds.text import Text, clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.kinds.base import Reader
    from mycrm_cli.scope import Locale

# Addresses that need no closer look: the library takes sixty times as long to say the same. Two hyphens may
# stand for other characters (RFC 3492), and names that RFC 6761 reserves are refused by the library, or not.
PLAIN_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    r"@(?!.*--)(?!.*\b(?:arpa|invalid|local|localhost|onion|test)$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)
PLAIN_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


class Email(Text):
    """An e-mail address, checked by email-validator without asking the DNS, stored in lower case."""

    name = "email"
    metavar = "ADDRESS"

    def __init__(self, max_length: int = 254) -> None:
        super().__init__(max_length)

    def reader(self, locale: Locale) -> Reader:
        """Return the function that checks and lower-cases an address."""

        def read(text: str) -> str:
            address = clean(text).lower().removeprefix("mailto:")
            if PLAIN_EMAIL.fullmatch(address):
                return self.check_length(address)
            from email_validator import EmailNotValidError, validate_email

            try:
                valid = validate_email(address, check_deliverability=False, test_environment=True)
            except EmailNotValidError as error:
                raise BadValue("not_an_email", f"{text!r} is not an e-mail address: {error}") from None
            return self.check_length(valid.normalized.lower())

        return read


class Phone(Text):
    """A phone number, stored as E.164; one that cannot be read is kept as typed, with a warning."""

    name = "phone"
    metavar = "NUMBER"

    def __init__(self, max_length: int = 20) -> None:
        super().__init__(max_length)

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reads a number as one dials it in the locale's region."""

        def read(text: str) -> str:
            typed = clean(text).removeprefix("tel:")
            number = e164(typed, locale.region)
            kept = self.check_length(number or typed)
            if number is None:
                locale.warn(f"{typed!r} is not a phone number that can be dialled; kept as typed")
            return kept

        return read

    def show(self, value: Any, locale: Locale = PLAIN) -> str:
        """Show the number as it is stored; grouping would cost 30 ms for the library's tables."""
        return str(value)


class Url(Text):
    """A web address; ``https://`` is added where the scheme is missing."""

    name = "url"
    metavar = "URL"

    def __init__(self, max_length: int = 500) -> None:
        super().__init__(max_length)

    def reader(self, locale: Locale) -> Reader:
        """Return the function that checks a web address."""
        from urllib.parse import urlsplit

        def read(text: str) -> str:
            url = clean(text)
            if not re.match(r"[a-z][a-z0-9+.-]*:(?!\d)", url, re.IGNORECASE):
                url = f"https://{url}"
            try:
                parts = urlsplit(url)
                host = parts.hostname or ""
            except ValueError:
                host = ""
            if not host or parts.scheme.lower() not in ("http", "https") or re.search(r"\s", url):
                raise BadValue("not_a_url", f"{text!r} is not a web address")
            return self.check_length(url)

        return read


class Domain(Text):
    """An Internet domain; a web address is reduced to it."""

    name = "domain"
    metavar = "DOMAIN"

    def __init__(self, max_length: int = 255) -> None:
        super().__init__(max_length)

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reduces an address to its domain."""

        def read(text: str) -> str:
            typed = clean(text).lower()
            bare = re.sub(r"^[a-z]+://", "", typed)
            bare = re.split(r"[/?#:]", bare)[0].removeprefix("www.").rstrip(".")
            if not bare.isascii():
                bare = _idna(bare)
            if not PLAIN_DOMAIN.fullmatch(bare):
                raise BadValue("not_a_domain", f"{text!r} is not a domain")
            return self.check_length(bare)

        return read


def _idna(domain: str) -> str:
    """Return the ASCII form of an international domain, or the domain itself where it has none."""
    import idna

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain


class Country(Text):
    """An ISO 3166-1 alpha-2 code; English names and alpha-3 codes are understood."""

    name = "country"
    metavar = "COUNTRY"
    usual = frozenset(("US", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "AT", "CH", "CA", "AU", "JP", "BR", "IN"))

    def __init__(self) -> None:
        super().__init__(2)

    def reader(self, locale: Locale) -> Reader:
        """Return the function that finds a country's code; each distinct text is looked up once."""
        known: dict[str, str] = {}

        def read(text: str) -> str:
            code = text.strip()
            if code in self.usual:
                return code
            if code not in known:
                known[code] = self.look_up(code)
            return known[code]

        return read

    @staticmethod
    def look_up(name: str) -> str:
        """Return the code for a name or code (pycountry), or raise BadValue."""
        import pycountry

        try:
            found = pycountry.countries.lookup("GB" if name.upper() == "UK" else name)
        except LookupError:
            raise BadValue("not_a_country", f"{name!r} is not a country") from None
        return str(found.alpha_2)


class Currency(Text):
    """An ISO 4217 code."""

    name = "currency"
    metavar = "CODE"
    usual = frozenset(("USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "BRL", "INR", "PLN", "SEK", "NOK", "DKK"))

    def __init__(self) -> None:
        super().__init__(3)

    def reader(self, locale: Locale) -> Reader:
        """Return the function that checks a currency's code."""

        def read(text: str) -> str:
            code = text.strip().upper()
            if code in self.usual:
                return code
            import pycountry

            if pycountry.currencies.get(alpha_3=code) is None:
                raise BadValue("not_a_currency", f"{text!r} is not an ISO 4217 currency code")
            return code

        return read
