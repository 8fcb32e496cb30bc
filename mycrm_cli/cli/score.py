"""Verbs of scores: run, explain, history, list, set, release, signals, and the rules and models behind them."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, clock, kinds
from mycrm_cli.cli import bulk, reading, scoreexplain, scoremodel, scorerules, scoreset
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import CheckFailed, Invalid, UsageError
from mycrm_cli.query.shown import Shown

if TYPE_CHECKING:
    from datetime import datetime

    from mycrm_cli.cli.state import State

app = typer.Typer()
LEAD, SCORE = catalog.entity("lead"), catalog.entity("score")
OBJECTS = ("json", "jsonl")

RUN_DOC = """Score leads that changed, or all.

Unless told otherwise those are scored that changed, and those whose score time has moved. A run never asks and
says nothing where nothing was to do. It may be ended at any moment; the next one goes on.

mycrm score run
mycrm score run --all
mycrm score run -w 'source=referral status=new'
"""
RUN_PARAMETERS = {
    "changed": sig.flag("--changed", help="Leads that changed or whose time has come; so it is unless told."),
    "every": sig.flag("--all", help="All open leads."),
    "where": sig.options("-w", "--where", help="The leads that match a filter.", metavar="FILTER"),
    "as_of": sig.option("--as-of", help="Score as if it were then; now unless told.", metavar="TIME"),
}


def moment(state: State, option: str, text: str | None) -> datetime | None:
    """Return the moment that an option names; raises Invalid for what is none."""
    if text is None:
        return None
    try:
        found: datetime = kinds.make("timestamp").read(text, state.scope.locale)
    except kinds.BadValue as error:
        detail: dict[str, object] = {"field": option.replace("-", "_"), "code": error.code}
        raise Invalid(f"--{option}: {error.message}", details=[detail]) from None
    return found


def run(state: State, **given: Any) -> None:
    """Score leads and tell how many, where there was something to do."""
    if sum(map(bool, (given["changed"], given["every"], given["where"]))) > 1:
        raise UsageError("--changed, --all and -w are three ways to choose; give one of them")
    from mycrm_cli.cli.progress import Progress
    from mycrm_cli.services.scoring import running

    as_of = moment(state, "as-of", given["as_of"])
    if as_of is not None and as_of > clock.now() and not state.dry_run:
        raise Invalid(
            "--as-of is still to come: leads would keep those scores until then",
            details=[{"field": "as_of", "code": "in_future"}],
            hint="-n counts what would move by then; mycrm score explain L-12 --at TIME shows one lead",
        )
    ids = bulk.matching(state, LEAD, given["where"], deleted=False) if given["where"] else None
    if as_of is None and ids is None and not state.dry_run:
        scoremodel.look_after(state)
    progress = Progress(state)
    with ExitStack() as held:
        held.callback(progress, -1)
        begin: Any = state.work
        look: Any = lambda: state.open(write=False)  # noqa: E731
        if state.dry_run:
            # All of it is one unit of work that is taken back, so that each part sees what those before it did.
            begin, look = partial(nullcontext, held.enter_context(state.work())), None
        done = running.run(begin, every=given["every"], ids=ids, as_of=as_of, tell=progress, look=look)
    tell_run(state, done)


def tell_run(state: State, done: Any) -> None:
    """Tell what a run did: an object for programs, one sentence for people, nothing where nothing was to do."""
    out = state.out
    if out.format in OBJECTS:
        out.object({**done._asdict(), "dry_run": state.dry_run})
        return
    if done.measured:
        out.say(f"the leads are others than before: what is average was measured anew, as {done.measured}")
    if done.scored or out.terminal:
        would = "would have " if state.dry_run else ""
        out.say(f"{would}scored {done.scored:,}, changed {done.changed:,}, regraded {done.regraded:,}")


app.command("run", cls=WriteVerb)(sig.with_signature(run, RUN_PARAMETERS, RUN_DOC))

LIST_DOC = """List scores, all or the newest of each lead.

