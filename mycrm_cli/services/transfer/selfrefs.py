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


def resolve(parents: Parents, plan: Plan, batch: Sequence[Record], *, last: bool) -> list[Record]:
    """Set the references of a batch's rows to records of their own kind; return the rows to hold back.

    In the ``last`` round nothing is held back: what is not found is refused, and with it what needs it.
    """
    columns = [(place, column) for place, column in enumerate(plan.columns) if is_self(plan.entity, column)]
    if not columns:
        return []
    held: list[Record] = []
    while True:
        waiting: list[Record] = []
        for place, column in columns:
            waiting += _round(parents, column, place, [r for r in batch if r.problem is None and r not in held], last)
        held += waiting
        if not waiting:
            break
    _refuse_circles(parents, columns, [record for record in batch if record.problem is None and record not in held])
    return [record for record in held if record.problem is None]


def _round(parents: Parents, column: Column, place: int, batch: Sequence[Record], last: bool) -> list[Record]:
    """Resolve one column; return the rows whose parent is not there."""
    pointing = [record for record in batch if place in record.references]
    if not pointing:
        return []
    target = column.target
    texts = {text for record in pointing for text in record.references[place]}
    answers = keys.resolve(parents.work, parents.entity, target.step, texts, parents.locale)
    own = _of_batch(parents, target.step, batch)
    missing = []
    for record in pointing:
        text = record.references[place][0]
        answer = answers[text]
        if isinstance(answer, list):
            answer = list(dict.fromkeys([*answer, *own.get(_key(parents, target.step, text), ())]))
        if isinstance(answer, list) and len(answer) == 1 and len(record.references[place]) == 1:
            record.values[target.name] = answer[0]
            continue
        if answer == [] and not last:
            missing.append(record)
            continue
        parents.refuse(record, column, text, answer)
        if record.problem is None:
            record.references.pop(place)
        else:
            missing.append(record)
    return missing


def _key(parents: Parents, step: str, text: str) -> Any:
    try:
        return keys.normal(parents.entity, step or "name", text, parents.locale)
    except BadValue:
        return None


def _of_batch(parents: Parents, step: str, batch: Sequence[Record]) -> dict[Any, list[UUID]]:
    """Return the rows of the batch by the key that a column points with."""
    found: dict[Any, list[UUID]] = {}
    for record in batch:
        for key in keys.of_row(parents.entity, step or "name", record.values, record.externals):
            found.setdefault(key, []).append(record.matched or record.values["id"])
    return found


def _refuse_circles(parents: Parents, columns: list[tuple[int, Column]], batch: Sequence[Record]) -> None:
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
