"""The engine of learned models: rates leads like that of the rules, many at a time in numpy."""

from __future__ import annotations

from typing import Any

from mycrm_cli.services.scoring import inputs, population
from mycrm_cli.services.scoring import rules as rulebook
from mycrm_cli.services.scoring.inputs import CUSTOM, DAY, SIGNALS
from mycrm_cli.services.scoring.learned import calibration, told
from mycrm_cli.services.scoring.learned.arrays import numpy
from mycrm_cli.services.scoring.learned.form import Form
from mycrm_cli.services.scoring.rating import LONGEST, Engine, Rating, rounded
from mycrm_cli.services.scoring.rules import COMPONENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from mycrm_cli.services.scoring.inputs import Facts
    from mycrm_cli.services.scoring.models import Model


def engine(model: Model) -> LearnedEngine:
    """Return what rates leads with a stored model."""
    return LearnedEngine(model.version, model.body, model.cutoffs, model.metrics.get("recalibrated"))


def rules_engine(body: Mapping[str, Any]) -> Engine:
    """Return the engine of the rules that a model was learned with: what they say is one of its inputs."""
    own = body["rules"]
    return Engine(own["version"], rulebook.read(own["text"]), population.of_record(own["population"]), {})


class LearnedEngine:
    """Rates leads by a model that was learned from outcomes."""

    def __init__(
        self,
        version: str,
        body: Mapping[str, Any],
        cutoffs: dict[str, int],
        recalibrated: Mapping[str, Any] | None = None,
    ) -> None:
        self.version = version
        self.cutoffs = cutoffs
        self.form = Form(body)
        self.by = calibration.from_body(recalibrated) if recalibrated else self.form.by
        self.rules = rules_engine(body)
        self.half_lives = self.rules.half_lives
        names = [bins.name for bins in self.form.bins]
        self.needs_custom = self.rules.needs_custom or any(name.startswith(CUSTOM) for name in names)
        self.factors = told.factors(self.form, self.half_lives)
        self.averages = (0,) * len(self.factors)
        spread = {(a, b): float(value) for a, b, value in body.get("spread", ())}
        size, median = self.rules.population.size, self.rules.population.median_won
        self.population = population.Population(size, dict.fromkeys(self.codes, 0), spread, median)
        self._chances: dict[UUID, float] = {}

    @property
    def codes(self) -> list[str]:
        """The codes of the factors, in their order."""
        return [factor.code for factor in self.factors]

    def rate(self, facts: Sequence[Facts], as_of: float) -> list[Rating]:
        """Return the ratings of leads as of a moment (seconds since 1970)."""
        np = numpy()
        if not facts:
            return []
        rules = np.array([rating.breakdown for rating in self.rules.rate(facts, as_of)], dtype=float)
        codes = self.form.codes(columns(self, facts, as_of), as_of)
        points = self.form.points(codes, rules)
        chances = calibration.probabilities(self.form.said(codes, rules), self.by).tolist()
        self._chances = {fact.id: round(chance, 3) for fact, chance in zip(facts, chances, strict=True)}
        exact = list(map(tuple, self.form.components(points).tolist()))
        known = {parts: rounded(parts) for parts in set(exact)}
        unknown = self._unknown(codes, len(facts))
        return [
            Rating(*known[parts], tuple(own), bits, parts)
            for parts, own, bits in zip(exact, points.tolist(), unknown, strict=True)
        ]

    def chance(self, id: UUID) -> float | None:
        """Return the probability that a lead converts, of those that were rated last."""
        return self._chances.get(id)

    def expiries(self, facts: Sequence[Facts], ratings: Sequence[Rating], as_of: float) -> list[float]:
        """Return when time alone changes each score: seconds since 1970, ``LONGEST`` from now at most."""
        np = numpy()
        found = np.array(self.rules.expiries(facts, self.rules.rate(facts, as_of), as_of), dtype=float)
        own = columns(self, facts, as_of)
        for bins in self.form.bins:
            if not bins.edges or not (bins.kind == "date" or bins.name in told.ALWAYS):
                continue
            lasts = _lasts(bins, own[bins.name], as_of, self.half_lives.get(bins.name))
            found = np.minimum(found, as_of + lasts)
        return [float(moment) for moment in np.clip(found, as_of + 1.0, as_of + LONGEST)]

    def _unknown(self, codes: Sequence[Any], count: int) -> list[int]:
        """Return for each lead a bit for each factor whose input is unknown."""
        np = numpy()
        found = [0] * count
        for place, (bins, own) in enumerate(zip(self.form.bins, codes, strict=True), len(COMPONENTS)):
            if bins.name not in told.ALWAYS:
                for lead in np.flatnonzero(own == 0).tolist():
                    found[lead] |= 1 << place
        return found


def columns(rated: Any, facts: Sequence[Facts], as_of: float) -> dict[str, Sequence[Any]]:
    """Return the inputs of leads that a model looks at."""
    return {
        bins.name: inputs.signal(bins.name, facts, as_of, rated.half_lives[bins.name])
        if bins.name in SIGNALS
        else inputs.column(bins.name, facts, as_of, rated.population.median_won)
        for bins in rated.form.bins
    }


def _lasts(bins: Any, values: Sequence[Any], as_of: float, half_life: float | None) -> Any:
    """Return for how many seconds each lead stays in its bin; what decays falls to the edge below, ages rise."""
    from mycrm_cli.services.scoring.learned.binning import as_numbers

    np = numpy()
    numbers = as_numbers(bins.kind, values, as_of)
    edges = np.array(bins.edges, dtype=float)
    if bins.name in SIGNALS:
        places = np.searchsorted(edges, numbers, side="left") - 1
        below = np.where((places >= 0) & (edges[places] > 0), edges[places], np.nan)
        lasts = np.log2(np.where(numbers > 0, numbers, np.nan) / below) * (half_life or 1.0) * DAY
    else:
        places = np.searchsorted(edges, numbers, side="left")
        above = np.where(places < len(edges), edges[np.minimum(places, len(edges) - 1)], np.nan)
        lasts = (above - numbers) * DAY
    # One second more, so that the edge is behind.
    return np.where(np.isnan(lasts), LONGEST, lasts + 1.0)
