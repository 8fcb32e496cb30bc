"""People come and go: disable, enable, offboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli import verbs
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.cli.verbs import Run

app = typer.Typer()


def set_active(run: Run, ids: Sequence[UUID], active: bool) -> Sequence[UUID]:
    """Let users work, or not; who is refused still has open records."""
    return services.records.edit(run.work, catalog.entity("user"), [(id, {"is_active": active}) for id in ids])


def offboard(run: Run, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Give what users leave behind to others, and disable them."""
    to, team = run.find("to", "user"), run.find("round_robin", "team")
    if bool(to) == bool(team):
        raise UsageError(
            "who gets what they leave behind? give --to USER or --round-robin TEAM",
            hint="mycrm user offboard ben@acme.com --to ana@acme.com",
        )
    given = services.offboarding.offboard(run.work, ids, to, team)
    entities = [(catalog.entity(name), count) for name, count in given.items() if count]
    listed = [f"{count:,} {entity.noun if count == 1 else entity.plural}" for entity, count in entities]
    run.say(f"given to others: {', '.join(listed) or 'nothing was open'}")
    run.say("sessions and tokens have ended, which undo does not take back")
    for id in ids:
        run.note(id, {"given": {entity.plural: count for entity, count in entities}})
    return ids


verbs.add(
    app,
    "user",
    "disable",
    "disabled",
    lambda run, ids: set_active(run, ids, False),
    {},
    """Let a user sign in no more; refused while open records belong to them.

    mycrm user disable ben@acme.com
    """,
)
verbs.add(
    app,
    "user",
    "enable",
    "enabled",
    lambda run, ids: set_active(run, ids, True),
    {},
    """Let a user sign in again.

    mycrm user enable ben@acme.com
    """,
)
verbs.add(
    app,
    "user",
    "offboard",
    "offboarded",
    offboard,
    {
        "to": sig.option("--to", help="Who gets everything.", metavar="USER"),
        "round_robin": sig.option("--round-robin", help="The members of a team get it in turn.", metavar="TEAM"),
    },
    """Give all that is open of a user to others, and disable them, in one change.

    mycrm user offboard ben@acme.com --to ana@acme.com
    mycrm user offboard ben@acme.com --round-robin North
    """,
)
