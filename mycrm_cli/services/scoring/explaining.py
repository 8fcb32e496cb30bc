"""Why a lead has its score: every factor of it now, or as it was at an earlier moment."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds.times import zone
from mycrm_cli.query.virtual import CLOSED_LEAD
from mycrm_cli.services import rows
from mycrm_cli.services.scoring import factors, models, past, signals
from mycrm_cli.services.scoring.confidence import Confidence
from mycrm_cli.services.scoring.grades import grade
from mycrm_cli.services.scoring.rules import COMPONENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.scoring.inputs import Facts
    from mycrm_cli.services.scoring.models import Model
    from mycrm_cli.services.scoring.rating import Rating

STORED = ("score", "grade", "score_breakdown", "score_locked", "status", "company", "email", "created_at")
ENTRY = ("score", "grade", "breakdown", "factors", "recommendation", "confidence", "model_version", "scored_at")
"""What a row of the history tells."""
SIGNALS = ("event_count", "last_inbound_at", "bounced_at", "expires_at")


class Part(NamedTuple):
    """What one factor gives; ``difference`` is against the average lead, which counts where it is unknown."""

    code: str
    label: str
    component: str
    points: float
    difference: float
    most: float
    value: Any
    observed_at: str | None
    is_unknown: bool


class Explanation(NamedTuple):
    """A score and all that it comes from; ``stored`` is what the database has, ``reasons`` why that differs."""

    id: UUID
    number: int
    name: str
    status: str
    as_of: datetime
    version: str
    score: int
    grade: str
    breakdown: dict[str, int]
    caps: dict[str, int]
    parts: list[Part]
    confidence: Decimal
    recommendation: str
    probability: float | None
    is_unreachable: bool
    stored: dict[str, Any]
    reasons: list[str]


def explain(reader: Reader, id: UUID, at: datetime | None = None) -> Explanation:
    """Return why a lead has its score, or had it at a moment; raises Invalid where there is none to explain."""
    as_of = at or clock.now()
    model = models.active(reader) if at is None else past.model_at(reader, at)
    if model is None:
        raise _unscored(reader, at)
    engine = models.engine(model)
    [fact] = models.facts_as_of(reader, engine, [id], as_of) if at is None else [past.fact_at(reader, engine, id, at)]
    [rating] = engine.rate([fact], as_of.timestamp())
    found = explained(engine, fact, rating, as_of)
    if at is None:
        stored, reasons = now_stored(reader, id, model, found)
    else:
        stored, reasons = then_stored(reader, id, at, found)
    return found._replace(stored=stored, reasons=reasons)


def _unscored(reader: Reader, at: datetime | None) -> Invalid:
    """Return the error where no model was in force; its hint says from when on there was one."""
    detail: dict[str, object] = {"field": "score" if at is None else "at", "code": "no_model"}
    began = [model.trained_at for model in models.stored(reader) if model.trained_at is not None]
    if at is None or not began:
        return Invalid("no lead was scored yet", details=[detail], hint="mycrm score run")
    first = min(began).astimezone(zone(reader.scope.locale.timezone))
    hint = "a later --at, or none for how it is now"
    return Invalid(f"no lead was scored before {first:%Y-%m-%d %H:%M}", details=[detail], hint=hint)


def caps(engine: Any) -> tuple[int, ...]:
    """Return the caps of the components: those of the rules that a learned model stands on are its own."""
    found: tuple[int, ...] = getattr(engine.rules, "rules", engine.rules).caps
    return found


def explained(engine: Any, fact: Facts, rating: Rating, as_of: datetime) -> Explanation:
    """Return what a rating consists of."""
    moment = as_of.timestamp()
    letter = grade(rating.score, engine.cutoffs)
    describer = factors.Describer(engine, moment)
    sure = Confidence([factor.code for factor in engine.factors], engine.population).of(rating.unknown)
    return Explanation(
        fact.id,
        fact.number,
        fact.name,
        fact.status,
        as_of,
        engine.version,
        rating.score,
        letter,
        dict(zip(COMPONENTS, rating.breakdown, strict=True)),
        dict(zip(COMPONENTS, caps(engine), strict=True)),
        [part(describer, fact, rating, place) for place in range(len(engine.factors))],
        sure,
        describer.of(fact, rating, letter)[1],
        engine.chance(fact.id) if hasattr(engine, "chance") else None,
        fact.is_unreachable,
        {},
        [],
    )


def part(describer: factors.Describer, fact: Facts, rating: Rating, place: int) -> Part:
    """Return what a factor gives to a lead."""
    engine = describer.engine
    factor, unknown = engine.factors[place], bool(rating.unknown >> place & 1)
    value, when = (None, None) if unknown else describer.observed(place, fact)
    points, average = rating.points[place] / 100, engine.averages[place] / 100
    seen = None if when is None else factors.stamp(int(when))
    told = (factor.code, factor.label, factor.component, points, round(points - average, 2), factor.range[1])
    return Part(*told, value, seen, unknown)


def now_stored(reader: Reader, id: UUID, model: Model, found: Explanation) -> tuple[dict[str, Any], list[str]]:
    """Return what is stored of a lead's score, and why it is not what comes out now."""
    lead = catalog.entity("lead")
    [row] = rows.fetch(reader.connection, reader.scope, lead, "id", [id], STORED)
    told = dict(zip(STORED, row, strict=True))
    stored = {
        "score": told["score"],
        "grade": told["grade"],
        "breakdown": told["score_breakdown"],
        "is_locked": told["score_locked"],
    }
    last = newest(reader, id)
    stored |= {"recorded": last}
    if (told["score"], told["grade"]) == (found.score, found.grade) and told["score_breakdown"] == found.breakdown:
        return stored, []
    return stored, list(_reasons(reader, id, model, told, last))


