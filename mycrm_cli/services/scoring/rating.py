"""The engine of the rules: facts of many leads into points, components and a score, column by column.

Points are whole hundredths, so that sums are exact and the same whatever comes first.
"""

from __future__ import annotations

from bisect import bisect_right
from math import isfinite, log2
from typing import NamedTuple

from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.services.scoring import inputs
from mycrm_cli.services.scoring.inputs import DAY, NUMBERS
from mycrm_cli.services.scoring.rules import COMPONENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.scoring.inputs import Facts
    from mycrm_cli.services.scoring.population import Population
    from mycrm_cli.services.scoring.rules import Factor, Rules, Way

    Falling = tuple[float, float, float | None]
    """Hundredths now (or at most), half-life in seconds, and the count by the saturation where there is a curve."""

HUNDRED = 100
LONGEST = 30 * DAY
"""Seconds after which a score is looked at again in any case."""
NEAR = DAY / 4
"""Seconds to which it is worked out when that is: a little early is no harm."""
SOON = 60.0
"""Seconds to which it is worked out where it is nearer than that."""
REMEMBERED = 20_000
"""Roundings that are kept."""


class Rating(NamedTuple):
    """What was found of a lead: score = sum of ``breakdown`` (the five components in whole points).

    ``points`` are hundredths, one for each factor, the average where the input is unknown; ``unknown`` has a bit for
    each of those factors. ``exact`` are the components in hundredths.
    """

    score: int
    breakdown: tuple[int, ...]
    points: tuple[int, ...]
    unknown: int
    exact: tuple[int, ...]


