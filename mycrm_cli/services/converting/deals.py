"""The deals that leads become."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import records, rows, updating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.converting.plan import Plan
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def add(work: Work, plans: Sequence[Plan]) -> None:
    """Make a deal of each lead that is to have one."""
    wanted = [plan for plan in plans if not plan.wish.no_deal]
    made = records.add(work, catalog.entity("deal"), [_values(work, plan) for plan in wanted]) if wanted else []
    for plan, row in zip(wanted, made, strict=True):
        plan.deal = row
    _give_roles(work, [plan for plan in wanted if plan.wish.role])


def _values(work: Work, plan: Plan) -> Row:
    """Return the values of a deal; its pipeline, stage and currency follow where nothing is said."""
    lead, wish = plan.lead, plan.wish
    company = plan.company["name"] if plan.company else None
    values = {
        "name": wish.deal or lead["company"] or company or lead["name"],
        "value": lead["estimated_value"] if wish.value is None else wish.value,
        "expected_close_date": wish.close,
        "pipeline_id": wish.pipeline_id,
        "stage_id": wish.stage,
        "contact_id": plan.contact["id"] if plan.contact else None,
        "company_id": plan.company["id"] if plan.company else None,
        "lead_id": lead["id"],
        "owner_id": plan.owner,
        "tags": list(lead["tags"]),
        "custom_fields": plan.custom(work, catalog.entity("deal")),
        "last_activity_at": max(lead["last_activity_at"] or plan.on, plan.on),
        # A conversion of the past has made its deal then.
        "created_at": plan.on if wish.on else None,
        "stage_changed_at": plan.on if wish.on else None,
    }
    return {name: value for name, value in values.items() if value is not None} | (wish.more or {})


def _give_roles(work: Work, plans: Sequence[Plan]) -> None:
    """Write down which part the contacts have in their deals."""
    table = catalog.entity("deal_contacts")
    roles = {(plan.deal["id"], plan.contact["id"]): plan.wish.role for plan in plans if plan.deal and plan.contact}
    columns = ["id", "opportunity_id", "contact_id"]
    deals = [deal for deal, _ in roles]
    found = rows.fetch(work.connection, work.scope, table, "opportunity_id", deals, columns)
    changes = [(id, {"role": roles[deal, contact]}) for id, deal, contact in found if (deal, contact) in roles]
    before = rows.images(work.connection, work.scope, table, [id for id, _ in changes], lock=True)
    updating.write(work, table, before, changes)
