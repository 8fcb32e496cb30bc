"""Numbers: integers, money, decimals, percentages, and yes or no."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from mycrm_cli.kinds.base import PLAIN, BadValue, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.kinds.base import Converter, Reader
    from mycrm_cli.scope import Locale

SYMBOLS = re.compile(r"^(?:[A-Z]{3}|[$€£¥₹R]{1,2}\$?)?\s*(.*?)\s*(?:[A-Z]{3}|[$€£¥₹]|zł|kr)?$", re.DOTALL)
SPACES = re.compile(r"(?<=\d)[\s\u00a0\u202f'’](?=\d{3}(?:\D|$))")
SIMPLE = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,10})?")


def read_decimal(text: str, mark: str = ".") -> Decimal:
    """Read a number as people write it: ``12,400.00``, ``1.234,56``, ``1 234,56``.

    Where both marks occur the last one is the decimal mark. A lone mark followed by exactly three
    digits is a decimal mark only if it is ``mark``; otherwise it groups thousands.
    """
    number = SPACES.sub("", text.strip())
    if not SIMPLE.fullmatch(number) or (mark == "," and "." in number):
        number = _without_groups(number, mark, text)
    try:
        return Decimal(number)
    except InvalidOperation:
        raise BadValue("not_a_number", f"{text!r} is not a number") from None


def _without_groups(number: str, mark: str, text: str) -> str:
    """Return the number with a point as its decimal mark and no grouping."""
    other = "," if mark == "." else "."
    if "." in number and "," in number:
        if mark == "," and number.rfind(".") > number.rfind(","):
            raise BadValue("not_a_number", f"{text!r} has its decimals behind a point, not behind a comma")
        mark = max(".", ",", key=number.rfind)
        other = "," if mark == "." else "."
    elif number.count(other) == 1 and not re.search(rf"\{other}\d{{3}}$", number):
        mark, other = other, mark
    if not re.fullmatch(rf"[+-]?(\d+|\d{{1,3}}(\{other}\d{{3}})+)(\{mark}\d+)?", number):
        raise BadValue("not_a_number", f"{text!r} is not a number")
    return number.replace(other, "").replace(mark, ".")


class Integer(Kind):
    """A whole number between ``low`` and ``high``."""

    name = "integer"
    ordered = True
    metavar = "N"
    right = True

    def __init__(self, low: int = -(2**31), high: int = 2**31 - 1) -> None:
        self.low = low
        self.high = high

    def check(self, value: int) -> int:
        """Return ``value`` or refuse it outside its bounds."""
        if not self.low <= value <= self.high:
            raise BadValue("out_of_range", f"{value} is not between {self.low} and {self.high}")
        return value

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reads a whole number, grouped or not."""

        def read(text: str) -> int:
            try:
                return self.check(int(text) if text.isascii() and text.isdigit() and len(text) < 19 else whole(text))
            except OverflowError:
                raise BadValue("out_of_range", f"{text!r} is too large") from None

        def whole(text: str) -> int:
            number = read_decimal(text, locale.decimal)
            if not number.is_finite() or number != number.to_integral_value():
                raise BadValue("not_a_number", f"{text!r} is not a whole number")
            return int(number)

        return read

    def accept(self, value: Any, locale: Locale = PLAIN) -> Any:
        """Take a JSON number without a fraction, or text."""
        if isinstance(value, int) and not isinstance(value, bool):
            return self.check(value)
        if isinstance(value, float) and value.is_integer():
            return self.check(int(value))
        return super().accept(value, locale)

    def show(self, value: Any, locale: Locale = PLAIN) -> str:
        """Show the digits."""
        return str(value)


