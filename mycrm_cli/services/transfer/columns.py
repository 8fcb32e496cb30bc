"""One column of a file at work: what each of its cells becomes, and where that goes.

Most cells of a file are repeated, and most of the others are plain: a column remembers what it made of
the texts that it met first.
"""

from __future__ import annotations

from itertools import repeat

from mycrm_cli.kinds import BadValue
from mycrm_cli.services import records
from mycrm_cli.services.transfer import currencies, decimals, plain, setters, templates
from mycrm_cli.services.transfer.cells import cell_reader, replacer
from mycrm_cli.services.transfer.model import ABSENT, Problem, Record
from mycrm_cli.services.transfer.plan import MADE_UP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from mycrm_cli.services.transfer.cells import ReadCell
    from mycrm_cli.services.transfer.convert import Converter
    from mycrm_cli.services.transfer.plan import Column
    from mycrm_cli.services.transfer.setters import Apply
    from mycrm_cli.services.transfer.targets import Target

REMEMBERED, LONGEST = 20_000, 100
"""Texts that a column remembers, and the characters of the longest of them."""

NEW, LEFT = object(), object()
"""A text that was not met before; a cell of which nothing is left to put anywhere."""


def step(converter: Converter, column: Column) -> Step:
    """Return a column at work."""
    locale = converter.locale_of(column)
    targets = [(target, cell_reader(target, column.spec, locale)) for target in column.targets]
    if column.unsure:
        targets = [(target, decimals.asking(read)) for target, read in targets]
    if column.target.what == "skip":
        return Wanted(converter, column, lambda record, cell: None)
    if len(targets) == 1 and not column.spec.template and column.place != MADE_UP:
        found = plain.of(converter, column, *targets[0])
        if found is not None:
            if currencies.is_money(targets[0][0]):
                found = found._replace(read=currencies.plainly(found.read))
            return Plain(converter, column, _setter(converter, column, *targets[0]), found)
    each = [_setter(converter, column, target, read) for target, read in targets]
    return Step(converter, column, each[0] if len(each) == 1 else spread(column.spec.split_at, each))


def _setter(converter: Converter, column: Column, target: Target, read: ReadCell) -> Apply:
    """Return the function that puts a cell into a row, and the currency of an amount with it."""
    apply = setters.setter(converter, column, target, read)
    return currencies.telling(converter, target, apply) if currencies.is_money(target) else apply


class Step:
    """A column whose cells are taken one by one; ``apply`` puts a cell into a row."""

    def __init__(self, converter: Converter, column: Column, apply: Apply) -> None:
        self.converter = converter
        self.column = column
        self.apply = apply
        self.made_up = column.place == MADE_UP or bool(column.spec.template)
        # In a cell with several values the table replaces each, which the setter does.
        self.replace = None if column.spec.several else replacer(column.spec)

    def run(self, records: Sequence[Record], cells: Sequence[Any] | None = None) -> None:
        """Take the column's cell of each row; ``cells`` are they, where somebody has them at hand."""
        for record in records:
            self.take(record, self.cell(record))

    def cell(self, record: Record) -> Any:
        """Return the column's cell of a row."""
        if self.made_up:
            return templates.cell(self.converter.places, self.column, record.cells)
        return record.cells[self.column.place] if self.column.place < len(record.cells) else ABSENT

    def take(self, record: Record, cell: Any, put: Callable[[Record, Any], Any] | None = None) -> Any:
        """Put a cell into a row; what cannot be read refuses the row. Returns what ``put`` returns, or ``LEFT``."""
        if cell is ABSENT:
            return LEFT
        converter = self.converter
        if self.replace is not None and isinstance(cell, str):
            cell = self.replace(cell)
        converter.line, converter.column = record.line, self.column.name
        try:
            if cell is None or cell == "" or (isinstance(cell, str) and cell.isspace()):
                if converter.options.blank == "clear":
                    self._clear(record)
                return LEFT
            record.filled = True
            if converter.unguard is not None and isinstance(cell, str) and cell[:1] == "'":
                cell = converter.unguard(cell)
            return (put or self.apply)(record, cell)
        except BadValue as error:
            record.filled = True
            self._bad(record, cell, error)
            return LEFT

    def _bad(self, record: Record, cell: Any, error: BadValue) -> None:
        """Refuse a row, or leave a value out with a warning where the column says so."""
        column = self.column
        if column.spec.lenient:
            self.converter.warnings.add(record.line, column.name, f"{error.message}; left out", error.code)
            return
        record.refuse(Problem(error.code, error.message, column=column.name, value=cell))

    def _clear(self, record: Record) -> None:
        """Empty what an empty cell fills."""
        for target in self.column.targets:
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


