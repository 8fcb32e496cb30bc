"""How sure a score is: the probability that it stays within ten points if what is unknown were known."""

from __future__ import annotations

from decimal import Decimal
from math import erf, sqrt

from mycrm_cli.services.scoring.population import deviation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.scoring.population import Population

WITHIN = 10
"""Points by which a score may move and still be about the same."""
HUNDREDTH = Decimal("0.01")


class Confidence:
    """Answers for each set of unknown factors once: ``of(bits)``, with a bit for each factor in their order."""

    def __init__(self, codes: Sequence[str], population: Population) -> None:
        self.codes = codes
        self.population = population
        self._known: dict[int, Decimal] = {}

    def of(self, unknown: int) -> Decimal:
        """Return erf(10 / (sd * sqrt 2)), two digits; sd is that of what the unknown factors may give together."""
        found = self._known.get(unknown)
        if found is None:
            codes = [code for place, code in enumerate(self.codes) if unknown >> place & 1]
            spread = deviation(self.population, codes)
            sure = erf(WITHIN / (spread * sqrt(2))) if spread else 1.0
            found = self._known[unknown] = Decimal(sure).quantize(HUNDREDTH)
        return found
