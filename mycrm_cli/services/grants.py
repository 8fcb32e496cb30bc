"""Database logins for single people on PostgreSQL: what each may do, made and taken back by an administrator.

A login is tied to the organization of its person by a line in ``mycrm_logins``; the policies of all tables follow it
(``db/ddl.py``). Everything here runs on the connection of the admin database, whose login is the authority.
"""

from __future__ import annotations

from contextlib import contextmanager

from mycrm_cli.db.connect import translated
from mycrm_cli.db.migrate import LOCK
from mycrm_cli.errors import ConfigError, CrmError, Duplicate, NotFound, UsageError
from mycrm_cli.services.rights import ATTRIBUTES, login_of, rights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any
    from uuid import UUID

    from mycrm_cli.config.secrets import Secret
    from mycrm_cli.db.connect import Connection

PERSON = "SELECT id, role FROM users WHERE organization_id = ? AND email = ? AND is_active"
# Another role must not come in between what is read here and what is granted.
LOCKED = f"{PERSON} FOR SHARE"
LINE = (
    "INSERT INTO mycrm_logins (login, organization_id, user_id, role) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (login) DO UPDATE SET role = excluded.role, is_active = true"
)
POWERS = (
    "SELECT rolsuper OR rolcreaterole, pg_has_role(c.relowner, 'USAGE'), rolname, pg_get_userbyid(c.relowner),"
    " current_database(), CAST(c.relnamespace AS regnamespace)::text"
    " FROM pg_roles, pg_class AS c WHERE rolname = current_user AND c.oid = to_regclass('mycrm_logins')"
)
EVERY = (
    "SELECT CAST(l.login AS text), l.role FROM mycrm_logins AS l JOIN pg_roles AS r ON r.rolname = l.login ORDER BY 1"
)
LISTED = (
    "SELECT l.login, u.email, u.role, l.granted_at, coalesce(r.rolcanlogin AND l.is_active, false),"
    " (SELECT count(*) FROM pg_stat_activity AS a WHERE a.usename = l.login AND a.datname = current_database()), l.role"
    " FROM mycrm_logins AS l JOIN users AS u ON u.organization_id = l.organization_id AND u.id = l.user_id"
    " LEFT JOIN pg_roles AS r ON r.rolname = l.login WHERE l.organization_id = ? ORDER BY u.email"
)


def person(connection: Connection, organization_id: UUID, email: str, *, lock: bool = False) -> tuple[UUID, str]:
    """Return the id and the role of an active user; raises NotFound."""
    row = connection.execute(LOCKED if lock else PERSON, (organization_id, email.strip().lower())).fetchone()
    if row is None:
        raise NotFound(f"no active user {email}", hint="mycrm user list")
    return row[0], row[1]


def powers(connection: Connection) -> tuple[str, str]:
    """Return the database and the schema, where this connection may make logins.

    Raises ConfigError with what to run.
    """
    row = connection.execute(POWERS).fetchone()
    if row is None:
        raise ConfigError("the admin database has not the schema this program needs", hint="mycrm db upgrade")
    creates, owns, me, owner, database, schema = row
    missing = [] if creates else [f'ALTER ROLE "{me}" CREATEROLE;']
    missing += [] if owns else [f'GRANT "{owner}" TO "{me}";']
    if missing:
        raise ConfigError(
            f"the admin database's login {me} may not make logins for people",
            hint=f"a superuser of the server runs: {' '.join(missing)}",
        )
    return database, schema


def known(connection: Connection, organization_id: UUID, user_id: UUID) -> str | None:
    """Return the login of a user, or None; the server may have lost it all the same."""
    row = connection.execute(
        "SELECT l.login FROM mycrm_logins AS l JOIN pg_roles AS r ON r.rolname = l.login"
        " WHERE l.organization_id = ? AND l.user_id = ?",
        (organization_id, user_id),
    ).fetchone()
    return str(row[0]) if row else None


def granted(connection: Connection, user_id: UUID) -> tuple[str, str] | None:
    """Return the login of a user of the own organization and the role it was granted for; every login may ask."""
    asked = "SELECT l.login, l.role FROM mycrm_login_of(?) AS l JOIN pg_roles AS r ON r.rolname = l.login"
    row = connection.execute(asked, (user_id,)).fetchone()
    return (str(row[0]), str(row[1])) if row else None


def grant(
    connection: Connection, organization_id: UUID, email: str, named: str | None, password: Secret | None
) -> tuple[str, bool]:
    """Make or renew the login of a user and return its name, and whether it is new.

    Raises Duplicate where the name is taken, UsageError where a new login has no password.
    """
    database, schema = powers(connection)
    user_id, role = person(connection, organization_id, email, lock=True)
    bound = known(connection, organization_id, user_id)
    if bound and named not in (None, bound):
        raise Duplicate(f"{email} has the login {bound} already", hint=f"mycrm db revoke {email}")
    login = bound or login_of(user_id, named)
    there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = ?", (login,)).fetchone() is not None
    if there and not bound:
        raise Duplicate(f"the server has a login {login} already", hint="choose another name with --login")
    if not there:
        if password is None:
            raise UsageError("a new login needs a password", hint="--password-file FILE")
        run(connection, f'CREATE ROLE "{login}" {ATTRIBUTES}{_verifier(connection, login, password)}')
    elif password is not None:
        run(connection, f'ALTER ROLE "{login}" LOGIN{_verifier(connection, login, password)}')
    _open(connection, login, database, schema)
    allow(connection, login, role, schema)
    # A line of a login that the server has lost is in the way.
    connection.execute(
        "DELETE FROM mycrm_logins WHERE organization_id = ? AND user_id = ? AND login <> ?",
        (organization_id, user_id, login),
    )
    connection.execute(LINE, (login, organization_id, user_id, role))
    return login, not there


