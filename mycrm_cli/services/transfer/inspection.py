"""Tells what an import would make of a file, without a database: format, mapping, values that fit no choice."""

from __future__ import annotations

from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.query import attached
from mycrm_cli.scope import Locale
from mycrm_cli.services.transfer import plan as planning
from mycrm_cli.services.transfer import settling
from mycrm_cli.services.transfer.cells import cell_reader, replacer
from mycrm_cli.services.transfer.model import ABSENT, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer import Rows
    from mycrm_cli.services.transfer.mapping import Mapping
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Column

SHOWN = 5
EXAMPLES = 3
"""Values of each column that are shown."""
MOST_ROWS = 10_000
"""Rows that are looked at for values that do not fit."""


class Inspection:
    """What was found out about a file."""

    def __init__(self, rows: Rows, plan: planning.Plan) -> None:
        self.rows = rows
        self.plan = plan
        self.count = 0
        self.broken: list[str] = []
        self.questions: list[dict[str, object]] = []
        self.unfit: dict[str, dict[str, int]] = {}
        self.sample: list[dict[str, str]] = []
        columns = [(column.place, column.name) for column in (*plan.columns, *plan.left_out)]
        self.places = {name: place for place, name in (*columns, *plan.unknown) if place >= 0}
        self.examples: dict[str, list[str]] = {name: [] for name in self.places}

    def document(self) -> dict[str, Any]:
        """Return the findings for programs."""
        return {
            "format": self.rows.source.format,
            "encoding": self.encoding,
            "packed": self.rows.source.packed,
            "member": self.rows.source.part.filename if self.rows.source.part else None,
            "sheet": self.rows.source.sheet,
            "delimiter": self.rows.delimiter,
            "skipped_lines": self.rows.skipped,
            "remarks": [{"line": line, "code": code, "message": text} for line, _, text, code in self.rows.remarks],
            "dates": {c.name: c.spec.date_format for c in self.plan.columns if c.spec.date_format},
            "decimals": {c.name: c.spec.decimal for c in self.plan.columns if c.spec.decimal},
            "questions": self.questions,
            "preset": self.plan.preset.name if self.plan.preset else None,
            "exported_by_mycrm": self.plan.own,
            "mapping": {c.name: ", ".join(t.name for t in c.targets) for c in self.plan.columns},
            "left_out": [column.name for column in self.plan.left_out],
            "unknown": [name for _, name in self.plan.unknown],
            "examples": self.examples,
            "rows": self.count,
            "broken_rows": self.broken,
            "values_without_match": self.unfit,
            "sample": self.sample,
        }

    @property
    def encoding(self) -> str | None:
        """The encoding that was detected or asked for; a workbook has none."""
        return None if self.rows.source.format == "xlsx" else self.rows.source.encoding

    def kind(self) -> str:
        """Return what kind of file it is."""
        found, source = [self.rows.source.format], self.rows.source
        if source.format == "xlsx":
            found.append(f"sheet {source.sheet!r}")
        else:
            found.append(source.encoding)
        if source.format in ("csv", "tsv"):
            found.append(f"delimiter {self.rows.delimiter!r}")
        if source.packed:
            found.append(f"packed with {source.packed}" + (f" ({source.part.filename})" if source.part else ""))
        return ", ".join(found)

    def seen(self, column: str) -> str:
        """Return what stands in a column, for a few of its cells."""
        return f"such as {', '.join(self.examples[column])}" if self.examples[column] else "empty"

    def habits(self) -> list[str]:
        """Return how columns write dates and numbers, and what cannot be told."""
        text = [f"  {c.name}: dates as {shown(c.spec.date_format)}" for c in self.plan.columns if c.spec.date_format]
        marks = {".": "a point", ",": "a comma"}
        text += [
            f"  {c.name}: decimals behind {marks.get(c.spec.decimal, c.spec.decimal)}"
            for c in self.plan.columns
            if c.spec.decimal
        ]
        text += [f"  {asked['column']}: {asked['message']}" for asked in self.questions]
        return ["", "how values are written", *text] if text else []

    def lines(self) -> list[str]:
        """Return the findings as people read them."""
        found = self.document()
        more = "or more " if self.count == MOST_ROWS else ""
        text = [
            f"format     {self.kind()}",
            f"preset     {found['preset'] or 'none'}" + (" (exported by mycrm)" if self.plan.own else ""),
            f"rows       {self.count:,} {more}({len(self.broken)} broken)",
        ]
        if self.rows.remarks:
            text += ["", "remarks"]
        text += [f"  line {line}: {message}" for line, _, message, _ in sorted(self.rows.remarks)]
        text += ["", "column -> field"]
        text += [f"  {column} -> {target}" for column, target in found["mapping"].items()]
        text += [f"  {column} -> left out" for column in found["left_out"]]
        text += [
            f"  {column} -> UNKNOWN: --map '{column}=FIELD' or --map '{column}=-' ({self.seen(column)})"
            for column in found["unknown"]
        ]
        text += [f"  broken: {message}" for message in self.broken[:SHOWN]]
        text += self.habits()
        if self.unfit:
            text += ["", "values that do not fit"]
        for column, values in self.unfit.items():
            text += [f"  {column}: {value!r} ({times}x)" for value, times in list(values.items())[:10]]
        for number, row in enumerate(self.sample, 1):
            text += ["", f"row {number}", *(f"  {name}: {value}" for name, value in row.items())]
        return text


