"""``mycrm db backup``: a copy of the whole database, by hand or by cron."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from mycrm_cli.cli.groups import Verb
from mycrm_cli.config import databases, paths
from mycrm_cli.db import backups
from mycrm_cli.errors import UsageError

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State
    from mycrm_cli.config.profile import Profile

app = typer.Typer()


@app.command("backup", cls=Verb)
def backup(
    ctx: typer.Context,
    to: Annotated[str | None, typer.Option(help="The folder; backups beside it unless told.", metavar="FOLDER")] = None,
    keep: Annotated[int, typer.Option(help="How many of the newest stay.", metavar="N", min=1)] = backups.KEPT,
) -> None:
    """Copy the whole database into one file, while others work, and say where it is.

    A manifest with its SHA-256 lies beside it. PostgreSQL needs pg_dump and a login that may read everything.

    mycrm db backup
    mycrm db backup --to /srv/backups --keep 30
    """
    state: State = ctx.obj
    if to is not None and os.path.exists(to) and not os.path.isdir(to):
        raise UsageError(f"{to} is no folder", hint="--to FOLDER")
    profile = state.profile
    url = profile.admin_database or profile.database
    secret = profile.admin_password() if profile.admin_database else profile.database_password()
    made = backups.make(url, secret.reveal() if secret else None, os.path.abspath(to or usual(profile)), keep)
    if state.out.format in ("json", "jsonl"):
        state.out.object(made._asdict())
        return
    state.out.line(made.path)
    if state.out.terminal:
        removed = f"; {made.removed:,} older ones were removed" if made.removed else ""
        state.out.say(f"{made.size:,} bytes, SHA-256 {made.sha256[:16]}…{removed}")


def usual(profile: Profile) -> str:
    """Return the folder of a profile's backups: beside an SQLite file, else among the program's own."""
    file = databases.sqlite_path(profile.database)
    return os.path.join(os.path.dirname(os.path.abspath(file)), "backups") if file else paths.backups_dir()