class Engine:
    """Rates leads by rules; ``population`` says what is average among the organization's leads."""

    def __init__(self, version: str, rules: Rules, population: Population, cutoffs: dict[str, int]) -> None:
        self.version = version
        self.rules = rules
        self.factors: Sequence[Factor] = sorted(rules.factors, key=lambda factor: COMPONENTS.index(factor.component))
        self.population = population
        self.cutoffs = cutoffs
        self.half_lives = rules.half_lives
        self.needs_custom = bool(rules.custom)
        self.averages = tuple(population.averages.get(factor.code, 0) for factor in self.factors)
        self.members = [
            [place for place, factor in enumerate(self.factors) if factor.component == name] for name in COMPONENTS
        ]
        ways = [(factor.component, factor.ways[0]) for factor in self.factors]
        self._ages = [
            (way.points * HUNDRED, way.half_life * DAY, way.without * HUNDRED, way.without_half_life * DAY)
            for _, way in ways
            if way.kind == "recency"
        ]
        self._days = sorted({start for factor in self.factors for way in factor.ways for start in _days(way)})
        self._curves = [
            (way.input, way.points * HUNDRED, way.half_life * DAY, 1.0 / way.saturation, component == COMPONENTS[0])
            for component, way in ways
            if way.kind == "curve"
        ]
        self._known: dict[tuple[int, ...], tuple[int, tuple[int, ...]]] = {}
        self._words = {id(way): _worded(way) for factor in self.factors for way in factor.ways if way.kind == "values"}

    def rate(self, facts: Sequence[Facts], as_of: float) -> list[Rating]:
        """Return the ratings of leads as of a moment (seconds since 1970)."""
        if not facts:
            return []
        columns = [self.points(factor, facts, as_of) for factor in self.factors]
        unknown = _unknown(columns, len(facts))
        full = [
            [average if points is None else points for points in column] if None in column else column
            for column, average in zip(columns, self.averages, strict=True)
        ]
        exact = zip(*[self._component(place, full, facts) for place in range(len(COMPONENTS))], strict=True)
        return [
            Rating(*self._rounded(parts), points, bits, parts)
            for parts, points, bits in zip(exact, zip(*full, strict=True), unknown, strict=True)
        ]

    def points(self, factor: Factor, facts: Sequence[Facts], as_of: float) -> list[int | None]:
        """Return what a factor gives to each lead, in hundredths; None where its inputs are unknown."""
        found = self._way(factor.ways[0], facts, as_of)
        for way in factor.ways[1:]:
            if None not in found:
                break
            rest = self._way(way, facts, as_of)
            found = [other if points is None else points for points, other in zip(found, rest, strict=True)]
        return found

    def _way(self, way: Way, facts: Sequence[Facts], as_of: float) -> list[int | None]:
        if way.kind == "curve":
            most, speed = way.points * HUNDRED, -1.0 / way.saturation
            counts = inputs.signal(way.input, facts, as_of, way.half_life)
            return [0 if not count else round(most * (1.0 - 2.0 ** (speed * count))) for count in counts]
        told = inputs.column(way.input, facts, as_of, self.population.median_won)
        if way.kind == "recency":
            return _recency(way, told, facts, as_of)
        if way.kind == "bins":
            starts, gives = [start for start, _ in way.bins], [0, *(round(points * HUNDRED) for _, points in way.bins)]
            numbers = told if way.input in NUMBERS else map(number, told)
            return [None if value is None else gives[bisect_right(starts, value)] for value in numbers]
        words, other = self._words[id(way)]
        if way.input in inputs.INPUTS:
            return [None if value is None else words.get(value, other) for value in told]
        return [None if value is None else words.get(word(value), other) for value in told]

    def _component(self, place: int, columns: Sequence[list[Any]], facts: Sequence[Facts]) -> list[int]:
        """Return a component of each lead in hundredths, between nothing and its cap."""
        members, most = self.members[place], self.rules.caps[place] * HUNDRED
        if not members:
            return [0] * len(facts)
        sums = (
            map(sum, zip(*[columns[member] for member in members], strict=True)) if members[1:] else columns[members[0]]
        )
        clipped = [0 if total < 0 else min(total, most) for total in sums]
        if COMPONENTS[place] != "engagement":
            return clipped
        return [0 if fact.is_unreachable else total for total, fact in zip(clipped, facts, strict=True)]

    def _rounded(self, parts: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        found = self._known.get(parts)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[parts] = rounded(parts)
        return found

    def expiries(self, facts: Sequence[Facts], ratings: Sequence[Rating], as_of: float) -> list[float]:
        """Return when decay alone changes each score: seconds since 1970, ``LONGEST`` from now at most."""
        return [
            as_of
            + min(
                lasts(self._falling(fact, as_of), sum(rating.exact) - rating.score * HUNDRED + HUNDRED // 2),
                self._older(fact, as_of),
            )
            for fact, rating in zip(facts, ratings, strict=True)
        ]

    def _older(self, fact: Facts, as_of: float) -> float:
        """Return in how many seconds a lead is old enough for another bin."""
        ends = (fact.created_at + day * DAY - as_of for day in self._days)
        return min((seconds + 1.0 for seconds in ends if seconds > -1.0), default=LONGEST)

    def _falling(self, fact: Facts, as_of: float) -> list[Falling]:
        """Return what decays of a lead's points."""
        found: list[Falling] = []
        for most, pace, without, age in self._ages:
            if (last := fact.last_inbound_at) is not None:
                found.append((most * 2.0 ** (min(last - as_of, 0.0) / pace), pace, None))
            else:
                found.append((without * 2.0 ** (min(fact.created_at - as_of, 0.0) / age), age, None))
        if (sums := fact.sums) is not None:
            for name, most, pace, slope, is_engagement in self._curves:
                if name in sums and not (is_engagement and fact.is_unreachable):
                    found.append((most, pace, sums[name] * 2.0 ** ((fact.landmark_at - as_of) / pace) * slope))  # type: ignore[operator]
        return found


def lasts(falling: Sequence[Falling], spare: int) -> float:
    """Return for how many seconds a score stays that may lose ``spare`` hundredths, ``LONGEST`` at most."""
    if len(falling) == 1 and falling[0][2] is None:
        most, pace, _ = falling[0]
        # The first moment at which what is left rounds to less.
        least = round(most) - spare - 0.5
        return min(LONGEST, pace * log2(most / least) + 1.0) if least > 0 else LONGEST
    least = left(falling, 0.0) - spare
    if left(falling, LONGEST) >= least:
        return LONGEST
    low, high = 0.0, LONGEST
    while high - low > (NEAR if low else SOON):
        middle = (low + high) / 2
        low, high = (middle, high) if left(falling, middle) >= least else (low, middle)
    return low or high


def left(falling: Sequence[Falling], seconds: float) -> int:
    """Return how many hundredths are left after some seconds, each part rounded as it counts."""
    total = 0
    for most, half_life, slope in falling:
        part = 2.0 ** (-seconds / half_life)
        total += round(most * part if slope is None else most * (1.0 - 2.0 ** (-slope * part)))
    return total


def rounded(parts: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Return the score and its components in whole points: largest remainder, the earlier component first."""
    whole = [part // HUNDRED for part in parts]
    score = (sum(parts) + HUNDRED // 2) // HUNDRED
    order = sorted(range(len(parts)), key=lambda place: (-(parts[place] % HUNDRED), place))
    for place in order[: score - sum(whole)]:
        whole[place] += 1
    return score, tuple(whole)


def number(value: Any) -> float | None:
    """Return one of the organization's own values as a number, or None where it is none."""
    if value is None:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def word(value: Any) -> str:
    """Return one of the organization's own values as it is compared."""
    if value.__class__ is bool:
        return "yes" if value else "no"
    return fold_key(value if value.__class__ is str else str(value))


def _days(way: Way) -> list[float]:
    """Return the ages, in days, at which time alone gives other points."""
    return [start for start, _ in way.bins] if way.input == "age" else []


def _worded(way: Way) -> tuple[dict[str, int], int | None]:
    folded = way.input == "industry" or way.input not in inputs.INPUTS
    words = {fold_key(name) if folded else name: round(points * HUNDRED) for name, points in way.values}
    return words, None if way.other is None else round(way.other * HUNDRED)


def _unknown(columns: Sequence[list[int | None]], count: int) -> list[int]:
    """Return for each lead the bits of the factors that are unknown."""
    marked = [
        [0 if points is not None else 1 << place for points in column]
        for place, column in enumerate(columns)
        if None in column
    ]
    return list(map(sum, zip(*marked, strict=True))) if marked else [0] * count


def _recency(way: Way, days: Sequence[float | None], facts: Sequence[Facts], as_of: float) -> list[int | None]:
    """Return the points for how long ago each lead last did something, or for its age if it never did."""
    most, without = way.points * HUNDRED, way.without * HUNDRED
    age = 1.0 / (way.without_half_life * DAY)
    return [
        round(without * 2.0 ** (min(fact.created_at - as_of, 0.0) * age))
        if since is None
        else round(most * 2.0 ** (-since / way.half_life))
        for since, fact in zip(days, facts, strict=True)
    ]
