"""The filters of templates: few, each of them harmless whatever it is given."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from mycrm_cli.errors import Invalid
from mycrm_cli.services.mail.templatevalues import Group, Missing, Value

DIRECTIVES = re.compile(r"(?:[^%]|%-?[dmHIj]|%[YyBbAapM%])*", re.DOTALL)
"""What a form of a date may have in it; widths could make it as long as they like."""
LONGEST_FORM = 60
CURRENCY = re.compile(r"[A-Z]{3}")


def default(value: Any, other: Any = "") -> Any:
    """Return a value, or another one where there is none."""
    empty = isinstance(value, Missing) or (isinstance(value, Group) and value.title is None)
    return other if empty else value


def upper(value: Any) -> str:
    """Return it in capitals."""
    return str(value).upper()


def lower(value: Any) -> str:
    """Return it in small letters."""
    return str(value).lower()


def title(value: Any) -> str:
    """Return it with a capital at the beginning of each word."""
    return re.sub(r"[^\W\d_]+", lambda word: word[0][0].upper() + word[0][1:].lower(), str(value))


def trim(value: Any) -> str:
    """Return it without blanks around it."""
    return str(value).strip()


def truncate(value: Any, length: Any = 50) -> str:
    """Return its beginning, with three dots where it goes on."""
    if not isinstance(length, int) or not 1 <= length <= 10_000:
        raise refused("truncate", "it takes a number of characters from 1 to 10000")
    text = str(value)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def day(value: Any, form: Any = "%Y-%m-%d") -> str:
    """Return a day or a moment in another form: ``"%-d %B %Y"``."""
    if not isinstance(form, str) or len(form) > LONGEST_FORM or not DIRECTIVES.fullmatch(form):
        raise refused("date", 'it takes a form such as "%-d %B %Y"')
    raw = value.raw if isinstance(value, Value) else value
    if isinstance(raw, Missing):
        return str(raw)
    if not isinstance(raw, date):
        raise refused("date", f"{str(value)[:40]!r} is no date")
    return raw.strftime(form)


def money(value: Any, currency: Any = None) -> str:
    """Return an amount with its currency, or another one's sign."""
    raw = value.raw if isinstance(value, Value) else value
    if isinstance(raw, Missing):
        return str(raw)
    if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
        raise refused("money", f"{str(value)[:40]!r} is no amount")
    if currency is not None and not (isinstance(currency, str) and CURRENCY.fullmatch(currency)):
        raise refused("money", "it takes a currency such as EUR")
    return f"{raw:,.2f} {currency or getattr(value, 'currency', None) or ''}".strip()


def refused(name: str, message: str) -> Invalid:
    """Return the error for a filter that was given what it cannot take."""
    return Invalid(f"the filter {name}: {message}", details=[{"field": name, "code": "not_a_template"}])


FILTERS = {
    "default": default,
    "upper": upper,
    "lower": lower,
    "title": title,
    "trim": trim,
    "truncate": truncate,
    "date": day,
    "money": money,
}
