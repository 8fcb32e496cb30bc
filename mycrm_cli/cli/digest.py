"""``mycrm digest``: what the day brings, once a day for each user."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import clock
from mycrm_cli.cli import noticing
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State

app = typer.Typer()
HOUR = "07:00"

RUN_DOC = """Send each user what the day brings, once a day.

Tasks due today and overdue, new leads, deals that close this week, scores that moved. A digest goes out at the first
run after --at by the user's own clock and outside their quiet hours; where there is nothing to say none goes out.

mycrm digest run --channel email
mycrm digest run --at 06:30 --channel email
mycrm digest run --for me -n
"""
RUN_OPTIONS = {
    **noticing.SENDING,
    "at": sig.option("--at", help=f"The user's local time from which on it goes out; {HOUR}.", metavar="HH:MM"),
}
VIEW_DOC = """Show the digest of today; nothing is sent and nothing counts as told.

mycrm digest view
mycrm digest view ana@acme.com
"""


def run(state: State, **given: Any) -> None:
    """Send the digests that are due."""
    from mycrm_cli.services.digests import running

    channel, only = noticing.opened(state, given["channel"]), noticing.person(state, given["person"])
    asked = running.Asked(channel.name, clock.now(), hour(given["at"]), only, given["again"])
    if state.dry_run:
        days = running.due(state.reader, asked)
        noticing.show(state, (running.told(state.reader, day, asked.now) for day in days))
        return
    done = running.run(state.work, lambda: state.reader, channel, asked)
    noticing.finish(state, "digests", done.sent, done.lost, done.problems, channel.name == "stdout")


def view(state: State, **given: Any) -> None:
    """Show a digest."""
    from mycrm_cli.kinds.times import zone
    from mycrm_cli.services import audience
    from mycrm_cli.services.digests import running

    now, wanted = clock.now(), noticing.person(state, given["reference"] or "me")
    people = audience.people(state.reader.connection, state.scope)
    known = [one for id, one in people.items() if id == wanted]
    days = [running.Day(one, now.astimezone(zone(one.zone)).date(), running.since(now, [])) for one in known]
    noticing.show(state, (running.told(state.reader, day, now) for day in days))


def hour(text: str | None) -> time:
    """Return the time of day that ``--at`` names; raises UsageError."""
    try:
        return time.fromisoformat((text or HOUR).rjust(5, "0"))
    except ValueError:
        raise UsageError(f"--at {text!r} is no time of day", hint=f"--at {HOUR}") from None


app.command("run", cls=WriteVerb)(sig.with_signature(run, RUN_OPTIONS, RUN_DOC))
app.command("view", cls=Verb)(
    sig.with_signature(view, {"reference": sig.argument("The user; you unless told.", "[USER]")}, VIEW_DOC)
)
