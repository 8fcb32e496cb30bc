"""Which format an export has, and how those that are no text tables are written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from mycrm_cli.cli.reading import CARDS
from mycrm_cli.errors import UsageError
from mycrm_cli.output import files
from mycrm_cli.output.formats import FILES, MACHINE
from mycrm_cli.query import travelling

if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.exporting import Wanted
    from mycrm_cli.cli.state import State

ENDINGS = files.TEXTS | {".xlsx": "xlsx", ".vcf": "vcf", ".ics": "ics"}
NOUNS = {"vcf": CARDS, "ics": ("task",)}
"""Formats that only some entities have; they choose their fields themselves."""


def chosen_format(state: State, entity: Entity, given: dict[str, Any]) -> str:
    """Return the format that ``-o`` or the file's ending asks for, else the usual one; CSV where nothing does."""
    name, packed = files.split(given.get("file") or "")
    ending = os.path.splitext(name)[1].lower()
    is_said = state.options.get("output") is not None or state.options.get("json")
    format = (None if is_said else _meant(entity, ending)) or state.format() or "csv"
    if format not in (*MACHINE, *FILES):
        raise UsageError(f"an export cannot be written as {format}", candidates=formats_of(entity))
    if entity.noun not in NOUNS.get(format, (entity.noun,)):
        hint = f"mycrm {NOUNS[format][0]} export -o {format}, or mycrm {entity.noun} export -o csv"
        raise UsageError(f"{entity.plural} cannot be written as {format}", candidates=formats_of(entity), hint=hint)
    if given.get("excel") and format != "csv":
        raise UsageError("--excel goes with CSV")
    if given.get("vcard") and format != "vcf":
        raise UsageError("--vcard goes with -o vcf")
    if given.get("fields") and format in NOUNS:
        raise UsageError(f"the fields of a {format} file are fixed; leave out --fields")
    if format == "xlsx":
        _check_workbook(state, entity, given, packed)
    return format


def _meant(entity: Entity, ending: str) -> str | None:
    """Return the format that a file's ending stands for, None without one; raises UsageError for an unknown one."""
    if ending and ending not in ENDINGS:
        raise UsageError(
            f"no format is called {ending!r}; known are {' '.join(ENDINGS)}, and {' '.join(files.PACKED)} behind them",
            hint=f"mycrm {entity.noun} export --output csv writes CSV under any name",
        )
    return ENDINGS.get(ending)


def formats_of(entity: Entity) -> list[str]:
    """Return the formats in which an entity can be written."""
    return [format for format in (*MACHINE, *FILES) if entity.noun in NOUNS.get(format, (entity.noun,))]


def _check_workbook(state: State, entity: Entity, given: dict[str, Any], packed: str) -> None:
    """Refuse a workbook where none can be: on a terminal, in another archive."""
    hint = f"mycrm {entity.noun} export -O {entity.plural}.xlsx"
    if given.get("file") in (None, "-") and state.out.terminal:
        raise UsageError("a workbook is no text for a terminal", hint=hint)
    if packed:
        raise UsageError(f"a workbook is packed already; leave out {packed}", hint=hint)


def write(wanted: Wanted, path: str | None, format: str) -> int:
    """Write the records in one of these formats; return how many there were."""
    if format == "xlsx":
        return _workbook(wanted, path)
    return _cards(wanted, path) if format == "vcf" else _calendar(wanted, path)


def _workbook(wanted: Wanted, path: str | None) -> int:
    from mycrm_cli.cli.exporting import fields
    from mycrm_cli.output import workbooks

    entity = wanted.entity
    if (count := wanted.count()) > workbooks.MOST:
        hint = f"mycrm {entity.noun} export -O {entity.plural}.csv"
        raise UsageError(f"{count:,} {entity.plural} are more than the {workbooks.MOST:,} rows of a sheet", hint=hint)
    columns, rows = wanted.rows(fields(wanted.reader, entity, wanted.given.get("fields"), "xlsx"))
    with files.binary(path) as out:
        return workbooks.write(out, columns, rows, title=entity.plural, locale=wanted.state.scope.locale)


def _cards(wanted: Wanted, path: str | None) -> int:
    from mycrm_cli.output import vcards

    has = {*wanted.entity.fields, *travelling.names(wanted.reader, wanted.entity)}
    columns, rows = wanted.rows([name for name in vcards.FIELDS if name in has])
    with files.text(path) as out:
        return vcards.write(out, [column.name for column in columns], rows, wanted.given.get("vcard") or "4.0")


def _calendar(wanted: Wanted, path: str | None) -> int:
    from mycrm_cli.cli import calendar

    return calendar.write(wanted, path)
