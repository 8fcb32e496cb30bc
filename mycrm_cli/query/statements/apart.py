"""Runs a statement in a process of its own, which the system ends when its time is up or its memory is used.

What a database does within one step (a search in a long text, a sort) sees no clock of the program's; a process does.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import time
import traceback

from mycrm_cli import errors
from mycrm_cli.errors import CrmError
from mycrm_cli.query.statements import faults
from mycrm_cli.query.statements.values import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, BinaryIO

    from mycrm_cli.query.statements.faults import Deadline

    Answer = tuple[list[str], Iterable[tuple[Any, ...]]]

GRACE = 2.0
"""Seconds that a database has to end a statement by itself."""
MEMORY = 2**30
"""Bytes that the process may take in addition, and that a file of sorted rows may have."""
ROWS, CHARACTERS, SECONDS = 500, 250_000, 0.2
"""When rows are handed over: so many, so long, or after so long a time."""


class Apart:
    """A statement under way: ``columns`` are the names, and the rows come as they are asked for."""

    def __init__(self, ask: Callable[[Deadline], Answer], deadline: Deadline) -> None:
        self.deadline = deadline
        reading, writing = os.pipe()
        self.process = os.fork()
        if not self.process:
            os.close(reading)
            _serve(ask, deadline, writing)
        os.close(writing)
        self.stream = os.fdopen(reading, "rb")

    def __enter__(self) -> Apart:  # noqa: PYI034 - typing costs start-up
        """Wait for the columns; raises our errors."""
        try:
            self.columns: list[str] = self._next()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        """End the process, whatever it still does."""
        self.close()

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows, with their values as they are written."""
        while batch := self._next():
            yield from batch

    def close(self) -> None:
        """End the process."""
        if self.process:
            self.stream.close()
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
            self.process = 0

    def _next(self) -> Any:
        """Return what the process says next; raises what it raised."""
        head = self.stream.read(4)
        length = struct.unpack(">I", head)[0] if len(head) == 4 else 0
        body = self.stream.read(length)
        if not length or len(body) < length:
            raise self._ended()
        kind, value = pickle.loads(body)  # noqa: S301 - of our own process
        if kind == "error":
            raise again(value)
        return value

    def _ended(self) -> CrmError:
        """Return the error for a process that is gone."""
        _, status = os.waitpid(self.process, 0)
        self.process = 0
        self.stream.close()
        killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return faults.timed_out(self.deadline.seconds) if killed == signal.SIGALRM else faults.too_large()


def again(told: dict[str, Any]) -> CrmError:
    """Return an error as the process raised it."""
    known: dict[str, type[CrmError]] = {"TimedOut": faults.TimedOut, "TooLarge": faults.TooLarge}
    made: Any = known.get(told["class"]) or getattr(errors, told["class"], CrmError)
    error: CrmError = made(told["message"], hint=told["hint"], candidates=told["candidates"], details=told["details"])
    return error


def _serve(ask: Callable[[Deadline], Answer], deadline: Deadline, writing: int) -> None:
    """Run the statement, write the answer, and end without touching what the first process has open."""
    try:
        _bound(deadline)
        with os.fdopen(writing, "wb") as out:
            _write(ask, deadline, out)
    finally:
        os._exit(0)


def _write(ask: Callable[[Deadline], Answer], deadline: Deadline, out: BinaryIO) -> None:
    try:
        columns, rows = ask(deadline)
        _tell(out, "columns", columns)
        for batch in _batches(rows):
            _tell(out, "rows", batch)
        _tell(out, "rows", [])
    except CrmError as error:
        told = {key: getattr(error, key) for key in ("message", "hint", "candidates", "details")}
        _tell(out, "error", {"class": type(error).__name__, **told})
    except MemoryError:
        _tell(out, "error", {"class": "TooLarge", **vars(faults.too_large())})
    except Exception as error:  # noqa: BLE001 - a bug is told as one by the first process
        where = traceback.extract_tb(error.__traceback__)[-1]
        named = f"this is a bug in mycrm: {type(error).__name__} at {os.path.basename(where.filename)}:{where.lineno}"
        _tell(out, "error", {"class": "CrmError", "message": named, "hint": None, "candidates": [], "details": []})


def _tell(out: BinaryIO, kind: str, value: Any) -> None:
    body = pickle.dumps((kind, value), protocol=pickle.HIGHEST_PROTOCOL)
    out.write(struct.pack(">I", len(body)) + body)
    out.flush()


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows, many small ones or a few large ones at a time."""
    batch: list[tuple[Any, ...]] = []
    length, since = 0, time.monotonic()
    for row in rows:
        values = tuple(map(shown, row))
        batch.append(values)
        length += sum(len(value) for value in values if value.__class__ is str)
        if len(batch) >= ROWS or length > CHARACTERS or time.monotonic() - since > SECONDS:
            yield batch
            batch, length, since = [], 0, time.monotonic()
    if batch:
        yield batch


def _bound(deadline: Deadline) -> None:
    """Bound the time and the memory of this process; interrupts are the first one's business."""
    import resource

    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, deadline.left() + GRACE)
    bounds = {resource.RLIMIT_FSIZE: MEMORY}
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            bounds[resource.RLIMIT_AS] = int(file.read().split()[0]) * resource.getpagesize() + MEMORY
    except OSError:
        bounds[resource.RLIMIT_DATA] = MEMORY
    for what, most in bounds.items():
        _, hard = resource.getrlimit(what)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(what, (most, hard))
