"""Verbs of deals: move, win, lose, reopen, board, forecast, and their contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import board, dealcontacts, forecast, state, verbs
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.cli.verbs import Run

app = typer.Typer()

ON = sig.option("--on", help="When it happened; now unless told.", metavar="DATE")
MOVE = {
    "stage": sig.option("--stage", help="The stage, or next, or previous.", metavar="STAGE|next|previous"),
    # Not by the field's name: lines of JSON that list deals bring the probability that they had.
    "new_probability": sig.option("--probability", help="Instead of the stage's.", metavar="PERCENT"),
    "on": ON,
}
WIN = {"on": ON, "value": sig.option("--value", help="The value it was won with.", metavar="AMOUNT")}
LOSE = {
    "reason": sig.option("--reason", help="Why it was lost."),
    "competitor": sig.option("--competitor", help="Who won it.", metavar="NAME"),
    "on": ON,
}
REOPEN = {"stage": sig.option("--stage", help="The open stage; the last one unless told.", metavar="STAGE"), "on": ON}


def extra(run: Run, **names: str) -> dict[str, Any]:
    """Return the fields of a deal that options give beside the move (option -> field)."""
    entity, reader = catalog.entity("deal"), run.work.reader
    given = {field: run.options[option] for option, field in names.items() if run.options.get(option) is not None}
    texts = {field: value for field, value in given.items() if isinstance(value, str)}
    values = services.values.from_object(reader, entity, {f: v for f, v in given.items() if f not in texts})
    return values | services.values.typed(reader, entity, texts, run.state.out.warn)


def on(run: Run) -> str | None:
    """Return when it happened, as it was typed."""
    text = run.options.get("on")
    return None if text is None else str(text)


def move(run: Run, ids: Sequence[UUID]) -> list[UUID]:
    """Move deals to a stage."""
    stage = run.options.get("stage")
    if stage is None:
        raise UsageError("which stage?", hint="mycrm deal move REF STAGE; next and previous are stages as well")
    return services.deals.move(run.work, ids, str(stage), on(run), extra(run, new_probability="probability"))


def win(run: Run, ids: Sequence[UUID]) -> list[UUID]:
    """Win deals."""
    return services.deals.close(run.work, ids, "won", on(run), extra(run, value="value"))


def lose(run: Run, ids: Sequence[UUID]) -> list[UUID]:
    """Lose deals."""
    if not str(run.options.get("reason") or "").strip():
        raise UsageError("why was it lost?", hint="--reason TEXT", details=[{"field": "reason", "code": "required"}])
    more = extra(run, reason="loss_reason", competitor="competitor")
    return services.deals.close(run.work, ids, "lost", on(run), more)


def reopen(run: Run, ids: Sequence[UUID]) -> list[UUID]:
    """Reopen deals."""
    stage = run.options.get("stage")
    return services.deals.reopen(run.work, ids, None if stage is None else str(stage), on(run))


def ask_reason(given: dict[str, Any], current: state.State) -> None:
    """Ask for the reason of a loss at a terminal where none is given."""
    if not given["reason"] and "-" not in (given["references"] or []) and current.interactive:
        given["reason"] = state.ask("Why was it lost? ")


MOVE_DOC = """Move deals to another stage of their pipeline.

mycrm deal move D-42 Proposal
mycrm deal move D-42 D-43 next
mycrm deal list stage=Qualification -o ids | mycrm deal move - Proposal --yes
mycrm deal move D-42 Negotiation --on yesterday
"""
WIN_DOC = """Win deals: they come to the won stage of their pipeline.

mycrm deal win D-42
mycrm deal win D-42 --value 12400 --on 2026-03-31
"""
LOSE_DOC = """Lose deals: they come to the lost stage of their pipeline.

mycrm deal lose D-42 --reason "Too expensive" --competitor Globex
"""
REOPEN_DOC = """Take won or lost deals back to the stage they came from.

mycrm deal reopen D-42
mycrm deal reopen D-42 --stage Negotiation
"""

verbs.add(app, "deal", "move", "moved", move, MOVE, MOVE_DOC, target="stage")
verbs.add(app, "deal", "win", "won", win, WIN, WIN_DOC)
verbs.add(app, "deal", "lose", "lost", lose, LOSE, LOSE_DOC, prepare=ask_reason)
verbs.add(app, "deal", "reopen", "reopened", reopen, REOPEN, REOPEN_DOC)
app.command("board", cls=Verb)(board.command)
forecast.add_to(app)
dealcontacts.add_to(app)
