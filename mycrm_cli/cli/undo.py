"""``mycrm undo`` and ``mycrm redo``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import bulk
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.cli.params import Changes, Confirm, KeepLater
from mycrm_cli.errors import Partial, UsageError

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State
    from mycrm_cli.query.journal import Change
    from mycrm_cli.services.undo import Outcome
    from mycrm_cli.services.work import Work

app = typer.Typer()
LISTED = 20
"""Skipped records that people get to see; JSON has all that are kept."""


@app.command("undo", cls=WriteVerb)
def undo(
    ctx: typer.Context,
    changes: Changes = None,
    keep_later: KeepLater = False,
    confirm: Confirm = None,
) -> None:
    """Take back your newest change, or those that are named, in one new change.

    mycrm undo
    mycrm undo X-12
    mycrm undo --label cleanup
    """
    run(ctx.obj, changes or [], keep_later, confirm, redo=False)


@app.command("redo", cls=WriteVerb)
def redo(
    ctx: typer.Context,
    changes: Changes = None,
    keep_later: KeepLater = False,
    confirm: Confirm = None,
) -> None:
    """Take back your newest undo, or the undo of a change.

    mycrm redo
    mycrm redo X-12
    """
    run(ctx.obj, changes or [], keep_later, confirm, redo=True)


def run(state: State, references: list[str], keep_later: bool, confirm: str | None, *, redo: bool) -> None:
    """Take changes back and tell what became of it."""
    verb, group = "redo" if redo else "undo", None if redo else state.options.get("label")
    if references and group:
        raise UsageError("give changes or a label, not both")
    if not (references or group or (sys.stdin.isatty() and state.out.terminal)):
        hint = f"mycrm change list shows them; mycrm {verb} NUMBER takes one"
        raise UsageError(f"which change? Only on a terminal {verb} means the newest", hint=hint)
    with state.work() as work:
        targets = chosen(work, references, group, redo)
        if sum(touched(change) for change in targets) >= bulk.FROM_PIPE:
            bulk.check_protected(state, confirm)
        if state.out.format == "table":
            for change in targets[:LISTED]:
                state.out.say(f"{change.reference}: {change.summary}, {ago(work, change)}")
        outcome = services.undo.take_back(work, targets, keep_later=keep_later, redo=redo)
    tell(state, work, outcome, redo)


def chosen(work: Work, references: list[str], group: str | None, redo: bool) -> list[Change]:
    """Return the changes that a line means, newest first."""
    if group:
        return services.undo.labelled(work, group)
    if not references:
        return services.undo.newest(work, redo=redo)
    entity = catalog.entity("changes")
    return services.undo.named(work, [work.reader.find(entity, text).id for text in references], redo=redo)


def touched(change: Change) -> int:
    """Return how many records a change touched."""
    return change.created_count + change.updated_count + change.deleted_count


def ago(work: Work, change: Change) -> str:
    """Return when a change was made."""
    from mycrm_cli.output import relative

    since = relative.since(change.finished_at, work.scope.locale)
    return "just now" if since == "now" else since


def tell(state: State, work: Work, outcome: Outcome, redo: bool) -> None:
    """Say what was taken back; what was left out makes it a partial success."""
    out, journal = state.out, work.journal
    if out.format in ("json", "jsonl"):
        out.object(document(work, outcome))
    elif out.format == "ids":
        out.line(str(journal.id))
    elif out.format != "table" and journal.reference:
        out.line(journal.reference)
    for problem in outcome.skipped.first[:LISTED]:
        out.say(f"left as it is: {problem.message}")
    if outcome.skipped.count > LISTED:
        out.say(f"left as it is: … and {outcome.skipped.count - LISTED:,} more; --json has them")
    for remark in outcome.remarks:
        out.warn(remark)
    if out.format == "table" or work.dry_run:
        out.say(sentence(work, outcome, redo))
    if outcome.partial:
        state.exit = Partial.exit


def sentence(work: Work, outcome: Outcome, redo: bool) -> str:
    """Return what was done in one sentence."""
    done = ("would bring" if work.dry_run else "brought") if redo else ("would take" if work.dry_run else "took")
    several = outcome.changes
    what = several[0].reference if len(several) == 1 else f"{len(several):,} changes"
    counts = zip(("created", "updated", "removed"), work.journal.counts.values(), strict=True)
    did = ", ".join(f"{count:,} {word}" for word, count in counts if count)
    then = bulk.take_back(work.journal.reference, "undo" if redo else "redo") if not work.dry_run else ""
    return f"{done} back {what}: {did or 'nothing was left to do'}{then}"


def document(work: Work, outcome: Outcome) -> dict[str, Any]:
    """Return what was done for machines."""
    created, updated, removed = work.journal.counts.values()
    return {
        "change": work.journal.reference,
        "undone": [change.reference for change in outcome.changes],
        "created": created,
        "updated": updated,
        "removed": removed,
        "skipped_count": outcome.skipped.count,
        "skipped": [problem.detail() for problem in outcome.skipped.first],
        "warnings": outcome.remarks,
    }
