"""Runs a program of the user's own: a list of words, no shell, JSON on stdin, a time limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import Any, NamedTuple

from mycrm_cli.config.settings import SECRET_VARIABLES

LARGEST = 2_000
"""Characters of what a program says that are kept."""


class Ended(NamedTuple):
    """How a program ended: ``message`` is empty where it ended well."""

    status: int | None
    message: str
    started: bool = True
    is_late: bool = False


def run(argv: list[str], data: Any, seconds: float) -> Ended:
    """Run a program and return how it ended; it and what it started are stopped when its time is over."""
    name = os.path.basename(argv[0])
    environment = {key: value for key, value in os.environ.items() if key not in SECRET_VARIABLES}
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=environment,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its words are not valid"
        return Ended(None, f"{name} cannot be run: {reason}", started=False)
    text = json.dumps(data, ensure_ascii=False, default=str) + "\n"
    try:
        _, said = process.communicate(text.encode("utf-8", "backslashreplace"), timeout=seconds)
    except subprocess.TimeoutExpired:
        _stop(process)
        return Ended(None, f"{name} took longer than {seconds:g} seconds and was stopped", is_late=True)
    except BaseException:
        _stop(process)
        raise
    if process.returncode == 0:
        return Ended(0, "")
    return Ended(process.returncode, f"{name} ended with status {process.returncode}{_told(said)}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    for pipe in (process.stdin, process.stderr):
        if pipe is not None and not pipe.closed:
            try:
                pipe.close()
            except OSError:
                continue
    process.wait()


def _told(said: bytes) -> str:
    """Return the last line that a program wrote to stderr, as the end of a sentence."""
    lines = said[-LARGEST:].decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1].strip()[:200]}" if lines else ""
