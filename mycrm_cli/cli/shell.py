"""``mycrm shell``: a prompt for many commands, which pays the start of the program once."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from typing import Annotated

import typer

from mycrm_cli import commands
from mycrm_cli.cli import shellcontext, shellwords
from mycrm_cli.cli.shellcontext import Context
from mycrm_cli.cli.shelltext import HELP, WELCOME
from mycrm_cli.cli.state import State
from mycrm_cli.config import profiles
from mycrm_cli.errors import CrmError, UsageError
from mycrm_cli.output.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

app = typer.Typer()
TERMINATED = 143
INTERRUPTED = 130
VALUES = {"profile": "-P", "output": "-o", "color": "--color"}
FLAGS = {"json": "--json", "quiet": "-q", "verbose": "-v", "debug": "--debug", "no_input": "--no-input", "yes": "-y"}
running: list[Session] = []
"""The shell that runs in this process, at most one."""


class Ended(Exception):
    """The user has left the shell."""


@app.command("shell")
def shell(
    ctx: typer.Context,
    context: Annotated[
        str | None, typer.Option("--context", help="Begin with a record, as in 'deal D-12'.", metavar="RECORD")
    ] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="With lines from stdin: run the others after one that failed.")
    ] = False,
) -> None:
    """Run many commands at a prompt, or the lines of a file.

    deal D-12 makes a record the one that verbs alone mean; help in the shell explains the rest. Lines from
    stdin stop at the first that fails. Options given here hold for all lines.

    mycrm shell
    mycrm shell --context 'deal D-12'
    mycrm shell --keep-going < lines.txt
    """
    state: State = ctx.obj
    if running:
        raise UsageError("this is the shell already", hint="type the command alone; exit leaves the shell")
    session = Session(state)
    running.append(session)
    try:
        status = session.enter(shellwords.split(context)) if context else 0
        if not status:
            is_typed = sys.stdin is not None and sys.stdin.isatty()
            status = converse(session) if is_typed else follow(session, sys.stdin or (), keep_going)
    finally:
        running.clear()
    state.exit = status


class Session:
    """The lines of one shell: what was given to it holds for each, and one record may be in context."""

    def __init__(self, state: State) -> None:
        self.state = state
        options = state.options
        self.given = [word for name, flag in VALUES.items() if options.get(name) for word in (flag, options[name])]
        self.given += [flag for name, flag in FLAGS.items() if options.get(name)]
        self.context: Context | None = None

    def take(self, line: str) -> int:
        """Run one line and return its exit status; raises Ended for the end of the shell."""
        try:
            words = shellwords.split(line)
            self.check_context()
            if not words or words[0].startswith("#"):
                return 0
            if words[0] in ("exit", "quit", "..") and len(words) == 1:
                return self.leave(words[0])
            if words in (["?"], ["help"]):
                self.state.out.line(HELP)
                sys.stdout.flush()
                return 0
            if words in (["--version"], ["-V"]):
                return self.state.run(words)
            return self.enter(words) if shellcontext.named(words) else self.run(words)
        except CrmError as error:
            tell(error)
            return error.exit

    def run(self, words: list[str]) -> int:
        """Run a command."""
        return self.state.run([*self.given, *shellcontext.applied(words, self.context)])

    def leave(self, word: str) -> int:
        """Leave the record, or the shell; raises Ended."""
        if self.context is None and word != "..":
            raise Ended
        self.context = None
        return 0

    def enter(self, words: list[str]) -> int:
        """Make a record the context; it is looked up as ``view`` does, with the same errors."""
        found = shellcontext.named(words)
        if found is None:
            raise UsageError("a context is a noun and a record", hint="mycrm shell --context 'deal D-12'")
        noun, reference = found
        seen = io.StringIO()
        with contextlib.redirect_stdout(seen):
            status = self.state.run([*self.given, noun, "view", reference, "-o", "jsonl"])
        if status == 0:
            record = json.loads(seen.getvalue().partition("\n")[0])
            prefix, number = commands.read(f"@{noun}").get("prefix"), record.get("number")
            label = f"{prefix}-{number}" if prefix and number else ""
            self.context = Context(noun, label or record["id"], label or safe(reference), self.profile())
        return status

    def profile(self) -> str:
        """Return the name of the profile in force, the program's own where there is none."""
        try:
            return profiles.choose(self.state.options.get("profile")).name
        except CrmError:
            return "mycrm"

    def check_context(self) -> None:
        """Leave a record whose profile is no longer the one in force."""
        if self.context is not None and self.profile() != self.context.profile:
            self.state.out.say(f"{self.context.noun} {self.context.shown} is of profile {self.context.profile}; left")
            self.context = None


def tell(error: CrmError) -> None:
    """Write what is wrong with a line, as the program writes its errors."""
    hint = f"\n  try: {error.hint}" if error.hint else ""
    sys.stderr.write(safe(f"error: {error.message}{hint}", lines=True) + "\n")


def follow(session: Session, lines: Iterable[str], keep_going: bool) -> int:
    """Run lines that nobody types; commands that read stdin find nothing there."""
    status, failed, ran = 0, 0, 0
    with open(os.devnull, encoding="utf-8") as nothing:
        sys.stdin, before = nothing, sys.stdin
        try:
            for number, line in enumerate(lines, 1):
                status = session.take(line.rstrip("\r\n"))
                ran += 1
                failed += bool(status)
                if status:
                    sys.stderr.write(f"line {number} ended with exit status {status}\n")
                if status and (not keep_going or status in (INTERRUPTED, TERMINATED)):
                    return status
        except Ended:
            pass
        finally:
            sys.stdin = before
    return 7 if failed and (failed < ran or not status) else status


def converse(session: Session) -> int:
    """Ask for lines until the user leaves."""
    from mycrm_cli.cli.shellprompt import Candidates, Prompt

    state = session.state
    prompt = Prompt(Candidates(session.given, lambda: session.context), is_colored(state))
    state.out.say(WELCOME)
    with settled_terminal() as settle:
        while True:
            try:
                session.check_context()
                typed = prompt.ask(session.profile(), session.context)
                for line in typed.splitlines():
                    status = session.take(line)
                    settle()
                    if status == TERMINATED:
                        return status
            except KeyboardInterrupt:
                continue
            except (EOFError, Ended):
                return 0


@contextlib.contextmanager
def settled_terminal() -> Iterator[Callable[[], None]]:
    """Yield what puts the terminal's settings back: a program that was ended early leaves its own behind."""
    try:
        import termios

        settings = termios.tcgetattr(sys.stdin.fileno())
    except (ImportError, OSError, termios.error):
        yield lambda: None
        return
    yield lambda: termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, settings)


def is_colored(state: State) -> bool:
    """Tell whether the prompt may be in colours."""
    return state.color() != "never" and not os.environ.get("NO_COLOR")
