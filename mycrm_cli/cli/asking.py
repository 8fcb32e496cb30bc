"""Secrets that people give: typed at the terminal without being shown, or in the lines of a file; never on the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mycrm_cli import services
from mycrm_cli.config.secrets import Secret
from mycrm_cli.errors import Cancelled, UsageError

if TYPE_CHECKING:
    from mycrm_cli.cli.state import State

PasswordFile = Annotated[
    str | None,
    typer.Option("--password-file", help="File with what would be asked, line by line; - is stdin.", metavar="FILE|-"),
]


class Secrets:
    """The secrets of one command, in the order in which they are asked for."""

    def __init__(self, state: State, source: str | None) -> None:
        self.state = state
        self.source = source
        self.lines = services.accounts.lines_from(source) if source is not None else []
        # Scripts make such files with the usual umask, so this is no error.
        if source is not None and services.accounts.is_open_to_others(source):
            state.out.warn(f"{source} holds secrets and is open to others: chmod 600 {source}")

    def ask(self, what: str) -> Secret:
        """Return the next secret; raises UsageError where there is none and nobody can be asked."""
        if self.source is not None:
            found = self.lines.pop(0) if self.lines else None
            if not found:
                raise UsageError(f"a line is missing: the {what}", hint="--password-file has one line for each secret")
            return found
        if not self.state.interactive:
            raise UsageError(f"the {what} is missing", hint="--password-file FILE, or - for stdin")
        self.state.close()
        return hidden(f"{what[:1].upper()}{what[1:]}: ")

    def choose(self, what: str) -> Secret:
        """Return a secret that somebody makes up, which is typed twice."""
        first = self.ask(what)
        if self.source is None and self.ask(f"{what} again") != first:
            raise UsageError("the two are not the same; nothing was changed")
        return first


def hidden(prompt: str) -> Secret:
    """Read a line from the controlling terminal without showing it; raises UsageError where there is none."""
    import getpass
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            text = getpass.getpass(prompt)
        except getpass.GetPassWarning:
            raise UsageError("there is no terminal that hides what is typed", hint="--password-file FILE|-") from None
        except EOFError:
            raise Cancelled("nothing was changed") from None
    if not text:
        raise Cancelled("nothing was changed")
    return Secret(text)


def tell_secret(state: State, sentence: str, secret: Secret, more: dict[str, object], name: str) -> None:
    """Show a secret once: with a sentence on a terminal, alone in a pipe, in an object with ``--json``."""
    out = state.out
    if out.format in ("json", "jsonl"):
        out.object({name: secret.reveal(), **more})
    elif out.format != "table":
        out.line(secret.reveal())
    else:
        out.line(secret.reveal())
        out.say(sentence)
