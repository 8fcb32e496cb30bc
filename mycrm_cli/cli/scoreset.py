"""``mycrm score set`` and ``release``: scores that people set themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycrm_cli import catalog
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli import verbs
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.query import Select
from mycrm_cli.query.nodes import equals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    import typer

    from mycrm_cli.cli.state import State
    from mycrm_cli.cli.verbs import Run

LEAD = catalog.entity("lead")
SHOWN = 10
"""Leads of which a dry run tells the score that they would have."""
SET_DOC = """Give leads a score of your own.

Runs leave it alone until it is released.

mycrm score set L-12 90 --reason "The board knows them"
mycrm score set L-12 L-13 20
"""
SET_OPTIONS = {
    "score": sig.option("--score", help="From 0 to 100.", metavar="SCORE"),
    "reason": sig.option("--reason", help="Why; the history keeps it."),
}
RELEASE_DOC = """Take back scores that were set by hand.

The leads are scored at once, and by runs from then on.

mycrm score release L-12
mycrm score release -w score_locked=yes --yes
"""


def put(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Set the score of leads."""
    from mycrm_cli.services.scoring import manual

    score, reason = run.read("score", "integer", low=0, high=100), run.read("reason", "text", max_length=255)
    if score is None:
        raise UsageError("which score?", hint="mycrm score set L-12 90", details=[{"field": "score"}])
    return told(run, manual.put, ids, score, reason)


def release(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Score leads again."""
    from mycrm_cli.services.scoring import manual

    return told(run, manual.release, ids)


def told(run: Run, act: Callable[..., list[UUID]], ids: Sequence[UUID], *given: Any) -> list[UUID]:
    """Change scores of leads; where that is only tried, say which the first of them would be."""
    before = scores_of(run, ids[:SHOWN]) if run.work.dry_run else {}
    changed = act(run.work, ids, *given)
    if before:
        after = scores_of(run, list(before))
        for id in [id for id in changed if id in before]:
            run.say(f"would be: {after[id]}, not {before[id].rpartition('  ')[2]}")
    return changed


def scores_of(run: Run, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return leads with their scores in words."""
    columns = ["id", "number", "name", "score", "grade", "score_locked"]
    found = {}
    for id, number, name, score, grade, is_locked in run.work.reader.rows(
        Select(LEAD, columns, where=equals("id", *map(str, ids)))
    ):
        shown = "without a score" if score is None else f"{score} ({grade})"
        found[id] = f"L-{number} {name}  {shown}{' by hand' if is_locked else ''}"
    return found


class SetVerb(WriteVerb):
    """``score set``, where a word like -5 is a number too, and one that no score is."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of a line; raises Invalid for a negative score."""
        words = list(args)
        try:
            found: list[str] = super().parse_args(ctx, args)
        except Exception as error:
            name = getattr(error, "option_name", "") or ""
            number = next((word for word in words if name[1:].isdigit() and word.startswith(name)), None)
            if number is None:
                raise
            detail: dict[str, object] = {"field": "score", "code": "out_of_range"}
            raise Invalid(f"score: {number} is not between 0 and 100", details=[detail]) from None
        return found


def which(verb: str, more: str = "") -> Any:
    """Return what completes a line before its work: it says how the line goes where no lead is named."""

    def check(given: dict[str, Any], state: State) -> None:
        if not (given["references"] or given["where"] or given["all"]):
            raise UsageError("which leads?", hint=f"mycrm score {verb} L-12{more}, or -w FILTER, or --all")

    return check


def add_to(app: typer.Typer) -> None:
    """Add the commands to those of scores."""
    ready = which("set", " 90")
    verbs.add(app, "lead", "set", "scored", put, SET_OPTIONS, SET_DOC, target="score", prepare=ready, cls=SetVerb)
    verbs.add(app, "lead", "release", "released", release, {}, RELEASE_DOC, prepare=which("release"))
