"""The prompt of the shell on a terminal: history, and the candidates that other shells get as well."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.defaults import create_output

from mycrm_cli import completing
from mycrm_cli.cli import shellcontext
from mycrm_cli.cli.shellcontext import Context
from mycrm_cli.cli.shellhistory import Remembered
from mycrm_cli.cli.shellwords import forgiven
from mycrm_cli.completing import bash
from mycrm_cli.output.safe import safe

OWN = {"..": "Leave the record", "exit": "End the shell, or leave the record", "help": "Explain the shell, or a topic"}


class Candidates(Completer):
    """What may stand at the cursor; whatever goes wrong, there is nothing."""

    def __init__(self, given: list[str], context: Callable[[], Context | None]) -> None:
        self.given = given
        self.context = context

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Return the candidates, each as the rest of the word in the quotes that are open."""
        words, quote = bash.split(document.text_before_cursor)
        try:
            mode, found = self.found(forgiven(words[:-1]), words[-1])
        except Exception:  # noqa: BLE001 - somebody in the middle of a line is shown no errors
            return
        if mode == "files":
            mode, found = "parts", paths(words[-1])
        closing = "'" if quote == "$" else quote
        for value, text in found:
            rest = bash.escaped(value[len(words[-1]) :], quote) + (f"{closing} " if mode == "words" else "")
            yield Completion(rest, display=safe(value), display_meta=completing.description(text))

    def found(self, before: list[str], current: str) -> tuple[str, list[tuple[str, str]]]:
        """Return how the line goes on, and (value, description) of what may stand there."""
        context = self.context()
        line = [*self.given, *shellcontext.applied(before, context, is_whole=False)]
        mode, found = completing.candidates(line, current)
        if not before and not current.startswith("-"):
            own = shellcontext.verbs_of(context.noun) if context else {}
            told = {verb: node.get("help", "") for verb, node in own.items()} if context else {}
            more = told | {word: text for word, text in OWN.items() if context or word != ".."}
            known = {value for value, _ in found}
            found = [*((w, t) for w, t in more.items() if w.startswith(current) and w not in known), *found]
        elif len(before) == 1 and current and "view" in shellcontext.verbs_of(before[0]):
            found = [*found, *completing.candidates([*self.given, *before, "view"], current)[1]]
        return mode, found


def paths(current: str) -> list[tuple[str, str]]:
    """Return the files whose path begins as the current word does."""
    found = PathCompleter(expanduser=True).get_completions(Document(current), CompleteEvent())
    return [(current + each.text + ("/" if each.display_text.endswith("/") else ""), "") for each in found]


class Prompt:
    """Asks for lines on the terminal."""

    def __init__(self, completer: Candidates, is_colored: bool) -> None:
        self.is_colored = is_colored
        self.session: PromptSession[str] = PromptSession(
            history=Remembered(),
            completer=completer,
            complete_while_typing=False,
            complete_in_thread=True,
            color_depth=None if is_colored else ColorDepth.DEPTH_1_BIT,
            output=None if sys.stdout.isatty() else create_output(always_prefer_tty=True),
        )

    def ask(self, profile: str, context: Context | None) -> str:
        """Return what was typed; raises KeyboardInterrupt for Ctrl-C, EOFError for Ctrl-D."""
        shown = f" {context.noun} {context.shown}" if context else ""
        color = ("ansicyan", "ansigreen") if self.is_colored else ("", "")
        return self.session.prompt([(color[0], profile), (color[1], shown), ("", "> ")])
