"""A backup before a large import, in an organization that has something to lose."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from mycrm_cli import catalog
from mycrm_cli.errors import CrmError

if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.cli.state import State
    from mycrm_cli.services.transfer.reading import Reading

SETTING = "backup_before_import"
OFF = "off"
MAIN = ("contact", "lead", "company", "deal", "activity", "task")
"""Nouns of which an organization that is in use has some."""


def save(state: State, entity: Entity, reading: Reading) -> None:
    """Back the database up before an import that is large; the setting says from how many rows on.

    On PostgreSQL only where pg_dump and the admin database are at hand. Raises CrmError where a backup of SQLite
    cannot be made: the import has written nothing then.
    """
    rows = reading.ahead.expected if reading.ahead is not None else reading.staging.rows
    limit = str(state.preference(SETTING))
    if state.dry_run or limit == OFF or rows < int(limit) or not _is_possible(state) or not _has_data(state, entity):
        return
    from mycrm_cli.cli import backup
    from mycrm_cli.db import backups

    profile = state.profile
    try:
        made = backups.make(*backup.access(profile), backup.usual(profile), reason="before an import")
    except CrmError as error:
        error.hint = f"mycrm config explains {SETTING}; MYCRM_{SETTING.upper()}=off imports without a backup"
        raise
    state.out.say(f"the database was backed up first: {made.path}")


def _is_possible(state: State) -> bool:
    if state.profile.dialect == "sqlite":
        return True
    from mycrm_cli.db import dumps

    possible = bool(state.profile.admin_database) and dumps.is_possible()
    if not possible and state.options.get("verbose"):
        state.out.say("no backup is made first: that needs pg_dump and the profile's admin database")
    return possible


def _has_data(state: State, entity: Entity) -> bool:
    from mycrm_cli.services import rows

    nouns = [catalog.entity(name) for name in dict.fromkeys([*MAIN, entity.name])]
    with closing(state.open(write=False)) as connection:
        connection.begin()
        scope = state.identify(connection)
        return any(rows.exist(connection, scope, noun) for noun in nouns)
