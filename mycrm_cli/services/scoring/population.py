"""What is average among an organization's leads: measured on some of them, and frozen with each model."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.scoring.rules import Factor

SAMPLE = 20_000
"""Leads that are measured at most."""
STEPS = 50
"""Times ``PRIOR`` are as many leads as the shape of a factor is told by."""
PRIOR = 20
"""How many leads the middle of a factor's range counts for, so that a few leads are no average."""


class Population(NamedTuple):
    """``averages`` of each factor in hundredths, ``spread``: the covariance of two factors, in points squared.

    ``median_won`` is the median won deal in the organization's currency; ``size`` the open leads at the time.
    ``shapes`` are the points, in hundredths, that factors which may be unknown give where they are known, with how
    many leads have them; learned models and versions of old have none.
    """

    size: int
    averages: dict[str, int]
    spread: dict[tuple[str, str], float]
    median_won: float | None
    shapes: dict[str, list[list[int]]] = {}  # noqa: RUF012 - nobody changes it

    def record(self) -> dict[str, Any]:
        """Return it as a model stores it."""
        return {
            "count": self.size,
            "averages": dict(sorted(self.averages.items())),
            "spread": {f"{a} {b}": value for (a, b), value in sorted(self.spread.items())},
            "median_won": self.median_won,
            "shapes": dict(sorted(self.shapes.items())),
        }


def of_record(record: dict[str, Any]) -> Population:
    """Return what a model stores."""
    spread = {(a, b): float(value) for (a, _, b), value in ((k.partition(" "), v) for k, v in record["spread"].items())}
    median = record["median_won"]
    won = None if median is None else float(median)
    return Population(int(record["count"]), dict(record["averages"]), spread, won, record.get("shapes", {}))


def blank(factors: Sequence[Factor], median_won: float | None = None) -> Population:
    """Return what is assumed before any lead was measured: the middle of each factor's range."""
    return measured(factors, [[] for _ in factors], 0, median_won)


def measured(
    factors: Sequence[Factor], columns: Sequence[Sequence[int | None]], count: int, median_won: float | None
) -> Population:
    """Return what is average where factors give these points (hundredths; None: unknown) to some leads."""
    averages = {factor.code: _average(factor, column) for factor, column in zip(factors, columns, strict=True)}
    open_ended = [
        (factor, column)
        for factor, column in zip(factors, columns, strict=True)
        if None in column or not column or not factor.is_counted
    ]
    spread = {}
    for place, (a, left) in enumerate(open_ended):
        for b, right in open_ended[place:]:
            spread[a.code, b.code] = _covariance(a, left, b, right)
    shapes = {factor.code: _shape(factor, column) for factor, column in open_ended}
    return Population(count, averages, spread, median_won, shapes)


def _shape(factor: Factor, column: Sequence[int | None]) -> list[list[int]]:
    """Return the points that a factor gives, each with how many leads have them; with few leads, an even spread."""
    known = sorted(points for points in column if points is not None)
    if len(known) > STEPS * PRIOR:
        # Every so-manieth is enough.
        known = [known[(2 * place + 1) * len(known) // (2 * STEPS * PRIOR)] for place in range(STEPS * PRIOR)]
    low, high = (round(points * 100) for points in factor.range)
    even = [low + (high - low) * (2 * place + 1) // (2 * PRIOR) for place in range(PRIOR)]
    return [[points, count] for points, count in sorted(Counter(known + even).items())]


def _average(factor: Factor, column: Sequence[int | None]) -> int:
    """Return the average of what is known, drawn to the middle of the factor's range, or to nothing for events."""
    low, high = (0.0, 0.0) if factor.is_counted else factor.range
    known = [points for points in column if points is not None]
    return round((sum(known) + PRIOR * (low + high) * 50) / (len(known) + PRIOR))


def _covariance(a: Factor, left: Sequence[int | None], b: Factor, right: Sequence[int | None]) -> float:
    """Return the covariance of two factors where both are known; with few leads, that of an even spread."""
    pairs = [(x, y) for x, y in zip(left, right, strict=True) if x is not None and y is not None]
    low, high = a.range
    prior = (high - low) ** 2 / 12 if a is b else 0.0
    if not pairs:
        return round(prior, 4)
    # In whole numbers, so that it is the same whatever the leads' order is.
    total = sum(x * y for x, y in pairs) * len(pairs) - sum(x for x, _ in pairs) * sum(y for _, y in pairs)
    return round((total / (len(pairs) * 10_000) + PRIOR * prior) / (len(pairs) + PRIOR), 4)


def deviation(population: Population, codes: Sequence[str]) -> float:
    """Return the standard deviation, in points, of what unknown factors may give together."""
    total = 0.0
    for place, a in enumerate(codes):
        for b in codes[place:]:
            value = population.spread.get((a, b), population.spread.get((b, a), 0.0))
            total += value if a == b else 2 * value
    return sqrt(max(total, 0.0))
