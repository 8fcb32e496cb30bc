"""How far a run over all leads is: it stands with the model, so that a run that was killed is taken up again."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.services import rows
from mycrm_cli.services.scoring import models

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mycrm_cli.services.scoring.models import Model
    from mycrm_cli.services.work import Work

SWEEP = "sweep"
"""The member of a model's metrics that says it; None: all leads have been scored with the model."""


class Sweep(NamedTuple):
    """How far it is: the last id that was looked at, and the moment as of which it scores."""

    after: UUID | None
    as_of: datetime


def of(model: Model) -> Sweep | None:
    """Return how far the sweep with a model is; None where none is under way."""
    told = model.metrics.get(SWEEP)
    return Sweep(UUID(told[0]) if told[0] else None, datetime.fromisoformat(told[1])) if told else None


def mark(work: Work, model: Model, sweep: Sweep | None) -> Model:
    """Write down how far a sweep is; None: it is done."""
    told = None if sweep is None else [sweep.after.hex if sweep.after else None, sweep.as_of.isoformat()]
    metrics = model.metrics | {SWEEP: told}
    rows.update(work.connection, work.scope, catalog.entity("scoring_models"), [(model.id, {"metrics": metrics})])
    return model._replace(metrics=metrics)


def behind(begin: Callable[[], Work], sweep: Sweep) -> bytes:
    """Return the open leads that a sweep has not looked at yet, in the order of their ids; notes are gathered first."""
    with begin() as work:
        return models.open_ids(work, sweep.after)


def done(begin: Callable[[], Work], model: Model) -> Model:
    """Write down that a sweep has come to its end."""
    with begin() as work:
        return mark(work, model, None)
