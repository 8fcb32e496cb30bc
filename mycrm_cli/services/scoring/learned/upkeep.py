"""Looks after the model that scores: learns anew when it is old, recalibrates it, and falls back to the rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from mycrm_cli import catalog
from mycrm_cli.services import rows
from mycrm_cli.services.scoring import metrics, models
from mycrm_cli.services.scoring.learned import asof, calibration, outcomes
from mycrm_cli.services.scoring.learned.arrays import numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.scoring.models import Model
    from mycrm_cli.services.work import Work

AGE = timedelta(days=30)
GROWN = 1.1
"""A model is learned anew after so long, or when there are so many times the outcomes."""
WATCHED = timedelta(days=90)
"""The time whose outcomes tell whether a model still works."""
LEAST_LIFT = 1.2
"""The lift of the top tenth under which the rules score again."""
JUDGED = 50
"""Outcomes without which nothing is judged, ten of each kind among them."""
FRESH = 100
"""Outcomes after those it learned from, without which a model is not recalibrated."""
PAUSE = timedelta(hours=20)
"""A model is looked after once a night."""


class Standing(NamedTuple):
    """How a learned model stands: its lift among recent outcomes, if it is known, and whether to learn anew."""

    lift: float | None
    is_old: bool

    @property
    def has_failed(self) -> bool:
        """Whether the rules are to score again."""
        return self.lift is not None and self.lift < LEAST_LIFT


def wanted(model: Model | None, now: datetime) -> bool:
    """Return whether a model was learned, and was not looked after since yesterday."""
    if model is None or model.type != "learned":
        return False
    last = model.metrics.get("kept_at")
    return last is None or now - datetime.fromisoformat(last) >= PAUSE


def standing(source: Reader | Work, model: Model, now: datetime) -> Standing:
    """Return how a learned model stands."""
    count = len(outcomes.outcomes(source, now))
    grown = count >= GROWN * int(model.metrics.get("outcomes", count))
    old = model.trained_at is not None and now - model.trained_at >= AGE
    return Standing(recent_lift(source, model, now), grown or old)


def recent_lift(source: Reader | Work, model: Model, now: datetime) -> float | None:
    """Return the top tenth's lift among recent outcomes by the scores that leads had before; None for too few."""
    ended = {one.id: one for one in outcomes.outcomes(source, now, WATCHED)}
    scored: dict[UUID, tuple[datetime, int]] = {}
    names = ["lead_id", "scored_at", "score", "model_version"]
    entity = catalog.entity("score")
    for lead, at, score, version in rows.fetch(source.connection, source.scope, entity, "lead_id", ended, names):
        last = scored.get(lead)
        if version == model.version and at < ended[lead].decided_at and (last is None or at > last[0]):
            scored[lead] = (at, int(score))
    labels = [ended[lead].label for lead in scored]
    if len(labels) < JUDGED or not 10 <= sum(labels) <= len(labels) - 10:
        return None
    return metrics.top_lift([score for _, score in scored.values()], labels)


def recalibrated(source: Reader | Work, model: Model, now: datetime) -> dict[str, Any] | None:
    """Return a calibration by the outcomes since a model was learned; None for too few."""
    np = numpy()
    engine = models.engine(model)
    fresh = asof.examples(source, engine.rules, now).ordered()
    since = float(model.metrics.get("newest", 0.0))
    fresh = fresh.picked([place for place, decided in enumerate(fresh.decided) if decided > since])
    if len(fresh.ids) < FRESH:
        return None
    codes = engine.form.codes(fresh.columns, np.array(fresh.as_of))
    said = engine.form.said(codes, np.array(fresh.rules, dtype=float))
    by = calibration.line(said, np.array(fresh.labels, dtype=float), calibration.straight(engine.form.by))
    return {
        "knots": [round(value, 6) for value in by.knots],
        "slopes": [round(value, 6) for value in by.slopes],
        "offset": round(by.offset, 6),
    }


def fall_back(work: Work, model: Model) -> Model:
    """Score by the rules again that a model was learned with."""
    return models.use(work, str(model.body["rules"]["version"]))


def mark(work: Work, model: Model, now: datetime, by: dict[str, Any] | None) -> None:
    """Note that a model was looked after, and its new calibration; statistics of a model are not journaled."""
    told = model.metrics | {"kept_at": now.isoformat()} | ({"recalibrated": by} if by else {})
    rows.update(work.connection, work.scope, catalog.entity("scoring_models"), [(model.id, {"metrics": told})])
