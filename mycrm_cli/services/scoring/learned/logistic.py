"""Ridge logistic regression over bins: Newton's method with step-halving, without which it diverges at low rates.

Sums are taken bin by bin, so that a hundred thousand leads take little memory; the penalty makes the solution
unique, which is why its rounded form does not depend on the order of sums.
"""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.services.scoring.learned import pulls
from mycrm_cli.services.scoring.learned.arrays import numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.services.scoring.learned.pulls import Strength, Track

STEPS = 60
"""Newton steps at most; ten are usual."""
NEAR = 1e-9
"""A step below which the solution is found."""


class Design(NamedTuple):
    """The inputs of leads: ``codes`` has the bin of each lead for each input, ``line`` one number for each lead.

    ``sizes`` are the numbers of bins; the last input is the period of the outcome, whose weights are not kept: what
    a lead is like should tell, and not when it came. ``tracks`` tell where the bins of numbers are.
    """

    codes: Any
    sizes: tuple[int, ...]
    line: Any
    tracks: tuple[Track | None, ...] = ()

    @property
    def starts(self) -> list[int]:
        """The place of the first weight of each input; the constant is 0 and the line 1."""
        found = [2]
        for size in self.sizes:
            found.append(found[-1] + size)
        return found

    def picked(self, rows: Any) -> Design:
        """Return some of the leads."""
        return Design(self.codes[:, rows], self.sizes, self.line[rows], self.tracks)


def fitted(design: Design, labels: Any, by: Strength, start: Any = None, near: float = NEAR) -> Any:
    """Return the weights that fit outcomes best under a penalty: constant, line, then each input's bins.

    It begins with the weights ``start``, and ends when a step changes no weight by more than ``near``.
    """
    np = numpy()
    penalty = pulls.penalty(design.tracks, design.starts, by)
    weights = np.zeros(len(penalty)) if start is None else start
    loss = _loss(design, labels, penalty, weights)
    for _ in range(STEPS):
        step = np.linalg.solve(*_slope(design, labels, penalty, weights))
        length = 1.0
        while (better := _loss(design, labels, penalty, weights - length * step)) > loss and length > NEAR:
            length /= 2
        weights, loss = weights - length * step, min(better, loss)
        if np.abs(step).max() < near or length <= NEAR:
            break
    return weights


def told(design: Design, weights: Any, *, periods: bool = True) -> Any:
    """Return what weights say of each lead, in log-odds; without ``periods`` only what the lead itself tells."""
    found = weights[0] + weights[1] * design.line
    inputs = len(design.sizes) - (not periods)
    for codes, start in zip(design.codes[:inputs], design.starts, strict=False):
        found = found + weights[start + codes]
    return found


def losses(said: Any, labels: Any) -> Any:
    """Return the loss of each lead's log-odds: less is better."""
    return numpy().logaddexp(0.0, said) - labels * said


def chances(said: Any) -> Any:
    """Return log-odds as probabilities."""
    np = numpy()
    return 1.0 / (1.0 + np.exp(-np.clip(said, -30.0, 30.0)))


def _loss(design: Design, labels: Any, penalty: Any, weights: Any) -> float:
    return float(losses(told(design, weights), labels).sum()) + 0.5 * float(weights @ penalty @ weights)


def _slope(design: Design, labels: Any, penalty: Any, weights: Any) -> tuple[Any, Any]:
    """Return the matrix of second derivatives and the vector of first ones."""
    np = numpy()
    said = chances(told(design, weights))
    miss, spread = said - labels, np.maximum(said * (1.0 - said), 1e-12)
    line, spread_line = design.line, spread * design.line
    matrix, vector = np.zeros((len(penalty), len(penalty))), penalty @ weights
    vector[0] += miss.sum()
    vector[1] += miss @ line
    matrix[0, 0], matrix[0, 1], matrix[1, 1] = spread.sum(), spread_line.sum(), spread_line @ line
    starts, sizes, codes = design.starts, design.sizes, design.codes
    for one, size in enumerate(sizes):
        here = slice(starts[one], starts[one + 1])
        own = np.bincount(codes[one], spread, size)
        vector[here] += np.bincount(codes[one], miss, size)
        matrix[0, here], matrix[1, here] = own, np.bincount(codes[one], spread_line, size)
        matrix[here, here] = np.diag(own)
        for other in range(one + 1, len(sizes)):
            both = np.bincount(codes[one] * sizes[other] + codes[other], spread, size * sizes[other])
            matrix[here, starts[other] : starts[other + 1]] = both.reshape(size, sizes[other])
    upper = np.triu(matrix, 1)
    return upper + upper.T + np.diag(np.diag(matrix)) + penalty, vector
