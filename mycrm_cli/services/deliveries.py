"""Alerts and digests that go out: each is claimed and committed first, so that none goes out twice.

``claimed`` by a run that has ended becomes ``uncertain``: it may have gone out, and is sent again only on request,
by the same name. What surely did not go out is ``failed`` and given free, so that the next run tries it again.
None of it is journaled.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog, clock
from mycrm_cli.ids import uuid7s
from mycrm_cli.services import audience, bound, rows
from mycrm_cli.services.notices import InDoubt, NotSent, send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.scope import Scope
    from mycrm_cli.services.audience import Person
    from mycrm_cli.services.notices import Channel, Notice
    from mycrm_cli.services.posting import Posting
    from mycrm_cli.services.work import Work

TABLE = "notice_deliveries"
COLUMNS = (
    "id", "organization_id", "created_at", "updated_at", "kind", "key", "user_id", "channel", "since", "state",
    "claimed_by", "claimed_at",
)  # fmt: skip
READ = ("id", "kind", "key", "user_id", "since", "state", "claimed_by", "claimed_at")
LOST = "a run ended before it was told whether it went out"


class Wanted(NamedTuple):
    """What is to be told once: its kind, the record or the day, and since when it has been so."""

    kind: str
    key: str
    since: datetime | None = None


class Known(NamedTuple):
    """What was told already, or is being told."""

    id: UUID
    kind: str
    key: str
    user_id: UUID
    since: datetime | None
    state: str
    claimed_by: str | None
    claimed_at: datetime

    def settles(self, wanted: Wanted, *, again: bool = False) -> bool:
        """Return whether nothing is to be told any more; what failed and is free is tried again.

        ``again`` also tells what has failed for good, or may have gone out.
        """
        if self.since != wanted.since:
            return False
        if again and self.state in ("failed", "uncertain"):
            return False
        return self.state != "failed" or self.claimed_by is not None

    @property
    def sent_by(self) -> str | None:
        """The run that may have sent it: sending it again repeats its message, by the same name."""
        return self.claimed_by if self.state == "uncertain" else None


def known(connection: Connection, scope: Scope, kinds: Sequence[str], channel: str) -> list[Known]:
    """Return what was told through a channel."""
    found = rows.fetch(connection, scope, catalog.entity(TABLE), "kind", kinds, READ, within={"channel": channel})
    return [Known(*row) for row in found]


def find_lost(work: Work, kinds: Sequence[str], channel: str) -> int:
    """Mark what earlier runs have claimed and not settled as uncertain, and return how much that is.

    Only for whoever holds the lock of the job: no other run is under way.
    """
    done = work.connection.execute(
        f"UPDATE {TABLE} SET state = 'uncertain', error = ?, updated_at = ? WHERE organization_id = ?"
        f" AND state = 'claimed' AND channel = ? AND kind IN ({', '.join('?' * len(kinds))})",
        [LOST, _saved(work, "updated_at", clock.now()), bound.organization(work), channel, *kinds],
    )
    return int(done.rowcount)


def claim(
    work: Work,
    run: str,
    channel: str,
    user: UUID,
    wanted: Sequence[Wanted],
    state: str = "claimed",
    *,
    again: bool = False,
) -> set[str]:
    """Claim what a user is to be told and return the keys of what nobody else has; the caller commits before sending.

    What is there already is claimed again where it failed and is free, or where it began anew; ``again`` also what
    failed for good, and what this very run, by its name, has left in doubt.
    """
    entity, now, got = catalog.entity(TABLE), clock.now(), set[str]()
    convert = rows.converter(rows.savers(entity, COLUMNS, work.connection.dialect))
    marks = f"({', '.join('?' * len(COLUMNS))})"
    more = f" OR {TABLE}.state = 'failed' OR ({TABLE}.state = 'uncertain' AND {TABLE}.claimed_by = excluded.claimed_by)"
    for part in rows.chunks(wanted):
        params: list[Any] = []
        for id, one in zip(uuid7s(len(part)), part, strict=True):
            values = [id, work.scope.organization_id, now, now, one.kind, one.key, user, channel, one.since, state]
            params += convert([*values, run, now])
        found = work.connection.execute(
            f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) VALUES {', '.join([marks] * len(part))}"
            " ON CONFLICT (organization_id, kind, key, user_id, channel) DO UPDATE SET state = excluded.state,"
            " error = NULL, claimed_by = excluded.claimed_by, claimed_at = excluded.claimed_at,"
            " since = excluded.since, updated_at = excluded.updated_at"
            f" WHERE ({TABLE}.state = 'failed' AND {TABLE}.claimed_by IS NULL) OR {TABLE}.since <> excluded.since"
            f"{more if again else ''} RETURNING key",
            params,
        ).fetchall()
        got |= {key for (key,) in found}
    return got


def settle(work: Work, run: str, user: UUID, state: str, error: str | None = None, *, again: bool = False) -> None:
    """Say what became of all that this run has claimed for a user; ``again`` lets the next run try it once more."""
    now = _saved(work, "sent_at", clock.now())
    values: dict[str, Any] = {"state": state, "error": error, "updated_at": now}
    values |= {"sent_at": now} if state == "sent" else {"claimed_by": None} if again else {}
    work.connection.execute(
        f"UPDATE {TABLE} SET {', '.join(f'{name} = ?' for name in values)} WHERE organization_id = ?"
        " AND state IN ('claimed', 'uncertain') AND claimed_by = ? AND user_id = ?",
        [*values.values(), bound.organization(work), run, _saved(work, "user_id", user)],
    )


def forget(work: Work, ids: Iterable[UUID]) -> None:
    """Forget that something was told, since it is no longer so: when it comes back it is told again."""
    rows.delete(work.connection, work.scope, catalog.entity(TABLE), ids)


def deliver(posting: Posting, run: str, person: Person, notice: Notice, channel: Channel) -> str | None:
    """Send what was claimed for a person and write down what became of it; return what went wrong, or None.

    Raises NotSent, or InDoubt, where nothing else can go out this way either.
    """
    state, said, again = "sent", None, False
    broken: NotSent | InDoubt | None = None
    with posting.turn() as work:
        obstacle = audience.obstacle(work, person.id, person.email, channel.name)
        if obstacle:
            settle(work, run, person.id, "failed", obstacle)
            return obstacle
    try:
        send(notice, channel)
    except NotSent as error:
        state, said, again = "failed", error.message, not error.is_final
        broken = error if error.is_channel else None
    except InDoubt as error:
        state, said = "uncertain", error.message
        broken = error if error.is_channel else None
    with posting.turn() as work:
        settle(work, run, person.id, state, said, again=again)
    if broken is not None:
        raise broken
    return said


def _saved(work: Work, column: str, value: Any) -> Any:
    [save] = rows.savers(catalog.entity(TABLE), [column], work.connection.dialect)
    return save(value) if save else value
