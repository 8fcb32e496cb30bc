"""The way to the profile's database for completion: it reads only, never asks, and gives up soon."""

from __future__ import annotations

import os

from mycrm_cli.config import cache, paths
from mycrm_cli.config.profile import Choice, Profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from mycrm_cli.completing.values import Found
    from mycrm_cli.db.connect import Connection

PATIENCE = 1000
"""Milliseconds that a statement waits for a lock."""
SILENT_SOURCES = ("pgpass", "file", "env")
"""Where a password may be without a key ring or a program asking the user for another one."""


class Access:
    """A connection that reads, and the one organization it may read."""

    __slots__ = ("connection", "organization")

    def __init__(self, connection: Connection, organization: Any) -> None:
        self.connection = connection
        self.organization = organization


def profiles() -> list[str]:
    """Return the names of the profiles; raises ConfigError."""
    from mycrm_cli.config import document

    return list(document.load().profiles) if os.path.exists(paths.config_file()) else []


def choose(flag: str | None) -> Profile:
    """Return the profile in force; unlike ``profiles.choose`` this writes no cache. Raises ConfigError."""
    found = cache.find(cache.key(flag))
    if found is not None:
        choice, values, origins, preferences, *_ = found
        return Profile(Choice(*choice), values, origins, preferences)
    from mycrm_cli.config import choice as choices
    from mycrm_cli.config import document, reading

    content = document.load()
    picked = choices.pick(flag, content)
    return Profile(picked, *reading.profile(content, picked), {})


def ask(flag: str | None, question: Callable[[Access], Found], command: Sequence[str] = ()) -> Found:
    """Return the answer to a question about the profile's organization; empty where its user may not ask it.

    That is who may not work there, or comes with a token that may not run the command.
    Raises CrmError for what cannot be opened.
    """
    profile = choose(flag)
    if not (profile.database and profile.organization_id):
        return []
    access = _open(profile, profile.organization_id)
    if access is None:
        return []
    try:
        return question(access) if _allowed(access, profile, command) else []
    finally:
        access.connection.close()


def _allowed(access: Access, profile: Profile, command: Sequence[str]) -> bool:
    """Tell whether who is asking may work in the organization; raises ConfigError for another schema version."""
    from mycrm_cli.config import sessions
    from mycrm_cli.config.secrets import digest
    from mycrm_cli.db import directory
    from mycrm_cli.errors import Denied

    session, token = sessions.fetch(profile.name), profile.token()
    try:
        found, how = directory.checked(
            access.connection,
            access.organization,
            profile.user or "",
            session=digest(session) if session else "",
            token=digest(token) if token else "",
        )
    except Denied:
        return False
    if how != "token":
        return True
    from mycrm_cli import permissions

    rights = found.scope(None, how).rights
    return rights is None or permissions.covered(command, rights)


def _open(profile: Profile, organization_id: str) -> Access | None:
    """Open the database with an end to its patience; a secret that somebody may be asked for is left alone."""
    from mycrm_cli.db.connect import connect

    if profile.dialect == "sqlite":
        connection = connect(profile.database)
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        return Access(connection, bytes.fromhex(organization_id.replace("-", "")))
    if (profile.password_source or "pgpass").partition(":")[0] not in SILENT_SOURCES:
        return None
    from uuid import UUID

    secret, organization = profile.database_password(), UUID(organization_id)
    connection = connect(profile.database, password=secret.reveal() if secret else None, organization_id=organization)
    connection.begin()
    connection.execute("SELECT set_config('statement_timeout', ?, true)", (str(PATIENCE),))
    return Access(connection, organization)
