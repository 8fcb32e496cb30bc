"""Sweeping up what is over: sessions, tokens and invitations that ended a while ago, and failures to sign in.

It happens when somebody signs in, which writes anyway. What still counts stays: codes and steps of the second
factor that were used, and addresses at which somebody has failed often.
"""

from __future__ import annotations

from datetime import timedelta

from mycrm_cli import catalog, clock
from mycrm_cli.roles import ADMINISTRATORS
from mycrm_cli.services import logins, rows
from mycrm_cli.services.claims import saved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.work import Work

KEPT = timedelta(days=30)
"""How long it can be seen what has ended."""
MOST = 1000
"""Rows of a table that one sign-in removes at most: nobody waits for the rest."""
FEW = 10
"""Failures that are mistakes; more of them may be guesses, and count until they go well or lock the address."""
ENDED = {
    "auth_sessions": ("expires_at", "revoked_at"),
    "api_tokens": ("expires_at", "revoked_at"),
    "invitations": ("expires_at", "used_at"),
}
"""The tables, and the columns that say when a row ended; the first one counts."""


def sweep(work: Work, user_id: UUID) -> None:
    """Remove what has ended of a user who signs in, or of everybody if that one is an administrator.

    A database login of one's own may write nobody else's ways to sign in.
    """
    limit = clock.real() - KEPT
    user = rows.images(work.connection, work.scope, catalog.entity("user"), [user_id], ["id", "role"])[user_id]
    for name, columns in ENDED.items():
        over = " OR ".join(f"{column} < ?" for column in columns)
        params = [saved(work, name, column, limit) for column in columns]
        if user["role"] in ADMINISTRATORS and logins.reaches_others(work, user_id):
            remove(work, name, f"({over})", params)
        else:
            remove(work, name, f"({over}) AND user_id = ?", [*params, saved(work, name, "user_id", user_id)])
    name = "sign_in_failures"
    remove(work, name, "last_at < ? AND failures <= ?", [saved(work, name, "last_at", limit), FEW])


def remove(work: Work, name: str, condition: str, params: list[Any]) -> None:
    """Remove the rows of a table that fit; those that somebody else is writing at this moment stay for now."""
    table, own = catalog.entity(name).table, saved(work, name, "organization_id", work.scope.organization_id)
    free = " FOR UPDATE SKIP LOCKED" if work.connection.dialect == "postgresql" else ""
    found = f"SELECT id FROM {table} WHERE organization_id = ? AND {condition} ORDER BY id LIMIT {MOST}{free}"
    work.connection.execute(f"DELETE FROM {table} WHERE organization_id = ? AND id IN ({found})", [own, own, *params])
