"""``mycrm db backup`` and ``db list``: copies of the whole database, by hand or by cron, and which there are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mycrm_cli import kinds
from mycrm_cli.cli.groups import Verb
from mycrm_cli.config import databases, paths
from mycrm_cli.db import backups, manifests, migrate
from mycrm_cli.db.connect import connect
from mycrm_cli.db.revision import REVISION
from mycrm_cli.errors import CheckFailed, ConfigError, Denied, UsageError
from mycrm_cli.roles import ADMINISTRATORS
from mycrm_cli.scope import Locale

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State
    from mycrm_cli.config.profile import Profile
    from mycrm_cli.db.manifests import Kept

app = typer.Typer()

To = Annotated[str | None, typer.Option(help="The folder; backups beside it unless told.", metavar="FOLDER")]
Where = Annotated[str | None, typer.Option("--from", help="The folder; backups beside it.", metavar="FOLDER")]
Verify = Annotated[bool, typer.Option("--verify", help="Read each of them whole; exit 8 if one is not.")]


@app.command("backup", cls=Verb)
def backup(
    ctx: typer.Context,
    to: To = None,
    keep: Annotated[int, typer.Option(help="How many of the newest stay.", metavar="N", min=1)] = backups.KEPT,
) -> None:
    """Copy the whole database into one file, while others work, and say where it is.

    A manifest with its SHA-256 lies beside it. PostgreSQL needs pg_dump and a login that may read everything.

    mycrm db backup
    mycrm db backup --to /srv/backups --keep 30
    """
    state: State = ctx.obj
    if keep < backups.KEPT and not state.profile.admin_database and role_of(state) not in (None, *ADMINISTRATORS):
        raise Denied(f"fewer than {backups.KEPT} backups are kept by administrators alone", hint="leave --keep out")
    made = backups.make(*access(state.profile), folder_of(state.profile, to), keep)
    if state.out.format in ("json", "jsonl"):
        state.out.object(made._asdict())
        return
    state.out.line(made.path)
    if state.out.terminal:
        removed = f"; {made.removed:,} older ones were removed" if made.removed else ""
        state.out.say(f"{made.size:,} bytes, SHA-256 {made.sha256[:16]}…{removed}")


def role_of(state: State) -> str | None:
    """Return the role of who is asking; None where the database is past reading, so that nobody can be known."""
    try:
        return state.scope.role
    except ConfigError:
        if is_readable(*access(state.profile)):
            raise
        return None
    finally:
        state.close()


def is_readable(url: str, password: str | None) -> bool:
    """Return whether a database has this program's schema and, on SQLite, whether all of it can be read."""
    try:
        connection = connect(url, password=password)
        try:
            is_known = migrate.current(connection) == REVISION
        finally:
            connection.close()
        if is_known and (file := databases.sqlite_path(url)):
            backups.check(file)
    except ConfigError:
        return False
    return is_known


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, where: Where = None, verify: Verify = False) -> None:
    """List the backups of the profile's database, the newest first, and whether they are what was saved.

    Without --verify only their manifests and sizes are looked at.

    mycrm db list
    mycrm db list --verify
    mycrm db list --from /srv/backups -o json
    """
    state: State = ctx.obj
    there = found(state.profile, folder_of(state.profile, where), whole=verify)
    rows = [[row.file, moment(row.made_at), row.size, row.schema, row.reason, row.state] for row in there]
    columns: Any = [
        Column("file", "text"),
        Column("made_at", "timestamp"),
        Column("bytes", "integer"),
        Column("schema", "text"),
        Column("reason", "text"),
        Column("state", "text"),
    ]
    state.out.rows(columns, rows, locale(state), empty="there are no backups; mycrm db backup makes one")
    wrong = sum(row.state != "ok" for row in there)
    if verify and wrong:
        raise CheckFailed(f"{wrong:,} of {len(there):,} backups are not what was saved", hint="mycrm db backup")


class Column:
    """A column of a list that is of no entity."""

    load = None
    prefix = None

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.label = name.replace("_", " ")
        self.kind = kinds.make(kind)


def moment(text: str | None) -> Any:
    """Return a time of a manifest."""
    from datetime import datetime

    return datetime.fromisoformat(text) if text else None


def locale(state: State) -> Locale:
    """Return the habits of writing; backups are listed without a database as well."""
    zone = state.preference("timezone")
    return Locale(str(zone) if zone else "UTC")


def found(profile: Profile, folder: str, *, whole: bool = False) -> list[Kept]:
    """Return the backups of a profile's database, the newest first."""
    stem, ending = backups.named(access(profile)[0])
    return manifests.found(folder, stem, ending, whole=whole)


def access(profile: Profile) -> tuple[str, str | None]:
    """Return the database as one that may read and write all of it reaches it: its URL and password."""
    url = profile.admin_database or profile.database
    if not url:
        hint = f"mycrm profile edit {profile.name} --database URL"
        raise ConfigError(f"profile {profile.name} has no database", hint=hint)
    secret = profile.admin_password() if profile.admin_database else profile.database_password()
    return url, secret.reveal() if secret else None


def folder_of(profile: Profile, told: str | None) -> str:
    """Return the folder of a profile's backups, or the one that was named; raises UsageError for a file."""
    if told is not None and os.path.exists(told) and not os.path.isdir(told):
        raise UsageError(f"{told} is no folder", hint="--to FOLDER")
    return os.path.abspath(told or usual(profile))


def usual(profile: Profile) -> str:
    """Return the folder of a profile's backups: beside an SQLite file, else among the program's own."""
    file = databases.sqlite_path(profile.database)
    return os.path.join(os.path.dirname(os.path.abspath(file)), "backups") if file else paths.backups_dir()
