"""What the database login of a person may do on PostgreSQL, and the SQL that makes one."""

from __future__ import annotations

import re

from mycrm_cli import catalog, roles
from mycrm_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uuid import UUID

RECORDS = "SELECT, INSERT, UPDATE, DELETE"
NARROWER = {
    "changes": "SELECT, INSERT",
    "change_items": "SELECT, INSERT",
    "change_payloads": "SELECT, INSERT, DELETE",
    "counters": "SELECT, INSERT, UPDATE",
    "erasures": "SELECT",
    "schema_info": "SELECT",
    "organizations": "SELECT",
    "users": "SELECT",
}
"""Tables of which a login gets less than the four rights; the journal may grow, and loses only what is erased."""
FIXED = {
    "organizations": ("id", "slug", "created_at"),
    "users": (
        "id",
        "organization_id",
        "email",
        "role",
        "is_active",
        "is_staff",
        "is_superuser",
        "is_service",
        "created_at",
    ),
}
"""Columns that a login may not change, unless its role may add users: addresses and short names are unique in a whole
database, so that writing them tells whether another organization has the same."""
MORE = {("user", "users"): "INSERT, UPDATE", ("erasures", "erasures"): "INSERT, DELETE"}
"""What those get beside it whose role may add these."""
MAINTAINING = 170_000
"""Servers from this version on let others than the owner renew statistics, without which a large import is slow."""
ATTRIBUTES = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION INHERIT"
LOGIN = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")


def login_of(user_id: UUID, named: str | None = None) -> str:
    """Return what a person's login is called; every login of the server can read it, so it tells no name by itself."""
    if named is None:
        return f"mycrm_{user_id.hex[-12:]}"
    if not LOGIN.fullmatch(named):
        raise UsageError(f"{named!r} is no name for a login", hint="letters a-z, digits and _, at most 63, not pg_…")
    return named


def rights(role: str, server: int) -> list[str]:
    """Return what a role is granted on a server of a version, each as GRANT names it: rights, ON, tables."""
    by_right: dict[str, list[str]] = {"SELECT": ["alembic_version"]}
    for entity in catalog.entities().values():
        by_right.setdefault(NARROWER.get(entity.table, RECORDS), []).append(entity.table)
    # An undo locks the change that it takes back, which takes this right; a trigger refuses every update.
    granted = ['UPDATE ("id") ON changes']
    granted += [f"{right} ON {', '.join(sorted(tables))}" for right, tables in by_right.items()]
    for table, fixed in FIXED.items():
        names = ", ".join(f'"{name}"' for name in _fields(table) if name not in fixed)
        granted.append(f"UPDATE ({names}) ON {table}")
    if server >= MAINTAINING:
        tables = sorted(entity.table for entity in catalog.entities().values() if entity.tenant)
        granted.append(f"MAINTAIN ON {', '.join(tables)}")
    return granted + [
        f"{right} ON {table}" for (noun, table), right in MORE.items() if roles.allowed(role, noun, roles.ADD)
    ]


def _fields(table: str) -> list[str]:
    """Return the columns of a table."""
    return list(next(entity for entity in catalog.entities().values() if entity.table == table).fields)


def script(login: str, granted: list[str], organization_id: UUID, user_id: UUID, database: str, schema: str) -> str:
    """Return the SQL by which a database administrator makes a login with rights by hand, for psql."""
    return "\n".join(
        [
            "BEGIN;",
            f'CREATE ROLE "{login}" {ATTRIBUTES};',
            f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{login}";',
            f'GRANT USAGE ON SCHEMA "{schema}" TO "{login}";',
            f'REVOKE CREATE ON SCHEMA "{schema}" FROM PUBLIC;',
            *(f'GRANT {right} TO "{login}";' for right in granted),
            "INSERT INTO mycrm_logins (login, organization_id, user_id)",
            f"    VALUES ('{login}', '{organization_id}', '{user_id}');",
            "COMMIT;",
            f'\\password "{login}"',
        ]
    )
