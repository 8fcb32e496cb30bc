"""Personal access tokens: secrets by which programs act as a user, limited in time and to some commands.

Only a token's hash is stored, and the journal knows nothing but its name: no undo brings one back.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from mycrm_cli import catalog, clock
from mycrm_cli.config.secrets import Secret, digest
from mycrm_cli.errors import ConfigError, Denied, Duplicate, Invalid, NotFound
from mycrm_cli.query import deeds
from mycrm_cli.services import fresh, roles, rows
from mycrm_cli.services.claims import saved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

PREFIX = "mct_"
HINT = 8
"""Characters of a token that stay readable, so that people know it again."""
LONGEST = timedelta(days=366)
KNOWN = ("id", "email", "role", "is_active", "is_service", "password", "mfa_enabled", "first_name", "last_name")


def create(work: Work, user_id: UUID, name: str, expires_at: datetime, permissions: Sequence[str]) -> Secret:
    """Make a token of a user and return it; nobody can tell it again. Raises Denied, Invalid or Duplicate."""
    secure(work, user_id)
    check_expiry(expires_at)
    table = catalog.entity("api_tokens")
    if not (name := name.strip()) or len(name) > 100:
        raise Invalid("a token has a name of 1 to 100 characters", details=[{"field": "name", "code": "length"}])
    for token in of(work, user_id):
        if token["name"] == name:
            refuse_living(token)
            rows.delete(work.connection, work.scope, table, [token["id"]])
    secret = Secret(PREFIX + secrets.token_urlsafe(32))
    values = {
        "user_id": user_id,
        "name": name,
        "token_hash": digest(secret),
        "hint": secret.reveal()[:HINT],
        "permissions": list(dict.fromkeys(permissions)),
        "expires_at": expires_at,
    }
    rows.insert(work.connection, table, fresh.prepared(work, table, [values]))
    work.journal.done(catalog.entity("user"), user_id, deeds.TOKEN_CREATED, name)
    return secret


def check_expiry(expires_at: datetime) -> None:
    """Refuse a time that is over, or more than a year away; raises Invalid."""
    now = clock.real()
    if not now < expires_at <= now + LONGEST:
        raise Invalid(
            f"a token ends in the future, within {LONGEST.days} days",
            details=[{"field": "expires", "code": "out_of_range"}],
            hint="--expires 90d, or a day such as 2027-01-31",
        )


def refuse_living(token: Row) -> None:
    """Refuse a second token of the same name while the first one is good; raises Duplicate."""
    if token["revoked_at"] is None and (token["expires_at"] is None or token["expires_at"] > clock.real()):
        raise Duplicate(
            f"there is a token {token['name']!r} already",
            hint=f"mycrm user token delete {token['name']}, or another --name",
        )


def of(work: Work, user_id: UUID) -> list[Row]:
    """Return the tokens of a user."""
    columns = ["id", "name", "expires_at", "revoked_at"]
    table = catalog.entity("api_tokens")
    found = rows.fetch(work.connection, work.scope, table, "user_id", [user_id], columns)
    return [dict(zip(columns, row, strict=True)) for row in found]


def delete(work: Work, user_id: UUID, name: str) -> None:
    """Remove a token of a user, which ends it at once; raises NotFound."""
    secure(work, user_id)
    tokens = of(work, user_id)
    found = [token["id"] for token in tokens if token["name"] == name]
    if not found:
        raise NotFound(
            f"there is no token {name!r}",
            candidates=[token["name"] for token in tokens][:5],
            hint="mycrm user token list",
        )
    rows.delete(work.connection, work.scope, catalog.entity("api_tokens"), found)
    work.journal.done(catalog.entity("user"), user_id, deeds.TOKEN_DELETED, name)


def note_use(work: Work, token_id: UUID) -> None:
    """Note that a token is used by a command that writes: last in its transaction, so that nobody waits for the row.

    Where somebody else is writing it, or the database login may write its own person's only, nothing is noted.
    """
    connection, name = work.connection, "api_tokens"
    own = [saved(work, name, "organization_id", work.scope.organization_id), saved(work, name, "id", token_id)]
    free = " FOR UPDATE SKIP LOCKED" if connection.dialect == "postgresql" else ""
    found = f"SELECT id FROM api_tokens WHERE organization_id = ? AND id = ?{free}"
    connection.execute("SAVEPOINT mycrm_use")
    try:
        connection.execute(
            f"UPDATE api_tokens SET last_used_at = ? WHERE organization_id = ? AND id IN ({found})",
            [saved(work, name, "last_used_at", clock.real()), own[0], *own],
        )
    except ConfigError:
        connection.execute("ROLLBACK TO SAVEPOINT mycrm_use")


def secure(work: Work, user_id: UUID) -> Row:
    """Return a user whose password, second factor or tokens may be changed by who asks; raises Denied.

    That is oneself, and administrators for users up to their own rank; no token.
    """
    scope = work.scope
    roles.refuse_token(scope)
    entity = catalog.entity("user")
    user = known(work, user_id)
    if user_id != scope.user_id:
        if roles.check(scope, entity, "secure") != "all":
            raise Denied(f"{scope.email} is {scope.role} and may change only the own account")
        roles.check_user(work, user, user)
    return user


def known(work: Work, user_id: UUID) -> Row:
    """Return what the rules about accounts ask of a user; raises NotFound."""
    found = rows.images(work.connection, work.scope, catalog.entity("user"), [user_id], KNOWN)
    if user_id not in found:
        raise NotFound(f"no user has the id {user_id}")
    return found[user_id]
