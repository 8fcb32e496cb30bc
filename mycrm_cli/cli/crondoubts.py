"""What jobs could not tell people for sure: listing it, and letting it be."""

from __future__ import annotations

from typing import Any

import typer

from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.cli.state import State
from mycrm_cli.query.shown import Shown

app = typer.Typer()
COLUMNS: list[Any] = [Shown(name) for name in ("kind", "reference", "user", "channel", "state")] + [
    Shown("claimed_at", "timestamp"),
    Shown("error"),
]
HINT = "mycrm cron doubts; sent again or not, mycrm cron settle ends it"


@app.command("doubts", cls=Verb)
def list_doubts(ctx: typer.Context) -> None:
    """List reminders, alerts and digests of the last week that failed, or may have gone out or not.

    They go out once more with --again: task remind --all, alert run, digest run; cron settle lets them be.

    mycrm cron doubts
    """
    from mycrm_cli.services.cron import doubts

    state: State = ctx.obj
    found = doubts.find(state.reader)
    state.out.rows(COLUMNS, found, state.scope.locale, empty="nothing is in doubt")


@app.command("settle", cls=WriteVerb)
def settle(ctx: typer.Context) -> None:
    """Let all that is in doubt, or was given up, count as told: nobody hears of it again.

    mycrm cron settle
    """
    from mycrm_cli.services.cron import doubts

    state: State = ctx.obj
    with state.work() as work:
        before = len(doubts.find(work.reader))
        doubts.settle(work)
        count = before - len(doubts.find(work.reader))
    would = "would have " if state.dry_run else ""
    state.out.say(f"{would}settled {count:,} of them" if count else "there is nothing to settle")
