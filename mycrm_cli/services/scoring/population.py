"""What is average among an organization's leads: measured on some of them, and frozen with each model."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.scoring.rules import Factor

SAMPLE = 20_000
"""Leads that are measured at most."""
PRIOR = 20
"""How many leads the middle of a factor's range counts for, so that a few leads are no average."""


class Population(NamedTuple):
    """``averages`` of each factor in hundredths, ``spread``: the covariance of two factors, in points squared.

    ``median_won`` is the median won deal in the organization's currency; ``size`` the open leads at the time.
    """

    size: int
    averages: dict[str, int]
    spread: dict[tuple[str, str], float]
    median_won: float | None

    def record(self) -> dict[str, Any]:
        """Return it as a model stores it."""
        return {
            "count": self.size,
            "averages": dict(sorted(self.averages.items())),
            "spread": {f"{a} {b}": value for (a, b), value in sorted(self.spread.items())},
            "median_won": self.median_won,
        }


def of_record(record: dict[str, Any]) -> Population:
    """Return what a model stores."""
    spread = {(a, b): float(value) for (a, _, b), value in ((k.partition(" "), v) for k, v in record["spread"].items())}
    median = record["median_won"]
    return Population(int(record["count"]), dict(record["averages"]), spread, None if median is None else float(median))


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
    return Population(count, averages, spread, median_won)


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
    middle = sum(x for x, _ in pairs) / len(pairs), sum(y for _, y in pairs) / len(pairs)
    total = sum((x - middle[0]) * (y - middle[1]) for x, y in pairs) / 10_000
    return round((total + PRIOR * prior) / (len(pairs) + PRIOR), 4)


def deviation(population: Population, codes: Sequence[str]) -> float:
    """Return the standard deviation, in points, of what unknown factors may give together."""
    total = 0.0
    for place, a in enumerate(codes):
        for b in codes[place:]:
            value = population.spread.get((a, b), population.spread.get((b, a), 0.0))
            total += value if a == b else 2 * value
    return sqrt(max(total, 0.0))
