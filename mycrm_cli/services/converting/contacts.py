"""The contact that a lead becomes: named, found by any of its addresses, or made; who exists is only completed."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Ambiguous
from mycrm_cli.services import leads, records, rows
from mycrm_cli.services.converting.plan import filled
from mycrm_cli.services.transfer import keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.converting.plan import Plan
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

LIFECYCLE = "subscriber lead marketing_qualified sales_qualified opportunity customer evangelist".split()
"""How far a relation has come, in order; a conversion only moves it forward."""

TAKEN = ("email", "phone", "job_title", "website", "source")
"""What a contact has from a lead as it is."""


def find(work: Work, plans: Sequence[Plan]) -> None:
    """Find the contacts that leads are about; raises Ambiguous where an address belongs to several."""
    entity = catalog.entity("contact")
    emails = {plan.lead["email"] for plan in plans if plan.lead["email"] and not plan.wish.contact_id}
    hits = keys.stored(work, entity, "email", emails)
    chosen: dict[UUID, UUID] = {}
    for plan in plans:
        live = [id for id, deleted in hits.get(plan.lead["email"], {}).items() if not deleted]
        if plan.wish.contact_id:
            chosen[plan.lead["id"]] = plan.wish.contact_id
        elif len(live) > 1:
            raise Ambiguous(
                f"{leads.called(plan.lead)}: {len(live)} contacts have the address {plan.lead['email']}",
                candidates=sorted(keys.named(work, entity, live[:5]).values()),
                hint="--contact REF says which",
            )
        elif live:
            chosen[plan.lead["id"]] = live[0]
    images = rows.required_images(work.connection, work.scope, entity, set(chosen.values()), lock=True)
    for plan in plans:
        if plan.lead["id"] in chosen:
            plan.contact = images[chosen[plan.lead["id"]]]


def settle(work: Work, plans: Sequence[Plan]) -> None:
    """Make the contacts that are missing and complete the others; leads with one address become one contact."""
    entity = catalog.entity("contact")
    drafts: dict[Any, Row] = {}
    changes: dict[UUID, Row] = {}
    for plan in plans:
        wanted = _wanted(work, plan)
        key = plan.lead["email"] or plan.lead["id"]
        if plan.contact is not None:
            id = plan.contact["id"]
            more = changes.setdefault(id, {})
            more.update(_completed(plan.contact | more, wanted))
        elif key in drafts:
            drafts[key].update(_completed(drafts[key], wanted))
            plan.contact = drafts[key]
        else:
            plan.contact_is_new = True
            plan.contact = drafts[key] = wanted
    made = records.add(work, entity, list(drafts.values())) if drafts else []
    for draft, row in zip(drafts.values(), made, strict=True):
        draft.update(row)
    _add_addresses(work, plans, changes)
    records.edit(work, entity, list(changes.items()))
    _link_companies(work, plans)


def _wanted(work: Work, plan: Plan) -> Row:
    """Return what a lead tells of a contact."""
    lead, company = plan.lead, plan.company
    stage = "sales_qualified" if plan.wish.no_deal else "opportunity"
    return {
        **_person(lead),
        **{name: lead[name] for name in TAKEN},
        "company": company["name"] if company else lead["company"],
        "company_id": company["id"] if company else None,
        "tags": list(lead["tags"]),
        "custom_fields": plan.custom(work, catalog.entity("contact")),
        "owner_id": plan.owner,
        "assigned_to_id": lead["assigned_to_id"],
        "lifecycle_stage": stage,
        "last_activity_at": max(lead["last_activity_at"] or plan.on, plan.on),
        "do_not_call": lead["do_not_call"],
        "do_not_email": lead["do_not_email"],
    }


def _person(lead: Row) -> Row:
    """Return first and last name: as given, or taken from a name that is not the company's."""
    if lead["first_name"] or lead["last_name"]:
        return {"first_name": lead["first_name"], "last_name": lead["last_name"]}
    if lead["name"] in (lead["company"], lead["email"]):
        # Without any way to call the person, the company or the address does.
        return {"first_name": None, "last_name": None}
    first, _, last = str(lead["name"]).strip().rpartition(" ")
    return {"first_name": (first or last)[:100], "last_name": last[:100] if first else None}


def _completed(there: Row, wanted: Row) -> Row:
    """Return what a lead adds to a contact that exists: nothing that is there is overwritten."""
    changes = filled(there, wanted)
    if "company_id" in changes and there.get("company") not in (None, "", wanted["company"]):
        # The contact works for somebody else; a name without a link stays a name.
        del changes["company_id"]
    stages = [there["lifecycle_stage"], wanted["lifecycle_stage"]]
    if stages[0] in LIFECYCLE:
        changes["lifecycle_stage"] = max(stages, key=LIFECYCLE.index)
    changes["last_activity_at"] = max(
        there.get("last_activity_at") or wanted["last_activity_at"], wanted["last_activity_at"]
    )
    # Who does not want to be called or written to has said so for good.
    changes |= {name: True for name in ("do_not_call", "do_not_email") if wanted[name]}
    return changes


def _add_addresses(work: Work, plans: Sequence[Plan], changes: dict[UUID, Row]) -> None:
    """Keep the addresses of leads whose contact was named as further ones, unless somebody else has them."""
    named = [
        plan
        for plan in plans
        if plan.wish.contact_id and plan.contact and plan.lead["email"] not in (None, plan.contact["email"])
    ]
    hits = keys.stored(work, catalog.entity("contact"), "email", {plan.lead["email"] for plan in named})
    for plan in named:
        more = changes[plan.wish.contact_id]  # type: ignore[index]
        if not hits.get(plan.lead["email"]) and "email" not in more:
            more.setdefault("emails", []).append(plan.lead["email"])


def _link_companies(work: Work, plans: Sequence[Plan]) -> None:
    """Link contacts to companies that are not their main one."""
    table = catalog.entity("contact_companies")
    ids = {plan.contact["id"] for plan in plans if plan.contact}
    main = rows.fetch(work.connection, work.scope, catalog.entity("contact"), "id", ids, ["id", "company_id"])
    known = {tuple(row) for row in main}
    columns = ["contact_id", "company_id"]
    known |= {tuple(row) for row in rows.fetch(work.connection, work.scope, table, "contact_id", ids, columns)}
    pairs = dict.fromkeys((plan.contact["id"], plan.company["id"]) for plan in plans if plan.contact and plan.company)
    new = [dict(zip(columns, pair, strict=True)) for pair in pairs if pair not in known]
    records.put(work, table.name, new)
