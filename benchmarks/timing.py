"""Runs commands as processes of their own, in turn, and tells how long they took and how much memory they needed."""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from benchmarks.memory import held, of_children
from benchmarks.terminal import pseudo_terminal

PYTHON = sys.executable
BIN = os.path.dirname(PYTHON)
MYCRM = f"{BIN}/mycrm"
PASS = (PYTHON, "-c", "pass")
SAMPLING = 0.05
"""Seconds between two looks at the memory."""
LONGEST = 3600.0
"""Seconds after which a command is ended."""


class Failed(Exception):
    """A command did not do what it should have done."""


class Run(NamedTuple):
    """What one run of a command took."""

    seconds: float
    cpu: float
    peak: int


def environment(home: str | os.PathLike[str] | None = None) -> dict[str, str]:
    """Return an environment with a home of its own; bytecode is written, as it is after an installation."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MYCRM_") and k != "PYTHONDONTWRITEBYTECODE"}
    kept["MYCRM_PAGER"] = ""
    return kept | {"MYCRM_HOME": str(home)} if home else kept


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    output: str = os.devnull,
    terminal: bool = False,
    memory: bool = False,
    longest: float = LONGEST,
) -> Run:
    """Run a command; raises Failed when it fails or takes too long."""
    with ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile())
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": errors}
        if terminal:
            streams = dict.fromkeys(("stdin", "stdout", "stderr"), stack.enter_context(pseudo_terminal()))
        else:
            streams["stdout"] = stack.enter_context(open(output, "wb"))
        begun = time.perf_counter()
        child = subprocess.Popen(command, env=env, start_new_session=True, **streams)
        watch = Watch(child.pid, memory, longest)
        try:
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.perf_counter() - begun
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            watch.end(child)
        if child.returncode:
            errors.seek(0)
            raise Failed(told(command, watch.late, child.returncode, errors.read().decode(errors="replace")))
        # What the system tells of an ended process counts what this one held when it began it.
        return Run(seconds, usage.ru_utime + usage.ru_stime, watch.peak or of_children(usage))


def told(command: Sequence[str], late: bool, status: int, errors: str) -> str:
    """Return what went wrong, in one line."""
    words = " ".join([os.path.basename(command[0]), *command[1:4]])
    if late:
        return f"timed out: {words}"
    return f"failed: {words}: exit {status}: {' '.join(errors.split())[:200]}"


class Watch(threading.Thread):
    """Looks at a process from time to time: how much it and its helpers hold, and whether it must be ended."""

    def __init__(self, pid: int, memory: bool, longest: float) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.memory = memory
        self.until = time.monotonic() + longest
        self.over = threading.Event()
        self.late = False
        self.peak = 0
        self.start()

    def run(self) -> None:
        """Look until the process has ended."""
        while not self.over.wait(SAMPLING if self.memory else max(self.until - time.monotonic(), 0)):
            if time.monotonic() >= self.until:
                self.late = True
                os.killpg(self.pid, signal.SIGKILL)
                return
            self.peak = max(self.peak, held(self.pid))

    def end(self, child: "subprocess.Popen[bytes]") -> None:
        """Stop looking; a process that still runs, because the measurement was interrupted, is ended."""
        self.over.set()
        self.join()
        if child.returncode is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


Step = Callable[[int], Run]
"""One measured command; it is told which round it is and prepares what it needs before it begins."""


def in_turn(rounds: int, *steps: Step, first: bool = False) -> list[list[Run]]:
    """Return the runs of several commands, run one after the other in each round; ``first`` adds one for the caches."""
    if first:
        for step in steps:
            step(0)
    runs: list[list[Run]] = [[] for _ in steps]
    for number in range(1, rounds + 1):
        for step, its in zip(steps, runs, strict=True):
            its.append(step(number))
    return runs


def median(runs: Sequence[Run]) -> float:
    """Return the median seconds."""
    return statistics.median(one.seconds for one in runs)


def compare(ours: Sequence[str], peer: Sequence[str], env: dict[str, str], rounds: int = 11) -> tuple[float, float]:
    """Return the median seconds of two commands that are run in turn."""
    mine, theirs = in_turn(rounds, lambda _: run(ours, env), lambda _: run(peer, env), first=True)
    return median(mine), median(theirs)
