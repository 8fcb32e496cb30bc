"""Leads as they were: the fields that the journal knows, the events that were known, and the model of that time."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid
from mycrm_cli.query import recorded
from mycrm_cli.services import rows
from mycrm_cli.services.scoring import models, signals
from mycrm_cli.services.scoring.facts import Leads
from mycrm_cli.services.scoring.inputs import CUSTOM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.scoring.inputs import Facts
    from mycrm_cli.services.scoring.models import Model

FIELDS = ("status", "source", "job_title", "email", "company", "estimated_value", "do_not_call", "do_not_email")
"""Fields of a lead that scores look at, and that the journal knows as they were."""


def model_at(reader: Reader, at: datetime) -> Model | None:
    """Return the version that leads were scored with at a moment: the journal knows when another was chosen."""
    entity = catalog.entity("scoring_models")
    for model in models.stored(reader):
        if model.trained_at is not None and model.trained_at > at:
            continue
        was = as_was(reader, entity.name, model.id, at)
        if was.get("is_active", model.is_active):
            return model
    return None


def fact_at(reader: Reader, engine: Any, id: UUID, at: datetime) -> Facts:
    """Return the facts of a lead as they were, with the events that were known then; raises Invalid before it was."""
    leads = Leads(reader, custom=engine.needs_custom)
    [(fact, _)] = list(leads.of([id]))
    if fact.created_at > at.timestamp():
        raise Invalid(f"L-{fact.number} was not there then", details=[{"field": "at", "code": "too_early"}])
    [(company, unsubscribed)] = rows.fetch(
        reader.connection, reader.scope, catalog.entity("lead"), "id", [id], ["company", "do_not_email"]
    )
    was = as_was(reader, "lead", id, at)
    custom = dict(fact.custom)
    for name in [name for name in was if name.startswith(CUSTOM)]:
        custom[name.removeprefix(CUSTOM)] = was.pop(name)
    was = {"company": company, "do_not_email": unsubscribed} | {k: v for k, v in was.items() if k in FIELDS}
    company, no_mail = was.pop("company"), was.pop("do_not_email")
    value = was.pop("estimated_value", fact.estimated_value)
    fact = fact._replace(**was, custom=custom, estimated_value=None if value is None else float(value))
    [firm] = leads.firms([(fact.email, company)])
    fact = fact._replace(employees=firm.employees, revenue=firm.revenue, industry=firm.industry)
    fact = fact._replace(no_mail=suppressed(reader, fact.email, at) or ("unsubscribe" if no_mail else None))
    sums = signals.rebuilt(reader, [id], engine.half_lives, at, known=True)[id]
    return models.with_sums(fact, sums)


def suppressed(reader: Reader, email: str | None, at: datetime) -> str | None:
    """Return why an address got no mail at a moment."""
    entity = catalog.entity("suppressions")
    wanted = [email] if email else []
    found = rows.fetch(reader.connection, reader.scope, entity, "email", wanted, ["reason", "created_at"])
    return next((str(reason) for reason, when in found if when <= at), None)


def as_was(reader: Reader, name: str, id: UUID, at: datetime) -> dict[str, Any]:
    """Return the fields of a record that had another value at a moment, as JSON holds them."""
    found: dict[str, Any] = {}
    for entry in recorded.entries(reader, catalog.entity(name), id):
        if entry["at"] <= at:
            break
        found |= {field: old for field, old, _ in entry["fields"] if old is not ...}
    return found
