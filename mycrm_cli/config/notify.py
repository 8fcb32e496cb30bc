"""``[notify]`` in ``config.toml``: the command by which notices go out, where somebody asks for that channel.

It is read from the user's own configuration alone, never from a working folder and never from the database.
"""

from __future__ import annotations

from mycrm_cli.config import document, hooks, names
from mycrm_cli.errors import ConfigError

KNOWN = ("command", "time_limit")
SECONDS = 30
"""How long the command may take for one notice, unless the file says otherwise."""


def command() -> tuple[list[str], int] | None:
    """Return the words of the command and its time limit, None where none is set up; raises ConfigError."""
    content = document.load()
    where = f"{content.path}: notify"
    for name in content.notify:
        if name not in KNOWN:
            hint, near = f"there are {', '.join(KNOWN)}", names.near(name, KNOWN)
            raise ConfigError(f"{where} has an unknown entry {names.shown(name)}", hint=hint, candidates=near)
    if "command" not in content.notify:
        return None
    words = hooks.words(f"{where}.command", content.notify["command"])
    seconds = content.notify.get("time_limit", SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= hooks.MOST_SECONDS:
        raise ConfigError(f"{where}.time_limit must be a number of seconds from 1 to {hooks.MOST_SECONDS}")
    if problem := hooks.unsafe(content.path) or hooks.problem(words):
        raise ConfigError(f"the command for notices is not run: {problem}")
    return words, seconds
