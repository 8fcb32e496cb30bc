"""Recalibration: log-odds become probabilities that hold for the newest outcomes.

A rising line of a few pieces, each pulled towards the straight line (Platt's slope and offset) that holds for
all outcomes: few outcomes move it little, and thousands may bend it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from mycrm_cli.services.scoring.learned.arrays import numpy
from mycrm_cli.services.scoring.learned.logistic import chances

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

PULL = 3.0
"""How strongly slopes and the offset are held where they were."""
NEWEST = 0.2
"""The part of all outcomes that is the newest."""
FEWEST = 100
"""Outcomes that recalibration looks at, where there are as many."""
LEAST = 0.02
"""The least slope: more points never mean less probability."""
PIECES, EACH = 10, 200
"""Pieces at most, and outcomes that each has at least."""
LOW, HIGH = 0.001, 0.999


class Line(NamedTuple):
    """A rising line in log-odds: where its pieces meet, the slope of each, and where it passes 0."""

    knots: tuple[float, ...]
    slopes: tuple[float, ...]
    offset: float


def recalibrated(said: Any, labels: Any) -> Line:
    """Return the line for leads in the order of their outcomes, by the newest of them."""
    newest = max(int(len(labels) * NEWEST), min(FEWEST, len(labels)))
    whole = line(said, labels, Line((), (1.0,), start(labels)), 1)
    return line(said[-newest:], labels[-newest:], whole)


def line(said: Any, labels: Any, centre: Line, pieces: int = PIECES) -> Line:
    """Return the line that fits outcomes best, held near the straight line ``centre``."""
    np = numpy()
    count = max(1, min(pieces, len(said) // EACH))
    knots = np.unique(np.quantile(said, np.arange(1, count) / count)) if count > 1 else np.array([])
    told = np.vstack([_parts(said, knots), np.ones(len(said))])
    middle = np.append(np.full(len(knots) + 1, centre.slopes[0]), centre.offset)
    free = np.ones(len(middle), dtype=bool)
    found = _solved(told, labels, middle, free)
    while (free[:-1] & (found[:-1] < LEAST)).any():
        free[:-1] &= found[:-1] >= LEAST
        found = _solved(told, labels, middle, free)
    return Line(tuple(knots.tolist()), tuple(found[:-1].tolist()), float(found[-1]))


def _solved(told: Any, labels: Any, middle: Any, free: Any) -> Any:
    """Return what fits best by Newton's method, where pieces that are not free have the least slope."""
    np = numpy()
    found = np.where(free, middle, LEAST)
    for _ in range(100):
        likely = chances(found @ told)
        slope = told @ (likely - labels) + PULL * (found - middle)
        spread = (told * (likely * (1.0 - likely))) @ told.T + PULL * np.eye(len(found))
        step = np.zeros(len(found))
        step[free] = np.linalg.solve(spread[np.ix_(free, free)], slope[free])
        # No step is long: far out the curve is flat, and Newton's steps are wild.
        step /= max(1.0, float(np.abs(step).max()))
        found = found - step
        if np.abs(step).max() < 1e-10:
            break
    return found


def _parts(said: Any, knots: Any) -> Any:
    """Return how far log-odds reach into each piece; the pieces sum to the log-odds themselves."""
    np = numpy()
    if not len(knots):
        return said[None, :]
    inner = [np.clip(said, low, high) - low for low, high in pairwise(knots)]
    # The first piece ends at the first knot, and carries its distance from 0.
    return np.stack([np.minimum(said, knots[0]), *inner, np.maximum(said - knots[-1], 0.0)])


def start(labels: Any) -> float:
    """Return the log-odds of the mean outcome."""
    np = numpy()
    rate = (float(np.sum(labels)) + 0.5) / (len(labels) + 1.0)
    return float(np.log(rate / (1.0 - rate)))


def probabilities(said: Any, by: Line) -> Any:
    """Return calibrated probabilities, never quite certain."""
    np = numpy()
    told = np.array(by.slopes) @ _parts(said, np.array(by.knots)) + by.offset
    return np.clip(chances(told), LOW, HIGH)


def crossed(said: Any, labels: Any, centre: Line, folds: int = 5) -> tuple[Any, Any]:
    """Return (probabilities, base rates) of leads, each from the others: what recalibration would have said."""
    np = numpy()
    own = np.arange(len(labels)) % folds
    found, base = np.zeros(len(labels)), np.zeros(len(labels))
    for fold in range(folds):
        rest, mine = own != fold, own == fold
        if not mine.any() or not rest.any():
            continue
        found[mine] = probabilities(said[mine], line(said[rest], labels[rest], straight(centre)))
        base[mine] = labels[rest].mean()
    return found, base


def straight(by: Line) -> Line:
    """Return the straight line that a line of pieces is about."""
    return Line((), (sum(by.slopes) / len(by.slopes),), by.offset)


def from_body(told: Mapping[str, Any]) -> Line:
    """Return a line from the body of a model."""
    knots: Sequence[float] = told["knots"]
    return Line(tuple(map(float, knots)), tuple(map(float, told["slopes"])), float(told["offset"]))
