"""What leads are called, and how far they have come."""

from __future__ import annotations

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Conflict
from mycrm_cli.services import records, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

EXTERNAL = "+external"
"""Where the values of a new lead carry the key that another system gave it."""

TIMES = {"qualified": "qualified_at", "disqualified": "disqualified_at", "converted": "converted_at"}
"""The time that goes with a status."""

GIVEN_UP = ("disqualified_at", "disqualify_reason")
"""What is empty again for a lead that is not disqualified any more."""


def built_name(value: Row) -> str | None:
    """Return the name that a lead has of its own: first and last name, else company, e-mail, external id."""
    person = " ".join(part for part in (value.get("first_name"), value.get("last_name")) if part)
    return person or value.get("company") or value.get("email") or value.get(EXTERNAL) or None


def reference(lead: Row) -> str:
    """Return the number by which people refer to a lead, or a placeholder for one that has none yet."""
    return f"L-{lead['number']}" if lead.get("number") else "REF"


def called(lead: Row) -> str:
    """Return how messages call a lead."""
    return catalog.entity("lead").called(lead.get("number"), lead["name"])


def note_statuses(work: Work, written: Sequence[Written]) -> None:
    """Write an activity for each lead whose status changed."""
    moved = [record for record in written if record.before and record.before["status"] != record.after["status"]]
    records.put(work, "activity", [_status_change(work, record) for record in moved])


def _status_change(work: Work, record: Written) -> Row:
    """Return the activity: from which status to which, and why."""
    before, after, _ = record
    assert before is not None
    converted = after["status"] == "converted"
    return {
        "activity_type": "status_change",
        "subject": f"{before['status']} -> {after['status']}",
        "outcome": after["disqualify_reason"] if after["status"] == "disqualified" else None,
        "occurred_at": after["converted_at"] if converted else after["last_activity_at"] or clock.now(),
        "user_id": work.scope.user_id,
        "lead_id": after["id"],
        "contact_id": after["converted_contact_id"] if converted else None,
        "opportunity_id": after["converted_opportunity_id"] if converted else None,
    }


def set_status(work: Work, ids: Sequence[UUID], status: str, more: Row | None = None) -> list[UUID]:
    """Give leads a status and return the ids of those that had another; raises Conflict for a converted one."""
    entity = catalog.entity("lead")
    refuse_converted(work, ids)
    return records.edit(work, entity, [(id, {"status": status} | (more or {})) for id in ids])


def refuse_converted(work: Work, ids: Sequence[UUID]) -> None:
    """Refuse leads that are converted, naming what became of them; raises Conflict."""
    found = rows.fetch(work.connection, work.scope, catalog.entity("lead"), "id", ids, ["id", "status"])
    if done := [id for id, status in found if status == "converted"]:
        raise converted(work, done)


def converted(work: Work, ids: Sequence[UUID]) -> Conflict:
    """Return the error for leads that are converted already: it names the contact and the deal of each."""
    images = rows.images(work.connection, work.scope, catalog.entity("lead"), ids)
    names = _named(work, list(images.values()))
    parts = [(image, _became(image, names)) for image in images.values()]
    details: list[dict[str, object]] = [
        {"field": "status", "code": "converted", "message": f"{called(image)} became {became}"}
        for image, became in parts
    ]
    image, became = parts[0]
    more = f", and {len(parts) - 1} more are" if len(parts) > 1 else ""
    first = images[ids[0]]["converted_contact_id"]
    hint = f"mycrm contact view {names[first].split()[0]}" if first in names else "mycrm lead list status!=converted"
    return Conflict(f"{called(image)} is converted already: {became}{more}", details=details, hint=hint)


def _named(work: Work, images: Sequence[Row]) -> dict[UUID, str]:
    """Return how the contacts and deals are called that leads became."""
    from mycrm_cli.services.transfer import keys

    names: dict[UUID, str] = {}
    for column, noun in (("converted_contact_id", "contact"), ("converted_opportunity_id", "deal")):
        ids = {image[column] for image in images if image[column]}
        names |= keys.named(work, catalog.entity(noun), ids) if ids else {}
    return names


def _became(image: Row, names: dict[UUID, str]) -> str:
    """Return what a lead became, in words."""
    parts = []
    for column, noun in (("converted_contact_id", "contact"), ("converted_opportunity_id", "deal")):
        if image[column] in names:
            parts.append(f"{noun} {names[image[column]]}")
    return ", ".join(parts) or "neither contact nor deal is here any more"
