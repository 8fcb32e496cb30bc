"""Settles how the columns of a file write dates and numbers, by reading it once before; what is unsure is asked."""

from __future__ import annotations

from mycrm_cli.errors import Invalid
from mycrm_cli.services.transfer.cells import replacer
from mycrm_cli.services.transfer.dates import DateColumn
from mycrm_cli.services.transfer.decimals import DecimalColumn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from mycrm_cli.services.transfer import Rows
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.options import Options
    from mycrm_cli.services.transfer.plan import Column, Plan

    Seen = DateColumn | DecimalColumn

SAMPLE = 1000
"""Rows that tell whether a column has to be looked at in the whole file."""


def settle(rows: Rows, plan: Plan, options: Options) -> None:
    """Set ``date_format`` and ``decimal`` of the columns' specs where the file itself tells them.

    Raises Invalid with code ``ambiguous_date`` or ``ambiguous_number`` where no cell of a column does.
    The file is read a second time only where its first rows have such cells.
    """
    if plan.own:
        return
    if rows.settled is None:
        watched = [(column, seen) for column in plan.columns if (seen := watch(column, options))]
        looked_at = _look(rows, watched) if watched else []
        rows.settled = {column.name: (None, seen) for column, seen in watched}
        rows.settled |= {column.name: (seen.found(), seen) for column, seen in looked_at}
        _ask(looked_at)
    for column in plan.columns:
        fresh = watch(column, options)
        found, seen = rows.settled.get(column.name, (None, fresh))
        if isinstance(fresh, DecimalColumn) and isinstance(seen, DecimalColumn):
            column.unsure = seen.found() is None and not fresh.fine
        if found is not None and type(fresh) is type(seen):
            if isinstance(seen, DateColumn):
                column.spec.date_format = found
            else:
                column.spec.decimal = found


def watch(column: Column, options: Options) -> Seen | None:
    """Return what looks at the cells of a column, or None where nothing is to be found out."""
    spec, target = column.spec, column.target
    if column.place < 0 or spec.template or spec.several or target.what not in ("field", "custom"):
        return None
    kind = target.custom.kind if target.custom else target.field.kind if target.field else None
    name = kind.name if kind else ""
    if name in ("date", "timestamp"):
        return None if spec.date_format or options.date_format else DateColumn()
    if name in ("money", "number", "integer"):
        return (
            None
            if spec.decimal or options.decimal_said
            else DecimalColumn(whole=name == "integer", fine=getattr(kind, "scale", 0) > 2)
        )
    return None


def _look(rows: Rows, watched: list[tuple[Column, Seen]]) -> list[tuple[Column, Seen]]:
    """Read the file with the columns that its first rows show to need it; return those."""
    work = [(column.place, replacer(column.spec), seen, column) for column, seen in watched]
    caught: set[int] = set()
    again = rows.again()
    try:
        for count, record in enumerate(again):
            if count == SAMPLE:
                work = [entry for entry in work if entry[0] in caught]
                if not work:
                    break
            if record.problem is None:
                caught |= _feed(record, work)
    finally:
        if again is not rows:
            again.close()
    return [(column, seen) for place, _, seen, column in work if place in caught]


def _feed(record: Record, work: Iterable[Any]) -> set[int]:
    """Show the cells of a row to those who look; return the places of cells that need it."""
    caught = set()
    cells = record.cells
    for place, replace, seen, _ in work:
        cell = cells[place] if place < len(cells) else None
        if cell.__class__ is str and cell:
            text = (replace(cell) if replace else cell).strip()
            seen.feed(text, record.line)
            if seen.catches(text):
                caught.add(place)
    return caught


def _ask(looked_at: list[tuple[Column, Seen]]) -> None:
    """Refuse a file in which something may be read in two ways; columns that may lose a value go on."""
    asked = [(seen.hint, seen.question(column.name)) for column, seen in looked_at if not column.spec.lenient]
    details = [question for _, question in asked if question]
    if not details:
        return
    first = details[0]
    hints = dict.fromkeys(hint for hint, question in asked if question)
    raise Invalid(f"column {first['column']!r}: {first['message']}", hint="; ".join(hints), details=details)
