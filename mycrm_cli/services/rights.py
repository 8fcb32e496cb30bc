"""What the database login of a person may do on PostgreSQL, and the SQL that makes one."""

from __future__ import annotations

import re

from mycrm_cli import catalog, roles
from mycrm_cli.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    Right = tuple[str, str, str]

RECORDS = "SELECT, INSERT, UPDATE, DELETE"
NARROWER = {
    "changes": "SELECT, INSERT",
    "change_items": "SELECT, INSERT",
    "change_payloads": "SELECT, INSERT",
    "counters": "SELECT, INSERT, UPDATE",
    "erasures": "SELECT",
    "schema_info": "SELECT",
    "organizations": "SELECT",
    "users": "SELECT",
}
"""Tables of which a login gets less than the four rights; the journal may grow, and loses only what is erased."""
KEPT = {"organizations": ("id", "slug", "created_at"), "users": ("id", "organization_id", "created_at")}
"""Columns that no login may change: short names are unique in a whole database, so that writing them tells whether
another organization has the same; and a login follows the id of its user."""
APPOINTED = ("email", "role", "is_active", "is_staff", "is_superuser", "is_service", "team_id", "manager_id")
"""Columns of users that only those may change who may add users; addresses are unique in a whole database as well."""
MORE = (
    ("user", "INSERT", "users"),
    ("erasures", "INSERT, DELETE", "erasures"),
    ("erasures", "DELETE", "change_payloads"),
)
"""What those get beside it whose role may add the first: (entity, rights, table)."""
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
    granted = []
    for verbs, columns, tables in _granted(role, server):
        names = ", ".join(f'"{name}"' for name in columns)
        granted.append(f"{verbs}{f' ({names})' if names else ''} ON {', '.join(tables)}")
    return granted


def held(role: str, server: int) -> set[Right]:
    """Return the same, each right by itself: (table, column or nothing, right)."""
    return {
        (table, column, verb)
        for verbs, columns, tables in _granted(role, server)
        for verb in verbs.split(", ")
        for column in columns or ("",)
        for table in tables
    }


def _granted(role: str, server: int) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """Yield (rights, columns or none for all, tables)."""
    by_right: dict[str, list[str]] = {"SELECT": ["alembic_version"]}
    for entity in catalog.entities().values():
        by_right.setdefault(NARROWER.get(entity.table, RECORDS), []).append(entity.table)
    for verbs, tables in by_right.items():
        yield verbs, (), sorted(tables)
    # An undo locks the change that it takes back, which takes this right; a trigger refuses every update.
    yield "UPDATE", ["id"], ["changes"]
    for table, kept in KEPT.items():
        appoints = table != "users" or roles.allowed(role, "user", roles.ADD)
        fixed = kept if appoints else (*kept, *APPOINTED)
        yield "UPDATE", [name for name in _fields(table) if name not in fixed], [table]
    if server >= MAINTAINING:
        yield "MAINTAIN", (), sorted(entity.table for entity in catalog.entities().values() if entity.tenant)
    for noun, verbs, table in MORE:
        if roles.allowed(role, noun, roles.ADD):
            yield verbs, (), [table]


def _fields(table: str) -> list[str]:
    """Return the columns of a table."""
    return list(next(entity for entity in catalog.entities().values() if entity.table == table).fields)


def script(
    login: str,
    role: str,
    granted: list[str],
    organization_id: UUID,
    user_id: UUID,
    place: tuple[str, str],
    *,
    is_new: bool,
) -> str:
    """Return the SQL by which a database administrator makes or renews a login by hand, for psql.

    ``place`` is the database and its schema.
    """
    database, schema = place
    made = [
        f'CREATE ROLE "{login}" {ATTRIBUTES};',
        f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{login}";',
        f'GRANT USAGE ON SCHEMA "{schema}" TO "{login}";',
        f'REVOKE CREATE ON SCHEMA "{schema}" FROM PUBLIC;',
    ]
    return "\n".join(
        [
            "BEGIN;",
            *(made if is_new else [f'REVOKE ALL ON ALL TABLES IN SCHEMA "{schema}" FROM "{login}";']),
            *(f'GRANT {right} TO "{login}";' for right in granted),
            "INSERT INTO mycrm_logins (login, organization_id, user_id, role)",
            f"    VALUES ('{login}', '{organization_id}', '{user_id}', '{role}')",
            "    ON CONFLICT (login) DO UPDATE SET role = excluded.role, is_active = true;",
            "COMMIT;",
            *([f'\\password "{login}"'] if is_new else []),
        ]
    )
