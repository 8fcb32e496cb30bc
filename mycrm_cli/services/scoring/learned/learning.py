"""Learns weights from examples: divides inputs into bins, chooses the penalty, fits, and looks at what it holds."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.services.scoring.learned import binning, calibration, logistic, pulls
from mycrm_cli.services.scoring.learned.arrays import numpy
from mycrm_cli.services.scoring.learned.logistic import Design
from mycrm_cli.services.scoring.learned.pulls import Strength

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.scoring.learned.binning import Bins
    from mycrm_cli.services.scoring.learned.calibration import Line
    from mycrm_cli.services.scoring.learned.examples import Examples

USUAL = Strength(3.0, 30.0)
"""The penalties unless another is clearly better."""
BENDS = (1000.0, 300.0, 5.0)
"""How strongly bins may be held near each other instead."""
CLEARLY = 1.0
"""Standard errors by which other penalties must be better: a choice among few outcomes follows chance."""
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
    strength: Strength
    said: Any
    by: Line


def learn(examples: Examples, names: Sequence[str], strength: Strength | None = None) -> Learned:
    """Return what examples, in the order of their outcomes, teach about some inputs.

    The penalties are chosen unless they are told.
    """
    np = numpy()
    labels = np.array(examples.labels, dtype=float)
    found = [binning.divided(name, examples.columns[name], examples.as_of, len(names)) for name in names]
    bins = tuple(part for part in found if part is not None)
    rules = np.array(examples.rules, dtype=float).reshape(-1, 5) if examples.rules else np.zeros((len(labels), 5))
    design, width = _design(bins, examples, rules.sum(axis=1))
    # Penalties, unlike weights, are known well enough from some of the outcomes.
    rows = np.arange(0, len(labels), 1 if strength else max(1, len(labels) // ENOUGH))
    strength, said = _chosen(design.picked(rows), labels[rows], strength)
    weights = logistic.fitted(design, labels, strength)
    return Learned(
        bins,
        tuple(tuple(part.tolist()) for part in _centred(design, weights)),
        float(weights[1] / width),
        tuple(rules.mean(axis=0).tolist()),
        strength,
        said,
        calibration.recalibrated(said, labels[rows]),
    )


def _design(bins: Sequence[Bins], examples: Examples, scores: Any) -> tuple[Design, float]:
    """Return what is fitted, and how wide the scores of the rules are."""
    codes = _codes(bins, examples)
    mean, width = float(scores.mean()), float(scores.std()) or 1.0
    tracks = tuple(
        pulls.track(part, examples.columns[part.name], examples.as_of, own)
        for part, own in zip(bins, codes, strict=False)
    )
    return Design(codes, _sizes(bins, len(scores)), (scores - mean) / width, tracks), width


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


def _chosen(design: Design, labels: Any, told: Strength | None) -> tuple[Strength, Any]:
    """Return the penalties, and what is said of each lead by models that were fitted without it."""
    best = told or USUAL
    said, losses = _held_out(design, labels, best)
    tried = {} if told else {bend: _held_out(design, labels, best._replace(bend=bend)) for bend in BENDS}
    clear = [bend for bend, (_, own) in tried.items() if _clearly(losses, own)]
    if not clear:
        return best, said
    bend = min(clear, key=lambda one: round(float(tried[one][1].mean()), 9))
    return best._replace(bend=bend), tried[bend][0]


def _clearly(before: Any, after: Any) -> bool:
    """Return whether losses became less by more than chance."""
    gains = before - after
    return bool(float(gains.mean()) > CLEARLY * float(gains.std()) / len(gains) ** 0.5)


def _held_out(design: Design, labels: Any, by: Strength) -> tuple[Any, Any]:
    """Return what is said of each lead by models that were fitted without it, and the loss of each."""
    np = numpy()
    own = np.arange(len(labels)) % FOLDS
    found, losses, start = np.zeros(len(labels)), np.zeros(len(labels)), None
    for fold in range(FOLDS):
        rest, mine = own != fold, own == fold
        seen, unseen = design.picked(rest), design.picked(mine)
        start = logistic.fitted(seen, labels[rest], by, start, ROUGH)
        losses[mine] = logistic.losses(logistic.told(unseen, start), labels[mine])
        middle = logistic.told(seen, start, periods=False).mean()
        found[mine] = logistic.told(unseen, start, periods=False) - middle
    return found, losses


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
