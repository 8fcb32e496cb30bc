"""What goes with a lead to the contact and the deal it becomes: notes, activities, mail, tasks that are open."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import records, rows, updating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.converting.plan import Plan
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

CARRIED: dict[str, tuple[str, ...]] = {
    "note": (),
    "activity": (),
    "email": (),
    "task": ("pending", "in_progress"),
    "email_sequence_enrollments": ("active", "paused"),
}
"""What points to a lead and is to point to its contact and deal as well, and the statuses in which it does."""


def carry(work: Work, plans: Sequence[Plan]) -> None:
    """Let what hangs on the leads hang on their contacts and deals too; what they point to already stays."""
    by_lead = {plan.lead["id"]: plan for plan in plans}
    for name, statuses in CARRIED.items():
        table = catalog.entity(name)
        columns = ["id", "status"] if statuses else ["id"]
        found = rows.fetch(work.connection, work.scope, table, "lead_id", by_lead, columns)
        ids = sorted(row[0] for row in found if not statuses or row[1] in statuses)
        for chunk in rows.chunks(ids):
            before = rows.images(work.connection, work.scope, table, chunk, lock=True)
            changed = [(id, _links(by_lead[image["lead_id"]], image)) for id, image in before.items()]
            updating.write(work, table, before, [(id, links) for id, links in changed if links])


def _links(plan: Plan, image: Row) -> Row:
    """Return the links that a row gets: contact and deal, where it has none."""
    new = {"contact_id": plan.contact, "opportunity_id": plan.deal}
    return {name: row["id"] for name, row in new.items() if row and image[name] is None}


def write_remarks(work: Work, plans: Sequence[Plan]) -> None:
    """Make a note of the remarks in the leads themselves."""
    notes = [
        {
            "body": plan.lead["notes"],
            "author_id": work.scope.user_id,
            "lead_id": plan.lead["id"],
            "contact_id": plan.contact["id"] if plan.contact else None,
            "opportunity_id": plan.deal["id"] if plan.deal else None,
        }
        for plan in plans
        if (plan.lead["notes"] or "").strip()
    ]
    records.put(work, "note", notes)
