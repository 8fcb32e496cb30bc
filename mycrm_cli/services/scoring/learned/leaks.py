"""What inputs tell by themselves: too much is a leak, and what came after the moment of looking is refused."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.services.scoring import metrics
from mycrm_cli.services.scoring.learned import binning
from mycrm_cli.services.scoring.learned.arrays import numpy
from mycrm_cli.services.scoring.learned.learning import FOLDS, period_count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.services.scoring.learned.examples import Examples

TOO_GOOD = 0.85
"""The AUC of a single input above which it probably tells the outcome."""
TOO_LATE = 0.5
"""The part of an input's values that may have come after the moment of looking."""
ENOUGH = 10
"""Outcomes of each kind that a period needs to be looked at by itself."""
MOST = 40
"""Inputs that a model has at most: those that tell most."""


class Screened(NamedTuple):
    """Inputs that may be learned from, those that tell suspiciously much, and those that are refused as too late."""

    names: list[str]
    leaking: dict[str, float]
    late: list[str]


def screened(examples: Examples) -> Screened:
    """Look at each input alone."""
    late = sorted(name for name, part in examples.late.items() if part > TOO_LATE)
    found = {name: power(name, examples) for name in sorted(examples.columns) if name not in late}
    power_of = {name: told for name, told in found.items() if told is not None}
    best = sorted(power_of, key=lambda name: (-round(power_of[name], 9), name))[:MOST]
    leaking = {name: told for name, told in power_of.items() if told > TOO_GOOD}
    return Screened(sorted(best), leaking, late)


def power(name: str, examples: Examples) -> float | None:
    """Return the AUC of one input, None where it has one value only.

    It is taken within periods and averaged too, and the greater counts: a base rate that moves hides what an
    input tells.
    """
    np = numpy()
    bins = binning.divided(name, examples.columns[name], examples.as_of)
    if bins is None:
        return None
    labels = np.array(examples.labels, dtype=float)
    codes = binning.encoded(bins, examples.columns[name], examples.as_of)
    told = np.round(_rates(codes, labels, bins.size), 12)
    whole = metrics.auc(told.tolist(), examples.labels) or 0.5
    return max(whole, _within(told, labels))


def _rates(codes: Any, labels: Any, size: int) -> Any:
    """Return how often the others in each lead's bin were converted: by itself a bin of few would tell too much."""
    np = numpy()
    own, found = np.arange(len(labels)) % FOLDS, np.zeros(len(labels))
    for fold in range(FOLDS):
        rest, mine = own != fold, own == fold
        counts = np.bincount(codes[rest], minlength=size)
        rates = (np.bincount(codes[rest], labels[rest], size) + labels[rest].mean()) / (counts + 1.0)
        found[mine] = rates[codes[mine]]
    return found


def _within(told: Any, labels: Any) -> float:
    """Return the mean of the AUC within each period that has enough outcomes of both kinds."""
    np = numpy()
    parts = period_count(len(labels))
    found = [
        metrics.auc(part.tolist(), own.astype(int).tolist()) or 0.0
        for part, own in zip(np.array_split(told, parts), np.array_split(labels, parts), strict=True)
        if ENOUGH <= own.sum() <= len(own) - ENOUGH
    ]
    return sum(found) / len(found) if found else 0.5
