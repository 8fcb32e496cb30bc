"""What other rules would do: which leads would move, and what one lead would get."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli import catalog, query
from mycrm_cli.query.nodes import Not, equals
from mycrm_cli.query.virtual import CLOSED_LEAD
from mycrm_cli.services.scoring import explaining, models, rules
from mycrm_cli.services.scoring.grades import LETTERS, grade
from mycrm_cli.services.scoring.population import SAMPLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.scoring.explaining import Explanation

BATCH = 5000
"""Leads that are rated at a time."""


class Moved(NamedTuple):
    """A lead with its score under the rules in force and under the others."""

    id: UUID
    number: int
    name: str
    score_before: int
    grade_before: str
    score_after: int
    grade_after: str


class Comparison(NamedTuple):
    """What the other rules do: ``grid`` counts leads by their grade before and after, ``moved`` changed it.

    ``looked_at`` of all the ``leads`` were rated, evenly chosen.
    """

    leads: int
    looked_at: int
    rescored: int
    grid: dict[tuple[str, str], int]
    moved: list[Moved]
    before: str
    cutoffs_before: dict[str, int]
    cutoffs_after: dict[str, int]

    def graded(self, letter: str, *, after: bool) -> int:
        """Return how many leads have a grade before or after."""
        return sum(number for pair, number in self.grid.items() if pair[after] == letter)


def compare(
    reader: Reader, text: str, as_of: datetime, *, whole: bool = False, tell: Callable[[int], None] | None = None
) -> Comparison:
    """Rate open leads by the rules in force and by others; of many some, unless the ``whole`` is wanted."""
    model = models.active(reader)
    before = models.engine(model) if model else models.trial(reader, rules.default_text(), as_of)
    after = models.trial(reader, text, as_of)
    every = opened(reader)
    ids = every if whole else every[:: max(-(-len(every) // SAMPLE), 1)]
    grid = {(a, b): 0 for a in LETTERS for b in LETTERS}
    moved: list[Moved] = []
    rescored = 0
    for start in range(0, len(ids), BATCH):
        for one in rated(reader, before, after, ids[start : start + BATCH], as_of):
            grid[one.grade_before, one.grade_after] += 1
            rescored += one.score_before != one.score_after
            if one.grade_before != one.grade_after:
                moved.append(one)
        if tell:
            tell(start + BATCH)
    moved.sort(key=lambda one: (-abs(one.score_after - one.score_before), one.number))
    version = model.version if model else "the defaults"
    return Comparison(len(every), len(ids), rescored, grid, moved, version, before.cutoffs, after.cutoffs)


def opened(reader: Reader) -> list[UUID]:
    """Return the ids of open leads, in order."""
    where = Not(equals("status", *CLOSED_LEAD))
    return [row[0] for row in reader.rows(query.Select(catalog.entity("lead"), ["id"], where=where, sort="id"))]


def rated(reader: Reader, before: Any, after: Any, ids: Sequence[UUID], as_of: datetime) -> list[Moved]:
    """Return leads with their scores by two engines."""
    moment = as_of.timestamp()
    facts = models.facts_as_of(reader, before, list(ids), as_of)
    same = before.half_lives == after.half_lives and before.needs_custom >= after.needs_custom
    others = facts if same else models.facts_as_of(reader, after, list(ids), as_of)
    return [
        Moved(
            fact.id,
            fact.number,
            fact.name,
            one.score,
            grade(one.score, before.cutoffs),
            other.score,
            grade(other.score, after.cutoffs),
        )
        for fact, one, other in zip(facts, before.rate(facts, moment), after.rate(others, moment), strict=True)
    ]


def tried(reader: Reader, text: str, id: UUID, as_of: datetime) -> Explanation:
    """Return why a lead would have its score under other rules."""
    engine = models.trial(reader, text, as_of)
    [fact] = models.facts_as_of(reader, engine, [id], as_of)
    [rating] = engine.rate([fact], as_of.timestamp())
    return explaining.explained(engine, fact, rating, as_of)
