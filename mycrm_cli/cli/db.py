"""``mycrm db``: the database behind a profile."""

from __future__ import annotations

import typer

from mycrm_cli import services
from mycrm_cli.cli import backup, dbcheck, grant, maintenance, params, restore
from mycrm_cli.cli.state import State
from mycrm_cli.config import databases, secrets
from mycrm_cli.db import migrate
from mycrm_cli.db.connect import connect
from mycrm_cli.db.revision import REVISION
from mycrm_cli.errors import UsageError

app = typer.Typer()
app.registered_commands.extend(grant.app.registered_commands)
app.registered_commands.extend(maintenance.app.registered_commands)
app.registered_commands.extend(backup.app.registered_commands)
app.registered_commands.extend(restore.app.registered_commands)
app.registered_commands.extend(dbcheck.app.registered_commands)


@app.command("init")
def init(
    ctx: typer.Context,
    database: params.Database = None,
    database_password: params.DatabasePassword = None,
) -> None:
    """Prepare a database without any organization.

    mycrm db init --database postgresql://crm@db.example/crm
    """
    state: State = ctx.obj
    if not database:
        raise UsageError("which database?", hint="mycrm db init --database URL")
    url = databases.canonical(database)
    secret = (
        secrets.fetch(database_password, databases.login(url), "the database password") if database_password else None
    )
    migrate.upgrade(url, secret.reveal() if secret else None)
    state.out.say(f"the database is ready, schema {REVISION}")


@app.command("upgrade")
def upgrade(ctx: typer.Context) -> None:
    """Bring the profile's database to the schema of this program; a backup is made first.

    On PostgreSQL it also renews what the logins of people may do.

    mycrm db upgrade
    """
    state: State = ctx.obj
    profile = state.profile
    url = profile.admin_database or profile.database
    secret = profile.admin_password() if profile.admin_database else profile.database_password()
    password = secret.reveal() if secret else None
    migrate.upgrade(url, password)
    state.out.say(f"the database has schema {REVISION}")
    if count := renewed(url, password):
        state.out.say(f"renewed what {count} PostgreSQL login{'' if count == 1 else 's'} of people may do")


def renewed(url: str, password: str | None) -> int:
    """Give the logins of people their rights on what an upgrade has made, and return how many there are."""
    connection = connect(url, write=True, password=password)
    try:
        connection.begin()
        count = 0 if connection.dialect == "sqlite" else services.grants.renew(connection)
        connection.commit()
    finally:
        connection.close()
    return count
