"""Writes into the journal who was given a database login, or had it taken away.

The connection is that of the admin database, whose login is the authority; who is signed in beside it is named.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.db import directory
from mycrm_cli.services.work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.db.connect import Connection

USER = "SELECT id FROM users WHERE organization_id = ? AND email = ?"


def note(
    connection: Connection,
    organization: UUID,
    email: str,
    deed: str,
    login: str,
    *,
    actor: UUID | None,
    command: Sequence[str],
    profile: str,
) -> None:
    """Append a change to the chain in the transaction that has begun; it is of the user with the address."""
    work = Work(connection, lambda there: directory.outsider(there, organization), command=command, profile=profile)
    work.join()
    work.journal.actor = actor
    [user] = connection.execute(USER, (organization, email.strip().lower())).fetchone()
    work.journal.done(catalog.entity("user"), user, deed, login)
    work.journal.seal()
