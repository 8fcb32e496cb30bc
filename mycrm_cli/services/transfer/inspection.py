"""Tells what an import would make of a file, without a database: format, mapping, values that fit no choice."""

from __future__ import annotations

from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.query import attached
from mycrm_cli.scope import Locale
from mycrm_cli.services.transfer import plan as planning
from mycrm_cli.services.transfer.cells import cell_reader, replacer
from mycrm_cli.services.transfer.model import ABSENT, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.csvs import CsvRows
    from mycrm_cli.services.transfer.jsons import JsonRows
    from mycrm_cli.services.transfer.mapping import Mapping
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Column

SHOWN = 5
MOST_ROWS = 10_000
"""Rows that are looked at for values that do not fit."""


class Inspection:
    """What was found out about a file."""

    def __init__(self, rows: CsvRows | JsonRows, plan: planning.Plan) -> None:
        self.rows = rows
        self.plan = plan
        self.count = 0
        self.broken: list[str] = []
        self.unfit: dict[str, dict[str, int]] = {}
        self.sample: list[dict[str, str]] = []

    def document(self) -> dict[str, Any]:
        """Return the findings for programs."""
        return {
            "format": self.rows.source.format,
            "encoding": self.encoding,
            "delimiter": self.rows.delimiter,
            "skipped_lines": self.rows.skipped,
            "preset": self.plan.preset.name if self.plan.preset else None,
            "exported_by_mycrm": self.plan.own,
            "mapping": {c.name: ", ".join(t.name for t in c.targets) for c in self.plan.columns},
            "left_out": [column.name for column in self.plan.left_out],
            "unknown": [name for _, name in self.plan.unknown],
            "rows": self.count,
            "broken_rows": self.broken,
            "values_without_match": self.unfit,
            "sample": self.sample,
        }

    @property
    def encoding(self) -> str:
        """The encoding that was detected or asked for."""
        return self.rows.source.encoding

    def lines(self) -> list[str]:
        """Return the findings as people read them."""
        found = self.document()
        more = "or more " if self.count == MOST_ROWS else ""
        text = [
            f"format     {found['format']}, {found['encoding']}, delimiter {found['delimiter']!r}",
            f"preset     {found['preset'] or 'none'}" + (" (exported by mycrm)" if self.plan.own else ""),
            f"rows       {self.count:,} {more}({len(self.broken)} broken)",
        ]
        text += ["", "column -> field"]
        text += [f"  {column} -> {target}" for column, target in found["mapping"].items()]
        text += [f"  {column} -> left out" for column in found["left_out"]]
        text += [f"  {column} -> UNKNOWN: --map '{column}=FIELD' or --map '{column}=-'" for column in found["unknown"]]
        text += [f"  broken: {message}" for message in self.broken[:SHOWN]]
        if self.unfit:
            text += ["", "values that do not fit"]
        for column, values in self.unfit.items():
            text += [f"  {column}: {value!r} ({times}x)" for value, times in list(values.items())[:10]]
        for number, row in enumerate(self.sample, 1):
            text += ["", f"row {number}", *(f"  {name}: {value}" for name, value in row.items())]
        return text


def inspect(entity: Entity, rows: CsvRows | JsonRows, mapping: Mapping, options: Options) -> Inspection:
    """Look at a file; raises what an import would raise for a file that cannot be read."""
    records: list[Record] = []
    for record in rows:
        records.append(record)
        if len(records) == MOST_ROWS:
            break
    plan = planning.make(entity, rows.header, mapping, preset=options.preset, complete=rows.delimiter is not None)
    found = Inspection(rows, plan)
    found.count = len(records)
    readers = _readers(plan, options)
    for record in records:
        if record.problem is not None:
            found.broken.append(f"line {record.line}: {record.problem.message}")
            continue
        for column, read, replace in readers:
            _look_at(found, column, read, replace, record.cells)
        if len(found.sample) < SHOWN:
            found.sample.append(_sample(plan, record.cells))
    return found


def _readers(plan: planning.Plan, options: Options) -> list[Any]:
    """Return the columns whose cells can be checked without a database."""
    more = attached.further(plan.entity.name)
    locale = Locale(region=(options.region or "US").upper(), decimal=options.decimal, date_format=options.date_format)
    return [
        (column, cell_reader(column.target, column.spec, locale), replacer(column.spec))
        for column in plan.columns
        if column.target.what == "field"
        and column.place >= 0
        and not column.spec.several
        and not (more is not None and column.target.name == more.field.name)
    ]


def _look_at(found: Inspection, column: Column, read: Any, replace: Any, cells: list[Any]) -> None:
    """Count a cell that its field does not take."""
    cell = cells[column.place] if column.place < len(cells) else ABSENT
    if cell in (ABSENT, None, "") or (isinstance(cell, str) and not cell.strip()):
        return
    try:
        changed = replace(cell) if replace and isinstance(cell, str) else cell
        if changed != "":
            read(changed)
    except (BadValue, Invalid):
        counts = found.unfit.setdefault(column.name, {})
        value = short(str(cell))
        counts[value] = counts.get(value, 0) + 1


def _sample(plan: planning.Plan, cells: list[Any]) -> dict[str, str]:
    """Return the filled cells of a row by what they fill."""
    sample = {}
    for column in plan.columns:
        cell = cells[column.place] if 0 <= column.place < len(cells) else ABSENT
        if cell not in (ABSENT, None, "") and column.spec.column:
            sample[column.target.name] = short(str(cell))
    return sample