def _reasons(reader: Reader, id: UUID, model: Model, told: dict[str, Any], last: dict[str, Any] | None) -> Any:
    """Yield why a stored score is not what comes out now."""
    if told["score_locked"]:
        yield "it was set by hand"
        return
    if told["status"] in CLOSED_LEAD:
        yield f"the lead is {told['status']} and " + (
            "was not scored before" if told["score"] is None else "keeps its last"
        )
        return
    if told["score"] is None:
        yield "the lead was not scored yet"
        return
    if last and last["model_version"] != model.version:
        yield f"{model.version} scores since, it was {last['model_version']}"
    held = list(rows.fetch(reader.connection, reader.scope, catalog.entity("lead_signals"), "lead_id", [id], SIGNALS))
    if not held:
        yield "its signals were not summed up yet"
        return
    count, inbound, bounced, expires = held[0]
    sums = signals.rebuilt(reader, [id], models.engine(model).half_lives)[id]
    if (count, inbound, bounced) != (sums.event_count, sums.last_inbound_at, sums.bounced_at):
        new = sums.event_count - count
        yield f"{new} new {'event' if new == 1 else 'events'} since" if new > 0 else "its events changed since"
    elif expires is not None and expires <= clock.now():
        yield "time has passed"
    else:
        yield "the lead, its company or what mail reaches it changed since"


def then_stored(reader: Reader, id: UUID, at: datetime, found: Explanation) -> tuple[dict[str, Any], list[str]]:
    """Return the row of the history that was the newest at a moment, and why the score is another."""
    last = newest(reader, id, at)
    if last is None:
        return {"recorded": None}, []
    stored = {"score": last["score"], "grade": last["grade"], "breakdown": last["breakdown"], "recorded": last}
    if (last["score"], last["grade"]) == (found.score, found.grade):
        return stored, []
    if last["model_version"] == "manual":
        return stored, ["it was set by hand"]
    if last["model_version"] != found.version:
        return stored, [f"{found.version} was in force, {last['model_version']} wrote it"]
    if last["scored_at"] < at:
        return stored, ["it was written earlier; the history has a new row only when the grade moves, or 5 points"]
    return stored, ["something that the journal does not know of changed since: its company, or a file's old events"]


def newest(reader: Reader, id: UUID, at: datetime | None = None) -> dict[str, Any] | None:
    """Return the newest row of a lead's history, up to a moment."""
    return next((row for row in history(reader, id) if at is None or row["scored_at"] <= at), None)


def history(reader: Reader, id: UUID) -> list[dict[str, Any]]:
    """Return the rows of a lead's history, the newest first."""
    entity = catalog.entity("score")
    found = rows.fetch(reader.connection, reader.scope, entity, "lead_id", [id], ["id", *ENTRY])
    told = [dict(zip(["id", *ENTRY], row, strict=True)) for row in found]
    return sorted(told, key=lambda row: (row["scored_at"], row["id"]), reverse=True)
