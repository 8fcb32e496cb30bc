"""Where the program's files lie: one folder named by ``MYCRM_HOME``, or the platform's own places.

On Linux and macOS the rules of platformdirs are written out, because importing it costs more than
everything else a start needs; a test compares the two. Other systems ask platformdirs.
"""

from __future__ import annotations

import os
import sys

from mycrm_cli.errors import ConfigError

APP = "mycrm"
HOME_VARIABLE = "MYCRM_HOME"
PROJECT_FILE = ".mycrm.toml"
LINUX = {"config": ".config", "data": ".local/share", "state": ".local/state", "cache": ".cache"}
SUPPORT = "Library/Application Support"
MACOS = {"config": SUPPORT, "data": SUPPORT, "state": SUPPORT, "cache": "Library/Caches"}
HINT = "set MYCRM_HOME to a folder of yours"


def config_dir() -> str:
    """Return the folder of ``config.toml``."""
    return os.path.abspath(_own_home() or _place("config"))


def data_dir() -> str:
    """Return the folder of the SQLite databases, one file per profile that has no other database."""
    return _folder("data")


def backups_dir() -> str:
    """Return the folder of the backups."""
    return os.path.join(data_dir(), "backups")


def state_dir() -> str:
    """Return the folder of the current profile, sessions, locks and logs."""
    return _folder("state")


def cache_dir() -> str:
    """Return the folder of files that may be deleted at any time."""
    return _folder("cache")


def config_file() -> str:
    """Return the path of ``config.toml``."""
    return os.path.join(config_dir(), "config.toml")


def current_file() -> str:
    """Return the path of the file that ``profile use`` writes."""
    return os.path.join(state_dir(), "current")


def database_file(profile: str) -> str:
    """Return the path of the SQLite database that a profile has when it names none."""
    return os.path.join(data_dir(), f"{profile}.db")


def project_file() -> str | None:
    """Return the nearest ``.mycrm.toml`` in the working folder or above it."""
    try:
        folder = os.getcwd()
    except OSError:
        return None
    while True:
        path = os.path.join(folder, PROJECT_FILE)
        if os.path.lexists(path):
            return path
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def ensure(folder: str) -> str:
    """Make a folder and those above it, open to nobody else, and return it; raises ConfigError."""
    if not os.path.isdir(folder):
        parent = os.path.dirname(folder)
        if parent != folder:
            ensure(parent)
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            if not os.path.isdir(folder):
                raise ConfigError(f"{folder} is a file where a folder is needed", hint=HINT) from None
        except OSError as error:
            raise ConfigError(f"cannot make the folder {folder}: {error.strerror}", hint=HINT) from None
    return folder


def expand(path: str, base: str) -> str:
    """Return a path as an absolute one: ``~`` is the home, a relative one starts at ``base``."""
    return os.path.normpath(os.path.join(base, os.path.expanduser(path)))


def _own_home() -> str | None:
    named = os.environ.get(HOME_VARIABLE)
    if not named:
        return None
    try:
        return os.path.abspath(os.path.expanduser(named))
    except OSError:
        raise ConfigError("MYCRM_HOME is relative to a folder that no longer exists", hint=HINT) from None


def _folder(kind: str) -> str:
    home = _own_home()
    return os.path.join(home, kind) if home else _place(kind)


def _place(kind: str) -> str:
    """Return the platform's folder for a kind of file."""
    if sys.platform == "win32":
        import platformdirs

        return str(getattr(platformdirs, f"user_{kind}_dir")(APP, appauthor=False))
    named = os.environ.get(f"XDG_{kind.upper()}_HOME", "")
    if os.path.isabs(named):
        return os.path.join(named, APP)
    return os.path.join(_home(), (MACOS if sys.platform == "darwin" else LINUX)[kind], APP)


def _home() -> str:
    home = os.environ.get("HOME", "")
    if not os.path.isabs(home):
        raise ConfigError("there is no home folder: HOME is not set", hint=HINT)
    return home
