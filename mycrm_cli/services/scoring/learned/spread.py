"""How far factors spread together: what scores may still move by while inputs are unknown."""

from __future__ import annotations

from mycrm_cli.services.scoring.learned import told
from mycrm_cli.services.scoring.learned.arrays import numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.services.scoring.learned.examples import Examples
    from mycrm_cli.services.scoring.learned.form import Form

PRIOR = 20
"""How many leads an even spread counts for."""
SMALL = 1e-4


def measured(form: Form, examples: Examples) -> list[list[Any]]:
    """Return (factor, factor, covariance in points squared) of factors that may be unknown, where it is not 0."""
    np = numpy()
    codes = form.codes(examples.columns, np.array(examples.as_of))
    names = [factor.code for factor in told.factors(form, {})][-len(codes) :] if codes else []
    places = [place for place, bins in enumerate(form.bins) if bins.name not in told.ALWAYS]
    points = {place: form.tables[place][codes[place]] / 100.0 for place in places}
    known = {place: codes[place] > 0 for place in places}
    found: list[list[Any]] = []
    for at, one in enumerate(places):
        for other in places[at:]:
            both = known[one] & known[other]
            value = _covariance(points[one][both], points[other][both], form.tables[one] if one == other else None)
            if abs(value) >= SMALL:
                found.append([names[one], names[other], value])
    return found


def _covariance(left: Any, right: Any, table: Any) -> float:
    """Return a covariance; the variance of a factor is drawn to that of its bins."""
    np = numpy()
    count = len(left)
    total = float(((left - left.mean()) * (right - right.mean())).sum()) if count else 0.0
    prior = 0.0 if table is None else float(np.var(table / 100.0))
    return round((total + PRIOR * prior) / (count + PRIOR), 4) + 0.0
