"""References to records of the entity that is imported itself: the parent of a company, in any row order.

A row whose parent is neither stored nor in its own batch is held back until the whole file was read;
so every record is written once, with its parent.
"""

from __future__ import annotations

from mycrm_cli.kinds import BadValue
from mycrm_cli.services.transfer import keys
from mycrm_cli.services.transfer.model import Problem, Record
from mycrm_cli.services.transfer.parents import is_self

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.transfer.parents import Parents
    from mycrm_cli.services.transfer.plan import Column, Plan


class Pointer:
    """One row's reference by one column: what is stored under it, and which rows of the batch may be meant."""

    __slots__ = ("column", "place", "record", "rows", "stored", "text")

    def __init__(self, record: Record, place: int, column: Column, stored: list[UUID] | BadValue) -> None:
        self.record = record
        self.place = place
        self.column = column
        self.text = record.references[place][0]
        self.stored = stored
        self.rows: list[Record] = []

    def answer(self, lost: set[int]) -> list[UUID] | BadValue:
        """Return the records that may be meant, without the rows that are lost."""
        if isinstance(self.stored, BadValue):
            return self.stored
        if len(self.record.references[self.place]) > 1:
            return BadValue("several", "several records where one has a place")
        there = [row.matched or row.values["id"] for row in self.rows if id(row) not in lost]
        return list(dict.fromkeys([*self.stored, *there]))


def resolve(parents: Parents, plan: Plan, batch: Sequence[Record], *, last: bool) -> list[Record]:
    """Set the references of a batch's rows to records of their own kind; return the rows to hold back.

    In the ``last`` round nothing is held back: what is not found is refused, and with it what needs it.
    """
    columns = [(place, column) for place, column in enumerate(plan.columns) if is_self(plan.entity, column)]
    pointers = [pointer for place, column in columns for pointer in _pointers(parents, column, place, batch)]
    if not pointers:
        return []
    needing: dict[int, list[Pointer]] = {}
    for pointer in pointers:
        for row in pointer.rows:
            needing.setdefault(id(row), []).append(pointer)
    # A row without its parent is lost to those that need it, and so on; each is looked at again when one is lost.
    lost: set[int] = set()
    queue = list(pointers)
    while queue:
        pointer = queue.pop()
        if id(pointer.record) not in lost and not _settle(parents, pointer, lost, last):
            lost.add(id(pointer.record))
            queue += needing.get(id(pointer.record), [])
    _refuse_circles(columns, [record for record in batch if id(record) not in lost])
    return [record for record in batch if id(record) in lost and record.problem is None]


def _settle(parents: Parents, pointer: Pointer, lost: set[int], last: bool) -> bool:
    """Set one reference where it is clear; return whether its row can be written so far."""
    answer = pointer.answer(lost)
    if isinstance(answer, list) and len(answer) == 1:
        pointer.record.values[pointer.column.target.name] = answer[0]
        return True
    pointer.record.values.pop(pointer.column.target.name, None)
    if answer == [] and not last:
        return False
    parents.refuse(pointer.record, pointer.column, pointer.text, answer)
    return pointer.record.problem is None


def _pointers(parents: Parents, column: Column, place: int, batch: Sequence[Record]) -> list[Pointer]:
    """Return the references of a column, with what they may mean: one query for the batch."""
    pointing = [record for record in batch if place in record.references]
    if not pointing:
        return []
    step = column.target.step
    texts = {record.references[place][0] for record in pointing}
    answers = keys.resolve(parents.work, parents.entity, step, texts, parents.locale)
    of_batch: dict[Any, list[Record]] = {}
    for record in batch:
        for key in keys.of_row(parents.entity, step or "name", record.values, record.externals):
            of_batch.setdefault(key, []).append(record)
    found = []
    for record in pointing:
        pointer = Pointer(record, place, column, answers[record.references[place][0]])
        pointer.rows = of_batch.get(_key(parents, step, pointer.text), [])
        found.append(pointer)
    return found


def _key(parents: Parents, step: str, text: str) -> Any:
    try:
        return keys.normal(parents.entity, step or "name", text, parents.locale)
    except BadValue:
        return None


def _refuse_circles(columns: list[tuple[int, Column]], batch: Sequence[Record]) -> None:
    """Refuse rows that would be their own ancestors through other rows of the batch."""
    for _, column in columns:
        name = column.target.name
        above = {
            record.matched or record.values["id"]: record.values[name] for record in batch if record.values.get(name)
        }
        for record in batch:
            start = record.matched or record.values.get("id")
            ancestor, steps = above.get(start), 0
            while ancestor is not None and ancestor != start and steps <= len(above):
                ancestor, steps = above.get(ancestor), steps + 1
            if ancestor is not None and ancestor == start:
                record.refuse(Problem("circle", f"{column.target.name} leads back to itself", column=column.name))
