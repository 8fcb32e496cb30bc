"""Turns the cells of rows into values, a column at a time."""

from __future__ import annotations

from types import MappingProxyType

from mycrm_cli.scope import Locale
from mycrm_cli.services.transfer import columns
from mycrm_cli.services.transfer.model import ABSENT, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Column, Plan
    from mycrm_cli.services.transfer.warnings import Warnings


class Converter:
    """The stage that converts, a column at a time.

    ``unguard`` takes the formula guard off cells that we exported; ``said`` is what every row gets anyway.
    """

    def __init__(
        self,
        plan: Plan,
        options: Options,
        locale: Locale,
        warnings: Warnings,
        unguard: Callable[[str], str] | None,
        said: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.said = said
        self.plan = plan
        self.options = options
        self.warnings = warnings
        self.locale = locale
        self.unguard = unguard if plan.own else None
        self.line = 0
        self.column = ""
        self.places = {column.name: column.place for column in (*plan.columns, *plan.left_out) if column.place >= 0}
        self.dropped = [column for column in plan.left_out if column.spec.preset and not column.spec.skip_if]
        # Columns that tell which rows are wanted go first: nothing else of the other rows is looked at.
        # Amounts are held against the currency of their row.
        ranks = {"skip": 0, "currency": 1}
        ranked = sorted(plan.columns, key=lambda c: min(ranks.get(c.target.what, 2), ranks.get(c.target.name, 2)))
        self.steps = [columns.step(self, column) for column in ranked]

    def warn(self, message: str) -> None:
        """Remember a remark about the cell at hand."""
        self.warnings.add(self.line, self.column, message)

    def locale_of(self, column: Column) -> Locale:
        """Return the habits of a column: its own date format goes before the file's."""
        base, options = self.locale, self.options
        return Locale(
            base.timezone,
            options.region or base.region,
            base.currency,
            decimal=column.spec.decimal or options.decimal,
            date_format=column.spec.date_format or (None if self.plan.own else options.date_format),
            warn=self.warn,
        )

    def convert(self, records: list[Record]) -> list[Record]:
        """Fill the values of rows; return those that the file itself does not want."""
        good = [record for record in records if record.problem is None]
        told = self.warnings.mark()
        unwanted: list[Record] = []
        for step in self.steps:
            if isinstance(step, columns.Wanted):
                skipped = step.skipped(good)
                unwanted += skipped
                gone = set(map(id, skipped))
                good = [record for record in good if id(record) not in gone]
            else:
                step.run(good, self._cells(step, good))
        for column in self.dropped:
            self._count_left_out(column, good)
        self.warnings.sort(told)
        return unwanted + [record for record in good if not record.filled]

    def _cells(self, step: columns.Step, records: list[Record]) -> Sequence[Any] | None:
        """Return the cells of a column, where the file itself holds it."""
        if step.made_up:
            return None
        place = step.column.place
        try:
            return [record.cells[place] for record in records]
        except IndexError:  # a JSON record knows only the columns that came up before it
            return None

    def _count_left_out(self, column: Column, records: list[Record]) -> None:
        """Count the values of a column that is left out although nobody said so for this file."""
        for record in records:
            cell = record.cells[column.place] if column.place < len(record.cells) else ABSENT
            if cell not in (ABSENT, None, ""):
                self.warnings.leave_out(column.name)
