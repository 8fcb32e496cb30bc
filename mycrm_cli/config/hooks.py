"""``[hooks]`` in ``config.toml``: commands of the user's own that are told when something has happened.

They are read from the user's own configuration alone, never from a working folder and never from the database.
"""

from __future__ import annotations

import os
import stat

from mycrm_cli.config import names
from mycrm_cli.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

EVENTS = {
    "deal_won": "a deal was won",
    "deal_lost": "a deal was lost",
    "deal_moved": "a deal came to another stage",
    "deal_reopened": "a closed deal was taken up again",
    "deal_added": "a deal is new",
    "lead_added": "a lead is new",
    "lead_assigned": "a lead was given to somebody",
    "lead_qualified": "a lead was qualified",
    "lead_disqualified": "a lead was given up",
    "lead_converted": "a lead became a contact",
    "contact_added": "a contact is new",
    "company_added": "a company is new",
    "task_added": "a task is new",
    "task_done": "a task was done",
}
PREFIX = "on_"
LIMIT = "time_limit"
SECONDS, MOST_SECONDS = 30, 600
"""How long a hook may take, unless the file says otherwise, and at most."""


def read(path: str, table: Mapping[str, object]) -> dict[str, Any]:
    """Return the checked table: event -> words of its command, and ``time_limit``; raises ConfigError."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        if name == LIMIT:
            found[LIMIT] = _seconds(path, value)
        elif name.startswith(PREFIX) and name[len(PREFIX) :] in EVENTS:
            found[name[len(PREFIX) :]] = words(f"{path}: hooks.{name}", value)
        else:
            known = [LIMIT, *(PREFIX + event for event in EVENTS)]
            raise ConfigError(
                f"{path}: there is no hook {names.shown(name)}",
                hint=f"there are {', '.join(known)}",
                candidates=names.near(name, known),
            )
    return found


def _seconds(path: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_SECONDS:
        raise ConfigError(f"{path}: hooks.{LIMIT} must be a number of seconds from 1 to {MOST_SECONDS}")
    return value


def words(where: str, value: object) -> list[str]:
    """Return the words of a command; its program is named by its whole path."""
    example = 'such as ["/home/ana/bin/tell", "sales"]'
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise ConfigError(f"{where} must be a list of texts: the command and its arguments", hint=example)
    if any("\0" in word for word in value):
        raise ConfigError(f"{where} has a NUL character")
    program = os.path.expanduser(value[0])
    if not os.path.isabs(program):
        raise ConfigError(f"{where}: {names.shown(value[0])} is not a whole path", hint=example)
    return [program, *value[1:]]


def unsafe(path: str) -> str | None:
    """Return why what a file says is not to be run, or None: others could have written it."""
    try:
        status = os.stat(path)
    except OSError as error:
        return f"{path}: {(error.strerror or 'cannot be read').lower()}"
    if os.name != "posix":
        return None
    if status.st_uid not in (os.geteuid(), 0):
        return f"{path} belongs to somebody else"
    if status.st_mode & 0o022:
        return f"{path} can be written by others: chmod go-w {path}"
    folder = os.path.dirname(os.path.realpath(path))
    mode = os.stat(folder).st_mode
    if mode & 0o022 and not mode & stat.S_ISVTX:
        return f"{folder} can be written by others: chmod go-w {folder}"
    return None


def problem(command: Sequence[str]) -> str | None:
    """Return why a command cannot or must not be run, or None."""
    program = command[0]
    if not os.path.isfile(program):
        return f"{program}: there is no such file"
    return unsafe(program) or (None if os.access(program, os.X_OK) else f"{program} cannot be run: chmod u+x {program}")
