"""Refuses new rows whose number a record has already: a file of ours may bring numbers along."""

from __future__ import annotations

from mycrm_cli.services import rows
from mycrm_cli.services.transfer import keys
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.transfer.plan import Plan
    from mycrm_cli.services.work import Work

TAKEN = "number_taken"


def refuse_taken(work: Work, entity: Entity, plan: Plan, batch: Sequence[Record]) -> None:
    """Refuse the new rows of a batch whose number belongs to a record."""
    if not entity.numbered or "number" not in plan.given:
        return
    new = [record for record in batch if record.matched is None and record.values.get("number")]
    wanted = {record.values["number"] for record in new}
    found = rows.fetch(work.connection, work.scope, entity, "number", wanted, ["number", "id"]) if wanted else ()
    held = dict(map(tuple, found))
    names = keys.named(work, entity, held.values()) if held else {}
    column = next((c.name for c in plan.columns for t in c.targets if t.name == "number"), "number")
    for record in new:
        number = record.values["number"]
        if number in held:
            message = f"number {number} belongs to {names[held[number]]} already"
            record.refuse(Problem(TAKEN, message, column=column, value=number))
