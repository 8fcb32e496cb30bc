"""One job of a kind at a time for each organization: a lock that ends with the process that holds it."""

from __future__ import annotations

from contextlib import contextmanager

from mycrm_cli.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from mycrm_cli.db.connect import Connection


@contextmanager
def alone(connection: Connection, organization: UUID, job: str) -> Iterator[None]:
    """Hold a job of an organization inside the block; raises Unavailable (exit 75) where another process does.

    ``connection`` is one of its own on PostgreSQL, which knows when it is gone; beside an SQLite file the system knows.
    """
    hold = _postgresql if connection.dialect == "postgresql" else _sqlite
    with hold(connection, organization, job):
        yield


class Busy(Unavailable):
    """Somebody else is doing a job."""


def busy(job: str) -> Busy:
    """Return the error for a job that somebody else is doing."""
    return Busy(f"{job} is running already", hint="it will be done soon; mycrm cron status shows who does it")


@contextmanager
def _postgresql(connection: Connection, organization: UUID, job: str) -> Iterator[None]:
    from mycrm_cli.services.transfer import queueing

    key = queueing.key(f"job {job}", organization)
    if not connection.execute("SELECT pg_try_advisory_lock(?)", (key,)).fetchone()[0]:
        raise busy(job)
    connection.commit()
    yield  # the lock goes with the connection


@contextmanager
def _sqlite(connection: Connection, organization: UUID, job: str) -> Iterator[None]:
    import fcntl
    import os

    name = _file(connection, organization, job)
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy(job) from None
        yield
    finally:
        os.close(descriptor)


def forget(connection: Connection, organization: UUID, job: str) -> None:
    """Remove the file of a job that there is no more; one that still runs keeps it."""
    import os
    from contextlib import suppress

    if connection.dialect == "sqlite":
        name = _file(connection, organization, job)
        with suppress(Busy, OSError):
            if os.path.exists(name):
                with _sqlite(connection, organization, job):
                    os.unlink(name)


def _file(connection: Connection, organization: UUID, job: str) -> str:
    """Return the file beside the database that is locked for a job."""
    path = connection.execute("PRAGMA database_list").fetchone()[2]
    return f"{path}.{job.replace(' ', '-')}-{organization.hex[-12:]}.lock"
