"""Completion on the command line: what may stand at the cursor, answered before Typer is imported.

The shells' scripts ask ``mycrm __complete SHELL -- WORD… CURRENT`` (the words after the program's name,
quotes taken away); bash's asks ``mycrm __complete bash -- LINE REGION`` instead, because only the line
tells how its words are quoted (see ``bash``). The answer is a line that says what to do, then a line for
each candidate, its description behind a TAB (bash gets none, but words quoted for its line):

    words    the candidates are whole words; a space follows
    parts    more may follow what is chosen; no space
    files    the shell completes a file's name itself

Nothing is ever written, asked or told: whatever goes wrong, there are no candidates and the status is 0.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType

    from mycrm_cli.completing.values import Answer

LONGEST = 2.0
"""Seconds after which a shell gets no answer rather than a late one."""
DESCRIPTION = 60
"""Characters of a description that menus have room for."""


def answer(arguments: list[str]) -> int:
    """Print the candidates for a command line; the status is always 0."""
    watch = _watch()
    try:
        _write(answered(arguments))
    except (Exception, KeyboardInterrupt):  # noqa: BLE001 - a shell in the middle of a line shows no errors
        return 0
    finally:
        watch.release()
    return 0


def answered(arguments: list[str]) -> str:
    """Return what is printed; raises whatever goes wrong."""
    shell, mark, words = arguments[0], arguments[1], arguments[2:]
    if mark != "--" or shell not in ("bash", "zsh", "fish"):
        return ""
    if shell == "bash":
        from mycrm_cli.completing import bash

        before, current, quoting = bash.read(words[0], words[1])
        mode, found = candidates(before, current)
        return _lines(mode, bash.quoted([value for value, _ in found], quoting))
    mode, found = candidates(words[:-1], words[-1])
    return _lines(mode, [f"{value}\t{description(text)}" if text else value for value, text in found])


def candidates(before: list[str], current: str) -> Answer:
    """Return the candidates that begin as the current word does and can be typed, each once."""
    from mycrm_cli.completing import line, values

    wanted = line.read(before, current)
    if wanted is None:
        return "words", []
    mode, found = values.answer(wanted)
    typable = {
        wanted.head + value: text
        for value, text in reversed(found)
        if value.startswith(wanted.typed) and value.isprintable()
    }
    return mode, list(reversed(typable.items()))


def description(text: str) -> str:
    """Return a description as one harmless line."""
    from mycrm_cli.output.safe import safe

    line = safe(" ".join(text[: 4 * DESCRIPTION].split()))
    return line if len(line) <= DESCRIPTION else f"{line[: DESCRIPTION - 1]}…"


def _lines(mode: str, lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in [mode, *lines])


def _write(text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]


def _watch() -> LockType:
    """Start to watch the time: a lock, a server or a disk that does not answer ends the program in silence."""
    import _thread

    finished = _thread.allocate_lock()
    finished.acquire()

    def end() -> None:
        if not finished.acquire(timeout=LONGEST):
            os._exit(0)

    _thread.start_new_thread(end, ())
    return finished
