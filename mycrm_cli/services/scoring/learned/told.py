"""The factors of a learned model, as other parts of scoring look at them: ways, ranges, averages."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.services.scoring.inputs import SIGNALS
from mycrm_cli.services.scoring.learned.examples import label_of, place_of
from mycrm_cli.services.scoring.rules import COMPONENTS, Way

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mycrm_cli.services.scoring.learned.form import Form

ALWAYS = frozenset((*SIGNALS, "recency", "age"))
"""Inputs that are always known: what never happened tells too."""
RULES = "rules_"
"""Before the component of the rules whose points are a factor."""
PART = "part"
"""The kind of a way that takes what the rules give."""


class LearnedFactor(NamedTuple):
    """What gives points to one component: one input, or what the rules give to the component."""

    code: str
    label: str
    component: str
    ways: tuple[Way, ...]
    range: tuple[float, float]
    is_counted: bool

    @property
    def inputs(self) -> list[str]:
        """The inputs that it looks at."""
        return [way.input for way in self.ways]


def factors(form: Form, half_lives: Mapping[str, float]) -> list[LearnedFactor]:
    """Return the factors of a model: first what the rules say of each component, then each input."""
    found = [
        LearnedFactor(RULES + name, f"{name.capitalize()} by the rules", name, (Way(RULES + name, PART),), (0, 0), True)
        for name in COMPONENTS
    ]
    for bins, table in zip(form.bins, form.tables, strict=True):
        points = [hundredths / 100 for hundredths in table.tolist()]
        way = Way(bins.name, "values", half_life=half_lives.get(bins.name, 0.0), values=_named(bins, points))
        label, component = label_of(bins.name), COMPONENTS[place_of(bins.name)]
        code = bins.name.replace("cf.", "cf_")
        bounds = (min(points), max(points))
        found.append(LearnedFactor(code, label, component, (way,), bounds, bins.name in ALWAYS))
    return found


def _named(bins: Any, points: list[float]) -> tuple[tuple[str, float], ...]:
    """Return the points of each bin under its name; the last edge has one bin above it."""
    names = list(bins.words)
    if bins.kind != "word":
        names = [f"to {edge:g}" for edge in bins.edges]
    return tuple(zip([*names, "other"], points[1:], strict=True))
