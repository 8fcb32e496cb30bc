"""How sure a score is: the probability that it stays within ten points if what is unknown were known."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from itertools import accumulate
from math import erf, sqrt
from random import Random

from mycrm_cli.services.scoring.population import deviation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.scoring.population import Population

WITHIN = 10
"""Points by which a score may move and still be about the same."""
HUNDREDTH = Decimal("0.01")
DRAWN = 1_000
"""Leads that are drawn at random, always the same ones, to see what unknown factors give together."""
MOST = 30
"""Factors up to which leads are drawn; many factors together spread as the normal distribution does."""
LEAST = 1e-6


class Confidence:
    """Answers for each set of unknown factors once: ``of(bits)``, with a bit for each factor in their order."""

    def __init__(self, codes: Sequence[str], population: Population) -> None:
        self.codes = codes
        self.population = population
        self._known: dict[int, Decimal] = {}
        self._leads: dict[str, list[int]] | None = None

    def of(self, unknown: int) -> Decimal:
        """Return the share of drawn leads whose score stays within ten points, two digits.

        Where nothing is known of the shape of factors it is erf(10 / (sd * sqrt 2)); sd is that of what they may give
        together.
        """
        found = self._known.get(unknown)
        if found is None:
            codes = [code for place, code in enumerate(self.codes) if unknown >> place & 1]
            told = self.population.shapes.keys() >= set(codes) and len(self.population.shapes) <= MOST
            found = self._known[unknown] = Decimal(self._drawn(codes) if told else self._normal(codes)).quantize(
                HUNDREDTH
            )
        return found

    def _normal(self, codes: Sequence[str]) -> float:
        spread = deviation(self.population, codes)
        return erf(WITHIN / (spread * sqrt(2))) if spread else 1.0

    def _drawn(self, codes: Sequence[str]) -> float:
        if self._leads is None:
            self._leads = drawn(self.population)
        if not codes:
            return 1.0
        moved = map(sum, zip(*[self._leads[code] for code in codes], strict=True))
        # Scores are whole points: half a point more is not seen as often as it is.
        return sum(-WITHIN * 100 - 50 < points < WITHIN * 100 + 50 for points in moved) / DRAWN


def drawn(population: Population) -> dict[str, list[int]]:
    """Return what each factor gives to leads that are drawn at random, in hundredths against the average.

    Factors hang together as they do among the organization's leads, and each gives what it gives to them.
    """
    codes = sorted(population.shapes)
    rows = _triangle(population, codes)
    choose = Random(1)  # noqa: S311 - the same leads every time
    latent = [[choose.gauss(0.0, 1.0) for _ in codes] for _ in range(DRAWN)]
    found: dict[str, list[int]] = {}
    for code, row in zip(codes, rows, strict=True):
        shape, average = population.shapes[code], population.averages[code]
        ends = list(accumulate(count for _, count in shape))
        half = ends[-1] / 2
        found[code] = []
        for own in latent:
            place = half * (1.0 + erf(sum(part * z for part, z in zip(row, own, strict=False)) / sqrt(2)))
            found[code].append(shape[min(bisect_right(ends, place), len(shape) - 1)][0] - average)
    return found


def _triangle(population: Population, codes: Sequence[str]) -> list[list[float]]:
    """Return the triangle whose square are the correlations of factors (Cholesky), each row as long as it must be."""
    spread, rows = population.spread, list[list[float]]()
    sizes = [sqrt(max(spread.get((code, code), 0.0), LEAST)) for code in codes]
    for place, code in enumerate(codes):
        row: list[float] = []
        for other in range(place):
            shared = spread.get((code, codes[other]), spread.get((codes[other], code), 0.0))
            shared /= sizes[place] * sizes[other]
            done = sum(a * b for a, b in zip(row, rows[other], strict=False))
            row.append((min(max(shared, -0.99), 0.99) - done) / rows[other][other])
        length = sqrt(sum(part * part for part in row))
        if length > 1.0 - LEAST:
            # Pairs that were measured on different leads need not fit together.
            row = [part * (1.0 - LEAST) / length for part in row]
        rows.append([*row, sqrt(max(1.0 - sum(part * part for part in row), LEAST))])
    return rows
