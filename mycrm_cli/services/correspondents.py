"""The people behind the addresses of messages: contacts, leads and users of the organization."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import activities, rows, rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

PEOPLE = ("contact_id", "lead_id")
SIDES = ("to_email", "from_email")


def fill(work: Work, values: Sequence[Row]) -> None:
    """Link messages with the people they were exchanged with, and enter addresses that follow from them.

    What is given stays. A row with an id is the copy of another one and stays as it is.
    """
    fresh = [value for value in values if value.get("id") is None]
    _from_deals(work, fresh)
    _find_people(work, [value for value in fresh if not any(person in value for person in PEOPLE)])
    if not activities.imported(work):
        _enter_addresses(work, [value for value in fresh if any(value.get(person) for person in PEOPLE)])


def link(work: Work, values: Sequence[Row]) -> None:
    """Link messages that come from a file with the people behind their addresses, where the file names none."""
    _find_people(work, [value for value in values if not any(person in value for person in PEOPLE)])


def _from_deals(work: Work, values: Sequence[Row]) -> None:
    """Take the contact of the deal where there is no other link and no address that would say it."""
    wanted = [value for value in values if value.get("opportunity_id") and not any(p in value for p in PEOPLE)]
    wanted = [value for value in wanted if not all(value.get(side) for side in SIDES)]
    if wanted:
        ids = {value["opportunity_id"] for value in wanted}
        found = activities.columns_of(work, "deal", ids, ["contact_id"])
        for value in wanted:
            if (contact := found.get(value["opportunity_id"], [None])[0]) is not None:
                value["contact_id"] = contact


def _find_people(work: Work, values: Sequence[Row]) -> None:
    """Link the contact, or else the lead, that has one of the addresses; the receiver comes first."""
    emails = {value[side] for value in values for side in SIDES if value.get(side)}
    if not emails:
        return
    contacts = holders(work, "contact", emails)
    leads = holders(work, "lead", emails - contacts.keys())
    for value in values:
        sides = [value[side] for side in SIDES if value.get(side)]
        for column, known in (("contact_id", contacts), ("lead_id", leads)):
            if person := next((known[email] for email in sides if email in known), None):
                value[column] = person
                break


def holders(work: Work, noun: str, emails: Iterable[str]) -> dict[str, UUID]:
    """Return the live record of each address that exactly one has."""
    entity = catalog.entity(noun)
    found: dict[str, set[UUID]] = {}
    for email, id in rules.held(work, entity, "email", sorted(emails)):
        found.setdefault(email, set()).add(id)
    return {email: ids.pop() for email, ids in found.items() if len(ids) == 1}


def _enter_addresses(work: Work, values: Sequence[Row]) -> None:
    """Enter the missing side of a message with a known person; without any side it went from us to them."""
    for column, noun in zip(PEOPLE, ("contact", "lead"), strict=True):
        wanted = [value for value in values if value.get(column) and not all(value.get(side) for side in SIDES)]
        ids = {value[column] for value in wanted}
        found: Mapping[UUID, Sequence[Any]] = activities.columns_of(work, noun, ids, ["email"]) if ids else {}
        for value in wanted:
            theirs = found.get(value[column], [None])[0]
            if not value.get("to_email") and not value.get("from_email"):
                value["from_email"] = work.scope.email
            missing, given = ("from_email", "to_email") if value.get("to_email") else ("to_email", "from_email")
            # Nobody writes to themselves: where their side is given, the other one is ours.
            value[missing] = work.scope.email if theirs == value[given] else theirs or value.get(missing)


def ours(work: Work, emails: Iterable[str | None]) -> set[str]:
    """Return the addresses among these that are users' of the organization."""
    wanted = sorted({email for email in emails if email})
    user = catalog.entity("user")
    found = rows.fetch(work.connection, work.scope, user, "email", wanted, ["email"]) if wanted else ()
    return {row[0] for row in found}
