"""Rebuilds leads with an outcome as they were before it: fields from the journal, signals from the events."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.reader import Reader
from mycrm_cli.services.scoring import inputs, models, signals
from mycrm_cli.services.scoring.facts import Leads
from mycrm_cli.services.scoring.inputs import CUSTOM, SIGNALS
from mycrm_cli.services.scoring.learned import outcomes, past
from mycrm_cli.services.scoring.learned.examples import ORDER, Examples

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from mycrm_cli.services.scoring.inputs import Facts
    from mycrm_cli.services.scoring.learned.outcomes import Outcome
    from mycrm_cli.services.scoring.rating import Engine
    from mycrm_cli.services.work import Work

CHUNK = 5_000
"""Leads that are rebuilt at a time."""
COMMON = 4_000_000_000.0
"""A moment to which all leads are moved, so that many can be looked at as of one."""


def examples(source: Reader | Work, rules: Engine, now: datetime) -> Examples:
    """Return the leads with an outcome of the last 24 months, as they were before it."""
    ended = outcomes.outcomes(source, now)
    earlier = past.before(source, {outcome.id: outcome.as_of for outcome in ended})
    names = sorted(Reader(source.connection, source.scope).custom_fields(catalog.entity("lead")))
    gathered = Gathered(names)
    for start in range(0, len(ended), CHUNK):
        part = ended[start : start + CHUNK]
        gathered.add(part, rebuilt(source, rules, part, earlier, gathered), rules)
    return gathered.examples()


class Gathered:
    """The columns of examples while they are read."""

    def __init__(self, custom: Sequence[str]) -> None:
        self.columns: dict[str, list[Any]] = {name: [] for name in (*ORDER, *(CUSTOM + name for name in custom))}
        self.outcomes: list[Outcome] = []
        self.rules: list[tuple[int, ...]] = []
        self.known: dict[str, int] = dict.fromkeys(self.columns, 0)
        self.late: dict[str, int] = dict.fromkeys(self.columns, 0)

    def add(self, part: Sequence[Outcome], facts: Sequence[Facts], rules: Engine) -> None:
        """Take leads as they were at their moments, moved to the common one."""
        self.outcomes += part
        self.rules += [rating.breakdown for rating in rules.rate(facts, COMMON)]
        for name, values in self.columns.items():
            if name not in SIGNALS:
                values.extend(inputs.column(name, facts, COMMON, rules.population.median_won))
            elif half_life := rules.half_lives.get(name):
                values.extend(inputs.signal(name, facts, COMMON, half_life))
            else:
                values.extend([None] * len(facts))

    def compare(self, now: Facts, then: Facts) -> None:
        """Count which inputs are known now, and which of them were not then."""
        pairs = {
            "source": (now.source, then.source),
            "seniority": (now.job_title, then.job_title),
            "free_mail": (now.email, then.email),
            "value": (now.estimated_value, then.estimated_value),
        }
        for name, (after, before) in pairs.items():
            self._count(name, after, before)
        for name, after in now.custom.items():
            self._count(CUSTOM + name, after, then.custom.get(name))

    def _count(self, name: str, after: Any, before: Any) -> None:
        if after not in (None, "") and name in self.known:
            self.known[name] += 1
            self.late[name] += before in (None, "")

    def examples(self) -> Examples:
        """Return what was gathered."""
        return Examples(
            [outcome.id.hex for outcome in self.outcomes],
            [outcome.label for outcome in self.outcomes],
            [outcome.decided_at.timestamp() for outcome in self.outcomes],
            [outcome.as_of.timestamp() for outcome in self.outcomes],
            self.columns,
            self.rules,
            {name: late / self.known[name] for name, late in self.late.items() if late},
        )


def rebuilt(
    source: Reader | Work, rules: Engine, part: Sequence[Outcome], earlier: dict[Any, Any], gathered: Gathered
) -> list[Facts]:
    """Return the facts of leads as they were at their moments, all moved to the common one."""
    sums = signals.rebuilt_each(source, {outcome.id: outcome.as_of for outcome in part}, rules.half_lives)
    leads = {fact.id: fact for fact, _ in Leads(source, custom=True).of([outcome.id for outcome in part])}
    found = []
    for outcome in part:
        now = leads[outcome.id]
        then = _as_it_was(now, earlier.get(outcome.id, {}))
        gathered.compare(now, then)
        found.append(_moved(models.with_sums(then, sums[outcome.id]), COMMON - outcome.as_of.timestamp()))
    return found


def _as_it_was(fact: Facts, held: dict[str, Any]) -> Facts:
    """Return facts with fields as they were; whether mail was refused is not known of the past, and left out."""
    changes: dict[str, Any] = {name: held[name] for name in ("source", "job_title", "email") if name in held}
    if "estimated_value" in held:
        worth = held["estimated_value"]
        changes["estimated_value"] = None if worth is None else float(worth)
    if "custom_fields" in held:
        changes["custom"] = held["custom_fields"] or {}
    return fact._replace(no_mail=None, **changes)


def _moved(fact: Facts, seconds: float) -> Facts:
    """Return facts with all moments moved."""

    def at(moment: float | None) -> float | None:
        return None if moment is None else moment + seconds

    return fact._replace(
        created_at=fact.created_at + seconds,
        landmark_at=at(fact.landmark_at),
        last_inbound_at=at(fact.last_inbound_at),
        bounced_at=at(fact.bounced_at),
        latest={name: moment + seconds for name, moment in fact.latest.items()},
    )
