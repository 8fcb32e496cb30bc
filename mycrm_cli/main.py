"""The program: runs a line of words, and turns every failure into a message and an exit status."""

from __future__ import annotations

import errno
import os
import sys

from mycrm_cli.errors import Cancelled, CrmError, Duplicate, Terminated, Unavailable, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.cli.state import State

INTERRUPTED = 130
TERMINATED = 143
CANCELED = "57014"
"""PostgreSQL's code for a statement that was cancelled, which happens when the user interrupts."""
DETAILS = 20
"""Lines of an error's details that people get to see; JSON has them all."""


class Incomplete(UsageError):
    """A group was called without a command; the message is its help."""


def run(line: list[str]) -> int:
    """Run ``mycrm`` with these words and return its exit status."""
    from mycrm_cli.cli.state import State

    state = State(line, run)
    try:
        status = _run(state)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _discard_stdout()
        return 0
    except (KeyboardInterrupt, Terminated) as end:
        return _ended(end)
    except Exception as error:  # noqa: BLE001 - the one place where errors become messages
        interrupt = beneath(error)
        if interrupt is not None:
            return _ended(interrupt)
        return _report(state, error)
    finally:
        state.end()


def beneath(error: BaseException) -> BaseException | None:
    """Return the interrupt during which an error came up: a driver may report a broken connection instead."""
    seen: BaseException | None = error
    known: set[int] = set()
    while seen is not None and id(seen) not in known:
        known.add(id(seen))
        if isinstance(seen, (KeyboardInterrupt, Terminated)):
            return seen
        if getattr(seen, "sqlstate", None) == CANCELED:
            return KeyboardInterrupt()
        seen = seen.__cause__ or seen.__context__
    return None


def _ended(end: BaseException) -> int:
    """Say that the program was ended from outside, and return the exit status for it."""
    terminated = isinstance(end, Terminated)
    _print(f"{'terminated' if terminated else 'interrupted'}; what was not finished was taken back")
    return TERMINATED if terminated else INTERRUPTED


def _run(state: State) -> int:
    """Parse and run; Typer's own way of ending becomes a status."""
    from typer.exceptions import Abort, Exit

    from mycrm_cli.cli import tree

    try:
        root = tree.root()
        with root.make_context("mycrm", list(state.line), obj=state) as context:
            root.invoke(context)
    except Exit as end:
        return end.exit_code
    except (Abort, EOFError):
        raise Cancelled("nothing was changed") from None
    return state.exit


def _report(state: State, error: Exception) -> int:
    """Print what went wrong and return the exit status."""
    if debugging(state):
        import traceback

        _print(traceback.format_exc().rstrip())
    if of_stream(error):
        _discard_stdout()
    known = untold(state, error) or understood(error)
    if known is None:
        known = _bug(error)
    if state.options.get("json") or "--json" in state.line or state.options.get("output") == "json":
        _print_json(state, known)
    else:
        _print_text(known)
    return known.exit


STREAM = frozenset((errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT))
"""Errors of a stream that takes no more."""


def of_stream(error: Exception) -> bool:
    """Return whether an error came from a stream that takes no more: what it still holds goes nowhere then."""
    return isinstance(error, OSError) and error.errno in STREAM and error.filename is None


def untold(state: State, error: Exception) -> CrmError | None:
    """Return the error for a change that is written but could not be printed: nobody should make it twice."""
    if not of_stream(error) or state.latest is None or not state.latest.is_committed:
        return None
    return Unavailable(
        f"the change is written, but could not be printed: {_system(error).message}",  # type: ignore[arg-type]
        hint="mycrm change list shows it; do not repeat the command",
    )


def debugging(state: State) -> bool:
    """Return whether tracebacks were asked for; a wrong setting is not the error to talk about now."""
    try:
        return bool(state.options.get("debug") or state.preference("debug"))
    except CrmError:
        return False


