"""Trains a model: screens the inputs, tries it on the newest outcomes, learns from all, and says whether to use it."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli.errors import Invalid
from mycrm_cli.services.scoring.learned import body as bodies
from mycrm_cli.services.scoring.learned import gates, leaks, learning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from mycrm_cli.services.scoring.learned.examples import Examples
    from mycrm_cli.services.scoring.learned.gates import Verdict


class Trained(NamedTuple):
    """A model that was learned: its name, its body, how well it did, and whether it may be used."""

    version: str
    body: dict[str, Any]
    metrics: dict[str, Any]
    verdict: Verdict
    leaking: dict[str, float]
    late: list[str]


def trained(examples: Examples, caps: Sequence[int], rules: Mapping[str, Any]) -> Trained:
    """Learn a model from examples; raises Invalid where there are too few outcomes."""
    check_enough(examples)
    ordered = examples.ordered()
    screened = leaks.screened(ordered)
    tried, found = gates.tried(ordered, screened.names)
    # The penalties were chosen without the newest outcomes; all of them are learned from in the end.
    learned = learning.learn(ordered, screened.names, tried.strength)
    found |= gates.held_out(learned, ordered)
    found |= {"outcomes": len(ordered.ids), "converted": sum(ordered.labels), "leaking": screened.leaking}
    found |= {"late": screened.late, "newest": ordered.decided[-1]}
    body = bodies.body(learned, ordered, caps, rules)
    verdict = gates.verdict(ordered, found)
    return Trained(bodies.version(body), body, _plain(found), verdict, screened.leaking, screened.late)


def check_enough(examples: Examples) -> None:
    """Refuse to learn from few outcomes; raises Invalid."""
    if gates.enough(examples):
        return
    good = sum(examples.labels)
    bad = len(examples.labels) - good
    raise Invalid(
        f"{good} converted and {bad} disqualified leads are too few to learn from: {gates.LEARNS} of each are needed",
        details=[{"field": "outcomes", "code": "too_few"}],
        hint="until then the rules score; mycrm score rules backtest tells how well",
    )


def _plain(told: Any) -> Any:
    """Return figures in rounded form, which is the same on every database."""
    if isinstance(told, dict):
        return {key: _plain(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_plain(value) for value in told]
    return round(told, 6) if isinstance(told, float) else told
