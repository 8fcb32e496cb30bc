"""How well numbers foretell outcomes: AUC, lift, Brier score and calibration, in plain Python."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

PARTS = 10
"""Parts of equal size into which leads are divided, best first."""


def auc(scores: Sequence[float], labels: Sequence[int]) -> float | None:
    """Return how often a lead with outcome 1 stands above one with 0, ties half; None where one outcome is missing."""
    wins, below = 0.0, 0
    for _, group in groupby(sorted(zip(scores, labels, strict=True), key=itemgetter(0)), key=itemgetter(0)):
        told = [label for _, label in group]
        good = sum(told)
        wins += good * (below + (len(told) - good) / 2)
        below += len(told) - good
    good = len(scores) - below
    return wins / (good * below) if good and below else None


def auc_error(area: float, good: int, bad: int) -> float:
    """Return the standard error of an AUC (Hanley and McNeil)."""
    if not good or not bad:
        return 1.0
    both, other = area / (2 - area), 2 * area * area / (1 + area)
    variance = area * (1 - area) + (good - 1) * (both - area * area) + (bad - 1) * (other - area * area)
    return float((max(variance, 0.0) / (good * bad)) ** 0.5)


def brier(chances: Sequence[float], labels: Sequence[int]) -> float:
    """Return the mean squared distance of probabilities from outcomes: less is better."""
    return sum((chance - label) ** 2 for chance, label in zip(chances, labels, strict=True)) / max(len(labels), 1)


def deciles(scores: Sequence[float], labels: Sequence[int], parts: int = PARTS) -> list[dict[str, Any]]:
    """Return the outcomes of leads in parts of equal size, best first, with each one's lift over the mean.

    Leads with the same score count as one another: a part takes its share of a group of equals, whatever
    their order was.
    """
    count = len(scores)
    if not count:
        return []
    parts, rate = min(parts, count), sum(labels) / count
    sizes, good = [0.0] * parts, [0.0] * parts
    place, share = 0.0, count / parts
    for _, group in groupby(sorted(zip(scores, labels, strict=True), key=lambda pair: -pair[0]), key=itemgetter(0)):
        told = [label for _, label in group]
        _spread(place, len(told), sum(told) / len(told), share, sizes, good)
        place += len(told)
    found = []
    for part in range(parts):
        own = good[part] / sizes[part]
        found.append({"part": part + 1, "leads": round(sizes[part]), "rate": own, "lift": own / rate if rate else None})
    return found


def _spread(place: float, size: int, rate: float, share: float, sizes: list[float], good: list[float]) -> None:
    """Divide a group of equals among the parts that it reaches into."""
    end = place + size
    while place < end - 1e-9:
        part = min(int((place + 1e-9) / share), len(sizes) - 1)
        stop = end if part == len(sizes) - 1 else min(end, (part + 1) * share)
        sizes[part] += stop - place
        good[part] += (stop - place) * rate
        place = stop


def top_lift(scores: Sequence[float], labels: Sequence[int]) -> float | None:
    """Return how many times more often the top tenth has outcome 1 than all have; None without such outcomes."""
    found = deciles(scores, labels)
    return found[0]["lift"] if found else None


def calibration(chances: Sequence[float], labels: Sequence[int], parts: int = PARTS) -> list[dict[str, Any]]:
    """Return what was said and what came in parts of equal size, from low probabilities to high ones."""
    count = len(chances)
    parts = min(parts, count)
    sizes, said, came = [0.0] * parts, [0.0] * parts, [0.0] * parts
    place = 0
    for chance, group in groupby(sorted(zip(chances, labels, strict=True), key=itemgetter(0)), key=itemgetter(0)):
        told = [label for _, label in group]
        _spread(place, len(told), sum(told) / len(told), count / parts, [0.0] * parts, came)
        _spread(place, len(told), chance, count / parts, sizes, said)
        place += len(told)
    return [
        {"part": part + 1, "leads": round(size), "said": total / size, "came": good / size}
        for part, (size, total, good) in enumerate(zip(sizes, said, came, strict=True))
    ]


def calibration_error(chances: Sequence[float], labels: Sequence[int], parts: int = PARTS) -> float:
    """Return how far probabilities are from what came, on average over parts of equal size."""
    table = calibration(chances, labels, parts)
    return float(sum(row["leads"] * abs(row["said"] - row["came"]) for row in table) / max(len(labels), 1))
