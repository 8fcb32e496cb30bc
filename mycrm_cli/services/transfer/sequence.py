"""Brings the files of a manifest into an order in which each finds what it points to."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import CrmError
from mycrm_cli.services import ordering, transfer
from mycrm_cli.services.transfer import plan as planning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack

    from mycrm_cli.services.transfer import Rows
    from mycrm_cli.services.transfer.manifest import Entry
    from mycrm_cli.services.transfer.plan import Plan
    from mycrm_cli.services.transfer.reading import Reading
    from mycrm_cli.services.transfer.reports import Results
    from mycrm_cli.services.transfer.summary import Summary

FIELDS = "custom_fields"


class Part:
    """One file on its way: ``later`` are the columns that may point to records of files after it."""

    def __init__(self, entry: Entry, rows: Rows, plan: Plan) -> None:
        self.entry = entry
        self.rows = rows
        self.plan = plan
        self.entity = entry.entity
        self.later: list[str] = []
        self.reading: Reading | None = None
        self.summary: Summary | None = None
        self.results: Results | None = None
        self.linked = 0
        self.problems: list[dict[str, object]] = []
        self.advice: str | None = None
        """What to do about a file that cannot be read."""

    def tables(self) -> set[str]:
        """Return the tables that the file points to."""
        found = {column.target.entity.table for column in self.plan.columns if column.target.entity is not None}
        by_name = {field.relation: field.table for field in self.entity.fields.values()}
        by_name |= {field.name: field.table for field in self.entity.fields.values()}
        for name in (*self.entry.mapping.set, *self.entry.mapping.default):
            found |= {table} if (table := by_name.get(name)) else set()
        return found | ({FIELDS} if FIELDS in self.entity.fields else set())


def opened(entries: Sequence[Entry], stack: ExitStack) -> list[Part]:
    """Open the files and return them in the order in which they are imported; the stack closes them."""
    parts = []
    for entry in entries:
        try:
            rows = transfer.read_rows(entry.entity, entry.path, entry.options)
            stack.callback(rows.close)
            parts.append(Part(entry, rows, _plan(entry, rows)))
        except CrmError as error:
            raise entry.blamed(error) from None
    parts = _ordered(parts)
    for place, part in enumerate(parts):
        coming = {other.entity.table for other in parts[place + 1 :]}
        part.later = [c.name for c in part.plan.columns if c.target.entity and c.target.entity.table in coming]
    return parts


def _plan(entry: Entry, rows: Rows) -> Plan:
    """Return the mapping over a file's columns, as far as it can be known without a database."""
    header, complete = rows.header, rows.delimiter is not None
    if not complete:
        # A JSON file's columns are known when its last record is read.
        ahead = rows.again()
        for _ in ahead:
            continue
        header = ahead.header
        ahead.close()
    return planning.make(entry.entity, header, entry.mapping, preset=entry.options.preset, complete=complete)


def _ordered(parts: list[Part]) -> list[Part]:
    """Return the files in their order; those of one entity stay as the manifest has them."""
    of_table: dict[str, set[str]] = {}
    for number, part in enumerate(parts):
        of_table.setdefault(part.entity.table, set()).add(str(number))

    def those(tables: set[str]) -> set[str]:
        return {number for table in tables for number in of_table.get(table, ())}

    def needs(number: str) -> set[str]:
        part = parts[int(number)]
        before = {other for other in of_table[part.entity.table] if int(other) < int(number)}
        return before | those(ordering.needed(part.entity) - {part.entity.table})

    def wishes(number: str) -> set[str]:
        part = parts[int(number)]
        return needs(number) | those(part.tables() - {part.entity.table})

    return [parts[int(number)] for number in ordering.ordered([str(n) for n in range(len(parts))], needs, wishes)]


def defines_fields(parts: Sequence[Part]) -> bool:
    """Return whether a file brings custom fields that a later one may fill: that one is read after it is written."""
    fields = catalog.entity(FIELDS).table
    return any(part.entity.table == fields or part.entry.options.unknown == "custom" for part in parts)