class Number(Kind):
    """A decimal number of ``digits`` digits, ``scale`` of them after the point; exact on both databases."""

    name = "number"
    ordered = True
    metavar = "N"
    right = True

    def __init__(
        self,
        digits: int = 15,
        scale: int = 2,
        low: str | None = None,
        high: str | None = None,
    ) -> None:
        self.digits = digits
        self.scale = scale
        bound = Decimal(10) ** (digits - scale) - Decimal(1).scaleb(-scale)
        self.low = Decimal(low) if low is not None else -bound
        self.high = Decimal(high) if high is not None else bound
        self.unit = Decimal(1).scaleb(-scale)

    def check(self, value: Decimal) -> Decimal:
        """Return ``value`` with its full scale, or refuse what does not fit exactly."""
        if not value.is_finite():
            raise BadValue("not_a_number", f"{value} is not a number")
        if not self.low <= value <= self.high:
            raise BadValue("out_of_range", f"{value} is not between {self.low} and {self.high}")
        exact = value.quantize(self.unit)
        if exact != value:
            raise BadValue("too_precise", f"{value} has more than {self.scale} decimals")
        return exact

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reads a decimal number."""
        return lambda text: self.check(read_decimal(text, locale.decimal))

    def accept(self, value: Any, locale: Locale = PLAIN) -> Any:
        """Take a JSON number or text with a decimal point."""
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            return self.check(Decimal(str(value)))
        if isinstance(value, str):
            return self.check(read_decimal(value))
        return super().accept(value, locale)

    def saver(self, dialect: str) -> Converter | None:
        """SQLite stores whole units of the last decimal place."""
        if dialect != "sqlite":
            return None
        scale = self.scale
        return lambda value: int(value.scaleb(scale))

    def loader(self, dialect: str) -> Converter | None:
        """SQLite stores whole units of the last decimal place."""
        if dialect != "sqlite":
            return None
        scale = -self.scale
        return lambda value: Decimal(value).scaleb(scale)

    def dump(self, value: Any) -> Any:
        """Write the decimal digits as text, which JSON cannot round."""
        return str(value)

    def undump(self, value: Any) -> Any:
        """Return the number with all its decimals."""
        return Decimal(str(value)).quantize(self.unit)


class Money(Number):
    """An amount of money, two decimals, not below ``low`` (0 unless told)."""

    name = "money"
    metavar = "AMOUNT"

    def __init__(self, low: str | None = "0") -> None:
        super().__init__(15, 2, low)

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reads an amount, with or without a currency sign."""

        def read(text: str) -> Decimal:
            bare = text if SIMPLE.fullmatch(text) else SYMBOLS.sub(r"\1", text.strip())
            return self.check(read_decimal(bare, locale.decimal))

        return read

    def show(self, value: Any, locale: Locale = PLAIN) -> str:
        """Show the amount in groups of three digits."""
        return f"{value:,.2f}"


class Percent(Number):
    """A share between 0 and 1 that people type and see in percent."""

    name = "percent"
    metavar = "PERCENT"

    def __init__(self) -> None:
        super().__init__(3, 2, "0", "1")

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reads ``50`` or ``50%`` as one half."""

        def read(text: str) -> Decimal:
            number = read_decimal(text.strip().removesuffix("%"), locale.decimal)
            if not 0 <= number <= 100:
                raise BadValue("out_of_range", f"{text.strip()!r} is not between 0 and 100 percent")
            if number != number.to_integral_value():
                raise BadValue("too_precise", f"{text.strip()!r} is not a whole percentage")
            return self.check(number / 100)

        return read

    def accept(self, value: Any, locale: Locale = PLAIN) -> Any:
        """Take a JSON number between 0 and 1, or text in percent."""
        return self.read(value, locale) if isinstance(value, str) else super().accept(value, locale)

    def text(self, value: Any) -> str:
        """Write whole percent."""
        return f"{int(value * 100)}%"

    def dump(self, value: Any) -> Any:
        """Write a JSON number between 0 and 1."""
        return float(value)


class Boolean(Kind):
    """Yes or no."""

    name = "boolean"
    metavar = "yes|no"
    words = dict.fromkeys(("yes", "y", "true", "t", "1", "on"), True) | dict.fromkeys(
        ("no", "n", "false", "f", "0", "off"), False
    )

    def reader(self, locale: Locale) -> Reader:
        """Return the function that reads the usual words."""

        def read(text: str) -> bool:
            value = self.words.get(text.strip().lower())
            if value is None:
                raise BadValue("not_a_boolean", f"{text!r} is neither yes nor no")
            return value

        return read

    def accept(self, value: Any, locale: Locale = PLAIN) -> Any:
        """Take a JSON boolean, 0, 1, or text."""
        return bool(value) if value in (0, 1) and not isinstance(value, str) else super().accept(value, locale)

    def saver(self, dialect: str) -> Converter | None:
        """SQLite stores 0 and 1."""
        return int if dialect == "sqlite" else None

    def loader(self, dialect: str) -> Converter | None:
        """SQLite stores 0 and 1."""
        return bool if dialect == "sqlite" else None

    def text(self, value: Any) -> str:
        """Write ``true`` or ``false``."""
        return "true" if value else "false"

    def show(self, value: Any, locale: Locale = PLAIN) -> str:
        """Show ``yes`` or ``no``."""
        return "yes" if value else "no"