def understood(error: Exception) -> CrmError | None:
    """Return our error for one of Typer's, the system's or a database's; None for a bug."""
    from mycrm_cli.db.connect import translated

    if isinstance(error, CrmError):
        return error
    names = {base.__name__ for base in type(error).__mro__}
    if "NoArgsIsHelpError" in names:
        return Incomplete(str(error))
    if "ClickException" in names:
        return _usage(error)
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return UsageError("a word of the command line is not text in UTF-8")
    if isinstance(error, UnicodeDecodeError):  # a database's own are translated where they come up
        return None
    better = translated(error)
    return better if isinstance(better, CrmError) else None


def _usage(error: Any) -> UsageError:
    """Return our error for a wrong command line."""
    context = getattr(error, "ctx", None)
    message = error.format_message().splitlines()[0].rstrip(".")
    near = list(getattr(error, "possibilities", None) or [])[:3]
    if near:
        message = f"no option {error.option_name!r}"
    hint = f"{context.command_path} --help" if context else None
    return UsageError(message[:1].lower() + message[1:], candidates=near, hint=hint)


NO_PATH = frozenset((errno.ENAMETOOLONG, errno.ELOOP))
"""Errors of names that no file can have."""


def _system(error: OSError) -> CrmError:
    """Return our error for a file or a disk that cannot be used."""
    where = f"{error.filename}: " if error.filename else ""
    reason = (error.strerror or str(error)).lower()
    if isinstance(error, (FileNotFoundError, IsADirectoryError, NotADirectoryError)) or error.errno in NO_PATH:
        return UsageError(f"{where}{reason}")
    return Unavailable(f"{where}{reason}", hint="check permissions and free space")


def _bug(error: Exception) -> CrmError:
    """Write to the log where it happened, without values, and return a short notice."""
    import traceback

    from mycrm_cli.config import logs

    frames = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
    try:
        logs.append("bug", f"{type(error).__name__}\n{frames}")
        place = f"; where it happened is in {logs.file()}"
    except (OSError, CrmError):
        place = ""
    return CrmError(
        f"this is a bug in mycrm: {type(error).__name__}{place}", hint="run it again with --debug to see more"
    )


def _print_text(error: CrmError) -> None:
    lines = [error.message if isinstance(error, (Cancelled, Incomplete)) else f"error: {error.message}"]
    if error.candidates:
        label = "there is" if isinstance(error, Duplicate) else "did you mean"
        lines.append(f"  {label}: {' · '.join(error.candidates)}")
    told = [detail for detail in error.details if detail.get("message") and not _is_said(error, detail)]
    lines += [f"  {_detail(detail)}" for detail in told[:DETAILS]]
    if len(told) > DETAILS:
        lines.append(f"  … and {len(told) - DETAILS} more")
    if error.hint:
        lines.append(f"  try: {error.hint}")
    _print("\n".join(lines))


def _is_said(error: CrmError, detail: dict[str, object]) -> bool:
    """Return whether the message tells already what a detail says, which names no place of its own."""
    is_placed = any(detail.get(key) is not None for key in ("line", "column", "field"))
    return not is_placed and str(detail["message"]) in error.message


def _detail(detail: dict[str, object]) -> str:
    place = ", ".join(
        f"{key} {detail[key]}" for key in ("file", "line", "column", "field") if detail.get(key) is not None
    )
    code = f" [{detail['code']}]" if detail.get("code") else ""
    return f"{place}: {detail['message']}{code}" if place else str(detail["message"])


def _print_json(state: State, error: CrmError) -> None:
    import json

    from mycrm_cli.output.formats import harmless

    record = {
        "code": error.code,
        "exit": error.exit,
        "message": error.message,
        "hint": error.hint,
        "command": " ".join(state.command),
        "profile": state.known_profile,
        "organization": state.known_organization,
        "candidates": error.candidates,
        "details": error.details,
    }
    sys.stderr.write(harmless(json.dumps({"error": record}, default=str)) + "\n")


def _print(text: str) -> None:
    from mycrm_cli.output.safe import safe

    try:
        sys.stderr.write(safe(text, lines=True) + "\n")
    except OSError:
        return


def _discard_stdout() -> None:
    """Send what is still buffered nowhere, so that closing the stream at exit stays silent."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:
        return
