"""Reads a large file in a process of its own, ahead of the one that writes: two cores take half the time.

The processes share the staged rows: what is written there is told through a pipe. Which keys the file has
several times is known at its end only. Where there are such, what was written until then is taken back,
and the staged rows are gone through once more.
"""

from __future__ import annotations

import marshal
import os
import signal
import sys

from mycrm_cli.services.transfer.csvs import CsvRows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, NoReturn

    from mycrm_cli.services.transfer.model import Batch
    from mycrm_cli.services.transfer.reading import Reading

LARGE = 4_000_000
"""Bytes of a file from which on a second process pays."""
NUMBER = 8
"""Bytes of a number in the pipe."""


class Again(Exception):
    """What was written must be taken back, and the staged rows gone through from the first one."""


def possible(reading: Reading) -> bool:
    """Whether a file can be read ahead: a large one whose columns are known from its first line."""
    rows = reading.rows
    path = rows.source.path or ""
    is_large = os.path.isfile(path) and os.path.getsize(path) >= LARGE
    # Where bad rows are skipped, each part that is written must be right when it is.
    wanted = reading.options.on_error == "abort" and isinstance(rows, CsvRows)
    return is_large and wanted and hasattr(os, "fork") and (os.cpu_count() or 1) > 1


class Ahead:
    """The process that reads. Iterating yields batches as they are staged."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.staging = reading.staging
        self.child = 0
        self.pipe: BinaryIO | None = None

    @property
    def expected(self) -> int:
        """About how many rows there will be."""
        rows = self.reading.rows
        return os.path.getsize(rows.source.path or "") // max(10 * len(rows.header), 1)

    def start(self) -> None:
        """Begin to read; raises Invalid for a header that nothing can be made of."""
        self.reading.plan(self.reading.rows.header)
        self.staging.create()
        sys.stdout.flush()
        sys.stderr.flush()
        mine, theirs = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            os.close(mine)
            self._work(theirs)
        os.close(theirs)
        self.pipe = os.fdopen(mine, "rb")

    def _work(self, pipe: int) -> NoReturn:
        """Read the file to its end and go; nothing that the other process holds is touched."""
        # Who is interrupted closes the pipe, and this process ends with its next batch.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        status = 1
        try:
            reading = self.reading
            # Whatever goes wrong here, the file is the other process's to remove.
            reading.staging.path = None
            reading.progress = lambda count: None
            reading.staging.told = lambda place, size: _send(pipe, place, size)
            reading.run()
            known = marshal.dumps((reading.warnings.state(), list(reading.repeated), reading.staging.rows))
            _send(pipe, 0, len(known))
            _write(pipe, known)
            status = 0
        finally:
            os._exit(status)

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches; raises Again where the process that reads came to grief."""
        assert self.pipe is not None
        while True:
            place, size = (int.from_bytes(self.pipe.read(NUMBER), "big") for _ in range(2))
            if place == 0:
                break
            yield self.staging.at(place, size)
        known = self.pipe.read(size)
        self.pipe.close()
        os.waitpid(self.child, 0)
        self.child = 0
        self.reading.ahead = None
        if not known:
            raise Again
        warnings, repeated, self.staging.rows = marshal.loads(known)  # noqa: S302 - our own process wrote it
        self.reading.repeated = frozenset(repeated)
        if repeated:
            self.reading.warnings.restore(warnings)
            raise Again
        self.reading.warnings.merge(warnings)

    def stop(self) -> None:
        """End the process where nobody needs it any more."""
        if self.pipe is not None:
            self.pipe.close()
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
            self.child = 0


def _send(pipe: int, *numbers: int) -> None:
    _write(pipe, b"".join(number.to_bytes(NUMBER, "big") for number in numbers))


def _write(pipe: int, data: bytes) -> None:
    while data:
        data = data[os.write(pipe, data) :]
