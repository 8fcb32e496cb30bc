"""Backups: a whole database in one file, on the disk before it has its name, with a manifest beside it.

SQLite writes a consistent copy of itself while others read and write; of PostgreSQL its own ``pg_dump`` makes one.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import NamedTuple

from mycrm_cli import clock
from mycrm_cli.db.connect import Connection, connect
from mycrm_cli.errors import ConfigError, Unavailable

KEPT = 14
"""Backups that stay, unless told."""
MANIFEST = ".json"
UNFINISHED = ".part"
FORGOTTEN = 86_400.0
"""Seconds after which an unfinished file is what a killed run has left."""
BLOCK = 1 << 20


class Backup(NamedTuple):
    """A backup: its file, how large it is, the SHA-256 of what is in it, and how many older ones were removed."""

    path: str
    size: int
    sha256: str
    removed: int


def make(url: str, password: str | None, folder: str, keep: int = KEPT) -> Backup:
    """Back up the database at a URL into a folder, and leave the newest ``keep`` of its backups there.

    Raises ConfigError where that cannot be done, Unavailable where the database cannot be reached.
    """
    connection = connect(url, write=True, password=password)
    try:
        schema = _schema_of(connection)
        stem, ending = _named(connection, url)
        prepare(folder, stem)
        target = os.path.join(folder, f"{stem}-{clock.real():%Y%m%dT%H%M%S%fZ}{ending}")
        if connection.dialect == "sqlite":
            copy(connection, target)
        else:
            _dump(url, password, target)
    finally:
        connection.close()
    size, digest = os.path.getsize(target), sha256(target)
    told = {"file": os.path.basename(target), "bytes": size, "sha256": digest, "schema": schema}
    _write(f"{target}{MANIFEST}", json.dumps(told | {"made_at": clock.real().isoformat()}, indent=2) + "\n")
    return Backup(target, size, digest, _remove_old(folder, stem, ending, keep))


def _schema_of(connection: Connection) -> str | None:
    """Return the schema's version; raises ConfigError for a database without one."""
    from mycrm_cli.db import migrate

    found = migrate.current(connection)
    if found is None:
        raise ConfigError("there is nothing to back up: the database has no schema", hint="mycrm init")
    return found


def copy(connection: Connection, target: str) -> None:
    """Copy an SQLite database into a file that nobody else may read; it has its name once it is whole."""
    part = f"{target}{UNFINISHED}"
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection.execute("VACUUM INTO ?", (part,))
        _check(part)
        _name(part, target)
    except OSError as error:
        raise _cannot(os.path.dirname(target), error) from error
    finally:
        _forget(part)


def _check(path: str) -> None:
    """Read a copy from its first page to its last; raises ConfigError."""
    copied = connect(f"sqlite:///{path}")
    try:
        [(said,)] = copied.execute("PRAGMA quick_check(1)").fetchall()
    finally:
        copied.close()
    if said != "ok":
        raise ConfigError(f"the copy is not whole: {said}", hint="mycrm doctor")


def _dump(url: str, password: str | None, target: str) -> None:
    """Let ``pg_dump`` write a database into a file."""
    import shutil
    import subprocess

    program, part = shutil.which("pg_dump"), f"{target}{UNFINISHED}"
    if program is None:
        raise ConfigError("pg_dump is not installed, and it makes the backups of PostgreSQL", hint="install its client")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        done = subprocess.run(
            [program, "--format=custom", "--no-password", f"--file={part}", f"--dbname={url}"],
            env=os.environ | ({"PGPASSWORD": password} if password else {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise _refused(done.stderr.decode("utf-8", "replace"))
        _name(part, target)
    except OSError as error:
        raise _cannot(os.path.dirname(target), error) from error
    finally:
        _forget(part)


def _refused(said: str) -> ConfigError | Unavailable:
    """Return the error for what ``pg_dump`` said."""
    line = next((line for line in said.splitlines() if "error:" in line), said.strip()[:200])
    reason = f"pg_dump: {line.partition('error:')[2].strip() or line}"
    if "row-level security" in said or "permission denied" in said:
        hint = "mycrm profile edit NAME --admin-database URL, a login with BYPASSRLS that may read all tables"
        return ConfigError(f"this login may not read the whole database: {reason}", hint=hint)
    if "version mismatch" in said:
        return ConfigError(reason, hint="install the client of the server's version, and put it first in PATH")
    return Unavailable(reason)


def _named(connection: Connection, url: str) -> tuple[str, str]:
    """Return how the names of a database's backups begin and end."""
    if connection.dialect == "sqlite":
        return os.path.splitext(os.path.basename(url))[0] or "mycrm", ".db"
    [(name,)] = connection.execute("SELECT current_database()").fetchall()
    return "".join(char if char.isalnum() or char in "-_" else "_" for char in name), ".dump"


def prepare(folder: str, stem: str) -> None:
    """Make the folder, and remove what killed runs have left in it."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            is_unfinished = name.startswith(f"{stem}-") and name.endswith(UNFINISHED)
            if is_unfinished and clock.real().timestamp() - os.path.getmtime(path) > FORGOTTEN:
                _forget(path)
    except OSError as error:
        raise _cannot(folder, error) from error


def _remove_old(folder: str, stem: str, ending: str, keep: int) -> int:
    """Remove the oldest backups of a database but for ``keep``; what has no manifest is not one of them."""
    named = sorted(name for name in os.listdir(folder) if name.startswith(f"{stem}-") and name.endswith(ending))
    made = [name for name in named if os.path.exists(os.path.join(folder, f"{name}{MANIFEST}"))]
    old = made[: max(len(made) - keep, 0)]
    for name in old:
        _forget(os.path.join(folder, name))
        _forget(os.path.join(folder, f"{name}{MANIFEST}"))
    return len(old)


def sha256(path: str) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: str, text: str) -> None:
    """Write a file that nobody else may read; it has its name once it is whole."""
    part = f"{path}{UNFINISHED}"
    try:
        with open(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
        _name(part, path)
    except OSError as error:
        raise _cannot(os.path.dirname(path), error) from error


def _name(part: str, target: str) -> None:
    """Give a file its name once its bytes, and then its name, are on the disk."""
    _flush(part)
    os.rename(part, target)
    _flush(os.path.dirname(target))


def _flush(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _forget(path: str) -> None:
    """Remove a file, if it is there."""
    if os.path.lexists(path):
        os.remove(path)


def _cannot(folder: str, error: OSError) -> ConfigError:
    return ConfigError(f"the database cannot be backed up to {folder}: {error.strerror}", hint="--to FOLDER")
