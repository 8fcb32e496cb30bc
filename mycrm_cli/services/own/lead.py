"""Leads have a name and a status that makes sense, and new ones go to whom the rules name."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.errors import Conflict, Invalid
from mycrm_cli.services import assignment, leads
from mycrm_cli.services.people import consent
from mycrm_cli.services.sequences import stopping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def fill(work: Work, values: Sequence[Row]) -> None:
    """Give new leads a name, and the time that goes with their status."""
    now = clock.now()
    for value in values:
        if not value.get("name") and (name := leads.built_name(value)):
            value["name"] = name
        if value.get("converted_at") and not value.get("status"):
            value["status"] = "converted"
        moment = leads.TIMES.get(value.get("status") or "")
        if moment and moment != "converted_at" and not value.get(moment):
            value[moment] = now


def adapt(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Keep names that were built in line with what they were built from, and refusals of calls and mail."""
    consent.keep(work, edits)
    for before, changes in edits:
        after = before | changes
        if "name" in changes:
            if not changes["name"]:
                changes["name"] = leads.built_name(after)
        elif before["name"] == leads.built_name(before) and (name := leads.built_name(after)):
            changes["name"] = name


def derive(work: Work, changes: Sequence[tuple[Row, Row]]) -> None:
    """Set and empty the times that go with a status, and keep the last activity moving."""
    now = clock.now()
    for before, touched in changes:
        if "status" not in touched:
            continue
        moment = leads.TIMES.get(touched["status"])
        if moment and moment != "converted_at":
            touched.setdefault(moment, now)
        if before["status"] == "disqualified":
            touched.update({name: None for name in leads.GIVEN_UP if before[name] is not None})
        happened = touched.get("converted_at") or now
        touched["last_activity_at"] = max(before["last_activity_at"] or happened, happened)


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a lead without any name, and a status that only converting brings."""
    if not after["name"]:
        raise Invalid(
            "a lead needs one of: name, email, company, external id", details=[{"field": "name", "code": "required"}]
        )
    if after["status"] == "converted" and after["converted_at"] is None:
        raise Invalid(
            "a lead becomes converted by converting it",
            details=[{"field": "status", "code": "not_allowed"}],
            hint=f"mycrm lead convert {leads.reference(after)}; an import of converted leads brings converted_at",
        )
    if before is not None and before["status"] == "converted" != after["status"]:
        raise Conflict(
            f"{leads.called(after)} is converted and stays so",
            details=[{"field": "status", "code": "converted"}],
            hint="mycrm undo takes back a conversion; mycrm change list shows which",
        )


def follow(work: Work, written: Sequence[Written]) -> None:
    """Write down changes of status, and give new leads without an owner to whom the rules name."""
    leads.note_statuses(work, [record for record in written if record.before is not None])
    stopping.follow_leads(work, [(record.before, record.after) for record in written])
    assignment.welcome(work, [record for record in written if record.before is None])
    consent.hold(work, written)
