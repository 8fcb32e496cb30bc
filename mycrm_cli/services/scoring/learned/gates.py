"""Whether a model may score leads: enough outcomes, better than the rules, better than no model at all."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.services.scoring import metrics
from mycrm_cli.services.scoring.learned import calibration, learning
from mycrm_cli.services.scoring.learned.arrays import numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.scoring.learned.examples import Examples
    from mycrm_cli.services.scoring.learned.learning import Learned

LEARNS, SWITCHES, NORMAL = 20, 40, 120
"""Outcomes of the rarer kind from which a model is learned, may be used provisionally, and is used."""
BETTER = 0.01
"""The AUC by which a model must be better than the rules."""
SURE = 2.0
"""Standard errors by which it must be better than chance and than the base rate."""
HELD = 0.8
"""The part of the outcomes, the oldest, that a model learns from to be tried on the others."""


class Verdict(NamedTuple):
    """Whether a model may be used, whether provisionally, and why not."""

    may_switch: bool
    is_provisional: bool
    reasons: list[str]


def tried(examples: Examples, names: Sequence[str]) -> tuple[Learned, dict[str, Any]]:
    """Learn from the older outcomes and return that, with how it did on the newest ones."""
    np = numpy()
    cut = int(len(examples.ids) * HELD)
    older, newer = examples.picked(range(cut)), examples.picked(range(cut, len(examples.ids)))
    learned = learning.learn(older, names)
    said, labels = learning.said(learned, newer), np.array(newer.labels, dtype=float)
    likely, base = calibration.crossed(said, labels, learned.by)
    gains = (base - labels) ** 2 - (likely - labels) ** 2
    rules = [sum(parts) for parts in newer.rules] or [0] * len(newer.ids)
    chances = likely.tolist()
    return learned, {
        "tried_on": len(newer.ids),
        "auc": metrics.auc(said.tolist(), newer.labels),
        "rules_auc": metrics.auc(rules, newer.labels),
        "brier": metrics.brier(chances, newer.labels),
        "base_brier": metrics.brier(base.tolist(), newer.labels),
        "brier_gain": float(gains.mean()),
        "brier_error": float(gains.std() / max(len(gains) - 1, 1) ** 0.5),
        "calibration_error": metrics.calibration_error(chances, newer.labels),
        "top_lift": metrics.top_lift(said.tolist(), newer.labels),
        "rules_top_lift": metrics.top_lift(rules, newer.labels),
        "lift": metrics.deciles(said.tolist(), newer.labels),
        "calibration": metrics.calibration(chances, newer.labels),
    }


def held_out(learned: Learned, examples: Examples) -> dict[str, Any]:
    """Return how models did on outcomes that they had not seen, over all examples."""
    area = metrics.auc(learned.said.tolist(), examples.labels)
    good = sum(examples.labels)
    error = metrics.auc_error(area or 0.5, good, len(examples.labels) - good)
    return {"crossed_auc": area, "crossed_error": error}


def enough(examples: Examples) -> bool:
    """Return whether there are enough outcomes of both kinds to learn at all."""
    return fewest(examples) >= LEARNS


def fewest(examples: Examples) -> int:
    """Return how many outcomes there are of the rarer kind."""
    good = sum(examples.labels)
    return min(good, len(examples.labels) - good)


def verdict(examples: Examples, found: dict[str, Any]) -> Verdict:
    """Return whether a model that did so may score leads."""
    reasons, rare = [], fewest(examples)
    if rare < SWITCHES:
        reasons.append(f"{rare} outcomes of the rarer kind are too few to use a model: {SWITCHES} are needed")
    area, rules = found["auc"], found["rules_auc"] or 0.5
    if area is None:
        reasons.append("the newest outcomes are all the same")
    elif area < rules + BETTER:
        reasons.append(f"AUC {area:.3f} on the newest outcomes is not {BETTER} above the rules' {rules:.3f}")
    if found["brier_gain"] <= SURE * found["brier_error"]:
        reasons.append("its probabilities foretell the newest outcomes no better than their mean does")
    if (found["crossed_auc"] or 0.5) - SURE * found["crossed_error"] <= 0.5:
        reasons.append("the inputs tell nothing of the outcome that chance would not")
    return Verdict(not reasons, rare < NORMAL, reasons)
