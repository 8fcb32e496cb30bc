"""The few questions that are asked before an organization is known, or about organizations themselves.

These functions are the only unscoped reads of the program; a test lists them.
"""

from __future__ import annotations

from datetime import timedelta

from mycrm_cli import __version__, clock
from mycrm_cli.db import maintenance
from mycrm_cli.db.revision import REVISION
from mycrm_cli.errors import ConfigError, Denied
from mycrm_cli.scope import Locale, Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.db.connect import Connection

IDENTITY = """
SELECT (SELECT version_num FROM alembic_version), (SELECT min_program FROM schema_info WHERE id = 1),
       o.id, o.name, o.slug, o.settings, o.is_active, u.id, u.email, u.role, u.timezone, u.is_active,
       u.is_service, u.password IS NOT NULL OR u.mfa_enabled, {others},
       c.id, c.expires_at, c.revoked_at, c.last_used_at, {rights},
       (SELECT maintenance_until FROM schema_info WHERE id = 1)
FROM organizations o {joins}
WHERE o.id = ?
"""
BY_SESSION = """LEFT JOIN users u ON u.organization_id = o.id AND u.email = ?
LEFT JOIN auth_sessions c ON c.organization_id = o.id AND c.user_id = u.id AND c.token_hash = ?"""
BY_TOKEN = """LEFT JOIN api_tokens c ON c.organization_id = o.id AND c.token_hash = ?
LEFT JOIN users u ON u.organization_id = o.id AND u.id = c.user_id"""
OTHERS = """EXISTS (
    SELECT 1 FROM users g WHERE g.organization_id = o.id AND g.is_active AND (g.password IS NOT NULL OR g.mfa_enabled)
    AND (u.role <> 'super_admin' OR g.role = 'super_admin')
    AND (u.role <> 'admin' OR g.role IN ('admin', 'super_admin'))
)"""
"""Whether somebody signs in who could invite the user: otherwise who has no password would be locked out for good."""
LOGIN = "mycrm auth login"
NOTED = timedelta(hours=1)
"""How long the last use of a token is not noted again."""
NOBODY = "nobody"
"""The role of somebody who is about to sign in."""


class Identity:
    """What the database knows of an organization and of who asks, as ``IDENTITY`` reads it."""

    def __init__(self, row: Sequence[Any]) -> None:
        self.versions = row[0:2]
        self.organization_id, self.name, self.slug, self.settings, self.is_active = row[2:7]
        self.user_id, self.email, self.role, self.timezone, self.user_active = row[7:12]
        self.is_service, self.has_password, self.others_have = row[12:15]
        self.credential, self.expires_at, self.revoked_at, self.last_used_at, self.rights = row[15:20]
        self.maintenance_until = row[20]

    def scope(self, timezone: str | None, how: str) -> Scope:
        """Return the scope of the user."""
        habits = _settings(self.settings)
        locale = Locale(
            timezone or self.timezone or habits.get("timezone") or "UTC",
            habits.get("region") or "US",
            habits.get("currency") or "USD",
        )
        return Scope(
            _uuid(self.organization_id),
            _uuid(self.user_id or self.organization_id),
            self.role or NOBODY,
            organization=self.name,
            slug=self.slug,
            email=self.email or "",
            locale=locale,
            how=how,
            until=_moment(self.expires_at) if how != "local" else None,
            rights=frozenset(_settings(self.rights)) or None,
            unnoted=_uuid(self.credential) if how == "token" and self.is_unnoted() else None,
        )

    def is_unnoted(self) -> bool:
        """Return whether the last use of what somebody is known by was noted more than an hour ago, or never."""
        noted, now = _moment(self.last_used_at), clock.real()
        return noted is None or not now - NOTED < noted <= now

    def check_credential(self, what: str) -> None:
        """Refuse a session or a token that is unknown here, has been ended, or is over; raises Denied."""
        expires = _moment(self.expires_at)
        if self.credential is None or self.revoked_at is not None:
            raise Denied(f"this {what} is not valid in organization {self.slug}, or was ended", hint=LOGIN)
        if expires is not None and expires <= clock.real():
            raise Denied(f"the {what} ended at {expires:%Y-%m-%d %H:%M} UTC", hint=LOGIN)


def identify(
    connection: Connection,
    organization_id: UUID,
    email: str,
    *,
    session: str = "",
    token: str = "",
    timezone: str | None = None,
) -> Scope:
    """Return the scope of a user of an organization, in one statement, schema check included.

    See ``checked``, whose words these are.
    """
    found, how = checked(connection, organization_id, email, session=session, token=token)
    return found.scope(timezone, how)


