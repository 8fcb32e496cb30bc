"""Grades: a score as a letter, by cut-offs that are frozen with the model."""

from __future__ import annotations

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
    """Return the cut-offs for leads with these scores: fixed ones for few, else quantiles that differ."""
    if len(scores) < ENOUGH:
        return dict(FIRST)
    ordered = sorted(scores, reverse=True)
    found: dict[str, int] = {}
    last = 101
    for letter, share in zip(LETTERS, SHARES, strict=False):
        last = found[letter] = max(min(ordered[int(len(ordered) * share)], last - 1), 0)
    return found
