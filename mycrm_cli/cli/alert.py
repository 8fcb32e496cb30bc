"""``mycrm alert``: leads that wait for an answer, deals that stand still, tasks that are overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import clock
from mycrm_cli.cli import noticing
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli.groups import Verb, WriteVerb

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State

app = typer.Typer()

RUN_DOC = """Tell people what is late: once for each record, for as long as it lasts.

Leads without a first answer within the organization's limit (24 hours unless org edit --response-limit says
otherwise), deals that are longer in their stage than it allows, and overdue tasks. Whoever is responsible gets one
notice with all that is new, outside their quiet hours; what belongs to nobody goes to the administrators.

mycrm alert run --channel email
mycrm alert run -n
mycrm alert run --again --channel email
"""
LIST_DOC = """List what is late now, told or not.

mycrm alert list
mycrm alert list --for me
"""


def run(state: State, **given: Any) -> None:
    """Tell what is new."""
    from mycrm_cli.services.alerts import running, wording

    channel, only = noticing.opened(state, given["channel"]), noticing.person(state, given["person"])
    asked = running.Asked(channel.name, clock.now(), only, given["again"])
    if state.dry_run:
        found = running.due(state.reader, asked)
        noticing.show(state, (wording.notice(one.person, one.cases, "") for one in found.groups))
        return
    done = running.run(state.work, channel, asked)
    noticing.finish(state, "alerts", done.cases, done.lost, done.problems, channel.name == "stdout")


def show(state: State, **given: Any) -> None:
    """List what is late."""
    from mycrm_cli.services import audience
    from mycrm_cli.services.alerts import cases

    only = noticing.person(state, given["person"])
    people = audience.people(state.reader.connection, state.scope)
    names = [("id", "text"), ("kind", "text"), ("reference", "text"), ("title", "text")]
    columns = noticing.columns(*names, ("since", "timestamp"), ("tells", "text"))
    found = []
    for case in cases.find(state.reader, clock.now()):
        told = audience.told(people, case.owner)
        if only is None or any(one.id == only for one in told):
            who = ", ".join(one.email for one in told)
            found.append((str(case.id), case.kind, case.reference, case.title, case.since, who))
    machine = state.out.format in ("json", "jsonl", "ids")
    rows = found if machine else [row[1:] for row in found]
    state.out.rows(columns if machine else columns[1:], rows, state.scope.locale, empty="nothing is late")


app.command("run", cls=WriteVerb)(sig.with_signature(run, noticing.SENDING, RUN_DOC))
app.command("list", cls=Verb)(sig.with_signature(show, {"person": noticing.SENDING["person"]}, LIST_DOC))
