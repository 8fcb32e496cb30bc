"""Amounts that name their currency: it goes to the record's currency, or must be the one that is meant anyway."""

from __future__ import annotations

import re

from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.contacts import Currency
from mycrm_cli.scope import Locale
from mycrm_cli.services.transfer.plain import ELABORATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.services.transfer.cells import ReadCell
    from mycrm_cli.services.transfer.convert import Converter
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.targets import Target

NAMED = re.compile(r"\s*([A-Z]{3}|[$€£¥₹R]{1,2}\$?)?[^A-Za-z$€£¥₹]*([A-Z]{3}|[$€£¥₹]|zł|kr)?\s*", re.DOTALL)
SIGNS = {"€": ("EUR",), "£": ("GBP",), "₹": ("INR",), "R$": ("BRL",), "R": ("ZAR",), "zł": ("PLN",)}
DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP", "BRL")
SHARED = {"$": DOLLARS, "¥": ("JPY", "CNY"), "kr": ("SEK", "NOK", "DKK", "ISK")}
"""Signs of several currencies: they are the organization's own where that is one of them."""
FIELD = "currency"


def is_money(target: Target) -> bool:
    """Whether cells with this target are amounts."""
    kind = target.custom.kind if target.custom else target.field.kind if target.field else None
    return kind is not None and kind.name == "money"


def named(cell: Any, home: str) -> str | None:
    """Return the currency that an amount names with a sign or a code; raises BadValue where it may be several."""
    match = NAMED.fullmatch(cell) if isinstance(cell, str) else None
    if match is None:
        return None
    found = [_possible(word, home) for word in match.groups() if word]
    for possible in sorted(found, key=len)[:1]:
        if any(possible[0] not in other for other in found):
            raise BadValue("other_currency", f"{cell.strip()!r} names two currencies")
        if len(possible) == 1:
            return possible[0]
        several = ", ".join(possible[:4])
        raise BadValue(
            "ambiguous_currency", f"{cell.strip()!r} may be in {several}; write the code in place of the sign"
        )
    return None


def _possible(word: str, home: str) -> tuple[str, ...]:
    """Return the currencies that a sign or a code may stand for."""
    if word in SIGNS:
        return SIGNS[word]
    if word in SHARED:
        return (home,) if home in SHARED[word] else SHARED[word]
    return (Currency().read(word, Locale()),)


def plainly(read: ReadCell) -> ReadCell:
    """Return the function that reads amounts without a sign; others are put into their rows one by one."""

    def bare(cell: Any) -> Any:
        if isinstance(cell, str):
            match = NAMED.fullmatch(cell)
            if match is not None and (match[1] or match[2]):
                return ELABORATE
        return read(cell)

    return bare


def telling(
    converter: Converter, target: Target, apply: Callable[[Record, Any], None]
) -> Callable[[Record, Any], None]:
    """Return the function that puts an amount into a row and its currency beside it."""
    entity, home = converter.plan.entity, converter.locale.currency
    own = target.what == "field" and FIELD in entity.fields
    said = converter.said.get(FIELD, "").strip().upper() if FIELD in entity.fields else ""
    hint = f"--map fills {FIELD} from a column" if own else "--map COLUMN=- leaves the column out"

    def apply_both(record: Record, cell: Any) -> None:
        code = named(cell, home)
        if code is None:
            apply(record, cell)
            return
        if entity.name == "item":  # their deal's currency is not known yet
            converter.warn(f"{str(cell).strip()!r} is taken as an amount in the deal's currency")
            apply(record, cell)
            return
        there = said or record.values.get(FIELD)
        if there is None and not own:
            there = home
        if there not in (None, code):
            message = f"{str(cell).strip()!r} is in {code}, but {target.name} is in {there}; {hint}"
            raise BadValue("other_currency", message)
        apply(record, cell)
        if own and not said:
            record.values[FIELD] = code

    return apply_both
