"""People come and go: add, disable, enable, offboard; how they get in is written elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli import catalog, services
from mycrm_cli.cli import signatures as sig
from mycrm_cli.cli import useraccess, usermfa, userrole, usertoken, verbs, writing
from mycrm_cli.cli.groups import WriteVerb
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.cli.state import State
    from mycrm_cli.cli.verbs import Run
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

app = typer.Typer()
userrole.add(app)
app.registered_commands += useraccess.app.registered_commands
app.add_typer(usermfa.app, name="mfa", help="The second factor: switch it on and off, recovery codes, its key.")
app.add_typer(usertoken.app, name="token", help="Secrets by which programs work as a user.")


def add_user(state: State, **given: Any) -> None:
    """Add users; a service user is a job, for which nobody signs in."""

    def create(work: Work, several: list[Row]) -> list[Row]:
        marked = [values | {"is_service": True} for values in several]
        return services.records.add(work, catalog.entity("user"), marked)

    writing.add_given(state, catalog.entity("user"), given, create if given["service"] else None)


def add_options() -> dict[str, Any]:
    """Return the parameters of ``user add``."""
    entity = catalog.entity("user")
    parameters = {"name": sig.argument("The e-mail address.", "[EMAIL]")}
    parameters |= sig.field_options(entity) | writing.common_values(entity)
    parameters["service"] = sig.flag("--service", help="A job: it works with tokens, nobody signs in as it.")
    return parameters


ADD = """Add a user.

    mycrm user add ben@acme.com --role sales_rep
    mycrm user add jobs@acme.com --role manager --service
    mycrm user add --from-json users.json
    """
app.command("add", cls=WriteVerb)(sig.with_signature(add_user, add_options(), ADD))


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
