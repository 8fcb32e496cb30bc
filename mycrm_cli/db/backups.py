"""Backups: a whole database in one file, on the disk before it has its name, with a manifest beside it.

SQLite writes a consistent copy of itself while others read and write; of PostgreSQL its own ``pg_dump`` makes one.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple
from uuid import UUID

from mycrm_cli import __version__, clock
from mycrm_cli.db import dumps, manifests, placing
from mycrm_cli.db.connect import Connection, connect
from mycrm_cli.errors import ConfigError

KEPT = 14
"""Backups that stay, unless told."""
FORGOTTEN = 86_400.0
"""Seconds after which an unfinished file is what a killed run has left."""
BY_HAND = "by hand"
NAMED = 500
"""Organizations that a manifest names."""


class Backup(NamedTuple):
    """A backup: its file, how large it is, the SHA-256 of what is in it, and how many older ones were removed."""

    path: str
    size: int
    sha256: str
    removed: int


def make(url: str, password: str | None, folder: str, keep: int | None = KEPT, reason: str = BY_HAND) -> Backup:
    """Back up the database at a URL into a folder, and leave the newest ``keep`` of its backups there.

    Raises ConfigError where that cannot be done, Unavailable where the database cannot be reached.
    """
    connection = connect(url, write=True, password=password)
    try:
        return save(connection, url, password, folder, keep=keep, reason=reason)
    finally:
        connection.close()


def save(
    connection: Connection,
    url: str,
    password: str | None,
    folder: str,
    *,
    reason: str,
    keep: int | None = None,
) -> Backup:
    """Back up the database of a connection, outside of its transaction on SQLite; None keeps all older backups."""
    schema, min_program = _schema_of(connection)
    stem, ending = named(url)
    prepare(folder, stem)
    made_at = clock.real()
    target = os.path.join(folder, f"{stem}-{made_at:%Y%m%dT%H%M%S%fZ}{ending}")
    told: dict[str, Any] = {
        "file": os.path.basename(target),
        "made_at": made_at.isoformat(),
        "reason": reason,
        "database": place_of(url),
        "organizations": _organizations(connection),
    }
    told |= {"schema": schema, "min_program": min_program, "program": __version__}
    try:
        size, digest = _place(connection, url, password, target, told)
        removed = 0 if keep is None else _remove_old(folder, stem, ending, keep, place_of(url))
    except OSError as error:
        raise cannot(folder, error) from error
    return Backup(target, size, digest, removed)


def _place(
    connection: Connection, url: str, password: str | None, target: str, told: dict[str, Any]
) -> tuple[int, str]:
    """Write a backup and its manifest; return its size and SHA-256.

    The manifest is there first: a run that is killed leaves no backup that nobody can tell to be whole.
    """
    coming = f"{target}{placing.UNFINISHED}"
    try:
        copy(connection, coming) if connection.dialect == "sqlite" else dumps.dump(url, password, coming)
        size, digest = os.path.getsize(coming), placing.sha256(coming)
        manifests.write(target, told | {"bytes": size, "sha256": digest})
        placing.name(coming, target)
    except BaseException:
        placing.forget(coming)
        if not os.path.exists(target):
            placing.forget(f"{target}{manifests.ENDING}")
        raise
    return size, digest


def _schema_of(connection: Connection) -> tuple[str, str | None]:
    """Return the schema's version and the oldest program for it; raises ConfigError for a database without one."""
    from mycrm_cli.db import migrate

    found = migrate.current(connection)
    if found is None:
        raise ConfigError("there is nothing to back up: the database has no schema", hint="mycrm init")
    row = connection.execute("SELECT min_program FROM schema_info WHERE id = 1").fetchone()
    return found, str(row[0]) if row and row[0] else None


def _organizations(connection: Connection) -> dict[str, str] | None:
    """Return the short names of the organizations that are in a database by their ids, or None for too many."""
    found = connection.execute("SELECT id, slug FROM organizations ORDER BY id LIMIT ?", (NAMED + 1,)).fetchall()
    if len(found) > NAMED:
        return None
    return {(UUID(bytes=id) if isinstance(id, bytes) else id).hex: slug for id, slug in found}


def place_of(url: str) -> str:
    """Return where a database is, as its backups tell it: a file's path, or server, port and name."""
    if url.startswith("sqlite:///"):
        return os.path.realpath(url.removeprefix("sqlite:///"))
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    return f"{parts.get('host') or ''}:{parts.get('port') or ''}/{parts.get('dbname') or parts.get('user') or ''}"


def copy(connection: Connection, target: str) -> None:
    """Copy an SQLite database into a file that nobody else may read; it has its name once it is whole."""
    part = f"{target}{placing.UNFINISHED}"
    try:
        placing.empty(part)
        connection.execute("VACUUM INTO ?", (part,))
        check(part)
        placing.name(part, target)
    finally:
        placing.forget(part)


def check(path: str) -> None:
    """Read an SQLite file from its first page to its last; raises ConfigError."""
    copied = connect(f"sqlite:///{path}")
    try:
        [(said,)] = copied.execute("PRAGMA quick_check(1)").fetchall()
    finally:
        copied.close()
    if said != "ok":
        raise ConfigError(f"the copy is not whole: {said}", hint="mycrm doctor")


def named(url: str) -> tuple[str, str]:
    """Return how the names of a database's backups begin and end."""
    if url.startswith("sqlite:///"):
        return os.path.splitext(os.path.basename(url))[0] or "mycrm", ".db"
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    host = str(parts.get("host") or "")
    # Databases of the same name on several servers keep their backups apart.
    place = [] if host.startswith("/") or host in ("", "localhost", "127.0.0.1", "::1") else [host]
    name = "-".join([*place, str(parts.get("dbname") or parts.get("user") or "mycrm")])
    return "".join(char if char.isalnum() or char in "-_." else "_" for char in name).lstrip("."), ".dump"


def prepare(folder: str, stem: str) -> None:
    """Make the folder, and remove what killed runs have left in it."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            is_unfinished = name.startswith(f"{stem}-") and name.endswith(placing.UNFINISHED)
            if is_unfinished and clock.real().timestamp() - os.path.getmtime(path) > FORGOTTEN:
                placing.forget(path)
    except OSError as error:
        raise cannot(folder, error) from error


def _remove_old(folder: str, stem: str, ending: str, keep: int, place: str) -> int:
    """Remove the oldest backups of a database but for ``keep``; what has no manifest is not one of them.

    Another database's, of the same name in the same folder, stay.
    """
    made = [path for path in manifests.named(folder, stem, ending) if manifests.database(path) == place]
    old = made[: max(len(made) - keep, 0)]
    for path in old:
        placing.forget(path)
        placing.forget(f"{path}{manifests.ENDING}")
    return len(old)


def cannot(folder: str, error: OSError) -> ConfigError:
    """Return the error for a folder or a file that cannot be written."""
    return ConfigError(f"the database cannot be backed up to {folder}: {error.strerror}", hint="--to FOLDER")
