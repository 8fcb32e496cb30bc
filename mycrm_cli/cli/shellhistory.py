"""The lines that were typed in the shell, in a file for their owner alone; those with secrets are not kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from prompt_toolkit.history import History

from mycrm_cli.config import logs, paths, storage
from mycrm_cli.errors import CrmError

NAME = "shell_history"
KEPT = 2_000
"""Lines that are remembered."""
FULL = 1_000_000
"""Bytes of the file after which the older lines are dropped."""
SECRET = re.compile(
    r"--[\w-]*(?:password|passwd|secret|token|code)[= ]\s*(?!keyring|pgpass|command:|file:|env|-|FILE)\S", re.IGNORECASE
)
"""An option for a secret that is followed by it, rather than by the place where it is kept."""


def file() -> str:
    """Return the path of the history."""
    return os.path.join(paths.state_dir(), NAME)


def is_kept(line: str) -> bool:
    """Tell whether a line is remembered: none with a secret, none that begins with a space."""
    return bool(line.strip()) and line[0] != " " and logs.redacted(line) == line and not SECRET.search(line)


class Remembered(History):
    """The history in its file; a disk that cannot be written to only shortens the memory."""

    def load_history_strings(self) -> Iterable[str]:
        """Return the lines of earlier shells, the newest first."""
        try:
            descriptor = os.open(file(), storage.READ_FLAGS)
            with open(descriptor, encoding="utf-8", errors="replace") as lines:
                return [line.rstrip("\n") for line in lines.readlines()[-KEPT:]][::-1]
        except (OSError, CrmError):
            return []

    def store_string(self, string: str) -> None:
        """Keep what was typed, line by line."""
        lines = [line for line in string.splitlines() if is_kept(line)]
        try:
            if lines:
                append("".join(f"{line}\n" for line in lines))
        except (OSError, CrmError):
            return


def append(text: str) -> None:
    """Append lines to the file; raises OSError or ConfigError."""
    paths.ensure(paths.state_dir())
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(file(), flags, 0o600)
    try:
        os.write(descriptor, text.encode("utf-8", "replace"))
        is_full = os.fstat(descriptor).st_size > FULL
    finally:
        os.close(descriptor)
    if is_full:
        newest = Remembered().load_history_strings()
        storage.write(file(), "".join(f"{line}\n" for line in [*newest][::-1]).encode(), durable=False)
