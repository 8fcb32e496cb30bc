"""What is wanted of a conversion, and how far it has come: one plan for each lead."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.errors import CrmError
from mycrm_cli.kinds.base import EMPTY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.stages import StageName
    from mycrm_cli.services.work import Work


class Wish(NamedTuple):
    """What somebody asked for when converting a lead; what is None is found out.

    ``on`` is a day or a moment; ``more`` are further values of the deal.
    """

    lead_id: UUID
    contact_id: UUID | None = None
    company_id: UUID | None = None
    deal: str | None = None
    no_deal: bool = False
    pipeline_id: UUID | None = None
    stage: StageName | None = None
    value: Decimal | None = None
    close: date | None = None
    owner_id: UUID | None = None
    on: date | datetime | None = None
    role: str | None = None
    more: Row | None = None


class Plan:
    """One lead on its way: the rows it becomes, as far as they are known."""

    __slots__ = (
        "company",
        "company_is_new",
        "contact",
        "contact_is_new",
        "deal",
        "kept",
        "lead",
        "on",
        "owner",
        "wish",
    )

    def __init__(self, wish: Wish, lead: Row, on: datetime, owner: UUID) -> None:
        self.wish = wish
        self.lead = lead
        self.on = on
        self.owner = owner
        self.contact: Row | None = None
        self.company: Row | None = None
        self.deal: Row | None = None
        self.contact_is_new = False
        self.company_is_new = False
        self.kept: set[str] = set(lead["custom_fields"])
        """Custom fields that nothing takes over."""

    def custom(self, work: Work, entity: Entity) -> dict[str, Any]:
        """Return the custom fields of the lead that are defined for another noun and fit there."""
        definitions = work.reader.custom_fields(entity)
        taken = {}
        for key, value in self.lead["custom_fields"].items():
            if key in definitions and (fitting := _fitting(work, definitions[key].kind, value)) is not None:
                taken[key] = fitting
        self.kept -= taken.keys()
        return taken


def _fitting(work: Work, kind: Any, value: Any) -> Any:
    """Return a value as another field holds it, or None where it does not fit."""
    from mycrm_cli.kinds import BadValue

    try:
        return kind.dump(kind.accept(value, work.scope.locale))
    except (BadValue, CrmError):
        return None


def filled(there: Row, wanted: Row) -> Row:
    """Return those of the wanted values for which there is nothing yet; tags and custom fields come together."""
    changes = {
        name: value
        for name, value in wanted.items()
        if value not in EMPTY and there.get(name) in EMPTY and name not in ("tags", "custom_fields")
    }
    if tags := [tag for tag in wanted.get("tags") or () if tag not in there["tags"]]:
        changes["tags"] = [*there["tags"], *tags]
    if own := {key: v for key, v in (wanted.get("custom_fields") or {}).items() if key not in there["custom_fields"]}:
        changes["custom_fields"] = there["custom_fields"] | own
    return changes
