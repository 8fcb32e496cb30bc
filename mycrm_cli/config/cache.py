"""The choice of the last runs in a small file, so that a start needs neither TOML nor platformdirs.

An entry's key holds all that could change the answer: variables, folders, and the stamps of every
file that was read. The file is ignored when it is damaged, readable for others, or not ours.
"""

from __future__ import annotations

import binascii
import marshal
import os
import stat
import sys

from mycrm_cli import __version__
from mycrm_cli.config import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 2
ENTRIES = 8
LARGEST = 262_144
SETTLED = 50_000_000
COARSE_SETTLED = 2_100_000_000
"""Nanoseconds after which a file's next change surely gets another time, also on coarse file systems."""
VARIABLES = ("MYCRM_PROFILE", "MYCRM_DATABASE_URL", "HOME")


def key(flag: str | None) -> tuple[Any, ...]:
    """Return everything that the choice depends on; raises ConfigError where there is no home."""
    config, current = paths.config_file(), paths.current_file()
    project = None if flag or os.environ.get("MYCRM_PROFILE") else paths.project_file()
    return (
        FORMAT,
        __version__,
        sys.hexversion,
        flag,
        *map(os.environ.get, VARIABLES),
        _folder() if os.environ.get("MYCRM_DATABASE_URL") else None,
        paths.data_dir(),
        (config, stamp(config)),
        (current, stamp(current)),
        (project, stamp(project)),
    )


def stamp(path: str | None) -> tuple[int, ...] | None:
    """Return what changes whenever a file does: times, size and place on disk; None where there is none.

    The time of the last change of the inode is among it, because a writer can set the other time at will.
    """
    if path is None:
        return None
    try:
        status = os.stat(path)
    except OSError:
        return None
    regular = int(stat.S_ISREG(status.st_mode))
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev, regular


def _folder() -> str | None:
    """Return the working folder, which a relative path in MYCRM_DATABASE_URL starts at."""
    try:
        return os.getcwd()
    except OSError:
        return None


def find(wanted: tuple[Any, ...]) -> Any:
    """Return what was stored under a key, or None."""
    return _entries().get(wanted)


def store(wanted: tuple[Any, ...], value: Any) -> None:
    """Keep a value of plain data for the next runs; a cache that cannot be written is no error."""
    from mycrm_cli.config import storage
    from mycrm_cli.errors import ConfigError

    if not _settled(wanted):
        return
    entries = _entries()
    entries.pop(wanted, None)
    kept = dict([*entries.items(), (wanted, value)][-ENTRIES:])
    content = marshal.dumps(kept)
    try:
        storage.write(_path(), binascii.crc32(content).to_bytes(4, "big") + content, durable=False)
    except ConfigError:
        return


def _settled(wanted: tuple[Any, ...]) -> bool:
    """Tell whether a further change of the files would show in their stamps.

    Two changes within one tick of the file system's clock look alike, so the files must be older than that.
    """
    import time

    now = time.time_ns()
    for _, times in wanted[-3:]:
        for moment in times[:2] if times else ():
            if now - moment < (SETTLED if moment % 1_000_000 else COARSE_SETTLED):
                return False
    return True


def _path() -> str:
    return os.path.join(paths.cache_dir(), "profiles")


def _entries() -> dict[Any, Any]:
    """Return what the file holds, nothing where it cannot be trusted."""
    try:
        descriptor = os.open(_path(), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return {}
    try:
        content = os.read(descriptor, LARGEST) if _is_ours(os.fstat(descriptor)) else b""
    except OSError:
        return {}
    finally:
        os.close(descriptor)
    if binascii.crc32(content[4:]).to_bytes(4, "big") != content[:4]:
        return {}
    try:
        entries = marshal.loads(content[4:])  # noqa: S302 - a private file of ours, owner and checksum checked
    except (ValueError, EOFError, TypeError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _is_ours(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
