"""From the text of ``config.toml`` to checked settings, with the environment's share in them."""

from __future__ import annotations

import os

from mycrm_cli.config import checks, databases, names, paths, sources
from mycrm_cli.config.settings import PREFERENCES, SETTINGS
from mycrm_cli.errors import ConfigError, CrmError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mycrm_cli.config.document import Document
    from mycrm_cli.config.profile import Choice
    from mycrm_cli.config.settings import Setting

SECRET_NAMES = ("password", "passwd", "secret", "token", "key")
Values = dict[str, str | bool]


def require(document: Document, name: str) -> None:
    """Raise ConfigError where there is no such profile."""
    if name not in document.profiles:
        raise names.unknown(name, document.profiles, document.path)


def profile(document: Document, choice: Choice, *, environment: bool = True) -> tuple[Values, dict[str, str]]:
    """Return a profile's settings and where its database came from; raises ConfigError.

    A password in the file raises UsageError, as it does everywhere.
    """
    stored = document.profiles.get(choice.name, {})
    where = f"profile {choice.name} in {document.path}"
    values = _table(stored, SETTINGS, where, os.path.dirname(document.path))
    given = _database_variable() if environment else None
    own = values.get("database")
    if given and own and not databases.same(given, str(own)):
        raise ConfigError(
            f"MYCRM_DATABASE_URL contradicts profile {choice.name} ({choice.where}), which has another database",
            hint="unset MYCRM_DATABASE_URL, or choose another profile with -P",
        )
    origin = "profile" if own else "environment" if given else "default"
    values["database"] = own or given or databases.SQLITE + paths.database_file(choice.name)
    return values, {"database": origin}


def preferences(document: Document) -> Values:
    """Return the checked ``[settings]`` table; raises ConfigError."""
    return _table(document.settings, PREFERENCES, f"[settings] in {document.path}", os.path.dirname(document.path))


def check(table: Mapping[str, Setting], name: str, value: object, base: str) -> str | bool:
    """Return one setting's value as it is stored; raises UsageError, also for an unknown name."""
    return checks.read(table[known(table, name)].kind, name, value, base)


def known(table: Mapping[str, Setting], name: str) -> str:
    """Return the name of a setting that exists; raises UsageError."""
    if name in table:
        return name
    if any(word in name.lower() for word in SECRET_NAMES):
        raise sources.PlainSecret(f"{names.shown(name)} does not belong in the settings", hint=f"use {sources.SOURCES}")
    raise UsageError(
        f"there is no setting {names.shown(name)}", hint=", ".join(table), candidates=names.near(name, table)
    )


def _table(stored: Mapping[str, object], table: Mapping[str, Setting], where: str, base: str) -> Values:
    values: Values = {}
    for name, value in stored.items():
        try:
            values[name] = check(table, name, value, base)
        except sources.PlainSecret as error:
            raise UsageError(f"{where}: {error.message}", hint=error.hint) from None
        except UsageError as error:
            raise ConfigError(f"{where}: {error.message}", hint=error.hint, candidates=error.candidates) from None
    return values


def _database_variable() -> str | None:
    text = os.environ.get("MYCRM_DATABASE_URL")
    if not text:
        return None
    try:
        return databases.canonical(text)
    except sources.PlainSecret as error:
        raise UsageError(f"MYCRM_DATABASE_URL: {error.message}", hint=error.hint) from None
    except UsageError as error:
        raise ConfigError(f"MYCRM_DATABASE_URL: {error.message}", hint=error.hint) from None


def problems() -> list[str]:
    """Return what is wrong with the profiles and with the modes of their files, in sentences."""
    from mycrm_cli.config import document, profiles

    try:
        content = document.load()
        preferences(content)
    except CrmError as error:
        return [error.message]
    found = []
    for name in content.profiles:
        try:
            profiles.get(name)
        except CrmError as error:
            found.append(error.message)
    return found + _open_files(content)


def _open_files(document: Document) -> list[str]:
    """Return sentences about our files that others can read."""
    files = [document.path, paths.current_file(), *_databases(document)]
    folders = [paths.data_dir(), paths.state_dir(), paths.cache_dir()]
    found = []
    for path in files + folders:
        mode = os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0
        if mode & 0o077:
            found.append(
                f"{path} is open to others (mode {mode:04o}): chmod {'700' if path in folders else '600'} {path}"
            )
    return found


def _databases(document: Document) -> list[str]:
    urls = [table.get("database") for table in document.profiles.values()]
    return [path for url in urls if isinstance(url, str) and (path := databases.sqlite_path(url))]
