"""The company of a lead: named, found by its domain or its name, or made from its name."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Ambiguous
from mycrm_cli.kinds import BadValue, make
from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.services import leads, records, rows
from mycrm_cli.services.duplicates.traits import FREE_MAIL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.converting.plan import Plan
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


class Known:
    """The companies that leads may belong to, by domain, by folded name and by id; new ones join them."""

    def __init__(self, work: Work, plans: Sequence[Plan]) -> None:
        domains = {domain for plan in plans for domain in domains_of(plan.lead)}
        names = {fold_key(plan.lead["company"]) for plan in plans if plan.lead["company"]}
        ids = {plan.wish.company_id for plan in plans} | {(plan.contact or {}).get("company_id") for plan in plans}
        self.by_id = _found(work, "id", ids - {None})
        self.by_domain = {row["domain"]: row for row in _found(work, "domain", domains).values()}
        self.by_name: dict[str, list[Row]] = {}
        for row in _found(work, "name_key", names).values():
            self.by_name.setdefault(row["name_key"], []).append(row)
        self.new: list[Row] = []

    def join(self, row: Row) -> None:
        """Take a company that is about to be made among those that are known."""
        self.new.append(row)
        self.by_name.setdefault(fold_key(row["name"]), []).append(row)
        if row["domain"]:
            self.by_domain[row["domain"]] = row


def _found(work: Work, column: str, keys: set[Any]) -> dict[Any, Row]:
    """Return (id, name, name_key, domain) of companies by id."""
    columns = ["id", "name", "name_key", "domain"]
    found = rows.fetch(work.connection, work.scope, catalog.entity("company"), column, keys, columns)
    return {row[0]: dict(zip(columns, row, strict=True)) for row in found}


def domains_of(lead: Row) -> list[str]:
    """Return the domains of a lead's address and web site that tell a company."""
    kind, found = make("domain"), []
    for text in ((lead["email"] or "").rpartition("@")[2], lead["website"]):
        try:
            domain = str(kind.read(text)) if text else ""
        except BadValue:
            continue
        if domain and domain not in FREE_MAIL:
            found.append(domain)
    return list(dict.fromkeys(found))


def settle(work: Work, plans: Sequence[Plan]) -> None:
    """Find or make the company of each lead; those that tell of none have none."""
    known = Known(work, plans)
    for plan in plans:
        plan.company = _find(known, plan)
        if plan.company is None and plan.lead["company"]:
            plan.company_is_new = True
            plan.company = _new(work, plan)
            known.join(plan.company)
    made = records.add(work, catalog.entity("company"), known.new) if known.new else []
    for draft, row in zip(known.new, made, strict=True):
        draft.update(row)


def _find(known: Known, plan: Plan) -> Row | None:
    """Return the company that a lead belongs to, or None; raises Ambiguous where its name tells several."""
    if plan.wish.company_id:
        if plan.wish.company_id not in known.by_id:
            raise rows.lost(catalog.entity("company"), plan.wish.company_id)
        return known.by_id[plan.wish.company_id]
    for domain in domains_of(plan.lead):
        if domain in known.by_domain:
            return known.by_domain[domain]
    name = fold_key(plan.lead["company"] or "")
    linked = known.by_id.get(plan.contact["company_id"]) if plan.contact else None
    if linked and name in ("", linked["name_key"], fold_key((plan.contact or {}).get("company") or "")):
        return linked
    several = known.by_name.get(name, [])
    if len(several) > 1:
        raise Ambiguous(
            f"{leads.called(plan.lead)}: {len(several)} companies are called {plan.lead['company']}",
            candidates=[f"{row['name']} {row['domain'] or row['id']}" for row in several[:5]],
            hint="--company REF says which",
        )
    return several[0] if several else None


def _new(work: Work, plan: Plan) -> Row:
    """Return the values of a company made from a lead."""
    lead, domains = plan.lead, domains_of(plan.lead)
    return {
        "name": lead["company"],
        "domain": domains[0] if domains else None,
        "website": lead["website"],
        "owner_id": plan.owner,
        "custom_fields": plan.custom(work, catalog.entity("company")),
    }
