"""The words of a job: one command of mycrm, checked against the tree and the rights of who adds it."""

from __future__ import annotations

import os
import shlex
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mycrm_cli import permissions
from mycrm_cli.errors import Invalid, UsageError
from mycrm_cli.services.cron import jobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.scope import Scope

HINT = "mycrm cron add NAME --schedule hourly -- score run --all"
FOR_CRON = {"profile": "-P is cron run's", "debug": "--debug shows statements", "dry_run": "a dry run does nothing"}
"""Common options that a job has not."""
TELLING = ("task remind", "alert run", "digest run")


def split(words: Sequence[str]) -> list[str]:
    """Return the words of a command that may have been given as one text, and with the program's name."""
    try:
        parted = shlex.split(words[0]) if len(words) == 1 else list(words)
    except ValueError:
        raise UsageError(f"the quotes in {words[0]!r} do not match", hint=HINT) from None
    return parted[1:] if parted[:1] == ["mycrm"] else parted


def checked(scope: Scope, words: Sequence[str]) -> list[str]:
    """Return the words of a job as they are kept, the names of commands spelt out.

    Raises UsageError for what is no command or has wrong options, Invalid for one that cannot be a job, Denied for
    one that whoever adds it may not run.
    """
    given = split(words)
    command, names, rest = found(given)
    path = jobs.path(names)
    permissions.check_command(scope, path)
    check_options(command, names, rest)
    return [*names, *rest]


def found(words: Sequence[str]) -> tuple[Any, list[str], list[str]]:
    """Return the command that words name, its names in the tree, and what follows; raises UsageError."""
    from mycrm_cli.cli import tree
    from mycrm_cli.cli.groups import LazyGroup

    node: Any = tree.root()
    names, rest = list[str](), list(words)
    while isinstance(node, LazyGroup):
        if not rest or rest[0].startswith("-"):
            raise UsageError(f"which command? {' '.join(['mycrm', *names])} is none yet", hint=HINT)
        word = rest.pop(0)
        inner = node.get_command(None, word)
        if inner is None:
            from difflib import get_close_matches

            near = get_close_matches(word, node.list_commands(None), n=3)
            raise UsageError(f"mycrm has no command {' '.join([*names, word])!r}", candidates=near, hint=HINT)
        node = inner
        names.append(str(node.name or word))
    return node, names, rest


def check_options(command: Any, names: Sequence[str], rest: Sequence[str]) -> None:
    """Refuse options that the command has not, and those that are not a job's; raises UsageError."""
    from mycrm_cli.cli.state import State

    if {"-h", "--help"} & set(rest):
        raise UsageError("help is no job", hint=HINT)
    state = State(list(rest), lambda _: 1)
    with command.make_context(" ".join(["mycrm", *names]), list(rest), obj=state):
        for option, reason in FOR_CRON.items():
            if state.options.get(option):
                raise UsageError(f"a job takes no --{option.replace('_', '-')}: {reason}", hint=HINT)


def unread(words: Sequence[str]) -> str | None:
    """Return what to say of a job that tells people something which only the log would hear; else None."""
    given = {word.partition("=")[2] or after for word, after in pairwise([*words, ""]) if word.startswith("--channel")}
    if " ".join(words[:2]) not in TELLING or given - {"stdout"}:
        return None
    return "nobody reads what this job prints, which goes to the log: --channel email or --channel command tell people"


def argv(text: str) -> list[str]:
    """Return the command that is told of failures as words: an absolute path and arguments; raises Invalid."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if not words or not os.path.isabs(words[0]) or not os.access(words[0], os.X_OK) or os.path.isdir(words[0]):
        raise Invalid(
            f"on failure: {text!r} does not begin with the absolute path of a program",
            details=[{"field": "on_failure", "code": "not_a_program"}],
            hint="--on-failure '/usr/local/bin/alarm crm'; it runs without a shell, with JSON on its input",
        )
    return words


def seconds(text: str) -> int:
    """Return the seconds of a time such as ``90s``, ``15m`` or ``2h``; raises Invalid."""
    number, unit = text.strip().lower()[:-1], text.strip().lower()[-1:]
    count = int(number) * {"s": 1, "m": 60, "h": 3600}.get(unit, 0) if number.isascii() and number.isdigit() else 0
    if not 0 < count <= 24 * 3600:
        raise Invalid(
            f"time limit: {text!r} is no time such as 90s, 15m or 2h, a day at most",
            details=[{"field": "time_limit_seconds", "code": "not_a_duration"}],
        )
    return count
