"""Brings a database to the schema of this program: all of it or nothing, after a backup.

Alembic is imported only when there is something to do; the stored revision is compared first.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from mycrm_cli import clock
from mycrm_cli.db import backups
from mycrm_cli.db.connect import Connection, connect, translated
from mycrm_cli.db.revision import MIN_PROGRAM, REVISION
from mycrm_cli.errors import ConfigError
from mycrm_cli.kinds.times import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LOCK = 0x6D796372  # "mycr": the advisory lock that keeps two upgrades of a PostgreSQL database apart
OWNER = (
    "SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class"
    " WHERE oid = to_regclass('alembic_version') AND pg_get_userbyid(relowner) <> current_user"
)


def current(connection: Connection) -> str | None:
    """Return the revision of a database's schema, or None where there is none."""
    if connection.dialect == "sqlite":
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    else:
        from mycrm_cli.db.connect import BUSY_SECONDS

        # Outside of a scope nothing has said yet how long to wait for somebody's lock.
        connection.execute("SELECT set_config('lock_timeout', ?, true)", (f"{BUSY_SECONDS}s",))
        known = connection.execute("SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL").fetchone()
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    return str(row[0]) if row else None


def upgrade(database_url: str, password: str | None = None) -> None:
    """Create the schema, or bring an older one up to date; a newer one is left as it is.

    An SQLite file is made if it is missing, and backed up if it is not. Raises ConfigError,
    Unavailable.
    """
    path = database_url.removeprefix("sqlite:///") if database_url.startswith("sqlite:///") else None
    made = _make_file(path) if path else False
    try:
        _upgrade(database_url, password, path)
    except BaseException:
        if path and made:
            _remove(path)
        raise


def _upgrade(database_url: str, password: str | None, path: str | None) -> None:
    connection = connect(database_url, write=True, password=password)
    try:
        found = current(connection)
        connection.rollback()
        if found is not None and found >= REVISION:
            return
        if path:
            if found is not None:
                _back_up(connection, path)
            connection.execute("PRAGMA journal_mode=WAL")
        with session(connection) as bind:
            _migrate(connection, bind)
    finally:
        connection.close()


@contextmanager
def session(connection: Connection) -> Iterator[Any]:
    """Give an SQLAlchemy connection in a transaction of its own, which is committed at the end."""
    from sqlalchemy import NullPool, create_engine
    from sqlalchemy.exc import DBAPIError

    scheme = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[connection.dialect]
    engine = create_engine(scheme, creator=lambda: connection.raw, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as bind:
            _begin(connection, bind)
            yield bind
            bind.commit()
    except DBAPIError as error:
        if "already exists" in str(error.orig):
            raise ConfigError(
                "the database holds tables that are not of this program", hint="give mycrm a database of its own"
            ) from error
        raise translated(error.orig or error) from error


def _begin(connection: Connection, bind: Any) -> None:
    """Begin the transaction that keeps every other writer, and every other upgrade, away."""
    if connection.dialect == "sqlite":
        # Rebuilding a table drops the one that others refer to; all references are checked at the end.
        bind.exec_driver_sql("PRAGMA foreign_keys=OFF")
        bind.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        bind.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        # What the admin database's login makes belongs to the owner of what is there, like the rest.
        if owner := bind.exec_driver_sql(OWNER).scalar():
            bind.exec_driver_sql(f"SET LOCAL ROLE {owner}")


def _migrate(connection: Connection, bind: Any) -> None:
    """Run what is missing; another process may have done it while this one waited."""
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(config(bind), "head")
    except CommandError as error:
        raise ConfigError(
            f"the database's schema has a version this program does not know: {error}", hint="update mycrm"
        ) from error
    created = stamp(clock.now()) if connection.dialect == "sqlite" else clock.now()
    connection.execute(
        "INSERT INTO schema_info (id, min_program, created_at) VALUES (1, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET min_program = excluded.min_program",
        (MIN_PROGRAM, created),
    )
    if connection.dialect == "sqlite":
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken:
            raise ConfigError(f"the upgrade would break references of table {broken[0]}; nothing was changed")


def config(bind: Any) -> Any:
    """Return Alembic's configuration for a connection."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", folder().replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = bind
    return settings


def folder() -> str:
    """Return the folder of the migrations: in the package where it was installed, beside it in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "migrations")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "migrations")


def _make_file(path: str) -> bool:
    """Make an empty database file that only its owner may read, unless there is one."""
    try:
        _make_folder(os.path.dirname(os.path.abspath(path)))
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    except OSError as error:
        raise ConfigError(
            f"the database {path} cannot be made: {error.strerror}", hint="choose another place with --database"
        ) from error
    return True


def _make_folder(folder: str) -> None:
    """Make a folder and those above it, open to nobody else; what exists stays as it is."""
    if not os.path.isdir(folder):
        _make_folder(os.path.dirname(folder))
        os.mkdir(folder, 0o700)


def _remove(path: str) -> None:
    """Remove what a failed first upgrade left behind."""
    for name in (path, f"{path}-wal", f"{path}-shm", f"{path}-journal"):
        if os.path.exists(name):
            os.remove(name)


def _back_up(connection: Connection, path: str) -> None:
    """Copy an SQLite database to ``backups/`` beside it; older ones stay until the next backup by hand or by cron."""
    place = os.path.join(os.path.dirname(os.path.abspath(path)), "backups")
    backups.save(connection, f"sqlite:///{path}", None, place, reason="before an upgrade")
