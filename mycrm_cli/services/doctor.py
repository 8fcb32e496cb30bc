"""All that ``mycrm doctor`` looks at, in its order. It changes nothing."""

from __future__ import annotations

from itertools import chain

from mycrm_cli.db.connect import BUSY_SECONDS
from mycrm_cli.errors import CrmError
from mycrm_cli.services.health import database, hooks, machine
from mycrm_cli.services.health.finding import FAIL, WARN, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.config.profile import Profile
    from mycrm_cli.db.connect import Connection


def quick(profile: Profile | None, open: Callable[[bool], Connection]) -> Iterator[Finding]:
    """Yield the cheap checks; ``open`` gives a connection to the profile's database."""
    yield machine.version()
    yield machine.time()
    yield machine.keyring(profile)
    yield from machine.places(profile)
    if profile is None:
        yield Finding("profile", WARN, "there is none in force", "mycrm init, or mycrm profile use NAME")
        return
    yield from hooks.looked_at(profile)
    connection = opened(open, write=False)
    if isinstance(connection, Finding):
        yield connection
        return
    try:
        yield from answered(database.looked_at(connection))
    finally:
        connection.close()


def tenancy(
    profile: Profile, open: Callable[[bool], Connection], own: UUID, others: Sequence[UUID]
) -> Iterator[Finding]:
    """Yield the checks that prove organizations apart; ``others`` are ids of other organizations, where known."""
    connection = opened(open, write=profile.dialect != "sqlite")
    if isinstance(connection, Finding):
        yield connection
        return
    try:
        if connection.dialect == "sqlite":
            from mycrm_cli.services.health import references

            yield from answered(references.looked_at(connection, profile.database))
        else:
            from mycrm_cli.services.health import policies, privileges, reach

            yield database.role(connection)
            rest = (privileges.looked_at(connection), reach.looked_at(connection, own, others))
            # Together: a transaction that has failed answers nothing more.
            yield from answered(chain(policies.looked_at(connection), *rest))
    finally:
        connection.close()


def opened(open: Callable[[bool], Connection], *, write: bool) -> Connection | Finding:
    """Return a connection, or what keeps it from being opened."""
    try:
        connection = open(write)
        if connection.dialect == "postgresql":  # what asks outside of a scope would wait for locks without end
            connection.execute("SELECT set_config('lock_timeout', ?, false)", (f"{BUSY_SECONDS}s",))
            connection.commit()
        return connection
    except CrmError as error:
        return Finding("database", FAIL, error.message, error.hint or "mycrm profile check")


def answered(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield findings; an error of the database in between is one too."""
    try:
        yield from findings
    except CrmError as error:
        yield Finding("database", FAIL, error.message, error.hint or "mycrm profile check")
