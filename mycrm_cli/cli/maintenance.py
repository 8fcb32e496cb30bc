"""``mycrm db maintenance``: keep everybody from writing for a while."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from mycrm_cli import clock, kinds
from mycrm_cli.cli.groups import Verb
from mycrm_cli.cli.state import State
from mycrm_cli.db import maintenance
from mycrm_cli.db.connect import connect
from mycrm_cli.errors import Denied, Invalid, UsageError
from mycrm_cli.roles import ADMINISTRATORS

if TYPE_CHECKING:
    from datetime import datetime

    from mycrm_cli.db.connect import Connection

app = typer.Typer()
LONGEST = timedelta(days=7)
ACTIONS = ("on", "off", "status")


@app.command("maintenance", cls=Verb)
def maintain(
    ctx: typer.Context,
    action: Annotated[str, typer.Argument(help="on, off or status.", metavar="on|off|status")] = "status",
    until: Annotated[str | None, typer.Option(help="When it ends: 30m, 2h or a time.", metavar="TIME")] = None,
) -> None:
    """Keep everybody from writing until a time: writes end with exit 75, reads go on.

    It is for administrators, or for who has the admin database; it holds for all organizations of the database.

    mycrm db maintenance on --until 30m
    mycrm db maintenance status
    mycrm db maintenance off
    """
    state: State = ctx.obj
    if action not in ACTIONS:
        raise UsageError("maintenance is on, off or status", hint="mycrm db maintenance on --until 30m")
    if (action == "on") != (until is not None):
        raise UsageError("on needs --until, and only on takes it", hint="mycrm db maintenance on --until 30m")
    if action == "status":
        moment = maintenance.until(state.reader.connection)
    else:
        moment = ending(state, until) if until else None
        write(state, moment)
    tell(state, moment)


def ending(state: State, text: str) -> datetime:
    """Return when maintenance ends; raises Invalid."""
    from mycrm_cli.kinds.times import shifted

    now, unit = clock.now(), text.strip().lower()[-1:]
    number = text.strip()[:-1]
    try:
        if unit in ("m", "h") and number.isascii() and number.isdigit():
            moment = now + timedelta(**{"minutes" if unit == "m" else "hours": int(number[:6])})
        else:
            moment = shifted(text.strip(), now) or kinds.make("timestamp").read(text, state.scope.locale)
    except kinds.BadValue as error:
        raise Invalid(f"until: {error.message}", details=[{"field": "until", "code": error.code}]) from None
    if not now < moment <= now + LONGEST:
        raise Invalid(
            "until: maintenance ends in the future, within seven days",
            details=[{"field": "until", "code": "range"}],
            hint="--until 30m",
        )
    return moment


def write(state: State, moment: datetime | None) -> None:
    """Write until when it lasts, with the admin database where the profile has one; raises Denied."""
    profile = state.profile
    if not profile.admin_database and state.scope.role not in ADMINISTRATORS:
        raise Denied(f"{state.scope.email} is {state.scope.role}; maintenance is for administrators")
    state.close()
    with closing(opened(state)) as connection:
        connection.begin()
        maintenance.set_until(connection, moment)
        connection.commit()


def opened(state: State) -> Connection:
    """Open the database for writing, before anybody is identified."""
    profile = state.profile
    if not profile.admin_database:
        return state.open(write=True)
    secret = profile.admin_password()
    return connect(profile.admin_database, write=True, password=secret.reveal() if secret else None)


def tell(state: State, moment: datetime | None) -> None:
    """Tell until when nothing can be written."""
    if state.out.format in ("json", "jsonl"):
        state.out.object({"maintenance_until": f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None})
    else:
        state.out.line(f"until {moment:%Y-%m-%d %H:%M} UTC nothing can be written" if moment else "off")
