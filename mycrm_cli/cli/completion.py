"""``mycrm completion``: the script that lets a shell complete our commands."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from mycrm_cli.cli.state import State
from mycrm_cli.errors import UsageError

app = typer.Typer()
SCRIPTS = {"bash": "mycrm.bash", "zsh": "_mycrm", "fish": "mycrm.fish"}


@app.command("completion")
def completion(
    ctx: typer.Context,
    shell: Annotated[str, typer.Argument(help="bash, zsh or fish.", metavar="SHELL", show_default=False)],
) -> None:
    """Print the completion script for a shell.

    eval "$(mycrm completion bash)"
    mycrm completion zsh > ~/.zfunc/_mycrm
    mycrm completion fish > ~/.config/fish/completions/mycrm.fish
    """
    state: State = ctx.obj
    if shell not in SCRIPTS:
        raise UsageError(f"no completion for {shell!r}", candidates=list(SCRIPTS), hint="mycrm completion --help")
    for line in script(shell).splitlines():
        state.out.line(line)


def script(shell: str) -> str:
    """Return the text of a shell's script, which lies in the package or, in a checkout, beside it."""
    package = os.path.dirname(os.path.dirname(__file__))
    for folder in (package, os.path.dirname(package)):
        path = os.path.join(folder, "completions", SCRIPTS[shell])
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return file.read()
    raise UsageError(f"the completion script for {shell} is missing from this installation", hint="install mycrm again")
