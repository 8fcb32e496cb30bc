"""How well rules would have told converted leads from disqualified ones, each looked at before its outcome."""

from __future__ import annotations

from math import exp, log

from mycrm_cli.errors import Invalid
from mycrm_cli.services.scoring import metrics, models
from mycrm_cli.services.scoring.learned import asof

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from mycrm_cli.query.reader import Reader

NEWEST = 0.2
"""The part of the outcomes, the newest, on which probabilities are tried that come from the others."""
EACH = 25
"""Leads that a part of the table of probabilities has at least."""
FEW = 40
"""Outcomes of each kind from which on the figures say much."""


def backtest(reader: Reader, text: str, now: datetime) -> dict[str, Any]:
    """Return AUC, lift by tenths and calibration of rules on closed leads; raises Invalid without both outcomes."""
    closed = asof.examples(reader, models.trial(reader, text, now), now).ordered()
    scores, labels = [sum(components) for components in closed.rules], closed.labels
    good = sum(labels)
    bad = len(labels) - good
    if not good or not bad:
        raise Invalid(
            f"{good} converted and {bad} disqualified leads of the last two years: both are needed to compare",
            details=[{"field": "outcomes", "code": "too_few"}],
            hint="mycrm lead convert and mycrm lead disqualify say what became of leads",
        )
    area = metrics.auc(scores, labels)
    assert area is not None
    told = {
        "leads": len(labels),
        "converted": good,
        "disqualified": bad,
        "base_rate": good / len(labels),
        "auc": area,
        "auc_error": metrics.auc_error(area, good, bad),
        "top_lift": metrics.top_lift(scores, labels),
        "deciles": with_scores(metrics.deciles(scores, labels), scores),
        **calibrated(scores, labels),
    }
    few = f"only {min(good, bad)} of one outcome: the figures may be chance" if min(good, bad) < FEW else None
    figures: dict[str, Any] = rounded(told)
    return figures | {"warnings": [few] if few else []}


def with_scores(deciles: list[dict[str, Any]], scores: Sequence[int]) -> list[dict[str, Any]]:
    """Add the lowest score of each part, best parts first."""
    ordered, place = sorted(scores, reverse=True), 0
    for part in deciles:
        place += part["leads"]
        part["from_score"] = ordered[min(max(place, 1), len(ordered)) - 1]
    return deciles


def calibrated(scores: Sequence[int], labels: Sequence[int]) -> dict[str, Any]:
    """Return how well probabilities made of scores hold: made of the older outcomes, tried on the newest."""
    cut = len(labels) - max(int(len(labels) * NEWEST), 1)
    is_apart = all(0 < sum(part) < len(part) for part in (labels[:cut], labels[cut:])) and cut >= 2 * FEW
    told = slice(0, cut) if is_apart else slice(None)
    tried = slice(cut, None) if is_apart else slice(None)
    slope, start = line(scores[told], labels[told])
    chances = [chance(slope, start, score) for score in scores[tried]]
    parts = min(metrics.PARTS, max(len(chances) // EACH, 2))
    return {
        "calibration": metrics.calibration(chances, labels[tried], parts),
        "calibration_error": metrics.calibration_error(chances, labels[tried], parts),
        "brier": metrics.brier(chances, labels[tried]),
        "tried_on": "newest" if is_apart else "the same",
    }


def chance(slope: float, start: float, score: float) -> float:
    """Return the probability of a score."""
    return 1.0 / (1.0 + exp(-max(min(slope * (score - 50) / 10 + start, 30.0), -30.0)))


def line(scores: Sequence[int], labels: Sequence[int]) -> tuple[float, float]:
    """Return slope (for ten points) and offset of the log-odds that fit outcomes best, by Newton's method."""
    rate = (sum(labels) + 0.5) / (len(labels) + 1)
    slope, start = 0.0, log(rate / (1 - rate))
    places = [(score - 50) / 10 for score in scores]
    for _ in range(30):
        a = b = c = d = e = 1e-6
        for place, label in zip(places, labels, strict=True):
            said = 1.0 / (1.0 + exp(-max(min(slope * place + start, 30.0), -30.0)))
            weight, wrong = said * (1 - said), said - label
            a, b, c = a + weight * place * place, b + weight * place, c + weight
            d, e = d + wrong * place, e + wrong
        a, c = a + 0.1, c + 0.1
        d, down = d + 0.1 * slope, a * c - b * b
        steps = (c * d - b * e) / down, (a * e - b * d) / down
        largest = max(1.0, *map(abs, steps))
        slope, start = slope - steps[0] / largest, start - steps[1] / largest
        if max(map(abs, steps)) < 1e-9:
            break
    return slope, start


def rounded(told: Any) -> Any:
    """Return figures with six digits, the same on every machine."""
    if isinstance(told, dict):
        return {name: rounded(value) for name, value in told.items()}
    if isinstance(told, list):
        return [rounded(value) for value in told]
    return round(told, 6) if isinstance(told, float) else told
