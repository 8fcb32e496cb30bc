"""A run over the reminders that are due: some are claimed, go out and are settled, then the next ones.

It may be killed at any moment. What was claimed and not settled is uncertain from then on, the rest is due still.
"""

from __future__ import annotations

from contextlib import ExitStack
from itertools import groupby
from typing import NamedTuple

from mycrm_cli.services import audience, posting
from mycrm_cli.services.reminding import claims, due, reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, Self
    from uuid import UUID

    from mycrm_cli.query.select import Column
    from mycrm_cli.services.reminding.claims import Claim
    from mycrm_cli.services.reminding.due import Asked, Due
    from mycrm_cli.services.work import Work

JOB = "task remind"
MANY = 5_000
"""Reminders that are claimed together where they go out together."""
MESSAGE = 50
"""Reminders of one user that go into one message."""


class Told(NamedTuple):
    """A reminder and the values of its task, in the order of ``reading.FIELDS``."""

    due: Due
    row: tuple[Any, ...]
    claim: Claim | None = None


class Run:
    """A run for a channel; the block holds the job's lock. ``lost`` are tasks of which runs before left it open.

    Raises Unavailable (exit 75) while another run for the channel goes on.
    """

    def __init__(self, begin: Callable[[], Work], asked: Asked) -> None:
        self.begin = begin
        self.asked = asked
        self.name = claims.runner()
        self.columns: list[Column] = []
        self.names: reading.Names = {}
        self.found: list[Due] = []
        self.lost: list[UUID] = []
        self.count = 0
        """Messages that were claimed."""
        self.message = self.name
        """What the claims of the last one are known by."""
        self.obstacle: str | None = None
        """Why the user of the last one is not to be told after all."""
        self.pending: tuple[str, str | None, bool] | None = None
        self.is_open = False
        """Whether something was claimed that is not settled."""
        self.held = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as held:
            self.mine = held.enter_context(posting.alone(self.begin, f"{JOB} {self.asked.channel}"))
            with self.mine.turn() as work:
                self.scope, channel = work.scope, self.asked.channel
                self.lost = claims.find_lost(work, channel)
                if self.asked.again:
                    claims.drop_doubts(work, channel)
                self.found = due.find(work.connection, work.scope, self.asked)
                self.columns = reading.columns(work.reader) if self.found else []
            self.held = held.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        """Settle what is left; what was claimed when something went wrong is uncertain."""
        with self.held:
            if self.is_open and self.pending is None:
                self.pending = ("uncertain", claims.LOST, False)
            if self.pending is not None:
                with self.mine.turn() as work:
                    self._settle(work)

    def groups(self, *, several: bool = True) -> Iterator[list[Told]]:
        """Yield the reminders that this run has claimed: many at a time, or those of one user for one message."""
        asked = self.asked
        for part in parts(self.found, several=several):
            with self.mine.turn() as work:
                self._settle(work)
                rows = reading.read(work.reader, part, self.names)
                wanted = [one for one in part if one.task_id in rows]
                self.count += 1
                # What goes out in one stream has no name by which it could be known again.
                self.message = self.name if several else part[0].message or f"{self.name}.{self.count}"
                got = claims.claim(work, self.message, asked.channel, wanted, again=asked.again)
                self.obstacle = None if several else _obstacle(work, part[0], asked.channel)
            self.pending, self.is_open = None, self.is_open or bool(got)
            if got:
                yield [Told(claim.due, rows[claim.due.task_id], claim) for claim in got]

    def settled(self, state: str, error: str | None = None, *, again: bool = False) -> None:
        """Say what became of what was claimed last; it is written with the next claim, or at the end."""
        self.pending, self.is_open = (state, error, again), False

    def _settle(self, work: Work) -> None:
        if self.pending is not None:
            state, error, again = self.pending
            claims.settle(work, self.message, state, error, again=again)


def _obstacle(work: Work, one: Due, channel: str) -> str | None:
    person = one.person
    return audience.obstacle(work, person.id, person.email, channel) if person else None


def parts(found: Sequence[Due], *, several: bool) -> Iterator[Sequence[Due]]:
    """Yield reminders some at a time; for messages those of one user."""
    if several:
        for start in range(0, len(found), MANY):
            yield found[start : start + MANY]
        return
    for _, members in groupby(found, key=lambda one: (one.person.id if one.person else None, one.message)):
        own = list(members)
        for start in range(0, len(own), MESSAGE):
            yield own[start : start + MESSAGE]
