"""Grades: a score as a letter, by cut-offs that are frozen with the model."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import neg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LETTERS = "ABCDF"
FIRST = {"A": 80, "B": 65, "C": 50, "D": 35}
"""The least score of each grade while there are few leads; F is what is below."""
SHARES = (0.05, 0.20, 0.40, 0.70)
"""The part of all leads that has A, A or B, A to C, A to D: of a hundred 5, 15, 20, 30, and 30 have F."""
ENOUGH = 200
"""Open leads from which on the grades share them out."""


def grade(score: int, cutoffs: dict[str, int]) -> str:
    """Return the letter of a score."""
    return next((letter for letter in LETTERS[:-1] if score >= cutoffs[letter]), LETTERS[-1])


def letters(cutoffs: dict[str, int]) -> list[str]:
    """Return the letter of every score from 0 to 100."""
    return [grade(score, cutoffs) for score in range(101)]


def cutoffs(scores: Sequence[int]) -> dict[str, int]:
    """Return the cut-offs for leads with these scores: fixed ones for few, else the nearest to the shares.

    Leads with the same score have the same grade: many of them together have that of their middle, and no lead may be
    left for another letter.
    """
    if len(scores) < ENOUGH:
        return dict(FIRST)
    ordered = sorted(scores, reverse=True)
    return {letter: _cutoff(ordered, share) for letter, share in zip(LETTERS, SHARES, strict=False)}


def _cutoff(ordered: Sequence[int], share: float) -> int:
    """Return the least score of the best ``share`` of scores, with or without those that stand at its edge."""
    wanted = len(ordered) * share
    edge = ordered[int(wanted)]
    without = bisect_left(ordered, -edge, key=neg)
    included = bisect_right(ordered, -edge, key=neg)
    return edge if included - wanted <= wanted - without else edge + 1
