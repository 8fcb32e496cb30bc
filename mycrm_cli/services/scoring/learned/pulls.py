"""How weights are held: those of words near nothing, those of a number's bins near each other and near a straight line.

A straight line through a number costs as little as in a plain regression, which the model therefore contains but
for the width of its bins; bends must be worth it. So many bins may follow a curve without following chance.
"""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.services.scoring.learned import binning
from mycrm_cli.services.scoring.learned.arrays import numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.scoring.learned.binning import Bins

STRAIGHT = 1.0
"""The penalty of a straight line through a number of mean 0 and width 1."""
LOOSE = 30.0
"""The penalty of what belongs to a period and not to a lead."""
CONSTANT = 1e-6
LEVEL = 0.1
"""The penalty of a bin's own height; without any the height of all bins would not be settled."""


class Strength(NamedTuple):
    """How strongly weights are held: ``ridge`` towards nothing, ``bend`` towards the bin beside."""

    ridge: float
    bend: float


class Track(NamedTuple):
    """Where a number's bins are: the mean of each, in widths; ``is_smooth`` where bins have an order of many values."""

    middles: Any
    is_smooth: bool


def track(bins: Bins, values: Sequence[Any], as_of: Sequence[float], codes: Any) -> Track | None:
    """Return where the bins of a number or a date are; None for words."""
    np = numpy()
    if not bins.edges:
        return None
    numbers = binning.as_numbers(bins.kind, values, as_of)
    known = codes > 0
    counts = np.bincount(codes[known], minlength=bins.size).astype(float)
    sums = np.bincount(codes[known], numbers[known], bins.size)
    middles = sums / np.maximum(counts, 1.0)
    mean = float(sums.sum() / max(counts.sum(), 1.0))
    width = float((counts @ (middles - mean) ** 2 / max(counts.sum(), 1.0)) ** 0.5) or 1.0
    placed = np.where(counts > 0, (middles - mean) / width, 0.0)
    return Track(placed, len(np.unique(numbers[known])) > binning.FEW)


def penalty(tracks: Sequence[Track | None], starts: Sequence[int], by: Strength) -> Any:
    """Return the matrix of the penalty: constant, line, each input's bins, and the periods last."""
    np = numpy()
    found = by.ridge * np.eye(starts[-1])
    periods = np.arange(starts[-2], starts[-1])
    found[periods, periods] = LOOSE
    found[0, 0] = CONSTANT
    for place, one in enumerate(tracks):
        if one is not None:
            here = slice(starts[place], starts[place + 1])
            found[here, here] = _held(one, by)
    return found


def _held(one: Track, by: Strength) -> Any:
    """Return the penalty of a number's bins: of what is left when the best straight line is taken away."""
    np = numpy()
    size = len(one.middles)
    near = by.ridge * np.eye(size)
    if one.is_smooth and size > 3:
        # Bin 0, of what is unknown, is beside no other.
        steps = np.diff(np.eye(size - 1), axis=0)
        near[1:, 1:] = by.bend * (size - 1) * (steps.T @ steps) + LEVEL * np.eye(size - 1)
    pulled = near @ one.middles
    return near - np.outer(pulled, pulled) / (one.middles @ pulled + STRAIGHT)
