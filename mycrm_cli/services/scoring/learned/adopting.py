"""From outcomes to a model that scores: read, learn, store, use; and when to learn anew or to fall back."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict
from mycrm_cli.services import records
from mycrm_cli.services.scoring import grades, models
from mycrm_cli.services.scoring.learned import asof, model, told, training
from mycrm_cli.services.scoring.rating import Engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.scoring.learned.training import Trained
    from mycrm_cli.services.scoring.models import Model
    from mycrm_cli.services.work import Work


class Ready(NamedTuple):
    """A model that was trained, and where grades would begin with it."""

    trained: Trained
    cutoffs: dict[str, int]


def needs_rules(source: Reader | Work) -> bool:
    """Return whether leads were never scored yet."""
    return models.active(source) is None


def begin(work: Work, now: datetime) -> None:
    """Make the default rules the first version."""
    models.ensure(work, now)


def train(source: Reader | Work, now: datetime) -> Ready:
    """Learn a model from the outcomes so far, without storing it; raises Invalid where there are too few.

    A model must be active already: what the rules say is one input.
    """
    rules = rules_of(source)
    told = {
        "version": rules.version,
        "text": rules_text(source),
        "population": rules.population.record(),
    }
    trained = training.trained(asof.examples(source, rules, now), rules.rules.caps, told)
    trained.metrics["trained_at"] = now.isoformat()
    return Ready(trained, _cutoffs(source, trained, now))


def rules_of(source: Reader | Work) -> Engine:
    """Return the engine of the rules: the active one, or those that the active model was learned with."""
    active = _active(source)
    if active.type == "learned":
        return model.rules_engine(active.body)
    found: Engine = models.engine(active)
    return found


def rules_text(source: Reader | Work) -> str:
    """Return those rules as they were written."""
    active = _active(source)
    text = active.body["rules"]["text"] if active.type == "learned" else active.source
    return str(text)


def _active(source: Reader | Work) -> Model:
    found = models.active(source)
    if found is None:
        raise Conflict("no leads were ever scored", hint="mycrm score run")
    return found


def _cutoffs(source: Reader | Work, trained: Trained, now: datetime) -> dict[str, int]:
    """Return where grades begin: quantiles of the open leads, if there are enough of them."""
    rated = model.LearnedEngine(trained.version, trained.body, dict(grades.FIRST))
    sample, count = models.sampled(source, rated, now)
    if count < grades.ENOUGH:
        return dict(grades.FIRST)
    return grades.cutoffs([rating.score for rating in rated.rate(sample, now.timestamp())])


def store(work: Work, ready: Ready, now: datetime, *, use: bool) -> Model:
    """Store a trained model, unless the same is there already, and score with it from now on if told."""
    trained = ready.trained
    if all(model.version != trained.version for model in models.stored(work)):
        _insert(work, ready, now)
    return models.use(work, trained.version) if use else models.named(work, trained.version)


def _insert(work: Work, ready: Ready, now: datetime) -> None:
    trained = ready.trained
    value: dict[str, Any] = {
        "version": trained.version,
        "type": "learned",
        "is_provisional": trained.verdict.is_provisional,
        "body": trained.body,
        "cutoffs": ready.cutoffs,
        "metrics": trained.metrics,
        "trained_at": now,
        "user_id": work.scope.user_id,
    }
    entity = catalog.entity("scoring_models")
    records.insert(work, entity, records.prepared(work, entity, [value]))


def inputs(stored: Model) -> list[dict[str, Any]]:
    """Return the inputs of a learned model with the points between their worst and best bins."""
    return [
        {
            "name": factor.label,
            "code": factor.code,
            "component": factor.component,
            "range": round(factor.range[1] - factor.range[0], 2),
            "bins": [list(pair) for pair in factor.ways[0].values],
        }
        for factor in models.engine(stored).factors
        if factor.ways[0].kind != told.PART
    ]
