"""PostgreSQL's own programs: ``pg_dump`` writes a database into a file, ``pg_restore`` reads it."""

from __future__ import annotations

import os

from mycrm_cli.db import manifests, placing
from mycrm_cli.errors import ConfigError, CrmError, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess

CLIENT = "install PostgreSQL's client programs, of the server's version or newer"


def program(name: str) -> str:
    """Return where a program is; raises ConfigError."""
    import shutil

    found = shutil.which(name)
    if found is None:
        raise ConfigError(f"{name} is not installed; backups of PostgreSQL need it", hint=CLIENT)
    return found


def is_possible() -> bool:
    """Return whether a dump can be made at all."""
    import shutil

    return shutil.which("pg_dump") is not None


def dump(url: str, password: str | None, target: str) -> None:
    """Let ``pg_dump`` write a database into a file; it has its name once it is whole. Raises OSError."""
    import subprocess

    from mycrm_cli.db.connect import BUSY_SECONDS

    pg_dump, part = program("pg_dump"), f"{target}{placing.UNFINISHED}"
    wait = f"--lock-wait-timeout={int(BUSY_SECONDS * 1000)}"
    try:
        placing.empty(part)
        done = subprocess.run(
            [pg_dump, "--format=custom", "--no-password", wait, f"--file={part}", f"--dbname={url}"],
            env=os.environ | ({"PGPASSWORD": password} if password else {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise refused("pg_dump", done.stderr.decode("utf-8", "replace"))
        placing.name(part, target)
    finally:
        placing.forget(part)


def script(path: str) -> subprocess.Popen[bytes]:
    """Begin to read a dump as the statements that make it again."""
    import subprocess

    line = [program("pg_restore"), "--no-owner", "--file=-", path]
    return subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def schema(path: str) -> str | None:
    """Return the version of the schema in a dump, or None where it holds none; raises ConfigError, Damaged."""
    import subprocess

    line = [program("pg_restore"), "--data-only", "--table=alembic_version", "--file=-", path]
    done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise unreadable(path, done.stderr.decode("utf-8", "replace"))
    _, _, rows = done.stdout.decode("utf-8", "replace").partition(" FROM stdin;\n")
    return rows.partition("\n")[0] or None


def unreadable(path: str, said: str) -> CrmError:
    """Return the error for a dump that ``pg_restore`` does not read: its version is too old, or that is no dump."""
    error = refused("pg_restore", said)
    return error if isinstance(error, ConfigError) else manifests.no_backup(path, error.message)


def refused(name: str, said: str) -> ConfigError | Unavailable:
    """Return the error for what one of the programs said."""
    line = next((line for line in said.splitlines() if "error:" in line), said.strip()[:200])
    reason = f"{name}: {line.partition('error:')[2].strip() or line}"
    if "row-level security" in said or "permission denied" in said:
        hint = "mycrm profile edit NAME --admin-database URL, a login with BYPASSRLS that may read all tables"
        return ConfigError(f"this login may not read the whole database: {reason}", hint=hint)
    if "version mismatch" in said or "unsupported version" in said:
        return ConfigError(reason, hint=f"{CLIENT}, and put them first in PATH")
    return Unavailable(reason)
