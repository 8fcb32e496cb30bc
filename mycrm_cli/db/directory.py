"""The few questions that are asked before an organization is known, or about organizations themselves.

These functions are the only unscoped reads of the program; a test lists them.
"""

from __future__ import annotations

from mycrm_cli import __version__
from mycrm_cli.db.revision import REVISION
from mycrm_cli.errors import ConfigError, Denied
from mycrm_cli.scope import Locale, Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from mycrm_cli.db.connect import Connection

IDENTITY = """
SELECT (SELECT version_num FROM alembic_version), (SELECT min_program FROM schema_info WHERE id = 1),
       o.id, o.name, o.slug, o.settings, o.is_active, u.id, u.role, u.timezone, u.is_active
FROM organizations o LEFT JOIN users u ON u.organization_id = o.id AND u.email = ?
WHERE o.id = ?
"""


def identify(connection: Connection, organization_id: UUID, email: str, timezone: str | None = None) -> Scope:
    """Return the scope of a user of an organization, in one statement, schema check included.

    Raises ConfigError for another schema version or an organization that is gone, Denied for a user
    who is unknown or disabled.
    """
    email = email.strip().lower()
    row = connection.execute(IDENTITY, (email, _id(connection, organization_id))).fetchone()
    if row is None:
        check_schema(connection)
        raise ConfigError(
            "the profile's organization is not in this database", hint="mycrm profile edit NAME --organization SLUG"
        )
    revision, min_program, id, name, slug, settings, active, user_id, role, user_timezone, user_active = row
    compare_versions(revision, min_program)
    if not active:
        raise Denied(f"organization {slug} is frozen", hint="ask an administrator")
    if user_id is None or not user_active:
        raise Denied(f"{email} may not use organization {slug}", hint="mycrm profile edit NAME --user EMAIL")
    habits = _settings(settings)
    locale = Locale(
        timezone or user_timezone or habits.get("timezone") or "UTC",
        habits.get("region") or "US",
        habits.get("currency") or "USD",
    )
    return Scope(_uuid(id), _uuid(user_id), role, organization=name, slug=slug, email=email, locale=locale)


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


def _id(connection: Connection, value: UUID) -> Any:
    return value.bytes if connection.dialect == "sqlite" else value


def _uuid(value: Any) -> UUID:
    from uuid import UUID

    return UUID(bytes=value) if isinstance(value, bytes) else value


def _settings(value: Any) -> dict[str, Any]:
    from mycrm_cli.kinds.structures import read_json

    return read_json(value) or {}


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
    )
