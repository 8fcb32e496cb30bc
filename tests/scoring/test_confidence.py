"""What a score claims of itself: inputs that are known are hidden, and it stays near as often as it said."""

import os
import random
from dataclasses import dataclass
from typing import Any

import pytest

from mycrm_cli.services.scoring import metrics, rules
from mycrm_cli.services.scoring.confidence import WITHIN, Confidence
from mycrm_cli.services.scoring.inputs import DAY, Facts
from tests.scoring import drawn
from tests.scoring.drawn import NOW

LEADS = int(os.environ.get("MYCRM_TEST_CONFIDENCE", "3000"))
SEED = int(os.environ.get("MYCRM_TEST_SEED", "1"))
GAP = 0.04
BUCKETS = 10
INPUTS = ("employees", "revenue", "job_title", "source", "estimated_value", "industry", "email")
CAPS = "[caps]\nengagement=10\nfit=50\nintent=15\ntiming=10\nbudget=15\n"
WEIGHTY = (
    CAPS
    + """
[[factor]]
code = "reply"
component = "engagement"
input = "reply"
points = 10
half_life = 30
saturation = 1
[[factor]]
code = "size"
component = "fit"
input = "employees"
bins = [[0, 0], [50, 4], [200, 12], [1000, 20]]
instead = [{ input = "revenue", bins = [[0, 0], [5_000_000, 10], [50_000_000, 20]] }]
[[factor]]
code = "position"
component = "fit"
input = "seniority"
values = { c_level = 20, vp = 17, director = 9, manager = 6, staff = 1, junior = -10 }
[[factor]]
code = "trade"
component = "fit"
input = "industry"
values = { software = 15, retail = -5 }
other = 3
[[factor]]
code = "source"
component = "intent"
input = "source"
values = { referral = 15, partner = 10, website = 5, event = 3, cold_call = 0 }
[[factor]]
code = "recency"
component = "timing"
input = "recency"
points = 10
half_life = 30
without = 5
without_half_life = 14
[[factor]]
code = "value"
component = "budget"
input = "value"
bins = [[0, 0], [0.3, 3], [1, 8], [3, 15]]
"""
)
RARE = (
    CAPS
    + """
[[factor]]
code = "partner"
component = "fit"
input = "source"
values = { partner = 50, referral = 3 }
other = 0
[[factor]]
code = "chief"
component = "fit"
input = "seniority"
values = { c_level = 35, staff = 2 }
other = 0
[[factor]]
code = "value"
component = "budget"
input = "value"
bins = [[0, 0], [5, 15]]
"""
)
RULES = {"default": rules.default_text(), "weighty": WEIGHTY, "rare and large": RARE}


def lead(choose: random.Random, number: int) -> Facts:
    """Return a lead all of whose inputs are known, and hang together: large companies send chiefs and large orders."""
    large = choose.gauss(0, 1)
    rank = large * 0.6 + choose.gauss(0, 0.8)
    wealth = large * 0.9 + choose.gauss(0, 0.3)
    titles = ("Intern", "Clerk", "Clerk", "Manager", "Head of IT", "VP Sales", "CEO")
    sources = ("cold_call", "event", "website", "partner", "referral")
    base = drawn.facts(choose, number)
    return base._replace(
        employees=float(max(round(120 * 2.718 ** (1.4 * large)), 1)),
        revenue=10_000_000 * 2.718 ** (1.5 * wealth),
        job_title=titles[min(max(round(3 + 1.6 * rank), 0), 6)],
        source=sources[min(max(round(1.6 + rank * 0.4 + choose.gauss(0, 1)), 0), 4)],
        estimated_value=80_000 * 2.718 ** (0.9 * wealth + choose.gauss(0, 0.5)),
        industry="software" if large + choose.gauss(0, 1) > 0.4 else choose.choice(("retail", "tools", "steel")),
        email=choose.choice(("a@gmail.com", "b@roof.example", "b@roof.example")),
        created_at=NOW - choose.uniform(1, 300) * DAY,
        bounced_at=None,
        no_mail=None,
    )


def hidden(choose: random.Random, fact: Facts, share: float) -> Facts:
    """Return a lead some of whose inputs nobody knows."""
    unknown: dict[str, Any] = {name: None for name in INPUTS if choose.random() < share}
    return fact._replace(**unknown)


@dataclass
class Claimed:
    """What was claimed, and whether it held."""

    chances: list[float]
    held: list[int]

    @property
    def gap(self) -> float:
        """The mean distance over buckets of the claim, weighted by their size."""
        buckets: dict[int, list[tuple[float, int]]] = {}
        for chance, stayed in zip(self.chances, self.held, strict=True):
            buckets.setdefault(min(int(chance * BUCKETS), BUCKETS - 1), []).append((chance, stayed))
        gaps = [abs(sum(chance - stayed for chance, stayed in told)) for told in buckets.values()]
        return sum(gaps) / len(self.held)


def claimed(engine: Any, leads: list[Facts], choose: random.Random, share: float) -> Claimed:
    """Hide inputs of leads, and compare the claim with what happens when they are known."""
    sure = Confidence([factor.code for factor in engine.factors], engine.population)
    blind = [hidden(choose, fact, share) for fact in leads]
    found = Claimed([], [])
    for before, after in zip(engine.rate(blind, NOW), engine.rate(leads, NOW), strict=True):
        found.chances.append(float(sure.of(before.unknown)))
        found.held.append(abs(before.score - after.score) <= WITHIN)
    return found


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("known", [0.95, 0.6, 0.3])
def test_scores_stay_as_often_as_they_claim(name: str, known: float) -> None:
    """Where the organization knows much of its leads, and where it knows little."""
    choose = random.Random(f"{SEED} {name} {known}")
    own = [hidden(choose, lead(choose, number), 1 - known) for number in range(LEADS)]
    engine = drawn.engine(rules.read(RULES[name]), own)
    others = [lead(choose, number) for number in range(LEADS)]
    found = claimed(engine, others, choose, 1 - known)
    error = metrics.calibration_error(found.chances, found.held)
    print(
        f"{name}, {known:.0%} known: tried {len(others)}, gap {found.gap:.3f}, by tenths {error:.3f},"
        f" claimed {sum(found.chances) / len(others):.3f}, held {sum(found.held) / len(others):.3f}, seed {SEED}"
    )
    assert found.gap <= GAP