def checked(
    connection: Connection, organization_id: UUID | bytes, email: str, *, session: str = "", token: str = ""
) -> tuple[Identity, str]:
    """Return what is known of somebody who may work in an organization, and how they are known.

    A ``token`` says itself whose it is; otherwise the user with the address needs a ``session``, unless an SQLite
    file is all that there is between people and the records: nobody has a password or a second factor, or nobody who
    could invite the user. Both are hashes. A service user needs a token.
    Raises ConfigError for another schema version or an organization that is gone, Denied for a user
    who is unknown, disabled or not signed in.
    """
    email = email.strip().lower()
    found = _identity(connection, organization_id, email, session, token)
    if connection.write:  # whoever signs in is not asked for here, and may end the maintenance
        maintenance.refuse(_moment(found.maintenance_until))
    if token:
        found.check_credential("token")
    if found.user_id is None or not found.user_active:
        raise Denied(
            f"{found.email or email} may not use organization {found.slug}", hint="mycrm profile edit NAME --user EMAIL"
        )
    if token:
        return found, "token"
    if found.is_service:
        raise Denied(f"{email} is a service user, which works with tokens only", hint="mycrm user token create --user")
    is_file = connection.dialect == "sqlite"
    if found.has_password or found.others_have or not is_file:
        if not session:
            ask = f"; without a password ask an administrator: mycrm user invite {email}"
            raise Denied(f"{email} is not signed in", hint=LOGIN + (ask if is_file and not found.has_password else ""))
        found.check_credential("session")
        return found, "session"
    return found, "local"


def outsider(connection: Connection, organization_id: UUID) -> Scope:
    """Return the scope of somebody who is about to sign in: it names nobody and allows nothing."""
    return _identity(connection, organization_id, "", "", "").scope(None, "local")


def admitted(connection: Connection, organization_id: UUID, email: str) -> Scope:
    """Return the scope of a user who has just shown who they are; raises Denied for one who is disabled."""
    found = _identity(connection, organization_id, email.strip().lower(), "", "")
    if found.user_id is None or not found.user_active:
        raise Denied(f"{email} may not use organization {found.slug}")
    return found.scope(None, "session")


def _identity(connection: Connection, organization_id: UUID | bytes, email: str, session: str, token: str) -> Identity:
    """Read what ``IDENTITY`` asks for, and check the schema's version and that the organization is open."""
    # Only an SQLite file lets somebody in without a session.
    others = OTHERS if connection.dialect == "sqlite" and not token else "NULL"
    rights = "c.permissions" if token else "NULL"
    statement = IDENTITY.format(joins=BY_TOKEN if token else BY_SESSION, others=others, rights=rights)
    params = [token] if token else [email, session]
    row = connection.execute(statement, (*params, _id(connection, organization_id))).fetchone()
    if row is None:
        from mycrm_cli.db import logins

        check_schema(connection)
        logins.check(connection, email)
        raise ConfigError(
            "the profile's organization is not in this database", hint="mycrm profile edit NAME --organization SLUG"
        )
    found = Identity(row)
    compare_versions(*found.versions)
    if not found.is_active:
        raise Denied(f"organization {found.slug} is frozen", hint="ask an administrator")
    return found


def check_schema(connection: Connection) -> None:
    """Refuse a database whose schema this program does not know; raises ConfigError."""
    row = connection.execute(
        "SELECT (SELECT version_num FROM alembic_version), (SELECT min_program FROM schema_info WHERE id = 1)"
    ).fetchone()
    compare_versions(*row)


def compare_versions(revision: str | None, min_program: str | None) -> None:
    """Refuse a schema that is older than the program, or that asks for a newer one."""
    if min_program and _version(min_program) > _version(__version__):
        raise ConfigError(
            f"the database needs mycrm {min_program} or newer, this is {__version__}", hint="update mycrm"
        )
    if revision is None or revision < REVISION:
        raise ConfigError(
            f"the database's schema is version {revision or 'none'}, this program needs {REVISION}",
            hint="mycrm db upgrade",
        )


def find_organization(connection: Connection, slug: str) -> tuple[UUID, str] | None:
    """Return the id and the name of the organization with a slug, or None."""
    if connection.dialect == "postgresql":
        connection.execute("SELECT set_config('mycrm.organization_slug', ?, true)", (slug,))
    row = connection.execute("SELECT id, name FROM organizations WHERE slug = ?", (slug,)).fetchone()
    return (_uuid(row[0]), row[1]) if row else None


def organization_ids(connection: Connection) -> list[UUID]:
    """Return the ids of the organizations that this connection may see, oldest first."""
    return [_uuid(row[0]) for row in connection.execute("SELECT id FROM organizations ORDER BY id")]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _id(connection: Connection, value: UUID | bytes) -> Any:
    return value.bytes if connection.dialect == "sqlite" and not isinstance(value, bytes) else value


def _uuid(value: Any) -> UUID:
    from uuid import UUID

    return UUID(bytes=value) if isinstance(value, bytes) else value


def _settings(value: Any) -> dict[str, Any]:
    from mycrm_cli.kinds.structures import read_json

    return read_json(value) or {}


def _moment(value: Any) -> datetime | None:
    """Return a moment as either database holds it."""
    from datetime import datetime

    return datetime.fromisoformat(value) if isinstance(value, str) else value


def scope_of(scope: Scope, organization_id: UUID) -> Scope:
    """Return the scope of the same user for another organization that ``organization_ids`` has named."""
    return Scope(
        organization_id,
        scope.user_id,
        scope.role,
        organization=scope.organization,
        slug=scope.slug,
        email=scope.email,
        locale=scope.locale,
        how=scope.how,
        until=scope.until,
        rights=scope.rights,
    )
