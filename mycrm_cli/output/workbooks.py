"""Writes records as a workbook for Excel, row by row: numbers as numbers, days and times as such, texts as texts."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, time
from decimal import Decimal

from mycrm_cli.errors import ConfigError, Invalid
from mycrm_cli.kinds.times import zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, BinaryIO

    from mycrm_cli.query.select import Column
    from mycrm_cli.scope import Locale

MOST = 1_048_575
"""Rows of a sheet below its header."""
LONGEST = 32_767
"""Characters of a cell."""
DIGITS = 10**15
"""Numbers from here on are not exact in a sheet."""
FIRST = date(1900, 3, 1)
"""The first day that all programs for sheets agree on."""
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
WIDTHS = {"reference": 14, "timestamp": 19, "date": 11, "boolean": 8, "integer": 9, "percent": 9, "country": 8}
USUAL_WIDTH = 20
FORMATS = {
    "integer": "0",
    "money": "#,##0.00",
    "percent": '0"%"',
    "date": "yyyy-mm-dd",
    "timestamp": "yyyy-mm-dd hh:mm:ss",
}


def write(
    out: BinaryIO, columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, title: str, locale: Locale
) -> int:
    """Write a workbook with one sheet and return its number of rows; times are those of the user's zone."""
    with tempfile.TemporaryDirectory(prefix="mycrm-") as folder:
        book = _library().Workbook(out, OPTIONS | {"tmpdir": folder})
        sheet = book.add_worksheet(title.capitalize()[:31])
        try:
            number = _fill(book, sheet, columns, rows, locale)
            book.close()
        except BaseException:
            sheet.row_data_fh.close()
            raise
    return number


def _fill(book: Any, sheet: Any, columns: Sequence[Column], rows: Iterable[Sequence[Any]], locale: Locale) -> int:
    """Write the header and the rows, and return the number of rows."""
    _head(book, sheet, columns)
    values = [cell(column, locale) for column in columns]
    formats = [
        book.add_format({"num_format": FORMATS[c.kind.name]}) if c.kind.name in FORMATS else None for c in columns
    ]
    number = 0
    for number, row in enumerate(rows, 1):
        for place, value in enumerate(row):
            if value is not None:
                _put(sheet, number, place, values[place](value), formats[place], columns[place].name)
    sheet.autofilter(0, 0, number, len(columns) - 1)
    return number


def _library() -> Any:
    try:
        import xlsxwriter
    except ImportError:
        hint = "pip install 'mycrm[excel]'"
        raise ConfigError("writing workbooks needs a library that is not installed", hint=hint) from None
    return xlsxwriter


def _head(book: Any, sheet: Any, columns: Sequence[Column]) -> None:
    """Write the header: bold, and always in sight."""
    bold = book.add_format({"bold": True})
    for place, column in enumerate(columns):
        width = WIDTHS.get(column.kind.name, USUAL_WIDTH)
        sheet.set_column(place, place, max(width, min(len(column.name) + 3, USUAL_WIDTH)))
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.name, bold)
    sheet.freeze_panes(1, 0)


def _put(sheet: Any, number: int, place: int, value: Any, format: Any, name: str) -> None:
    """Write one cell as what its value is."""
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise Invalid(
                f"row {number + 1}: {name} has {len(value):,} characters; a cell holds {LONGEST:,}",
                details=[{"field": name, "code": "too_long"}],
                hint="write a CSV file, or leave the field out with --fields",
            )
        if value:
            sheet.write_string(number, place, value)
    elif isinstance(value, bool):
        sheet.write_boolean(number, place, value)
    elif isinstance(value, date):
        sheet.write_datetime(number, place, value, format)
    else:
        sheet.write_number(number, place, value, format)


def cell(column: Column, locale: Locale) -> Callable[[Any], Any]:
    """Return the function from a value to what its cell holds: what a sheet cannot hold exactly is text."""
    kind, text = column.kind, column.kind.text
    if kind.name == "timestamp":
        return lambda value: moment(value, locale, text, day_end=getattr(kind, "day_end", False))
    if kind.name == "date":
        return lambda value: value if isinstance(value, date) and value >= FIRST else text(value)
    if kind.name == "percent":
        return lambda value: int(value * 100) if isinstance(value, Decimal) else text(value)
    if kind.name in ("integer", "money", "number"):
        return lambda value: value if isinstance(value, (int, Decimal)) and -DIGITS < value < DIGITS else text(value)
    if kind.name == "boolean":
        return lambda value: value if isinstance(value, bool) else text(value)
    return text


def moment(value: Any, locale: Locale, text: Callable[[Any], str], *, day_end: bool) -> datetime | str:
    """Return a moment as the clock shows it, to the second; as text in UTC where that could mean another one."""
    if not isinstance(value, datetime):
        return text(value)
    place = zone(locale.timezone)
    local = value.astimezone(place).replace(microsecond=0, tzinfo=None)
    repeated = local.replace(tzinfo=place, fold=0).astimezone(UTC) != value.astimezone(UTC).replace(microsecond=0)
    midnight = day_end and local.time() == time(0)  # a day alone would be its end
    return text(value) if repeated or midnight or local.date() < FIRST else local.replace(fold=0)
