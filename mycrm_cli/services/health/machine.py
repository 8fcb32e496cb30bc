"""The machine: its clock, the keyring, and files that others could read."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime

from mycrm_cli import __version__, clock
from mycrm_cli.config import databases, keys, paths
from mycrm_cli.errors import ConfigError
from mycrm_cli.services.health.finding import FAIL, OK, WARN, Finding, verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.config.profile import Profile

EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that is right shows an earlier time."""
MOST_FILES = 10_000


def version() -> Finding:
    """Return which program this is."""
    import platform

    return Finding("program", OK, f"mycrm {__version__}, Python {platform.python_version()}")


def time() -> Finding:
    """Return whether the clock can be right."""
    now = clock.now()
    if now < EARLIEST:
        return Finding("clock", FAIL, f"it is set to {now:%Y-%m-%d}", "set the system's clock; due dates depend on it")
    return Finding("clock", OK, f"{now:%Y-%m-%d %H:%M} UTC")


def keyring(profile: Profile | None) -> Finding:
    """Return whether the system's keyring can be used; it matters only to who keeps secrets there."""
    sources = (profile.password_source, profile.admin_password_source) if profile else ()
    needed = "keyring" in sources
    try:
        keys.fetch("mycrm doctor")
        import keyring as ring

        backend = type(ring.get_keyring())
        usable = not backend.__module__.endswith((".null", ".fail"))
        said = f"{backend.__module__}" if usable else "there is none here"
    except ConfigError as error:
        usable, said = False, error.message
    if usable or not needed:
        return Finding("keyring", OK, said if usable else f"{said}; nothing of this profile is kept there")
    return Finding("keyring", FAIL, f"{said}, and the profile's password is kept there", keys.HINT)


def places(profile: Profile | None) -> Iterator[Finding]:
    """Yield, for each kind of file, whether others can read or write it."""
    looked = {
        "settings": [paths.config_file(), f"{paths.config_file()}.bak"],
        "secrets and sessions": list(_inside(paths.state_dir())),
        "backups": list(_inside(paths.backups_dir())),
    }
    database = databases.sqlite_path(profile.database) if profile and profile.database else None
    if database:
        looked["database files"] = [f"{database}{end}" for end in ("", "-wal", "-shm", "-journal")]
        beside = os.path.join(os.path.dirname(database), "backups")
        if beside != paths.backups_dir():
            looked["backups"] += list(_inside(beside))
    for what, files in looked.items():
        there = [path for path in files if os.path.lexists(path)]
        opened = [path for path in there if is_open(path)]
        hint = f"chmod {'700' if opened and os.path.isdir(opened[0]) else '600'} {' '.join(opened[:3])}"
        yield verdict(what, [f"{path} is open to others" for path in opened], _private(there), hint, len(there) or 1)
    yield _folders([paths.config_dir(), paths.data_dir()])


def _folders(folders: list[str]) -> Finding:
    """Return whether others can put files into the program's folders, or list what is there."""
    there = [folder for folder in dict.fromkeys(folders) if os.path.isdir(folder) and os.name == "posix"]
    written = [folder for folder in there if os.stat(folder).st_mode & 0o022]
    listed = [folder for folder in there if os.stat(folder).st_mode & 0o055]
    wrong = [f"{folder} is open to others" for folder in written or listed]
    hint = f"chmod 700 {' '.join(written or listed)}"
    return verdict("folders", wrong, _private(there), hint, len(there) or 1, FAIL if written else WARN)


def _private(found: list[str]) -> str:
    return f"{len(found):,} for their owner alone" if found else "none yet"


def _inside(folder: str) -> Iterator[str]:
    """Yield a folder and what is in it; locks and stamps too, since they tell who works when."""
    if not os.path.isdir(folder):
        return
    yield folder
    count = 0
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield os.path.join(place, name)
            count += 1
            if count >= MOST_FILES:
                return


def is_open(path: str) -> bool:
    """Return whether others than its owner may read or write a file, or its owner is somebody else."""
    if os.name != "posix":
        return False
    status = os.stat(path, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        return False
    return bool(status.st_mode & 0o077) or status.st_uid not in (os.geteuid(), 0)
