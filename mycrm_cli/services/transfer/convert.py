"""Turns the cells of rows into values: one function for each column, made once."""

from __future__ import annotations

from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.folding import search_words
from mycrm_cli.scope import Locale
from mycrm_cli.services import records
from mycrm_cli.services.transfer.cells import cell_reader, replacer
from mycrm_cli.services.transfer.model import ABSENT, Batch, Problem, Record
from mycrm_cli.services.transfer.plan import MADE_UP
from mycrm_cli.services.transfer.setters import setter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Column, Plan
    from mycrm_cli.services.transfer.warnings import Warnings

    Apply = Callable[[Record, Any], None]


FORMS: dict[str, Callable[[str], str]] = {
    "dotted": lambda text: ".".join(search_words(text)),
    "lower": str.lower,
}
"""Forms of a cell in a template: ``{name:dotted}`` makes ``ana.berg`` of ``Ana Berg``."""


class SkippedRow(Exception):
    """A cell says that its row is not wanted."""


class Converter:
    """The stage that converts. ``unguard`` takes the formula guard off the cells of CSV files that we exported."""

    def __init__(
        self, plan: Plan, options: Options, locale: Locale, warnings: Warnings, unguard: Callable[[str], str] | None
    ) -> None:
        self.plan = plan
        self.options = options
        self.warnings = warnings
        self.locale = locale
        self.unguard = unguard if plan.own else None
        self.line = 0
        self.column = ""
        self.places = {column.name: column.place for column in (*plan.columns, *plan.left_out) if column.place >= 0}
        self.dropped = [column for column in plan.left_out if column.spec.preset and not column.spec.skip_if]
        # In a cell with several values the table replaces each, which the setter does.
        self.steps = [
            (column, self._apply(column), None if column.spec.several else replacer(column.spec))
            for column in plan.columns
        ]

    def warn(self, message: str) -> None:
        """Remember a remark about the cell at hand."""
        self.warnings.add(self.line, self.column, message)

    def _locale(self, column: Column) -> Locale:
        """Return the habits of a column: its own date format goes before the file's."""
        base, options = self.locale, self.options
        return Locale(
            base.timezone,
            options.region or base.region,
            base.currency,
            decimal=options.decimal,
            date_format=column.spec.date_format or (None if self.plan.own else options.date_format),
            warn=self.warn,
        )

    def _apply(self, column: Column) -> Apply:
        """Return the function that puts a cell of the column into a row."""
        spec, locale = column.spec, self._locale(column)
        if column.target.what == "skip":
            unwanted = {word.casefold() for word in spec.skip_if}

            def skip(record: Record, cell: Any) -> None:
                if str(cell).strip().casefold() in unwanted:
                    raise SkippedRow

            return skip
        setters = [setter(self, column, target, cell_reader(target, spec, locale)) for target in column.targets]
        return setters[0] if len(setters) == 1 else _spread(spec.split_at, setters)

    def convert(self, batch: Batch) -> list[Record]:
        """Fill the values of a batch's rows; return those that the file itself does not want."""
        return [record for record in batch.records if record.problem is None and not self._row(record)]

    def _row(self, record: Record) -> bool:
        """Convert one row; return whether there is anything to import in it."""
        cells, filled = record.cells, False
        width = len(cells)
        self.line = record.line
        for column, apply, replace in self.steps:
            place = column.place
            if place == MADE_UP or column.spec.template:
                cell = self._from_template(column, cells)
            else:
                cell = cells[place] if place < width else ABSENT
            if cell is ABSENT:
                continue
            if replace is not None and isinstance(cell, str):
                cell = replace(cell)
            self.column = column.name
            try:
                if cell is None or cell == "" or (isinstance(cell, str) and cell.isspace()):
                    if self.options.blank == "clear":
                        self._clear(record, column)
                    continue
                if self.unguard is not None and isinstance(cell, str) and cell[:1] == "'":
                    cell = self.unguard(cell)
                apply(record, cell)
                filled = filled or column.target.what != "skip"
            except SkippedRow:
                return False
            except BadValue as error:
                self._bad(record, column, cell, error)
                filled = True
        self._count_left_out(cells)
        return filled

    def _bad(self, record: Record, column: Column, cell: Any, error: BadValue) -> None:
        """Refuse a row, or leave a value out with a warning where the column says so."""
        if column.spec.lenient:
            self.warnings.add(record.line, column.name, f"{error.message}; left out", error.code)
            return
        record.refuse(Problem(error.code, error.message, column=column.name, value=cell))

    def _from_template(self, column: Column, cells: list[Any]) -> Any:
        """Return the template with cells of the row in it; empty where one of them is empty."""
        return fill(str(column.spec.template), lambda name: self._named_cell(name, cells))

    def _named_cell(self, name: str, cells: list[Any]) -> str:
        column, mark, form = name.rpartition(":")
        is_formed = bool(mark) and form in FORMS and name not in self.places
        place = self.places.get(column if is_formed else name)
        if place is None:
            raise Invalid(
                f"the template names a column {name!r} that the file has not", candidates=list(self.places)[:5]
            )
        cell = cells[place] if place < len(cells) else ""
        text = "" if cell is ABSENT or cell is None else str(cell).strip()
        return FORMS[form](text) if is_formed else text

    def _clear(self, record: Record, column: Column) -> None:
        """Empty what an empty cell fills."""
        for target in column.targets:
            field = target.field
            if field is None or target.given or target.what in ("emails", "tags", "links"):
                if target.what == "custom":
                    record.values[target.name] = None
                continue
            if field.required:
                raise BadValue("required", "must have a value")
            record.values[field.name] = None if field.nullable else records.default_of(field)
            if target.what == "twin":
                record.values[f"{field.name}_id"] = None

    def _count_left_out(self, cells: list[Any]) -> None:
        """Count the values of columns that are left out although nobody said so for this file."""
        for column in self.dropped:
            cell = cells[column.place] if column.place < len(cells) else ABSENT
            if cell not in (ABSENT, None, ""):
                self.warnings.leave_out(column.name)


def fill(template: str, cell: Callable[[str], str]) -> str:
    """Return a template with its ``{column}`` marks filled, or nothing where one of the cells is empty."""
    import re

    parts = [cell(name) for name in re.findall(r"\{([^{}]+)\}", template)]
    if not all(parts):
        return ""
    texts = iter(parts)
    return re.sub(r"\{[^{}]+\}", lambda _: next(texts), template)


def _spread(split_at: str | None, setters: list[Apply]) -> Apply:
    """Return the function that spreads a cell over several fields."""

    def apply(record: Record, cell: Any) -> None:
        text = str(cell).replace("\r\n", "\n").strip()
        if split_at:
            parts = text.split(split_at, len(setters) - 1)
        else:
            parts = text.rsplit(None, len(setters) - 1)
        for part, put in zip(parts, setters, strict=False):
            if part.strip():
                put(record, part.strip())

    return apply