class Wanted(Step):
    """A column that only tells which rows are not wanted."""

    def skipped(self, records: Sequence[Record]) -> list[Record]:
        """Return the rows whose cell says so."""
        unwanted = {word.casefold() for word in self.column.spec.skip_if}
        found = []
        for record in records:
            cell = self.cell(record)
            text = self.replace(cell) if self.replace and isinstance(cell, str) else cell
            if text not in (ABSENT, None, "") and str(text).strip().casefold() in unwanted:
                found.append(record)
        return found


class Plain(Step):
    """A column whose cell is one value of its own, or the texts of references: most columns of most files."""

    def __init__(self, converter: Converter, column: Column, apply: Apply, found: plain.Plain) -> None:
        super().__init__(converter, column, apply)
        self.plain = found
        self.known: dict[str, Any] = {}

    def run(self, records: Sequence[Record], cells: Sequence[Any] | None = None) -> None:
        """Take the column's cell of each row; ``Step.take`` sees only what was not met before."""
        column = [self.cell(record) for record in records] if cells is None else cells
        try:
            values = list(map(self.known.get, column, repeat(NEW)))
        except TypeError:  # JSON may hold lists and objects
            values = [self.known.get(cell, NEW) if cell.__class__ is str else NEW for cell in column]
        if NEW in values:
            for place, value in enumerate(values):
                if value is NEW:
                    values[place] = self.first(records[place], column[place])
        self._put(records, values)

    def _put(self, records: Sequence[Record], values: Sequence[Any]) -> None:
        """Put values into their rows."""
        name, place = self.plain.name, self.plain.place
        for record, value in zip(records, values, strict=True):
            if value is LEFT:
                continue
            record.filled = True
            if name is not None:
                record.values[name] = value.copy() if value.__class__ is list else value
            if place is not None:
                record.refer(place, [value] if name is not None else value)

    def first(self, record: Record, cell: Any) -> Any:
        """Return the value of a cell, or ``LEFT``; the first texts are remembered unless there was something to say."""
        told = self.converter.warnings.count
        value = self.take(record, cell, self._read)
        is_text = cell.__class__ is str
        # An empty cell has nothing to say; all else of which nothing is left is looked at each time.
        empty = value is LEFT and self.converter.options.blank != "clear" and is_text and not cell.strip()
        silent = told == self.converter.warnings.count and (value is not LEFT or empty)
        if silent and is_text and len(self.known) < REMEMBERED and len(cell) <= LONGEST:
            self.known[cell] = value
        return value

    def _read(self, record: Record, cell: Any) -> Any:
        """Return what a cell holds; one with more in it than usual goes the general way."""
        value = self.plain.read(cell)
        if value is plain.ELABORATE:
            self.apply(record, cell)
            return LEFT
        return value


def spread(split_at: str | None, each: list[Apply]) -> Apply:
    """Return the function that spreads a cell over several fields."""

    def apply(record: Record, cell: Any) -> None:
        text = str(cell).replace("\r\n", "\n").strip()
        if split_at:
            parts = text.split(split_at, len(each) - 1)
        else:
            parts = text.rsplit(None, len(each) - 1)
        for part, put in zip(parts, each, strict=False):
            if part.strip():
                put(record, part.strip())

    return apply
