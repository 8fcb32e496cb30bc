"""A run that sends: one connection for all of it, one transaction at a time, none open while something goes out."""

from __future__ import annotations

from contextlib import closing, contextmanager

from mycrm_cli.services import joblock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mycrm_cli.services.work import Work


CACHE = 64 * 1024
"""Kilobytes of the database that are kept in memory."""


class Posting:
    """The connection of a run; it holds the job's lock too, which ends with it."""

    def __init__(self, work: Work) -> None:
        self.work = work

    @contextmanager
    def turn(self) -> Iterator[Work]:
        """Begin a transaction, find out again who is asking, and commit; an error takes all of it back."""
        work = self.work
        try:
            work.begin()
            yield work
            work.commit()
        except BaseException:
            work.connection.rollback()
            raise


@contextmanager
def alone(begin: Callable[[], Work], job: str) -> Iterator[Posting]:
    """Open the connection of a run and hold its job; raises Unavailable (exit 75) while another run goes on."""
    posting = Posting(begin())
    connection = posting.work.connection
    with closing(connection):
        if connection.dialect == "sqlite":
            # Many rows are written in an order that is not that of their keys.
            connection.execute(f"PRAGMA cache_size = -{CACHE}")
        # A token, or a right, that is missing is told first.
        with posting.turn() as work:
            organization = work.scope.organization_id
        try:
            with joblock.alone(connection, organization, job):
                yield posting
        finally:
            if posting.work.spare is not None:
                posting.work.spare.close()
