"""``mycrm db status`` and ``db check``: what the database is, and whether it is whole."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

import typer

from mycrm_cli.cli import backup
from mycrm_cli.cli.groups import Verb
from mycrm_cli.config import databases
from mycrm_cli.db import migrate
from mycrm_cli.db.connect import connect
from mycrm_cli.db.revision import REVISION

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State
    from mycrm_cli.config.profile import Profile
    from mycrm_cli.db.connect import Connection

app = typer.Typer()


@app.command("status", cls=Verb)
def status(ctx: typer.Context) -> None:
    """Show the database's place, size and schema version, what this program needs, and how old the backups are.

    mycrm db status
    """
    state: State = ctx.obj
    profile = state.profile
    secret = profile.database_password()
    with closing(connect(profile.database, password=secret.reveal() if secret else None)) as connection:
        found = migrate.current(connection)
        facts = {"database": profile.database, "dialect": profile.dialect, "schema": found, "needed": REVISION}
        facts |= _sqlite(connection, profile) if profile.dialect == "sqlite" else _postgresql(connection)
    facts |= _saved(profile)
    if state.out.format in ("json", "jsonl"):
        state.out.object(facts)
        return
    for name, value in facts.items():
        state.out.line(f"{name}\t{'none' if value is None else value}")


def _sqlite(connection: Connection, profile: Profile) -> dict[str, Any]:
    import sqlite3

    path = databases.sqlite_path(profile.database) or ""
    sizes = [os.path.getsize(f"{path}{end}") for end in ("", "-wal") if os.path.exists(f"{path}{end}")]
    [mode] = connection.execute("PRAGMA journal_mode").fetchone()
    return {"bytes": sum(sizes), "server": f"SQLite {sqlite3.sqlite_version}", "journal_mode": mode}


def _postgresql(connection: Connection) -> dict[str, Any]:
    size, version = connection.execute(
        "SELECT pg_database_size(current_database()), current_setting('server_version')"
    ).fetchone()
    return {"bytes": size, "server": f"PostgreSQL {version}", "journal_mode": None}


def _saved(profile: Profile) -> dict[str, Any]:
    """Return how many backups there are, and when the newest was made."""
    there = [row for row in backup.found(profile, backup.usual(profile)) if row.state == "ok"]
    return {"backups": len(there), "newest_backup": there[0].made_at if there else None}


@app.command("check", cls=Verb)
def check(ctx: typer.Context) -> None:
    """Read the database whole and look whether it is: pages, references, search. Exit 8 if something is wrong.

    mycrm db check
    """
    from mycrm_cli.cli import doctor
    from mycrm_cli.services.health import whole

    state: State = ctx.obj
    doctor.tell(state, list(whole.looked_at(state.open)))
