"""The form in which a model scores: whole hundredths of points for each bin, summed up by component.

``component = clip(cap/2 + k * sum of contributions, 0, cap)``: what a factor gives is exact, and the average is 0.
"""

from __future__ import annotations

from mycrm_cli.services.scoring.learned import binning, calibration
from mycrm_cli.services.scoring.learned.arrays import numpy
from mycrm_cli.services.scoring.learned.examples import place_of
from mycrm_cli.services.scoring.rules import COMPONENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

HUNDRED = 100


class Form:
    """A model's body as tables: of each input its bins and the hundredths that a bin gives."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        np = numpy()
        told = body["inputs"]
        self.bins = [bins_of(part) for part in told]
        self.places = [place_of(part["name"]) for part in told]
        self.weights = [np.array(part["weights"], dtype=float) for part in told]
        self.k = float(body["k"])
        self.tables = [np.rint(HUNDRED * self.k * weights).astype(np.int64) for weights in self.weights]
        self.caps = np.array(body["caps"], dtype=np.int64) * HUNDRED
        self.rules_weight = float(body["rules"]["weight"])
        self.rules_means = np.array(body["rules"]["means"], dtype=float)
        self.by = calibration.from_body(body["calibration"])

    def codes(self, columns: Mapping[str, Sequence[Any]], as_of: Any) -> list[Any]:
        """Return the bin of each lead for each input."""
        return [binning.encoded(bins, columns[bins.name], as_of) for bins in self.bins]

    def points(self, codes: Sequence[Any], rules: Any) -> Any:
        """Return the hundredths of each lead: one column for each component of the rules, then one for each input."""
        np = numpy()
        own = np.rint(HUNDRED * self.k * self.rules_weight * (rules - self.rules_means)).astype(np.int64)
        return np.column_stack([own, *(table[bins] for table, bins in zip(self.tables, codes, strict=True))])

    def components(self, points: Any) -> Any:
        """Return the components of each lead in hundredths, between nothing and their caps."""
        np = numpy()
        found = self.caps // 2 + points[:, : len(COMPONENTS)]
        for column, place in enumerate(self.places, len(COMPONENTS)):
            found[:, place] += points[:, column]
        return np.clip(found, 0, self.caps)

    def said(self, codes: Sequence[Any], rules: Any) -> Any:
        """Return the log-odds of each lead around the mean."""
        found = self.rules_weight * (rules - self.rules_means).sum(axis=1)
        for weights, bins in zip(self.weights, codes, strict=True):
            found = found + weights[bins]
        return found


def bins_of(part: Mapping[str, Any]) -> binning.Bins:
    """Return an input's bins as the body of a model tells them."""
    return binning.Bins(part["name"], part["kind"], tuple(part.get("edges", ())), tuple(part.get("words", ())))


def scores(components: Any) -> Any:
    """Return the scores of leads: the sum of their components, rounded."""
    return (components.sum(axis=1) + HUNDRED // 2) // HUNDRED
