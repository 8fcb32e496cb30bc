"""New organizations: the organization itself, its first user, and what every one begins with."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.db import directory
from mycrm_cli.errors import Duplicate
from mycrm_cli.ids import uuid7
from mycrm_cli.scope import Locale, Scope
from mycrm_cli.services import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mycrm_cli.services.work import Work

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
    work: Work, organization: Mapping[str, Any], admin: Mapping[str, Any], *, pipeline: bool = True
) -> None:
    """Create the organization that ``work`` is in the founding scope of, with its first user and default pipeline.

    Without ``pipeline`` it begins with none, for pipelines that come from elsewhere. ``organization`` has
    name, slug and settings; ``admin`` the user's columns. Raises Duplicate where the short name or the
    address is taken.
    """
    slug = organization["slug"]
    if directory.find_organization(work.connection, slug):
        hint = f"mycrm profile add NAME --organization {slug} --user EMAIL works with it, or choose another --slug"
        raise Duplicate(f"the database has an organization {slug} already", hint=hint)
    scope = work.scope
    records.add(work, catalog.entity("org"), [dict(organization) | {"id": scope.organization_id}])
    records.add(work, catalog.entity("user"), [dict(admin) | {"id": scope.user_id}])
    if pipeline:
        add_default_pipeline(work)


def founding_scope(organization: Mapping[str, Any], admin: Mapping[str, Any]) -> Scope:
    """Return the scope of the first user of an organization, both of whom are about to exist."""
    settings = organization.get("settings", {})
    return Scope(
        uuid7(),
        uuid7(),
        "super_admin",
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
