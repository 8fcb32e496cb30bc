"""Makes archives and workbooks for tests."""

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import xlsxwriter


def zipped(**members: bytes | str) -> bytes:
    """Return a zip archive; ``__`` in a name is a dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def workbook(**sheets: list[list[Any]]) -> bytes:
    """Return a workbook with these sheets; a text that begins with # is an error."""
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed)
    formats = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        date: book.add_format({"num_format": "d/m/yy"}),
        time: book.add_format({"num_format": "hh:mm"}),
    }
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if type(cell) in formats:
                    sheet.write_datetime(number, place, cell, formats[type(cell)])
                elif isinstance(cell, str) and cell.startswith("#"):
                    sheet.write_formula(number, place, "=NA()", None, cell)
                elif cell is not None:
                    sheet.write(number, place, cell)
    book.close()
    return packed.getvalue()
