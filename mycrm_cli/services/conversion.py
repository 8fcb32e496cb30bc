"""Converting leads: each becomes a contact, a company and a deal, with everything that hangs on it."""

from __future__ import annotations

from datetime import datetime

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Conflict, NotFound
from mycrm_cli.roles import ADD, EDIT
from mycrm_cli.services import leads, moments, ownership, records, rows
from mycrm_cli.services.converting import carrying, companies, contacts, deals
from mycrm_cli.services.converting.plan import Plan, Wish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

__all__ = ["Plan", "Wish", "convert"]


def convert(work: Work, wishes: Sequence[Wish]) -> list[Plan]:
    """Convert leads as it is wished, many at a time, and return what became of each.

    Raises Conflict for leads that are converted or disqualified, Ambiguous where a contact or a company
    must be named.
    """
    refuse(work, wishes)
    ownership.check(work, catalog.entity("lead"), [wish.lead_id for wish in wishes], EDIT)
    check_owners(work, wishes)
    done: list[Plan] = []
    with work.on_behalf():
        for chunk in rows.chunks(wishes):
            done += _convert(work, chunk)
    return done


def check_owners(work: Work, wishes: Sequence[Wish]) -> None:
    """Refuse to make records of others, as adding does; raises Denied. Who a lead belongs to keeps what it becomes."""
    owners = {
        "deal": [(wish.more or {}).get("owner_id") or wish.owner_id for wish in wishes if not wish.no_deal],
        "contact": [wish.owner_id for wish in wishes],
    }
    for name, given in owners.items():
        entity = catalog.entity(name)
        reach = ownership.reach_of(work, entity, ADD)
        ownership.check_new(work, entity, [{"owner_id": owner} for owner in given], reach)


def refuse(work: Work, wishes: Sequence[Wish]) -> None:
    """Refuse leads that cannot be converted, whoever else has just done so; raises Conflict."""
    entity, columns = catalog.entity("lead"), ["id", "status", "number", "name"]
    ids = [wish.lead_id for wish in wishes]
    found = rows.fetch(work.connection, work.scope, entity, "id", sorted(ids), columns, lock=True)
    by_id = {row[0]: dict(zip(columns, row, strict=True)) for row in found}
    if len(by_id) < len(set(ids)):
        raise NotFound("a lead is gone: somebody removed it in between")
    if done := [id for id in ids if by_id[id]["status"] == "converted"]:
        raise leads.converted(work, done)
    if lost := [by_id[id] for id in ids if by_id[id]["status"] == "disqualified"]:
        details: list[dict[str, object]] = [
            {"field": "status", "code": "disqualified", "message": f"{leads.called(lead)} is disqualified"}
            for lead in lost
        ]
        more = f", and {len(lost) - 1} more are" if len(lost) > 1 else ""
        raise Conflict(
            f"{leads.called(lost[0])} is disqualified{more}",
            details=details,
            hint=f"mycrm lead edit {leads.reference(lost[0])} --status qualified takes it up again",
        )


def _convert(work: Work, wishes: Sequence[Wish]) -> list[Plan]:
    """Convert some leads; each step is done for all of them at once."""
    ids = [wish.lead_id for wish in wishes]
    images = rows.required_images(work.connection, work.scope, catalog.entity("lead"), ids, lock=True)
    plans = [_plan(work, wish, images[wish.lead_id]) for wish in wishes]
    contacts.find(work, plans)
    companies.settle(work, plans)
    contacts.settle(work, plans)
    deals.add(work, plans)
    carrying.carry(work, plans)
    carrying.write_remarks(work, plans)
    records.edit(work, catalog.entity("lead"), [(plan.lead["id"], _outcome(plan)) for plan in plans])
    return plans


def _plan(work: Work, wish: Wish, lead: Row) -> Plan:
    """Return the plan of a lead: when it is converted, and who is responsible afterwards."""
    moment = clock.now() if wish.on is None else _past(work, lead, wish.on)
    owner = wish.owner_id or lead["owner_id"] or lead["assigned_to_id"] or work.scope.user_id
    return Plan(wish, lead, moment, owner)


def _past(work: Work, lead: Row, on: date | datetime) -> datetime:
    """Return when a lead was converted; raises Invalid for a time to come.

    It may lie before the lead was written down: other systems' files say so of some leads.
    """
    moments.check_past(work, "on", on, "a lead is converted today or was on a day before")
    return on if isinstance(on, datetime) else moments.moment_of(work, on, lead["created_at"])


def _outcome(plan: Plan) -> Row:
    """Return what changes in the lead itself."""
    return {
        "status": "converted",
        "converted_at": plan.on,
        "converted_contact_id": plan.contact["id"] if plan.contact else None,
        "converted_opportunity_id": plan.deal["id"] if plan.deal else None,
    }
