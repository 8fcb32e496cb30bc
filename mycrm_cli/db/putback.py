"""SQLite: puts a file in a database's place while no other program has it open.

It is one transaction of the database itself: whoever waits for it goes on with what was put there, and a run that is
killed leaves what was before. Only a file that SQLite cannot read any more is replaced as a file.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from mycrm_cli import clock
from mycrm_cli.db import backups, manifests, placing
from mycrm_cli.db.connect import Connection, connect, translated
from mycrm_cli.errors import ConfigError, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

BESIDE = ("", "-wal", "-shm", "-journal")
COMING = ".restoring"


@contextmanager
def alone(url: str) -> Iterator[Connection | None]:
    """Give a connection beside which nobody else has the database open; None where it is gone or no database.

    Raises Unavailable where others do not let go of it.
    """
    try:
        connection = connect(url, write=True, alone=True)
    except ConfigError:
        yield None
        return
    except Unavailable as error:
        raise _used(error) from error
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except Unavailable as error:
            raise _used(error) from error
        yield connection
    finally:
        connection.close()


def _used(error: Unavailable) -> Unavailable:
    return Unavailable(
        f"others are using the database, and nothing was restored ({error.message})",
        hint="end what uses it (shells, jobs, imports) and try again",
    )


def fetch(file: str, told: dict[str, object], path: str) -> str:
    """Copy a backup beside the database, comparing each byte on the way, and return where it is; raises Damaged."""
    part = f"{path}{COMING}"
    drop(part)
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o700, exist_ok=True)
        manifests.compare(file, told, placing.copy(file, part))
        backups.check(part)
    except ConfigError as error:
        drop(part)
        raise manifests.no_backup(file, error.message) from error
    except OSError as error:
        drop(part)
        raise Unavailable(f"{part} cannot be written: {error.strerror}", hint="make room and try again") from error
    except BaseException:
        drop(part)
        raise
    return part


def drop(path: str) -> None:
    """Remove a database file that was never one in use, and what SQLite keeps beside it."""
    for ending in BESIDE:
        placing.forget(f"{path}{ending}")


def set_aside(path: str, folder: str) -> str | None:
    """Copy a file that SQLite cannot read as it is, with its log, for whoever can; return where, or None without one.

    A process of its own does it: closing the file here would give up this process's locks on it.
    """
    import subprocess
    import sys

    there = [ending for ending in ("", "-wal", "-journal") if os.path.exists(f"{path}{ending}")]
    if not there:
        return None
    stem, _ = backups.named(f"sqlite:///{path}")
    backups.prepare(folder, stem)
    target = os.path.join(folder, f"{stem}-damaged-{clock.real():%Y%m%dT%H%M%S%fZ}.db")
    code = "import sys; from mycrm_cli.db import placing; placing.copy(*sys.argv[1:])"
    for ending in there:
        line = [sys.executable, "-c", code, f"{path}{ending}", f"{target}{ending}"]
        done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode:
            raise Unavailable(f"{path} cannot be set aside in {folder}; nothing was restored", hint="make room there")
    return target


def put(connection: Connection | None, part: str, path: str) -> None:
    """Put a file in the database's place: as one transaction where SQLite can read what is there."""
    if connection is not None:
        try:
            _overwrite(connection, part)
            return
        except ConfigError:
            connection.close()
    prepared = connect(f"sqlite:///{part}", write=True)
    try:
        prepared.execute("PRAGMA journal_mode=WAL")
    finally:
        prepared.close()
    # A log that stayed would be taken for the new file's own.
    for ending in BESIDE[1:]:
        placing.forget(f"{path}{ending}")
    placing.name(part, path)


def _overwrite(connection: Connection, part: str) -> None:
    """Write all pages of a file over those of the database; raises ConfigError where these are past reading."""
    source = connect(f"sqlite:///{part}")
    try:
        source.raw.backup(connection.raw)
    except Exception as error:
        raise translated(error) from error
    finally:
        source.close()
