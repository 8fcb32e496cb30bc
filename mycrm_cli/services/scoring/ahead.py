"""Rates leads in processes of their own, ahead of the one that writes: reading and rating take longer than writing.

Each process reads some leads at a time over a connection of its own and sends what is to be written through a pipe.
What changes in between is noted by the database's triggers, and is scored by the next run.
"""

from __future__ import annotations

import gc
import marshal
import os
import signal
import sys
from uuid import UUID

from mycrm_cli.query.reader import Reader
from mycrm_cli.services.scoring.batch import Batch, Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from typing import BinaryIO, NoReturn, Self

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.scope import Scope
    from mycrm_cli.services.scoring.models import Model

    Look = Callable[[], Connection]

PROCESSES = 2
"""Processes that rate beside the one that writes."""
FEWEST = 5_000
"""Leads from which on they pay."""
NUMBER = 8
"""Bytes of a number in the pipe."""
ID = 16
"""Bytes of an id: as objects, those of a million leads would be a hundred megabytes in each process."""


def possible(count: int) -> bool:
    """Return whether processes of their own pay for so many leads."""
    return count >= FEWEST and hasattr(os, "fork") and (os.cpu_count() or 1) > 1


def identified(ids: bytes) -> list[UUID]:
    """Return ids as the program knows them."""
    return [UUID(bytes=ids[start : start + ID]) for start in range(0, len(ids), ID)]


class Ahead:
    """The processes that rate. Iterating yields what was found of each part of the ids, in their order."""

    def __init__(self, look: Look, scope: Scope, model: Model, as_of: datetime, parts: Sequence[bytes]) -> None:
        self.look = look
        self.scope = scope
        self.model = model
        self.as_of = as_of
        self.parts = parts
        self.children: list[int] = []
        self.pipes: list[BinaryIO] = []

    def __enter__(self) -> Self:
        """Begin to rate."""
        sys.stdout.flush()
        sys.stderr.flush()
        for place in range(PROCESSES):
            mine, theirs = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(mine)
                self._work(theirs, place)
            os.close(theirs)
            self.children.append(child)
            self.pipes.append(os.fdopen(mine, "rb"))
        return self

    def __exit__(self, *error: object) -> None:
        """End the processes, also those that nobody needs any more."""
        for pipe in self.pipes:
            pipe.close()
        for child in self.children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def __iter__(self) -> Iterator[Found | None]:
        """Yield what was found of each part; None where a process came to grief, and the part is yet to be rated."""
        for number in range(len(self.parts)):
            pipe = self.pipes[number % PROCESSES]
            size = int.from_bytes(pipe.read(NUMBER), "big")
            told = pipe.read(size)
            yield Found(*marshal.loads(told)) if told else None  # noqa: S302 - our own process wrote it

    def _work(self, pipe: int, place: int) -> NoReturn:
        """Rate every so-manieth part and go; nothing that the other processes hold is touched."""
        # Who is interrupted closes the pipe, and this process ends with its next part.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # Nothing here refers to itself: looking for what does takes a tenth of the time.
        gc.disable()
        try:
            connection = self.look()
            # Outside of a transaction PostgreSQL shows no organization's rows.
            connection.begin()
            batch = Batch(Reader(connection, self.scope), self.model, self.as_of)
            connection.commit()
            for part in self.parts[place::PROCESSES]:
                # A transaction of its own for each part: a long one would keep SQLite from tidying up its journal.
                connection.begin()
                told = marshal.dumps(tuple(batch.found(list(batch.leads.of(identified(part))))))
                connection.commit()
                _write(pipe, len(told).to_bytes(NUMBER, "big") + told)
        finally:
            os._exit(0)


def _write(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]
