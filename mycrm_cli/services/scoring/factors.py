"""What moved a score, and what to do: the factors of a lead as they are stored, and one line of advice.

Both follow from the rating alone. A factor is told where it moves a score by itself: {code, label, value, points
against the average, observed_at}.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache

from mycrm_cli.services.scoring import inputs, phrases
from mycrm_cli.services.scoring.inputs import SIGNALS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.services.scoring.inputs import Facts
    from mycrm_cli.services.scoring.rating import Engine, Rating

NEUTRAL = 50
"""Hundredths that move no score by themselves."""
REMEMBERED = 20_000
"""Texts that are kept."""
LONGEST = 100
"""Characters of a value that are told."""


class Describer:
    """Describes leads that an engine has rated as of a moment (seconds since 1970)."""

    def __init__(self, engine: Engine, as_of: float) -> None:
        self.engine = engine
        self.as_of = as_of
        self._starts = [f'{{"code":{_json(f.code)},"label":{_json(f.label)},"value":' for f in engine.factors]
        self._told: dict[tuple[int, Any, int], str] = {}
        self._questions: dict[int, str] = {}
        # Only learned models know a probability.
        self._chance = getattr(engine, "chance", None)

    def of(self, fact: Facts, rating: Rating, grade: str) -> tuple[str, str]:
        """Return the factors of a lead as JSON, the same bytes for the same rating, and what to do with it."""
        told, best = [], []
        if fact.is_unreachable:
            told.append(_unreachable(fact))
        for place, (points, average) in enumerate(zip(rating.points, self.engine.averages, strict=True)):
            difference = points - average
            if -NEUTRAL < difference < NEUTRAL:
                continue
            value, when = self.observed(place, fact)
            told.append(self._text(place, value, difference, when))
            if difference >= phrases.WORTH_SAYING:
                best.append((-difference, place, value, when))
        if self._chance and (chance := self._chance(fact.id)) is not None:
            told.append(_probability(chance))
        best.sort(key=lambda reason: reason[:2])
        return f"[{','.join(told)}]", self._advice(fact, rating, grade, best[: phrases.MOST])

    def told(self, fact: Facts, rating: Rating) -> list[dict[str, Any]]:
        """Return the factors of a lead."""
        found: list[dict[str, Any]] = json.loads(self.of(fact, rating, "F")[0])
        return found

    def observed(self, place: int, fact: Facts) -> tuple[Any, float | None]:
        """Return the value of a factor's input, and when it was seen, where that is known."""
        for way in self.engine.factors[place].ways:
            if way.kind == "part":
                return None, None
            if way.input in SIGNALS:
                if fact.sums is None or way.input not in fact.sums:
                    return 0, None
                [count] = inputs.signal(way.input, [fact], self.as_of, way.half_life)
                return round(count, 2), fact.latest.get(way.input)
            [value] = inputs.column(way.input, [fact], self.as_of, self.engine.population.median_won)
            if value is not None:
                return plain(value), fact.last_inbound_at if way.input == "recency" else None
        return None, None

    def _text(self, place: int, value: Any, difference: int, when: float | None) -> str:
        if when is not None or value.__class__ is bool:
            seen = "null" if when is None else f'"{stamp(int(when))}"'
            return f'{self._starts[place]}{_json(value)},"points":{difference / 100:.1f},"observed_at":{seen}}}'
        found = self._told.get((place, value, difference))
        if found is None:
            if len(self._told) > REMEMBERED:
                self._told.clear()
            found = f'{self._starts[place]}{_json(value)},"points":{difference / 100:.1f},"observed_at":null}}'
            self._told[place, value, difference] = found
        return found

    def _advice(self, fact: Facts, rating: Rating, grade: str, best: list[tuple[int, int, Any, float | None]]) -> str:
        """Return what to do, why, and what to ask: the strongest factors and the most valuable unknown."""
        factors = [(self.engine.factors[place], value, when) for _, place, value, when in best]
        if fact.is_unreachable:
            factors = [told for told in factors if told[0].component != "engagement"]
        if any(factor.ways[0].input in SIGNALS for factor, _, _ in factors):
            # What the lead did says when it was last heard of.
            factors = [told for told in factors if told[0].ways[0].input != "recency"]
        reasons = [phrases.reason(*told, self.as_of) for told in factors[: phrases.MOST]]
        question = self._questions.get(rating.unknown)
        if question is None:
            question = self._questions[rating.unknown] = phrases.question(self.engine, rating.unknown)
        return phrases.advice(fact, grade, [reason for reason in reasons if reason], question)


def _probability(chance: float) -> str:
    """Return the calibrated probability of a learned model, which gives no points."""
    return f'{{"code":"probability","label":"Probability","value":{chance:.3f},"points":0.0,"observed_at":null}}'


def _unreachable(fact: Facts) -> str:
    """Return the flag of a lead that mail does not reach."""
    when = "null" if fact.bounced_at is None else f'"{stamp(int(fact.bounced_at))}"'
    value = _json(fact.no_mail or "bounce")
    return f'{{"code":"unreachable","label":"Mail does not reach","value":{value},"points":0.0,"observed_at":{when}}}'


@lru_cache(maxsize=REMEMBERED)
def stamp(seconds: int) -> str:
    """Return a moment as JSON shows it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """Return a value as JSON takes it, numbers with two digits."""
    if value.__class__ is str:
        return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
    if value.__class__ in (bool, int):
        return value
    try:
        return round(float(value), 2)
    except (TypeError, ValueError):
        return str(value)


def _json(value: Any) -> str:
    return repr(value) if value.__class__ in (int, float) else json.dumps(value, ensure_ascii=False)
