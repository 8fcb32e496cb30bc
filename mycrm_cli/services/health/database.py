"""The database: whether it answers, its version, its schema, and how strong the login is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mycrm_cli import clock
from mycrm_cli.db import directory, logins, migrate
from mycrm_cli.db.revision import REVISION
from mycrm_cli.errors import CrmError, Denied
from mycrm_cli.services.health import marking
from mycrm_cli.services.health.finding import FAIL, OK, WARN, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.db.connect import Connection

SAFE_SQLITE = (3, 51, 3)
"""Before it, programs that write at the same time could damage a file when its log starts over (the WAL-reset bug)."""
OLDEST_SERVER = 140_000
DRIFT = timedelta(minutes=5)
"""How far the clock may be from the server's, or behind what was written last."""

ROLE = (
    "SELECT session_user, rolsuper, rolbypassrls, pg_has_role(c.relowner, 'MEMBER'), rolcreaterole"
    " FROM pg_roles AS r LEFT JOIN pg_class AS c ON c.oid = to_regclass('contacts') WHERE rolname = session_user"
)


def looked_at(connection: Connection) -> Iterator[Finding]:
    """Yield what is found in a database that answers."""
    yield version(connection)
    known = schema(connection)
    yield known
    if known.level == OK:
        yield marking.looked_at(connection)
    if connection.dialect == "sqlite":
        yield journal(connection)
    else:
        yield role(connection)
        yield server_clock(connection)


def version(connection: Connection) -> Finding:
    """Return the version of the linked SQLite, or of the server."""
    if connection.dialect != "sqlite":
        number, text = connection.execute(
            "SELECT CAST(current_setting('server_version_num') AS integer), current_setting('server_version')"
        ).fetchone()
        if number < OLDEST_SERVER:
            return Finding("server", FAIL, f"PostgreSQL {text} is too old", "PostgreSQL 14 or newer")
        return Finding("server", OK, f"PostgreSQL {text}")
    import sqlite3

    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        return Finding(
            "sqlite version",
            WARN,
            f"SQLite {sqlite3.sqlite_version} is linked; several writers at once can damage a file with it",
            "run mycrm with a Python that is linked with SQLite 3.51.3 or newer, and keep backups",
        )
    return Finding("sqlite version", OK, f"SQLite {sqlite3.sqlite_version}")


def schema(connection: Connection) -> Finding:
    """Return whether the schema is the one that this program needs."""
    try:
        found = migrate.current(connection)
        if found is None:
            return Finding("schema", FAIL, "the database has none", "mycrm init, or mycrm db init --database URL")
        directory.check_schema(connection)
    except CrmError as error:
        if connection.dialect == "postgresql":  # which answers nothing more in a transaction that has failed
            connection.rollback()
            connection.begin()
        return Finding("schema", FAIL, error.message, error.hint or "mycrm db upgrade")
    return Finding("schema", OK, f"version {found}, needed {REVISION}")


def journal(connection: Connection) -> Finding:
    """Return whether SQLite writes its log in the way that lets people read meanwhile."""
    mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    if mode == "wal":
        return Finding("sqlite log", OK, "WAL: readers and a writer do not wait for each other")
    return Finding("sqlite log", WARN, f"journal mode {mode}", "sqlite3 FILE 'PRAGMA journal_mode=WAL'")


def role(connection: Connection) -> Finding:
    """Return whether the login can pass by what keeps organizations apart."""
    login, superuser, bypass, owner, creates = connection.execute(ROLE).fetchone()
    if superuser or bypass:
        what = "is a superuser" if superuser else "passes by row level security (BYPASSRLS)"
        return Finding("role", FAIL, f"{login} {what}: nothing keeps organizations apart", weaker(login))
    if owner:
        return Finding(
            "role",
            WARN,
            f"{login} owns the tables: it may name any organization, and change the rules",
            "organizations that distrust each other: mycrm db grant USER, and work with that login",
        )
    if creates:
        return Finding("role", FAIL, f"{login} may make roles", weaker(login))
    if connection.execute("SELECT to_regclass('mycrm_logins')").fetchone()[0] is not None:
        try:
            logins.check(connection)
        except Denied as error:
            return Finding("role", FAIL, f"{login}: {error.message}", error.hint or "")
    return Finding("role", OK, f"{login} has no powers of its own")


def weaker(login: str) -> str:
    """Return the SQL that takes a login's powers."""
    return f'ALTER ROLE "{login}" NOSUPERUSER NOBYPASSRLS NOCREATEROLE; or another login in the profile'


def server_clock(connection: Connection) -> Finding:
    """Return whether this machine and the server agree on the time."""
    there: datetime = connection.execute("SELECT clock_timestamp()").fetchone()[0]
    apart = abs(clock.now() - there.astimezone(UTC))
    if apart > DRIFT:
        return Finding("server clock", WARN, f"{apart} from the clock here", "let both ask a time server (NTP)")
    return Finding("server clock", OK, f"{apart.total_seconds():.1f} s from the clock here")
