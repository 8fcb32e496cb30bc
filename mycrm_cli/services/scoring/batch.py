"""Rates the leads that are in memory, and compares with what is stored: what is different is to be written."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli import catalog
from mycrm_cli.services import rows
from mycrm_cli.services.scoring import models, signals
from mycrm_cli.services.scoring.confidence import Confidence
from mycrm_cli.services.scoring.factors import Describer
from mycrm_cli.services.scoring.facts import Leads
from mycrm_cli.services.scoring.grades import letters
from mycrm_cli.services.scoring.writing import Entry, Scored, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.scoring.facts import Known
    from mycrm_cli.services.scoring.inputs import Facts
    from mycrm_cli.services.scoring.models import Model
    from mycrm_cli.services.scoring.rating import Rating
    from mycrm_cli.services.scoring.signals import Sums
    from mycrm_cli.services.work import Work

WORTH_RECORDING = 5
"""Points by which a score moves before the history has it again, unless the grade moves."""


class Counts(NamedTuple):
    """Leads that were looked at, whose score moved, whose grade moved, and rows of the history."""

    scored: int = 0
    changed: int = 0
    regraded: int = 0
    recorded: int = 0

    def __add__(self, other: Counts) -> Counts:  # type: ignore[override]
        """Return both together."""
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))


class Found(NamedTuple):
    """What is to be written of some leads, as plain tuples, which go through a pipe as they are."""

    scored: list[tuple[Any, ...]]
    entries: list[tuple[Any, ...]]
    states: list[tuple[Any, ...]]
    expiries: list[tuple[Any, ...]]
    looked_at: int
    regraded: int

    @property
    def counts(self) -> Counts:
        """How much there is."""
        return Counts(self.looked_at, len(self.scored), self.regraded, len(self.entries))


class Batch:
    """Rates leads with one model, as of one moment, and compares with what is stored."""

    def __init__(self, source: Reader | Work, model: Model, as_of: datetime) -> None:
        self.source = source
        self.as_of = as_of
        self.moment = as_of.timestamp()
        self.engine = models.engine(model)
        self.leads = Leads(source, custom=self.engine.needs_custom)
        self.letters = letters(self.engine.cutoffs)
        self.describer = Describer(self.engine, self.moment)
        self.confidence = Confidence([factor.code for factor in self.engine.factors], self.engine.population)

    def found(self, read: Sequence[tuple[Facts, Known]]) -> Found:
        """Return what is to be written of leads: only what is different from what is stored."""
        sums = self._rebuilt(read)
        pairs = [
            (models.with_sums(fact, sums[fact.id]) if fact.id in sums else fact, known)
            for fact, known in read
            if known.is_scored
        ]
        facts = [fact for fact, _ in pairs]
        ratings = self.engine.rate(facts, self.moment)
        moved = [
            (fact, known, rating)
            for (fact, known), rating in zip(pairs, ratings, strict=True)
            if fact.id in sums or self._is_other(known, rating)
        ]
        found = self._told(moved, sums)
        kept = [(fact, known) for fact, known in read if not known.is_scored and known.is_dirty]
        found.states.extend(tuple(_settled(fact, known, sums[fact.id])) for fact, known in kept)
        return found._replace(looked_at=len(pairs))

    def _is_other(self, known: Known, rating: Rating) -> bool:
        """Return whether something is to be written of a lead whose signals are as they were."""
        if known.score != rating.score or known.breakdown != rating.breakdown:
            return True
        if self.letters[rating.score] != known.grade or known.recorded_score is None:
            return True
        return known.expires_at is None or known.expires_at <= self.moment

    def _told(self, moved: Sequence[tuple[Facts, Known, Rating]], sums: dict[UUID, Sums]) -> Found:
        """Return what is to be written of leads of which something is."""
        found = Found([], [], [], [], 0, 0)
        regraded = 0
        facts, ratings = [fact for fact, _, _ in moved], [rating for _, _, rating in moved]
        expiries = self.engine.expiries(facts, ratings, self.moment)
        newest = self._newest(moved)
        for (fact, known, rating), expiry in zip(moved, expiries, strict=True):
            grade = self.letters[rating.score]
            scored = Scored(fact.id.bytes, rating.score, grade, rating.breakdown)
            if grade != known.grade or known.score != rating.score or known.breakdown != rating.breakdown:
                found.scored.append(tuple(scored))
            regraded += grade != known.grade
            recorded, last = newest.get(fact.id, (known.recorded_score, known.grade))
            if recorded is None or _is_far(recorded, last, rating.score, grade):
                found.entries.append(tuple(self.entry(scored, fact, rating, expiry)))
                recorded = rating.score
            if fact.id in sums or known.marks is None:
                found.states.append(tuple(_state(fact, known, sums.get(fact.id), recorded, expiry)))
            else:
                found.expiries.append((fact.id.bytes, recorded, expiry))
        return found._replace(regraded=regraded)

    def _newest(self, moved: Sequence[tuple[Facts, Known, Rating]]) -> dict[UUID, tuple[int, str]]:
        """Return score and grade of the newest history row where a new one seems due to a lead that was changed.

        They may be others than is known: undo takes rows away, and merging moves scores.
        """
        due = [
            fact.id
            for fact, known, rating in moved
            if known.is_dirty
            and known.recorded_score is not None
            and _is_far(known.recorded_score, known.grade, rating.score, self.letters[rating.score])
        ]
        names = ["lead_id", "scored_at", "id", "score", "grade"]
        told = rows.fetch(self.source.connection, self.source.scope, catalog.entity("score"), "lead_id", due, names)
        return {row[0]: (row[3], row[4]) for row in sorted(told, key=lambda row: row[:3])}

    def _rebuilt(self, found: Sequence[tuple[Facts, Known]]) -> dict[UUID, Sums]:
        """Return the signals that must be summed up anew: of leads that changed, and those that have later events."""
        stale = [
            fact.id
            for fact, known in found
            if known.is_dirty or (known.is_scored and (fact.landmark_at or 0) > self.moment)
        ]
        return signals.rebuilt(self.source, stale, self.engine.half_lives, self.as_of) if stale else {}

    def entry(self, scored: Scored, fact: Facts, rating: Rating, expiry: float) -> Entry:
        """Return the row of the history for a score."""
        told, advice = self.describer.of(fact, rating, scored.grade)
        return Entry(*scored, told, advice, str(self.confidence.of(rating.unknown)), expiry)


def _is_far(recorded: int, last: str | None, score: int, grade: str) -> bool:
    """Return whether the history is to have another row."""
    return last != grade or abs(recorded - score) >= WORTH_RECORDING


def _state(fact: Facts, known: Known, new: Sums | None, recorded: int | None, expiry: float) -> State:
    """Return what is kept of a lead's signals; it stays marked while events are still to come."""
    return State(
        fact.id.bytes,
        fact.landmark_at,
        fact.sums or {},
        fact.latest,
        new.event_count if new else known.event_count,
        fact.last_inbound_at,
        fact.bounced_at,
        bool(new and new.next_at),
        known.marks or 0,
        recorded,
        expiry,
    )


def _settled(fact: Facts, known: Known, new: Sums) -> State:
    """Return the signals of a lead that keeps its score: looked at, until it is open again."""
    return _state(models.with_sums(fact, new), known, new, known.recorded_score, 0)._replace(expires_at=None)
