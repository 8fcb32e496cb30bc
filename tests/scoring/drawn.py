"""Rules and facts that are drawn at random, valid ones and broken ones, for tests of the engine."""

import json
import random
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from mycrm_cli.services.scoring import population
from mycrm_cli.services.scoring.grades import FIRST
from mycrm_cli.services.scoring.inputs import DAY, SIGNALS, Facts
from mycrm_cli.services.scoring.rating import Engine
from mycrm_cli.services.scoring.rules import COMPONENTS, Rules

NOW = 1_800_000_000.0
TITLES = (None, "CEO", "VP of Sales", "Head of IT", "Sales Manager", "Senior Engineer", "Clerk", "Intern", "²ß Ⅷ")
WORDS = ("software", "Tools & Dies", "ÖL", "yes", "no", "referral", "vp", "x")
SOURCES = (None, "referral", "partner", "website", "event", "other", "cold_call")
ADDRESSES = (None, "a@gmail.com", "b@roof.example", "c@web.de")
NUMBERS = ("age", "employees", "revenue", "value", "cf.size")


def _points(choose: random.Random, low: int = 0) -> float:
    return round(choose.uniform(low, 30), choose.choice((0, 1, 2, 4)))


def way(choose: random.Random, half_lives: dict[str, float], *, counted: bool) -> dict[str, Any]:
    """Return one way to give points; ``counted``: by what a lead did."""
    if counted:
        name = choose.choice((*SIGNALS, "recency"))
        half_life = half_lives.setdefault(name, round(choose.choice((0.01, 1, 7, 30, 300, 10_000)), 2))
        found = {"input": name, "half_life": half_life, "points": _points(choose)}
        if name == "recency":
            return found | {"without": _points(choose), "without_half_life": choose.choice((0.5, 14, 90))}
        return found | {"saturation": choose.choice((0.01, 0.576, 1.0, 2.41, 50))}
    name = choose.choice((*NUMBERS, "seniority", "source", "industry", "free_mail", "cf.word"))
    if name in NUMBERS:
        starts = sorted({round(choose.uniform(-10, 400), 1) for _ in range(choose.randint(1, 6))})
        return {"input": name, "bins": [[start, _points(choose, -30)] for start in starts]}
    words = choose.sample(WORDS, choose.randint(0, 4))
    found = {"input": name, "values": {word: _points(choose, -30) for word in words}}
    if choose.random() < 0.3:
        found["other"] = _points(choose, -30)
    return found


def rules(choose: random.Random) -> str:
    """Return rules that are right, as TOML."""
    cuts = sorted(choose.randint(0, 100) for _ in range(len(COMPONENTS) - 1))
    caps = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    lines = ["[caps]", *(f"{name} = {cap}" for name, cap in zip(COMPONENTS, caps, strict=True))]
    half_lives: dict[str, float] = {}
    for number in range(choose.randint(1, 14)):
        counted = choose.random() < 0.5
        told = way(choose, half_lives, counted=counted)
        if not counted and choose.random() < 0.3:
            told["instead"] = [way(choose, half_lives, counted=False) for _ in range(choose.randint(1, 3))]
        told |= {"code": f"f_{number}", "component": choose.choice(COMPONENTS)}
        lines += ["[[factor]]", *(f"{key} = {toml(value)}" for key, value in told.items())]
    return "\n".join(lines)


def toml(value: Any) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def facts(choose: random.Random, number: int, as_of: float = NOW) -> Facts:
    """Return the facts of a lead, anything of which may be unknown."""
    seen = {s: as_of - choose.uniform(0, 200) * DAY for s in SIGNALS if choose.random() < 0.4}
    landmark = max(seen.values(), default=None)
    last = max((moment for signal, moment in seen.items() if signal != "open"), default=None)

    def maybe(value: Any) -> Any:
        return value if choose.random() < 0.6 else None

    return Facts(
        id=UUID(int=number),
        number=number,
        name=f"Lead {number}",
        status="new",
        created_at=as_of - choose.uniform(-1, 500) * DAY,
        source=choose.choice(SOURCES),
        job_title=choose.choice(TITLES),
        email=choose.choice(ADDRESSES),
        estimated_value=maybe(round(choose.uniform(0, 1e6), 2)),
        employees=maybe(float(choose.randint(0, 400))),
        revenue=maybe(choose.uniform(0, 400)),
        industry=maybe(choose.choice(WORDS)),
        landmark_at=landmark,
        sums={s: float(f"{choose.choice((1e-9, 0.3, 1, 2.5, 40)):.12g}") for s in seen} or None,
        latest=seen,
        last_inbound_at=last,
        bounced_at=None if choose.random() < 0.9 else as_of - DAY,
        no_mail=None if choose.random() < 0.9 else "unsubscribe",
        do_not_call=choose.random() < 0.1,
        custom={
            name: value
            for name, value in (
                ("size", choose.choice((None, 5, 5.5, "12", "nan", "inf", "-1e999", "many", True, [1], 10**400))),
                ("word", choose.choice((None, "ÖL", "öl", True, 7, 1.5, ["a"], "\u202e<b>", "x" * 900))),
            )
            if value is not None
        },
    )


def engine(read: Rules, sample: list[Facts], cutoffs: dict[str, int] | None = None, as_of: float = NOW) -> Engine:
    """Return an engine whose averages are those of some leads."""
    blank = Engine("trial", read, population.blank(read.factors, 100_000.0), dict(FIRST))
    columns = [blank.points(factor, sample, as_of) for factor in blank.factors]
    measured = population.measured(blank.factors, columns, len(sample), 100_000.0)
    return Engine("rules-1", read, measured, cutoffs or dict(FIRST))


seeds = st.integers(0, 2**32 - 1)
ANY = st.recursive(
    st.one_of(
        st.none().map(lambda _: "x"),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.sampled_from((0, 1, -1, 100, 101, 0.5, float("nan"), float("inf"), float("-inf"), 10**400, 5e-324)),
        st.text(max_size=8),
        st.sampled_from(
            (*COMPONENTS, *SIGNALS, "recency", "age", "cf.x", "cf.", "[bold]", "\x1b[31m", "\x00", "\u202e")
        ),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
"""Values of every type that TOML has, and some that it has not."""
