"""The machine formats: plain, json, jsonl, csv, tsv, ids. Each writes rows as they come."""

from __future__ import annotations

from functools import cache

from mycrm_cli.kinds.base import Kind
from mycrm_cli.output.safe import VISIBLE, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from json import JSONEncoder
    from typing import Any, TextIO

    from mycrm_cli.query.select import Column

    Rows = Iterable[Sequence[Any]]

MACHINE = ("plain", "json", "jsonl", "csv", "tsv", "ids")
FORMATS = ("table", *MACHINE)
FILES = ("xlsx", "vcf", "ics")
"""What only an export writes."""


def cell(column: Column) -> Callable[[Any], str]:
    """Return the function from a value to the text that machines read."""
    text = column.kind.text
    return lambda value: "" if value is None else text(value)


def as_object(columns: Sequence[Column], currency: str | None) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """Return the function from a row to a JSON object; money comes with its currency."""
    names = [column.name for column in columns]
    dumps = [(c.name, place, c.kind.dump) for place, c in enumerate(columns) if type(c.kind).dump is not Kind.dump]
    extra = currency if "currency" not in names and any(c.kind.name == "money" for c in columns) else None

    def convert(row: Sequence[Any]) -> dict[str, Any]:
        record = dict(zip(names, row, strict=True))
        for name, place, dump in dumps:
            if row[place] is not None:
                record[name] = dump(row[place])
        if extra:
            record["currency"] = extra
        return record

    return convert


def write_plain(out: TextIO, columns: Sequence[Column], rows: Rows) -> None:
    """Write one record a line, cells separated by tabs, no header."""
    cells = [cell(column) for column in columns]
    out.writelines(
        "\t".join([plain(text(value)) for text, value in zip(cells, row, strict=True)]) + "\n" for row in rows
    )


def write_separated(
    out: TextIO, columns: Sequence[Column], rows: Rows, delimiter: str, *, end: str = "\n", raw: bool = False
) -> None:
    """Write RFC 4180 with a header; cells that a spreadsheet would run as a formula are guarded unless ``raw``."""
    import csv

    from mycrm_cli.output.formulas import guard

    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow([column.name for column in columns])
    cells = [cell(column) if raw else guard(column.kind, cell(column)) for column in columns]
    writer.writerows([text(value) for text, value in zip(cells, row, strict=True)] for row in rows)


def write_json(out: TextIO, columns: Sequence[Column], rows: Rows, currency: str | None) -> None:
    """Write one JSON array, a record a line."""
    convert, first = as_object(columns, currency), True
    for row in rows:
        out.write(("[\n" if first else ",\n") + _json(convert(row)))
        first = False
    out.write("[]\n" if first else "\n]\n")


def write_jsonl(out: TextIO, columns: Sequence[Column], rows: Rows, currency: str | None) -> None:
    """Write one JSON object a line."""
    convert = as_object(columns, currency)
    out.writelines(_json(convert(row)) + "\n" for row in rows)


def write_ids(out: TextIO, columns: Sequence[Column], rows: Rows) -> None:
    """Write one id a line; the id is the first column."""
    out.writelines(f"{row[0]}\n" for row in rows)


JSON_ESCAPES = {code: f"\\u{code:04x}" for code in VISIBLE if code >= 0x7F}
"""What JSON may carry raw and a terminal would act on; the encoder has escaped the rest."""


def harmless(text: str) -> str:
    """Return JSON text with the characters escaped that a terminal would act on; none of those is printable."""
    return text if text.isprintable() else text.translate(JSON_ESCAPES)


@cache
def _encoder() -> JSONEncoder:
    """Return what writes JSON; ``json.dumps`` would make another one for each record."""
    from json import JSONEncoder

    return JSONEncoder(ensure_ascii=False, allow_nan=False)


def _json(record: dict[str, Any]) -> str:
    """Write one record as JSON."""
    return harmless(_encoder().encode(record))


def write(format: str, out: TextIO, columns: Sequence[Column], rows: Rows, currency: str | None = None) -> None:
    """Write rows in one of the machine formats."""
    if format == "plain":
        write_plain(out, columns, rows)
    elif format == "json":
        write_json(out, columns, rows, currency)
    elif format == "jsonl":
        write_jsonl(out, columns, rows, currency)
    elif format == "ids":
        write_ids(out, columns, rows)
    else:
        write_separated(out, columns, rows, "\t" if format == "tsv" else ",")
