"""Profiles: choosing one, and adding, editing, renaming and deleting them in ``config.toml``."""

from __future__ import annotations

import os

from mycrm_cli.config import cache
from mycrm_cli.config.profile import Choice, Profile, check_write
from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from mycrm_cli.config.secrets import Secret

__all__ = [
    "Choice", "Profile", "add", "check_write", "choose", "current", "delete", "edit", "get", "inherited", "names",
    "preferences", "problems", "rename", "set_default", "set_preference", "shell_line", "store_password", "use",
]  # fmt: skip


def choose(flag: str | None = None) -> Profile:
    """Return the profile that this command works on; ``flag`` is what ``-P`` names.

    Raises ConfigError where none can be chosen or MYCRM_DATABASE_URL contradicts it.
    """
    wanted = cache.key(flag)
    found = cache.find(wanted)
    if found is None:
        found = _chosen(flag)
        cache.store(wanted, found)
    choice, values, origins, preferences, hooks = found
    return Profile(Choice(*choice), values, origins, preferences, hooks)


def _chosen(flag: str | None) -> tuple[Any, ...]:
    """Choose without the cache; the answer is plain data, the arguments of Profile."""
    from mycrm_cli.config import choice, document, hooks, reading

    content = document.load()
    picked = choice.pick(flag, content)
    values, origins = reading.profile(content, picked)
    return (
        (picked.name, picked.origin, picked.count, picked.where),
        values,
        origins,
        reading.preferences(content),
        hooks.read(content.path, content.hooks),
    )


def names() -> list[str]:
    """Return the names of the profiles in the order of ``config.toml``."""
    from mycrm_cli.config import document

    return list(document.load().profiles)


def get(name: str) -> Profile:
    """Return a profile by its name as the file has it, whatever the environment says; raises ConfigError."""
    from mycrm_cli.config import document, reading

    content = document.load()
    reading.require(content, name)
    choice = Choice(name, "name", len(content.profiles))
    values, origins = reading.profile(content, choice, environment=False)
    return Profile(choice, values, origins, reading.preferences(content))


def preferences() -> dict[str, str | bool]:
    """Return the ``[settings]`` table of ``config.toml``; raises ConfigError."""
    from mycrm_cli.config import document, reading

    return reading.preferences(document.load())


def current() -> str | None:
    """Return the profile that ``profile use`` chose, or None."""
    from mycrm_cli.config import choice

    return choice.current()


def problems() -> list[str]:
    """Return what doctor should say: profiles that are wrong, and files that others can read."""
    from mycrm_cli.config import reading

    return reading.problems()


def inherited(flag: str | None = None) -> dict[str, str]:
    """Return the database settings a new profile gets when it names none: those of the profile in use.

    A second organization usually lies in the same database. Empty where no profile is in use.
    """
    try:
        profile = choose(flag)
    except ConfigError:
        return {}
    wanted = ("database", "admin_database", "database_password", "admin_password")
    return {name: str(value) for name, value in profile.values().items() if name in wanted and value}


def add(name: str, settings: Mapping[str, str | bool]) -> Profile:
    """Write a new profile to ``config.toml``; raises Duplicate, or UsageError for a wrong name or value.

    Without a database it gets the file in the data folder, so that a MYCRM_DATABASE_URL of a later
    day contradicts it instead of taking its place; one that is set now is left to the environment.
    """
    from mycrm_cli.config import writing

    writing.add(name, settings)
    return get(name)


def edit(name: str, changes: Mapping[str, str | bool], clear: Iterable[str] = ()) -> Profile:
    """Change and empty settings of a profile; raises ConfigError for an unknown one, UsageError for a wrong value.

    Another organization or database makes the stored ``organization_id`` void, unless it is given as well.
    """
    from mycrm_cli.config import writing

    writing.edit(name, changes, list(clear))
    return get(name)


def rename(old: str, new: str) -> None:
    """Give a profile another name, also where it is the default or in use; its database stays where it is."""
    from mycrm_cli.config import writing

    writing.rename(old, new)
    from mycrm_cli.config import accepted, sessions

    sessions.rename(old, new)
    accepted.rename(old, new)


def delete(name: str) -> None:
    """Take a profile out of ``config.toml``; its database stays."""
    from mycrm_cli.config import writing

    writing.delete(name)
    from mycrm_cli.config import accepted, sessions

    sessions.forget(name)
    accepted.delete(name)


def use(name: str) -> None:
    """Make a profile the one that commands work on where nothing else names one."""
    from mycrm_cli.config import writing

    writing.use(name)


def set_default(name: str | None) -> None:
    """Write the default profile to ``config.toml``, or take it out."""
    from mycrm_cli.config import writing

    writing.set_default(name)


def set_preference(name: str, value: str | bool | None) -> None:
    """Write an entry of ``[settings]`` to ``config.toml``, or take it out; raises UsageError."""
    from mycrm_cli.config import writing

    writing.set_preference(name, value)


def store_password(name: str, password: Secret, place: str = "database") -> None:
    """Keep a password in the keyring and say so in the profile; raises ConfigError.

    ``place`` is whose it is: database, admin (the admin database), smtp or imap.
    """
    from mycrm_cli.config import writing

    writing.store_password(name, password, place)


def shell_line(name: str, shell: str = "sh") -> str:
    """Return the line that binds a shell to a profile, for ``eval "$(mycrm profile env NAME)"``."""
    from mycrm_cli.config import document, reading
    from mycrm_cli.errors import UsageError

    reading.require(document.load(), name)
    lines = {
        **dict.fromkeys(("sh", "bash", "zsh", "dash", "ksh"), f"export MYCRM_PROFILE={name}"),
        "fish": f"set -gx MYCRM_PROFILE {name}",
        **dict.fromkeys(("csh", "tcsh"), f"setenv MYCRM_PROFILE {name}"),
    }
    if os.path.basename(shell) not in lines:
        raise UsageError("this shell is not known", hint=f"one of {', '.join(lines)}")
    return lines[os.path.basename(shell)]
