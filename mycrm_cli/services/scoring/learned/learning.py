"""Learns weights from examples: divides inputs into bins, chooses the penalty, fits, and looks at what it holds."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.services.scoring.learned import binning, calibration, logistic
from mycrm_cli.services.scoring.learned.arrays import numpy
from mycrm_cli.services.scoring.learned.logistic import Design

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.scoring.learned.binning import Bins
    from mycrm_cli.services.scoring.learned.calibration import Line
    from mycrm_cli.services.scoring.learned.examples import Examples

RIDGES = (300.0, 100.0, 30.0, 10.0, 3.0)
"""The penalties that are tried, the strongest first."""
FOLDS = 5
ROUGH = 1e-3
"""A step below which a model that is only tried is found."""
ENOUGH = 10_000
"""Outcomes from which a penalty is chosen, where there are more."""
PERIODS = 10
"""Periods of equal size at most: base rates move, and what moves them is no merit of a lead."""
EACH = 200
"""Outcomes that a period has at least."""


class Learned(NamedTuple):
    """What was learned: ``weights`` of each input's bins and of a point of the rules, around their means.

    ``said`` is what models that had not seen a lead say of it, in log-odds around the mean.
    """

    bins: tuple[Bins, ...]
    weights: tuple[tuple[float, ...], ...]
    rules_weight: float
    rules_means: tuple[float, ...]
    ridge: float
    said: Any
    by: Line


def learn(examples: Examples, names: Sequence[str], ridge: float | None = None) -> Learned:
    """Return what examples, in the order of their outcomes, teach about some inputs.

    The penalty is chosen unless it is told.
    """
    np = numpy()
    labels = np.array(examples.labels, dtype=float)
    found = [binning.divided(name, examples.columns[name], examples.as_of) for name in names]
    bins = tuple(part for part in found if part is not None)
    rules = np.array(examples.rules, dtype=float).reshape(-1, 5) if examples.rules else np.zeros((len(labels), 5))
    scores = rules.sum(axis=1)
    mean, width = float(scores.mean()), float(scores.std()) or 1.0
    design = Design(_codes(bins, examples), _sizes(bins, len(labels)), (scores - mean) / width)
    # A penalty, unlike weights, is known well enough from some of the outcomes.
    rows = np.arange(0, len(labels), 1 if ridge else max(1, len(labels) // ENOUGH))
    ridge, said = _held_out(design.picked(rows), labels[rows], ridge)
    weights = logistic.fitted(design, labels, ridge)
    return Learned(
        bins,
        tuple(tuple(part.tolist()) for part in _centred(design, weights)),
        float(weights[1] / width),
        tuple(rules.mean(axis=0).tolist()),
        ridge,
        said,
        calibration.recalibrated(said, labels[rows]),
    )


def said(learned: Learned, examples: Examples) -> Any:
    """Return what was learned says of leads, in log-odds around the mean of those it learned from."""
    np = numpy()
    found = np.zeros(len(examples.ids))
    if examples.rules:
        rules = np.array(examples.rules, dtype=float)
        found += learned.rules_weight * (rules - np.array(learned.rules_means)).sum(axis=1)
    for bins, weights in zip(learned.bins, learned.weights, strict=True):
        found += np.array(weights)[binning.encoded(bins, examples.columns[bins.name], examples.as_of)]
    return found


def _codes(bins: Sequence[Bins], examples: Examples) -> Any:
    """Return the bin of each lead for each input; the last input is the period."""
    np = numpy()
    count = len(examples.ids)
    periods = np.arange(count) * period_count(count) // count
    told = [binning.encoded(part, examples.columns[part.name], examples.as_of) for part in bins]
    return np.stack([*told, periods.astype(np.int64)])


def _sizes(bins: Sequence[Bins], count: int) -> tuple[int, ...]:
    return (*(part.size for part in bins), period_count(count))


def period_count(count: int) -> int:
    """Return into how many periods so many outcomes are divided."""
    return max(1, min(PERIODS, count // EACH))


def _held_out(design: Design, labels: Any, ridge: float | None) -> tuple[float, Any]:
    """Return the best penalty, and what is said of each lead by models that were fitted without it."""
    np = numpy()
    own = np.arange(len(labels)) % FOLDS
    ridges = RIDGES if ridge is None else (ridge,)
    losses, told = dict.fromkeys(ridges, 0.0), {one: np.zeros(len(labels)) for one in ridges}
    for fold in range(FOLDS):
        rest, mine = own != fold, own == fold
        seen, unseen, start = design.picked(rest), design.picked(mine), None
        for one in ridges:
            start = logistic.fitted(seen, labels[rest], one, start, ROUGH)
            losses[one] += logistic.likelihood(logistic.told(unseen, start), labels[mine]) * float(mine.sum())
            middle = logistic.told(seen, start, periods=False).mean()
            told[one][mine] = logistic.told(unseen, start, periods=False) - middle
    # Of equals the strongest penalty, which comes first.
    best = min(ridges, key=lambda one: round(losses[one], 6))
    return best, told[best]


def _centred(design: Design, weights: Any) -> list[Any]:
    """Return the weights of each input's bins around their mean; bins that nobody was in are the mean."""
    np = numpy()
    found = []
    for codes, size, start in zip(design.codes[:-1], design.sizes, design.starts, strict=False):
        counts = np.bincount(codes, minlength=size)
        own = weights[start : start + size]
        middle = float((counts * own).sum() / counts.sum())
        found.append(np.where(counts > 0, own - middle, 0.0))
    return found
