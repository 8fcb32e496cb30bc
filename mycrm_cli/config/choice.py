"""Which profile is meant: ``-P`` > MYCRM_PROFILE > ``.mycrm.toml`` > ``profile use`` > default > the only one."""

from __future__ import annotations

import os

from mycrm_cli.config import names, paths, storage
from mycrm_cli.config.profile import ORIGINS, Choice
from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.config.document import Document

NO_DATABASE = "environment"
"""The name of the profile that MYCRM_DATABASE_URL alone makes; nobody can take it."""


def pick(flag: str | None, document: Document) -> Choice:
    """Return the chosen profile; raises ConfigError, or UsageError for a name that no profile can have."""
    known = document.profiles
    named = _named(flag) or _by_project() or _by_use() or _by_default(document)
    if named:
        name, origin, where = named
        if name not in known:
            raise names.unknown(name, known, where or ORIGINS[origin])
        return Choice(name, origin, len(known), where)
    if len(known) == 1:
        return Choice(next(iter(known)), "only", 1)
    if not known and os.environ.get("MYCRM_DATABASE_URL"):
        return Choice(NO_DATABASE, "url", 0)
    raise _undecided(document)


def _undecided(document: Document) -> ConfigError:
    if not document.profiles:
        return ConfigError("there is no profile yet", hint="mycrm init, or try mycrm demo")
    known = sorted(document.profiles)
    return ConfigError(
        f"several profiles exist and none is chosen: {', '.join(known)}",
        hint="name one with -P or MYCRM_PROFILE, or choose with mycrm profile use NAME",
        candidates=known,
    )


def _named(flag: str | None) -> tuple[str, str, str] | None:
    """Return what the command line or the environment names; an empty -P is a mistake, never silence."""
    if flag is not None:
        return names.check(flag), "flag", ""
    variable = os.environ.get("MYCRM_PROFILE")
    return (variable, "environment", "") if variable else None


def _by_project() -> tuple[str, str, str] | None:
    path = paths.project_file()
    if path is None:
        return None
    from mycrm_cli.config import document

    content = storage.read(path)
    if content is None:
        raise ConfigError(f"{path} is a link to nothing", hint="delete it")
    plain = document.parse(path, content)
    for key in plain:
        if key != "profile":
            raise ConfigError(
                f"{path} may set only profile, not {names.shown(key)}", hint=f"delete {key} from the file"
            )
    name = plain.get("profile")
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{path} names no profile", hint='profile = "NAME"')
    return name, "project", path


def _by_use() -> tuple[str, str, str] | None:
    name = current()
    return (name, "use", "") if name else None


def _by_default(document: Document) -> tuple[str, str, str] | None:
    return (document.default, "default", "") if document.default else None


def current() -> str | None:
    """Return the profile that ``profile use`` chose, or None."""
    content = storage.read(paths.current_file())
    return content.decode("utf-8", "replace").strip() or None if content else None
