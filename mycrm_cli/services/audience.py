"""Who is told: users who work here, and the administrators of what belongs to nobody."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.times import zone
from mycrm_cli.roles import ADMINISTRATORS
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.scope import Scope
    from mycrm_cli.services.work import Work

COLUMNS = ("id", "email", "first_name", "last_name", "role", "timezone", "quiet_hours", "is_active", "is_service")

UNREACHABLE = ("bounce", "complaint", "manual")
"""Reasons to hold an address back that hold for every mail."""


class Person(NamedTuple):
    """A user who may be told something: ``zone`` is an IANA time zone, ``hours`` when nothing is to come."""

    id: UUID
    email: str
    name: str
    role: str
    zone: str
    hours: str | None

    def is_quiet(self, now: datetime) -> bool:
        """Return whether it is one of the hours in which nothing is to come."""
        from mycrm_cli.services.reminding import quiet

        return quiet.holds(self.hours, self.zone, now)


def people(connection: Connection, scope: Scope) -> dict[UUID, Person]:
    """Return the users who work here by id; jobs and those who have left are not told anything."""
    org, table, own = catalog.entity("org"), catalog.entity("user"), scope.organization_id
    [(settings,)] = rows.fetch(connection, scope, org, "id", [own], ["settings"])
    home = str((settings or {}).get("timezone") or "UTC")
    found = rows.fetch(connection, scope, table, "organization_id", [own], COLUMNS)
    known = [
        Person(id, email, f"{first or ''} {last or ''}".strip(), role, zone_of(where, home), hours)
        for id, email, first, last, role, where, hours, active, service in found
        if active and not service
    ]
    return {one.id: one for one in sorted(known, key=lambda one: one.email)}


def obstacle(work: Work, user: UUID | None, email: str | None, channel: str) -> str | None:
    """Return why somebody is not to be told after all: they have left meanwhile, or their address gets no mail."""
    columns = ["is_active", "email"]
    if user is not None:
        found = rows.fetch(work.connection, work.scope, catalog.entity("user"), "id", [user], columns)
        if not any(active and address == email for active, address in found):
            return "has left, or has another address now"
    if channel != "email" or not email:
        return None
    held = catalog.entity("suppressions")
    # Who wants no advertising is told of their work all the same.
    reasons = rows.fetch(work.connection, work.scope, held, "email", [email.lower()], ["reason"])
    return next((f"the address gets no mail: {reason}" for (reason,) in reasons if reason in UNREACHABLE), None)


def zone_of(name: str | None, home: str) -> str:
    """Return a time zone that there is: the user's, the organization's, or UTC."""
    for known in (name, home):
        try:
            zone(known or "")
        except BadValue:
            continue
        return str(known)
    return "UTC"


def told(known: Mapping[UUID, Person], owner: UUID | None) -> list[Person]:
    """Return who is told of what somebody is responsible for: the owner, else the administrators."""
    if owner is not None and owner in known:
        return [known[owner]]
    return [one for one in known.values() if one.role in ADMINISTRATORS]
