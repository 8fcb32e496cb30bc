"""Sessions: what is left of a sign-in until it ends. Only the hash of a session's secret is stored."""

from __future__ import annotations

from datetime import timedelta

from mycrm_cli import catalog, clock
from mycrm_cli.config.secrets import Secret, digest
from mycrm_cli.services import fresh, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.services.work import Work

LASTS = timedelta(hours=12)
"""How long a session lasts at most (NIST SP 800-63B-4 allows 24 hours for two factors)."""
PREFIX = "mcs_"
WAYS_IN = ("auth_sessions", "api_tokens")
"""What lets somebody in: it ends when a password, a role or a second factor changes."""


def opened(work: Work, user_id: UUID) -> Secret:
    """Open a session for a user who has shown who they are, and return its secret; nobody can tell it again."""
    import platform
    import secrets

    secret = Secret(PREFIX + secrets.token_urlsafe(32))
    now = clock.real()
    values = {
        "user_id": user_id,
        "token_hash": digest(secret),
        "client": platform.node()[:255] or None,
        "expires_at": now + LASTS,
        "last_used_at": now,
    }
    table = catalog.entity("auth_sessions")
    rows.insert(work.connection, table, fresh.prepared(work, table, [values]))
    return secret


def end(work: Work, users: Sequence[UUID], *, but: Secret | None = None, ways: Sequence[str] = WAYS_IN) -> int:
    """End the sessions and tokens of users and return how many; undo does not bring them back.

    ``but`` is the secret of a session that goes on: that of the one who changes the own password.
    """
    now, ended, kept = clock.real(), 0, digest(but) if but else None
    for name in ways:
        table = catalog.entity(name)
        columns = ["id", "token_hash", "revoked_at"]
        found = rows.fetch(work.connection, work.scope, table, "user_id", users, columns)
        ending = [(id, {"revoked_at": now}) for id, hash, revoked in found if revoked is None and hash != kept]
        rows.update(work.connection, work.scope, table, ending)
        ended += len(ending)
    return ended
