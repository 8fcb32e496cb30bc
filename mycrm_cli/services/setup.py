"""New organizations: the organization itself, its first user, and what every one begins with."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.db import directory
from mycrm_cli.errors import Duplicate
from mycrm_cli.ids import uuid7
from mycrm_cli.scope import Locale, Scope
from mycrm_cli.services import records
from mycrm_cli.services.work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any
    from uuid import UUID

    from mycrm_cli.db.connect import Connection

STAGES = (
    ("Qualification", 10, False, False),
    ("Needs analysis", 25, False, False),
    ("Proposal", 50, False, False),
    ("Negotiation", 75, False, False),
    ("Closed won", 100, True, False),
    ("Closed lost", 0, False, True),
)
"""The default pipeline: name, probability in percent, won, lost."""


def create_organization(
    connection: Connection,
    *,
    organization: Mapping[str, Any],
    admin: Mapping[str, Any],
    role: str = "admin",
    command: tuple[str, ...] = ("init",),
    dry_run: bool = False,
) -> UUID:
    """Create an organization with its first user and default pipeline, and return its id.

    ``organization`` has name, slug and settings; ``admin`` the user's columns. The connection is
    closed. Raises Duplicate where the short name or the address is taken.
    """
    refuse_taken(connection, organization["slug"])
    scope = _first_scope(organization, admin, role)
    connection.organization_id = scope.organization_id
    with Work(connection, lambda _: scope, command=command, dry_run=dry_run) as work:
        values = dict(organization) | {"id": scope.organization_id}
        records.add(work, catalog.entity("org"), [values])
        user = dict(admin) | {"id": scope.user_id, "role": role}
        records.add(work, catalog.entity("user"), [user])
        add_default_pipeline(work)
    return scope.organization_id


def refuse_taken(connection: Connection, slug: str) -> None:
    """Raise Duplicate where another organization of the database has the short name."""
    connection.begin()
    taken = directory.find_organization(connection, slug)
    connection.rollback()
    if taken:
        connection.close()
        hint = f"mycrm profile add NAME --organization {slug} --user EMAIL works with it, or choose another --slug"
        raise Duplicate(f"the database has an organization {slug} already", hint=hint)


def _first_scope(organization: Mapping[str, Any], admin: Mapping[str, Any], role: str) -> Scope:
    """Return the scope of somebody who is about to exist."""
    settings = organization.get("settings", {})
    return Scope(
        uuid7(),
        uuid7(),
        role,
        organization=organization["name"],
        slug=organization["slug"],
        email=admin["email"],
        locale=Locale(settings.get("timezone", "UTC"), settings.get("region", "US"), settings.get("currency", "USD")),
    )


def add_default_pipeline(work: Work) -> None:
    """Create the pipeline that every organization begins with."""
    [pipeline] = records.add(work, catalog.entity("pipeline"), [{"name": "Sales", "is_default": True}])
    stages = [
        {
            "name": name,
            "probability": probability,
            "order": order,
            "is_won": won,
            "is_lost": lost,
            "pipeline_id": pipeline["id"],
        }
        for order, (name, probability, won, lost) in enumerate(STAGES, 1)
    ]
    records.add(work, catalog.entity("stage"), stages)