def inspect(entity: Entity, rows: Rows, mapping: Mapping, options: Options) -> Inspection:
    """Look at a file; raises what an import would raise for a file that cannot be read."""
    records: list[Record] = []
    for record in rows:
        records.append(record)
        if len(records) == MOST_ROWS:
            break
    plan = planning.make(entity, rows.header, mapping, preset=options.preset, complete=rows.delimiter is not None)
    found = Inspection(rows, plan)
    try:
        settling.settle(rows, plan, options)
    except Invalid as error:
        found.questions = error.details
        settling.settle(rows, plan, options)  # what the other columns told
    found.count = len(records)
    readers = _readers(plan, options)
    for record in records:
        if record.problem is not None:
            found.broken.append(f"line {record.line}: {record.problem.message}")
            continue
        for column, read, replace in readers:
            _look_at(found, column, read, replace, record.cells)
        _collect(found, record.cells)
        if len(found.sample) < SHOWN:
            found.sample.append(_sample(plan, record.cells))
    return found


def _readers(plan: planning.Plan, options: Options) -> list[Any]:
    """Return the columns whose cells can be checked without a database."""
    more = attached.further(plan.entity.name)
    return [
        (column, cell_reader(column.target, column.spec, _locale(column, options)), replacer(column.spec))
        for column in plan.columns
        if column.target.what == "field"
        and column.place >= 0
        and not column.spec.several
        and not (more is not None and column.target.name == more.field.name)
    ]


def _locale(column: Column, options: Options) -> Locale:
    return Locale(
        region=(options.region or "US").upper(),
        decimal=column.spec.decimal or options.decimal,
        date_format=column.spec.date_format or options.date_format,
    )


def shown(pattern: str) -> str:
    """Return a date format as people know it."""
    words = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}
    return words.get(pattern, pattern)


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


def _collect(found: Inspection, cells: list[Any]) -> None:
    """Remember the first different values of each column."""
    for name in [name for name, values in found.examples.items() if len(values) < EXAMPLES]:
        place = found.places[name]
        cell = cells[place] if place < len(cells) else ABSENT
        if cell in (ABSENT, None, "") or not (value := short(" ".join(str(cell).split()))):
            continue
        if value not in found.examples[name]:
            found.examples[name].append(value)


def _sample(plan: planning.Plan, cells: list[Any]) -> dict[str, str]:
    """Return the filled cells of a row by what they fill."""
    sample = {}
    for column in plan.columns:
        cell = cells[column.place] if 0 <= column.place < len(cells) else ABSENT
        if cell not in (ABSENT, None, "") and column.spec.column:
            sample[column.target.name] = short(str(cell))
    return sample
