"""Reads single cells: the values table, the scale, and the kind of the field."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import cache

from mycrm_cli.errors import UsageError
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.kinds.numbers import SYMBOLS, read_decimal
from mycrm_cli.kinds.text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.kinds import Kind
    from mycrm_cli.scope import Locale
    from mycrm_cli.services.transfer.specs import Spec
    from mycrm_cli.services.transfer.targets import Target

    ReadCell = Callable[[Any], Any]

ADDRESSES = re.compile(r"\s*(?::::|[,;\s])\s*")
"""What stands between several e-mail addresses in a cell."""
REFERENCES = re.compile(r"\s*(?<!\\);\s*")
"""What stands between several references in a cell; one with a backslash is part of a reference."""
WHOLE = re.compile(r"(?!)")
"""What stands between values that are not taken apart."""
NAMED_ADDRESS = re.compile(r"<\s*(?:mailto:)?([^<>\s]+@[^<>\s]+)\s*>")
QUOTED_NAME = re.compile(r'"[^"]*"')
ANYTHING = "*"
"""The entry of a values table for cells that have none of their own."""


def replacer(spec: Spec) -> Callable[[str], str] | None:
    """Return the function that replaces a cell by its entry in the values table; case does not matter."""
    exact = spec.values
    if not exact:
        return None
    folded = {fold_key(old): new for old, new in exact.items()}

    @cache
    def replace(cell: str) -> str:
        text = cell.strip()
        if text in exact:
            return exact[text]
        return folded.get(fold_key(text), exact.get(ANYTHING, cell) if text else cell)

    return replace


def cell_reader(target: Target, spec: Spec, locale: Locale) -> ReadCell:
    """Return the function from a cell, a text or what JSON carries, to a value; it raises BadValue."""
    kind = target.custom.kind if target.custom else target.field.kind if target.field else None
    if kind is None or target.what in ("reference", "links", "external", "note", "name"):
        return text_of
    if spec.scale is not None:
        return scaled(kind, spec.scale, locale)
    read = kind.reader(locale)
    if kind.name in ("number", "integer") and target.name.endswith(("percent", "probability")):
        read = _in_percent(read)

    def convert(cell: Any) -> Any:
        return read(cell) if isinstance(cell, str) else kind.accept(plain(kind, cell), locale)

    return convert


def _in_percent(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return the function that reads a number of percent with or without its sign."""
    return lambda text: read(text.strip().removesuffix("%"))


def plain(kind: Kind, cell: Any) -> Any:
    """Return a number of JSON as text where the field holds text (a phone number, a postal code)."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and hasattr(kind, "max_length"):
        return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return cell


def text_of(cell: Any) -> str:
    """Return a cell as text."""
    if isinstance(cell, str):
        return clean(cell)
    if isinstance(cell, (bool, dict, list)):
        raise BadValue("wrong_type", f"expected text, not {type(cell).__name__}")
    return str(cell)


def scaled(kind: Kind, scale: str, locale: Locale) -> ReadCell:
    """Return the function that multiplies a number."""
    try:
        factor = Decimal(scale)
    except InvalidOperation:
        raise UsageError(f"a scale is a number, not {scale!r}") from None

    def convert(cell: Any) -> Any:
        bare = SYMBOLS.sub(r"\1", cell.strip()) if isinstance(cell, str) else str(cell)
        number = read_decimal(bare, locale.decimal) * factor
        if kind.name != "integer":
            return kind.accept(number.normalize() + 0, locale)
        if number != number.to_integral_value():
            raise BadValue("not_a_number", f"{number} is not a whole number")
        return kind.accept(int(number), locale)

    return convert


def addresses(text: str) -> list[str]:
    """Return the e-mail addresses in a text, once each: ``a@x.com; Jan Berg <jan@x.com>``; names are left out."""
    if "<" not in text:
        found = ADDRESSES.split(text.strip())
    else:
        found = []
        for place, piece in enumerate(NAMED_ADDRESS.split(QUOTED_NAME.sub(" ", text))):
            words = [piece] if place % 2 else [word for word in ADDRESSES.split(piece) if "@" in word]
            found += words
        found = found or [text]
    return list(dict.fromkeys(address for address in found if address))


def parts(cell: Any, separator: str | None, between: re.Pattern[str]) -> list[str]:
    """Return the several values of a cell."""
    if isinstance(cell, list):
        found = [text_of(item) for item in cell]
    else:
        text = text_of(cell)
        found = text.split(separator) if separator else [part.replace("\\;", ";") for part in between.split(text)]
    return [item.strip() for item in found if item.strip()]
