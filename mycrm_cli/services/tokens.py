"""Personal access tokens: secrets by which programs act as a user, limited in time and to some commands.

Only a token's hash is stored. Tokens are no changes: no undo brings one back.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from mycrm_cli import catalog, clock
from mycrm_cli.config.secrets import Secret, digest
from mycrm_cli.errors import Denied, Duplicate, Invalid, NotFound
from mycrm_cli.roles import covered
from mycrm_cli.services import fresh, roles, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.scope import Scope
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
    check_within(work.scope, permissions, expires_at)
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


def check_within(scope: Scope, permissions: Sequence[str], expires_at: datetime) -> None:
    """Refuse a token that may do more, or lasts longer, than the limited token which makes it; raises Denied."""
    if scope.rights is None:
        return
    if not permissions or not all(covered(name.split("."), scope.rights) for name in permissions):
        raise Denied(
            "a limited token makes only tokens that may do no more than itself",
            hint=f"--can with some of {', '.join(sorted(scope.rights))}",
        )
    if scope.until is not None and expires_at > scope.until:
        raise Denied(
            f"a limited token makes only tokens that end no later than itself, at {scope.until:%Y-%m-%d %H:%M} UTC",
            hint="an earlier --expires",
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


def secure(work: Work, user_id: UUID) -> Row:
    """Return a user whose password, second factor or tokens may be changed by who asks; raises Denied.

    That is oneself; administrators, unless they come with a token, for users up to their own rank.
    """
    scope = work.scope
    refuse_token(scope)
    entity = catalog.entity("user")
    user = known(work, user_id)
    if user_id != scope.user_id:
        refuse_token(scope, limited=True)
        if roles.check(scope, entity, "secure") != "all":
            raise Denied(f"{scope.email} is {scope.role} and may change only the own account")
        roles.check_user(work, user, user)
    return user


def refuse_token(scope: Scope, *, limited: bool = False) -> None:
    """Refuse to change accounts by a token, unless it was made for just that; raises Denied.

    With ``limited`` those are refused as well: for what would let a token act beyond its limits.
    """
    if scope.how == "token" and (limited or scope.rights is None):
        raise Denied("passwords, second factors and tokens are not changed by a token", hint="mycrm auth login")


def known(work: Work, user_id: UUID) -> Row:
    """Return what the rules about accounts ask of a user; raises NotFound."""
    found = rows.images(work.connection, work.scope, catalog.entity("user"), [user_id], KNOWN)
    if user_id not in found:
        raise NotFound(f"no user has the id {user_id}")
    return found[user_id]