def _verifier(connection: Connection, login: str, password: Secret) -> str:
    """Return the clause that sets a password: what the server checks it with, so that no log of it has the password."""
    hashed = connection.raw.pgconn.encrypt_password(password.reveal().encode(), login.encode())
    return f" PASSWORD '{hashed.decode()}'"


def renew(connection: Connection) -> int:
    """Give all logins of a database what their roles may do in this version, and return how many there are.

    A login keeps the role that it was granted for, and stays closed if it is. Only who owns the tables can do it.
    """
    row = connection.execute(POWERS).fetchone()
    if row is None or not row[1]:
        return 0
    lines = connection.execute(EVERY).fetchall()
    for login, role in lines:
        allow(connection, str(login), str(role), str(row[5]))
    return len(lines)


def allow(connection: Connection, login: str, role: str, schema: str) -> None:
    """Give a login the rights of a role, and no others."""
    # Two at a time would alter the same lines of the server's catalogue.
    connection.execute("SELECT pg_advisory_xact_lock(?)", (LOCK,))
    run(connection, f'REVOKE ALL ON ALL TABLES IN SCHEMA "{schema}" FROM "{login}"')
    for right in rights(role, connection.raw.info.server_version):
        run(connection, f'GRANT {right} TO "{login}"')


def _open(connection: Connection, login: str, database: str, schema: str) -> None:
    """Let a login in, and make sure that it cannot make objects."""
    asked = (
        ("has_database_privilege(?, current_database(), 'CONNECT')", f'CONNECT ON DATABASE "{database}"'),
        ("has_database_privilege(?, current_database(), 'TEMPORARY')", f'TEMPORARY ON DATABASE "{database}"'),
        ("has_schema_privilege(?, CAST(to_regnamespace(?) AS oid), 'USAGE')", f'USAGE ON SCHEMA "{schema}"'),
    )
    for question, right in asked:
        params = (login, f'"{schema}"') if "regnamespace" in question else (login,)
        if not connection.execute(f"SELECT {question}", params).fetchone()[0]:
            run(connection, f'GRANT {right} TO "{login}"')
    makes = "SELECT has_schema_privilege(?, CAST(to_regnamespace(?) AS oid), 'CREATE')"
    if connection.execute(makes, (login, f'"{schema}"')).fetchone()[0]:
        raise ConfigError(
            f"every login may make objects in the schema {schema}, and others would run them",
            hint=f'the owner of the schema runs: REVOKE CREATE ON SCHEMA "{schema}" FROM PUBLIC;',
        )


def revoke(connection: Connection, organization_id: UUID, email: str) -> tuple[str, bool]:
    """Take a person's login away and return its name, and whether the server has dropped it altogether."""
    _, schema = powers(connection)
    row = connection.execute(
        "SELECT l.login FROM mycrm_logins AS l JOIN users AS u ON u.organization_id = l.organization_id"
        " AND u.id = l.user_id WHERE l.organization_id = ? AND u.email = ?",
        (organization_id, email.strip().lower()),
    ).fetchone()
    if row is None:
        raise NotFound(f"{email} has no login of the database", hint="mycrm db grants")
    login = str(row[0])
    connection.execute("DELETE FROM mycrm_logins WHERE login = ?", (login,))
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = ?", (login,)).fetchone() is None:
        return login, True
    run(connection, f'ALTER ROLE "{login}" NOLOGIN')
    run(connection, f'REVOKE ALL ON ALL TABLES IN SCHEMA "{schema}" FROM "{login}"')
    run(connection, f'REVOKE ALL ON SCHEMA "{schema}" FROM "{login}"')
    run(connection, f'REVOKE ALL ON DATABASE "{_database(connection)}" FROM "{login}"')
    _disconnect(connection, login)
    try:
        with _savepoint(connection):
            run(connection, f'DROP ROLE "{login}"')
    except CrmError:
        return login, False
    return login, True


def _database(connection: Connection) -> str:
    return str(connection.execute("SELECT current_database()").fetchone()[0])


def _disconnect(connection: Connection, login: str) -> None:
    """End the sessions of a login, where the administrator may; without its line they see nothing anyway."""
    try:
        with _savepoint(connection):
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ?", (login,))
    except CrmError:
        return


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    connection.execute("SAVEPOINT mycrm_grant")
    try:
        yield
    except CrmError:
        connection.execute("ROLLBACK TO SAVEPOINT mycrm_grant")
        raise
    connection.execute("RELEASE SAVEPOINT mycrm_grant")


def listed(connection: Connection, organization_id: UUID) -> list[tuple[Any, ...]]:
    """Return (login, address, role, since, may sign in, connections, role granted) of an organization's logins."""
    powers(connection)
    return list(connection.execute(LISTED, (organization_id,)).fetchall())


def run(connection: Connection, statement: str) -> None:
    """Run a statement about roles; ``--debug`` does not show it, since one carries what checks a password."""
    import psycopg

    try:
        connection.raw.execute(statement)
    except psycopg.Error as error:
        found = translated(error)
        if found is error:
            raise ConfigError(f"the server refuses it: {str(error).splitlines()[0]}") from None
        raise found from None
