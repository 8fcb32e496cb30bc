"""Scores that people set themselves: runs leave them alone until they are released."""

from __future__ import annotations

import json

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Conflict
from mycrm_cli.query.virtual import CLOSED_LEAD
from mycrm_cli.services import leads, records, rows
from mycrm_cli.services.scoring import explaining, models, rules, writing
from mycrm_cli.services.scoring.confidence import Confidence
from mycrm_cli.services.scoring.factors import Describer
from mycrm_cli.services.scoring.grades import FIRST, grade
from mycrm_cli.services.scoring.rating import HUNDRED, rounded
from mycrm_cli.services.scoring.rules import COMPONENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

VERSION = "manual"
"""What stands in the history instead of a model."""
OWN = {"score": "score", "grade": "grade", "score_breakdown": "breakdown"}
"""What a lead has of the newest row of its history."""


def put(work: Work, ids: Sequence[UUID], score: int, reason: str | None) -> list[UUID]:
    """Give leads a score that stays, and return the ids of those that had another; raises Conflict for closed ones."""
    refuse_closed(work, ids)
    model = models.active(work)
    letter = grade(score, model.cutoffs if model else FIRST)
    values = {"score": score, "grade": letter, "score_breakdown": shares(work, score), "score_locked": True}
    changed = records.edit(work, catalog.entity("lead"), [(id, values) for id in ids])
    told = [{"code": VERSION, "label": "Set by hand", "value": reason, "points": float(score), "observed_at": None}]
    row = {"score": score, "grade": letter, "breakdown": values["score_breakdown"], "factors": told}
    row |= {"model_version": VERSION, "scored_at": clock.now()}
    records.put(work, "score", [{"lead_id": id, **row} for id in changed])
    writing.recorded(work, [(id, score) for id in changed])
    return changed


def shares(work: Work, score: int) -> dict[str, int]:
    """Return a score as components: nobody said which, so that each has its share by its cap."""
    model = models.active(work)
    caps = explaining.caps(models.engine(model)) if model else rules.read(rules.default_text()).caps
    _, parts = rounded(tuple(cap * score * HUNDRED // 100 for cap in caps))
    return dict(zip(COMPONENTS, parts, strict=True))


def release(work: Work, ids: Sequence[UUID]) -> list[UUID]:
    """Let runs score leads again, which is done at once; return the ids of those that were set by hand."""
    found = rows.fetch(work.connection, work.scope, catalog.entity("lead"), "id", ids, ["id", "score_locked", "status"])
    held = {id: status for id, is_locked, status in found if is_locked}
    values: dict[UUID, Row] = {id: {"score_locked": False} for id in held}
    entries = _rated(work, [id for id, status in held.items() if status not in CLOSED_LEAD], clock.now())
    for entry in entries:
        values[entry["lead_id"]] |= {name: entry[own] for name, own in OWN.items()}
    changed = records.edit(work, catalog.entity("lead"), list(values.items()))
    records.put(work, "score", entries)
    writing.recorded(work, [(entry["lead_id"], entry["score"]) for entry in entries])
    return changed


def _rated(work: Work, ids: Sequence[UUID], now: datetime) -> list[Row]:
    """Return the rows of the history that scoring leads now gives."""
    if not ids:
        return []
    with work.on_behalf():
        model = models.ensure(work, now)
    engine, moment = models.engine(model), now.timestamp()
    facts = models.facts_as_of(work, engine, list(ids), now)
    ratings = engine.rate(facts, moment)
    describer = Describer(engine, moment)
    confidence = Confidence([factor.code for factor in engine.factors], engine.population)
    found: list[Row] = []
    for fact, rating, expiry in zip(facts, ratings, engine.expiries(facts, ratings, moment), strict=True):
        letter = grade(rating.score, engine.cutoffs)
        told, advice = describer.of(fact, rating, letter)
        row = {"lead_id": fact.id, "score": rating.score, "grade": letter}
        row |= {"breakdown": dict(zip(COMPONENTS, rating.breakdown, strict=True)), "factors": json.loads(told)}
        row |= {"recommendation": advice, "confidence": confidence.of(rating.unknown), "model_version": model.version}
        found.append(row | {"scored_at": now, "expires_at": models.moment(expiry)})
    return found


def refuse_closed(work: Work, ids: Sequence[UUID]) -> None:
    """Refuse leads that nobody works on any more; raises Conflict."""
    found = rows.fetch(work.connection, work.scope, catalog.entity("lead"), "id", ids, ["number", "name", "status"])
    for number, name, status in found:
        if status in CLOSED_LEAD:
            raise Conflict(
                f"{leads.called({'number': number, 'name': name})} is {status} and keeps its last score",
                details=[{"field": "status", "code": status}],
            )
