"""One job as a process of its own: started without a shell, a terminal or an input, stopped with all it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from typing import Any

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LIMIT = 6 * 60 * 60
"""Seconds after which a job is stopped that names no limit."""
GRACE = 10.0
"""Seconds that a stopped job has to end by itself."""
LARGEST = 64_000
"""Bytes at the end of what a job printed that are kept."""
UNASKED = {"MYCRM_NO_INPUT": "1", "NO_COLOR": "1"}
"""What a process is told for which nobody is there."""
DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""


class Child:
    """A job that runs; raises OSError where it cannot be started.

    ``held`` has what is let go when it has ended: its lock.
    """

    def __init__(self, job: dict[str, Any], line: Sequence[str]) -> None:
        self.job = job
        self.held = ExitStack()
        self.began = time.monotonic()
        self.limit = float(job["time_limit_seconds"] or LIMIT)
        self.stopped: float | None = None
        with ExitStack() as wrong:
            self.output = wrong.enter_context(tempfile.TemporaryFile())
            self.process = subprocess.Popen(
                list(line),
                stdin=subprocess.DEVNULL,
                stdout=self.output,
                stderr=subprocess.STDOUT,
                env=environment(),
                start_new_session=True,
                preexec_fn=dying(),  # noqa: PLW1509 - this process has one thread
            )
            wrong.pop_all()

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.began

    def poll(self) -> int | None:
        """Return how the job ended, None while it runs; one that is over its time is stopped."""
        status = self.process.poll()
        if status is not None:
            self.signal(signal.SIGKILL)  # whatever it has left behind
            return 128 - status if status < 0 else status
        if self.stopped is None and self.seconds > self.limit:
            self.stopped = time.monotonic()
            self.signal(signal.SIGTERM)
        elif self.stopped is not None and time.monotonic() - self.stopped > GRACE:
            self.signal(signal.SIGKILL)
        return None

    def signal(self, number: int) -> None:
        """Send a signal to the job and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End the job at once."""
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.close()

    def printed(self) -> str:
        """Return the end of what the job printed."""
        size = self.output.seek(0, os.SEEK_END)
        self.output.seek(max(0, size - LARGEST))
        return self.output.read().decode("utf-8", "replace").strip()

    def close(self) -> None:
        """Let go of what the job held."""
        self.output.close()
        self.held.close()


def environment() -> Mapping[str, str]:
    """Return the environment of a job: nobody is there to answer."""
    return {**os.environ, **UNASKED}


def dying() -> Callable[[], None] | None:
    """Return what lets a job die with this process, however that ends; None where the system cannot."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    library, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def die() -> None:
        library.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return die


def told(argv: Sequence[str], text: str, seconds: float) -> str | None:
    """Run the command that is told of a failure, with a text on its input; return what went wrong, or None."""
    from mycrm_cli.config import paths
    from mycrm_cli.services import programs

    words = [str(word) for word in argv]
    return programs.run(words, text.encode(), seconds, UNASKED, paths.state_dir()).problem