The history has a row where the grade moved, or the score by 5 points. What leads have now: mycrm lead list.

mycrm score list --latest -s -score
mycrm score list -w 'grade=A lead.source=referral' --latest
mycrm score list -w 'scored_at>=-7d' -o csv -F lead,score,grade
"""


def listed(state: State, **given: Any) -> None:
    """List scores, or the newest of each lead."""
    if given.pop("latest"):
        given["where"] = [*(given["where"] or []), "+LATEST"]
    reading.listed(state, SCORE, given)


LIST_PARAMETERS = reading.list_options(SCORE) | {
    "latest": sig.flag("--latest", help="Only the newest of each lead; the filter +LATEST is the same.")
}
app.command("list", cls=Verb)(sig.with_signature(listed, LIST_PARAMETERS, LIST_DOC))

SIGNALS_DOC = """Check the stored signals of leads.

Signals are what leads did, summed up as scores count it; they are compared with the events that they come from.

mycrm score signals
mycrm score signals --check
mycrm score signals --rebuild
"""
SIGNALS_PARAMETERS = {
    "check": sig.flag("--check", help="Compare all sums with the events; exit 8 where one is wrong."),
    "rebuild": sig.flag("--rebuild", help="Sum all events up anew, and put right what was wrong."),
}
SHOWN = 10
"""Differences that are told one by one."""


def half_lives(source: Any) -> dict[str, float]:
    """Return the half-lives in force."""
    from mycrm_cli.services.scoring import models, rules

    model = models.active(source)
    found: dict[str, float] = (models.engine(model) if model else rules.read(rules.default_text())).half_lives
    return found


def signals(state: State, **given: Any) -> None:
    """Tell how many leads have signals, compare them with their events, or sum these up anew."""
    from mycrm_cli.services.scoring import keeping

    if given["check"] and given["rebuild"]:
        raise UsageError("--check looks and --rebuild writes; give one of them")
    told: dict[str, Any] = {}
    if given["rebuild"]:
        told["rebuilt"] = rebuild(state)
    told |= keeping.standing(state.reader)._asdict()
    wrong = list(keeping.check(state.reader, half_lives(state.reader))) if given["check"] else []
    if given["check"]:
        state.exit = CheckFailed.exit if wrong else 0
        told |= {"wrong": len({one.lead_id for one in wrong}), "differences": [one._asdict() for one in wrong]}
    tell_signals(state, told)


def rebuild(state: State) -> int:
    """Sum all events up anew and return how many leads came out otherwise; asks for the right to run scores."""
    from mycrm_cli import permissions
    from mycrm_cli.cli.progress import Progress
    from mycrm_cli.services.scoring import keeping

    permissions.check_command(state.scope, ["score", "run"])
    progress = Progress(state)
    try:
        with state.work() as work:
            return keeping.rebuild(work, half_lives(work), progress)
    finally:
        progress(-1)


def tell_signals(state: State, told: dict[str, Any]) -> None:
    """Tell what was found: an object for programs, lines for people."""
    out = state.out
    if out.format in OBJECTS:
        out.object(told)
        return
    differences = told.pop("differences", [])
    names = list(told)
    if out.format == "table":
        out.line("  ".join(f"{told[name]:,} {name}" for name in names))
    else:
        columns: Any = [Shown(name, "integer") for name in names]
        out.rows(columns, [list(told.values())], state.scope.locale)
    for one in differences[:SHOWN]:
        out.say(f"wrong: {one['field']} of {one['lead_id']} is {one['stored']}, its events say {one['expected']}")
    if differences:
        out.say(f"{len(differences):,} differences: mycrm score signals --rebuild puts them right")


app.command("signals", cls=WriteVerb)(sig.with_signature(signals, SIGNALS_PARAMETERS, SIGNALS_DOC))
scoreset.add_to(app)
scoreexplain.add_to(app)
scorerules.add_to(app)
scoremodel.add_to(app)
