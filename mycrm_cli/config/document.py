"""``config.toml``: read with tomllib, edited with tomlkit so that hand-written comments and order stay."""

from __future__ import annotations

from mycrm_cli.config import names, paths, storage
from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from typing import Any

TABLES = ("default", "settings", "profiles", "cron", "hooks", "notify", "remind")
"""What ``config.toml`` may hold; the last three belong to other parts of the program."""


class Document:
    """The content of ``config.toml``: the default profile's name, ``[settings]`` and ``[profiles.NAME]``."""

    __slots__ = ("default", "hooks", "notify", "path", "profiles", "settings")

    def __init__(self, path: str, plain: dict[str, Any]) -> None:
        self.path = path
        self.default: str | None = plain.get("default")
        self.settings: dict[str, Any] = plain.get("settings", {})
        self.profiles: dict[str, dict[str, Any]] = plain.get("profiles", {})
        self.hooks: dict[str, Any] = plain.get("hooks", {})
        self.notify: dict[str, Any] = plain.get("notify", {})


def load() -> Document:
    """Return the content of ``config.toml``, empty where there is none; raises ConfigError."""
    path = paths.config_file()
    content = storage.read(path)
    return _checked(path, parse(path, content) if content else {})


def parse(path: str, content: bytes) -> dict[str, Any]:
    """Read TOML; raises ConfigError with the line and the column."""
    import tomllib

    try:
        return tomllib.loads(_text(path, content))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a value is too long or too deep"
        lines = content.count(b"\n") + 1
        reason = reason.replace("at end of document", f"at line {lines}, the end of the file")
        raise ConfigError(f"{path} is not valid TOML: {reason}", hint="mend the file with an editor") from None


def _text(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise ConfigError(f"{path} is not text in UTF-8 (at line {line}, column {column})") from None


def _checked(path: str, plain: dict[str, Any]) -> Document:
    """Check the shape of the file, not the values in it."""
    for key, value in plain.items():
        if key not in TABLES:
            raise ConfigError(
                f"{path} has an unknown entry {names.shown(key)}",
                hint=f"it may have {', '.join(TABLES)}",
                candidates=names.near(key, TABLES),
            )
        wanted = str if key == "default" else dict
        if not isinstance(value, wanted):
            raise ConfigError(f"{path}: {key} must be {'a text' if wanted is str else 'a table'}")
    for name, table in plain.get("profiles", {}).items():
        if not names.valid(name):
            raise ConfigError(f"{path}: {names.shown(name)} cannot be the name of a profile", hint=names.RULE)
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: profiles.{name} must be a table")
    return Document(path, plain)


def edit(change: Callable[[MutableMapping[str, Any]], None]) -> None:
    """Change ``config.toml`` while no other process does; raises ConfigError.

    ``change`` gets the whole document and may set, replace and delete entries. It runs twice: on
    tomlkit's document, and on plain data that the written text is compared with.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = paths.config_file()
    content = storage.read(path) or b""
    wanted = parse(path, content)
    _checked(path, wanted)
    change(wanted)
    try:
        document = tomlkit.parse(_text(path, content))
        change(document)
        written = tomlkit.dumps(document).encode()
        safe = parse(path, written) == wanted
    except (TOMLKitError, ConfigError, ValueError, TypeError, KeyError, IndexError):
        safe = False
    if not safe:
        raise ConfigError(f"{path} is written in a way that cannot be edited safely", hint="change it with an editor")
    storage.write(path, written)
