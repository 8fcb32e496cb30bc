"""Changes of profiles: each one takes the lock, reads ``config.toml`` again and writes it whole."""

from __future__ import annotations

import os

from mycrm_cli.config import choice, databases, document, names, paths, reading, storage
from mycrm_cli.config.settings import PREFERENCES, SETTINGS
from mycrm_cli.errors import ConfigError, Duplicate, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping
    from typing import Any

    from mycrm_cli.config.secrets import Secret

LOCK = "config.lock"
BINDING = ("organization", "database")
"""The settings that the stored id of the organization belongs to."""


def add(name: str, settings: Mapping[str, str | bool]) -> None:
    """Write a new profile; raises Duplicate, UsageError."""
    names.check(name)
    values = _checked(settings)
    if not os.environ.get("MYCRM_DATABASE_URL"):
        values.setdefault("database", databases.SQLITE + paths.database_file(name))

    def change(content: MutableMapping[str, Any]) -> None:
        content.setdefault("profiles", {})[name] = values

    with storage.Lock(LOCK):
        _refuse_taken(name)
        document.edit(change)


def edit(name: str, changes: Mapping[str, str | bool], clear: Iterable[str]) -> None:
    """Change and empty settings of a profile; raises ConfigError, UsageError."""
    values = _checked(changes)
    gone = [reading.known(SETTINGS, setting) for setting in clear]
    if both := sorted(values.keys() & set(gone)):
        raise UsageError(f"{', '.join(both)} cannot be set and cleared at once")

    def change(content: MutableMapping[str, Any]) -> None:
        table = content["profiles"][name]
        moved = any(table.get(key) != values.get(key, table.get(key)) or key in gone for key in BINDING)
        for key in [*gone, "organization_id"] if moved else gone:
            table.pop(key, None)
        table.update(values)

    with storage.Lock(LOCK):
        reading.require(document.load(), name)
        document.edit(change)


def rename(old: str, new: str) -> None:
    """Give a profile another name; raises ConfigError, Duplicate, UsageError."""
    names.check(new)

    def change(content: MutableMapping[str, Any]) -> None:
        table = content["profiles"].pop(old)
        table.setdefault("database", url)
        content["profiles"][new] = table
        if content.get("default") == old:
            content["default"] = new

    with storage.Lock(LOCK):
        url = _own_database(old)
        if old.lower() != new.lower():
            _refuse_taken(new)
        document.edit(change)
        if choice.current() == old:
            storage.write(paths.current_file(), f"{new}\n".encode())


def _own_database(name: str) -> str:
    """Return the database that a profile has without naming it; the file keeps the profile's first name."""
    reading.require(document.load(), name)
    return databases.SQLITE + paths.database_file(name)


def delete(name: str) -> None:
    """Take a profile out, also as the default and the one in use; raises ConfigError."""

    def change(content: MutableMapping[str, Any]) -> None:
        del content["profiles"][name]
        if not content["profiles"]:
            del content["profiles"]  # tomlkit writes no table that is empty
        if content.get("default") == name:
            del content["default"]

    with storage.Lock(LOCK):
        reading.require(document.load(), name)
        document.edit(change)
        if choice.current() == name:
            storage.remove(paths.current_file())


def use(name: str) -> None:
    """Write which profile is in use; raises ConfigError for an unknown one."""
    with storage.Lock(LOCK):
        reading.require(document.load(), name)
        storage.write(paths.current_file(), f"{name}\n".encode())


def set_default(name: str | None) -> None:
    """Write or take out the default profile; raises ConfigError for an unknown one."""
    _set("default", name)


def set_preference(name: str, value: str | bool | None) -> None:
    """Write or take out an entry of ``[settings]``; raises UsageError."""
    checked = value if value is None else reading.check(PREFERENCES, name, value, "/")

    def change(content: MutableMapping[str, Any]) -> None:
        table = content.setdefault("settings", {})
        if checked is None:
            table.pop(name, None)
        else:
            table[name] = checked

    with storage.Lock(LOCK):
        document.edit(change)


def _set(key: str, name: str | None) -> None:
    def change(content: MutableMapping[str, Any]) -> None:
        if name is None:
            content.pop(key, None)
        else:
            content[key] = name

    with storage.Lock(LOCK):
        if name is not None:
            reading.require(document.load(), name)
        document.edit(change)


def store_password(name: str, password: Secret, place: str) -> None:
    """Keep a server's password in the keyring and name the keyring in the profile; raises ConfigError."""
    from mycrm_cli.config import keys, profiles

    profile = profiles.get(name)
    if place in ("smtp", "imap"):
        server = profile.smtp if place == "smtp" else profile.imap
        if server is None or "@" not in server:
            hint = f"mycrm profile edit {name} --{place} {place}s://USER@HOST"
            what = "mail server" if place == "smtp" else "mailbox"
            raise ConfigError(f"profile {name} has no {what} that somebody signs in to", hint=hint)
        account = server
    else:
        url = profile.admin_database if place == "admin" else profile.database
        if url is None or databases.dialect(url) == "sqlite":
            raise ConfigError(f"profile {name} has no database server that asks for a password")
        account = databases.login(url)
    keys.store(account, password)
    edit(name, {f"{place}_password": "keyring"}, ())


def _checked(settings: Mapping[str, str | bool]) -> dict[str, str | bool]:
    base = databases.working_folder()
    return {name: reading.check(SETTINGS, name, value, base) for name, value in settings.items()}


def _refuse_taken(name: str) -> None:
    """Names that differ only in case would share a database file on some systems."""
    for taken in document.load().profiles:
        if taken.lower() == name.lower():
            raise Duplicate(f"there is a profile {taken} already", hint=f"mycrm profile edit {taken}")
