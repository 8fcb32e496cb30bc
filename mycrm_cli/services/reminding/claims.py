"""Who sends which reminder: a row for each, written and committed before it goes out.

``claimed`` by a run that has ended is ``uncertain``: it may have gone out, so that nobody sends it again unless told.
What surely did not go out is ``failed``; claimed by nobody, it is tried again for a day. None of it is journaled.
"""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from mycrm_cli import catalog, clock
from mycrm_cli.ids import uuid7s
from mycrm_cli.services import bound, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.reminding.due import Due
    from mycrm_cli.services.work import Work

HANDLED = "handled"
"""The channel of rows that say: what was due up to then counts as told, whichever way."""
PAUSE, PATIENCE = timedelta(minutes=15), timedelta(days=1)
"""What failed is tried again after a pause, until it is a day old."""
LOST = "a run ended before it was told whether it went out"
COLUMNS = (
    "id", "organization_id", "created_at", "updated_at", "task_id", "reminder_at", "channel", "user_id", "state",
    "claimed_by", "claimed_at",
)  # fmt: skip


class Claim(NamedTuple):
    """A reminder that this run, and no other, sends; ``id`` is as the database has it."""

    id: Any
    due: Due


def runner() -> str:
    """Return the name of this run: machine, process and a number that no other run has."""
    return f"{socket.gethostname()[:60]} {os.getpid()} {os.urandom(6).hex()}"


def may_be_tried_again(now: datetime, save: Callable[[datetime], Any], table: str = "d") -> tuple[str, list[Any]]:
    """Return the condition for rows whose reminder failed and is to be tried again."""
    condition = f"({table}.state = 'failed' AND {table}.claimed_by IS NULL"
    return f"{condition} AND {table}.claimed_at <= ? AND {table}.created_at > ?)", [
        save(now - PAUSE),
        save(now - PATIENCE),
    ]


def claim(work: Work, run: str, channel: str, wanted: Sequence[Due]) -> list[Claim]:
    """Claim reminders for this run and return those that nobody else has; the caller commits before sending."""
    if not wanted:
        return []
    now, is_file = clock.now(), work.connection.dialect == "sqlite"
    save, own = _saver(work, "claimed_at"), bound.organization(work)
    params: list[Any] = []
    save_id = cache(_saver(work, "id"))
    stamp, moments = save(now), cache(save)
    for id, one in zip(uuid7s(len(wanted)), wanted, strict=True):
        user = save_id(one.person.id) if one.person else None
        row = (own, stamp, stamp, one.task_id, moments(one.moment), channel, user, "claimed", run, stamp)
        params += (id.bytes if is_file else id, *row)
    marks = f"({', '.join('?' * len(COLUMNS))})"
    again, more = may_be_tried_again(now, save, "reminder_deliveries")
    found = work.connection.execute(
        f"INSERT INTO reminder_deliveries ({', '.join(COLUMNS)}) VALUES {', '.join([marks] * len(wanted))}"
        " ON CONFLICT (organization_id, task_id, reminder_at, channel) DO UPDATE SET state = 'claimed', error = NULL,"
        " claimed_by = excluded.claimed_by, claimed_at = excluded.claimed_at, updated_at = excluded.updated_at"
        f" WHERE {again} RETURNING id, task_id",
        [*params, *more],
    ).fetchall()
    got = {task: id for id, task in found}
    return [Claim(got[one.task_id], one) for one in wanted if one.task_id in got]


def settle(work: Work, run: str, state: str, error: str | None = None, *, again: bool = False) -> int:
    """Say what became of all that this run has claimed and not settled yet, and return how many those are.

    ``again`` gives what failed free, to be tried again.
    """
    save = _saver(work, "sent_at")
    now = save(clock.now())
    values: dict[str, Any] = {"state": state, "error": error, "updated_at": now}
    if state == "sent":
        values["sent_at"] = now
    if again:
        values["claimed_by"] = None
    sets = ", ".join(f"{name} = ?" for name in values)
    # Another run may have found this one dead too soon; whoever has sent it knows better.
    done = work.connection.execute(
        f"UPDATE reminder_deliveries SET {sets} WHERE organization_id = ? AND state IN ('claimed', 'uncertain')"
        " AND claimed_by = ?",
        [*values.values(), bound.organization(work), run],
    )
    return int(done.rowcount)


def find_lost(work: Work, channel: str) -> list[UUID]:
    """Mark what runs that are over have claimed and not settled as uncertain, and return its tasks.

    Only for whoever holds the lock of the channel: no other run is under way.
    """
    now = _saver(work, "updated_at")(clock.now())
    found = work.connection.execute(
        "UPDATE reminder_deliveries SET state = 'uncertain', error = ?, updated_at = ? WHERE organization_id = ?"
        " AND state = 'claimed' AND channel = ? RETURNING task_id",
        [LOST, now, bound.organization(work), channel],
    ).fetchall()
    load = catalog.entity("reminder_deliveries").fields["id"].kind.loader(work.connection.dialect)
    return [load(task) if load else task for (task,) in found]


def give_free(work: Work, channel: str, user: UUID | None) -> int:
    """Let what is uncertain be sent once more, and what has failed for good be tried again."""
    save = _saver(work, "claimed_at")
    now = clock.now()
    whose = "" if user is None else " AND user_id = ?"
    who = [] if user is None else [user.bytes if work.connection.dialect == "sqlite" else user]
    done = work.connection.execute(
        "UPDATE reminder_deliveries SET state = 'failed', claimed_by = NULL, claimed_at = ?, created_at = ?,"
        f" updated_at = ? WHERE organization_id = ? AND state IN ('uncertain', 'failed') AND channel = ?{whose}",
        [save(now - PAUSE), save(now), save(now), bound.organization(work), channel, *who],
    )
    return int(done.rowcount)


def handle(work: Work, written: Sequence[Written]) -> None:
    """Let what an import brought and lies in the past count as told; what becomes due later is told."""
    now = clock.now()
    ids = [
        after["id"]
        for _, after, _ in written
        if any(after[name] is not None and after[name] <= now for name in ("reminder_at", "due_date"))
        and after["status"] in ("pending", "in_progress")
    ]
    if not ids:
        return
    entity = catalog.entity("reminder_deliveries")
    convert = rows.converter(rows.savers(entity, COLUMNS, work.connection.dialect))
    own, marks = work.scope.organization_id, ", ".join("?" * len(COLUMNS))
    work.connection.executemany(
        f"INSERT INTO reminder_deliveries ({', '.join(COLUMNS)}) VALUES ({marks})"
        " ON CONFLICT (organization_id, task_id, reminder_at, channel) DO NOTHING",
        [
            convert([id, own, now, now, task_id, now, HANDLED, None, "sent", None, now])
            for id, task_id in zip(uuid7s(len(ids)), ids, strict=True)
        ],
    )


def troubles(work: Work) -> dict[str, int]:
    """Return how many reminders are uncertain, and how many have failed for good or are tried again."""
    found = work.connection.execute(
        "SELECT state, count(*) FROM reminder_deliveries WHERE organization_id = ? AND state IN ('uncertain', 'failed')"
        " GROUP BY state",
        [bound.organization(work)],
    )
    return {state: int(count) for state, count in found}


def _saver(work: Work, column: str) -> Callable[[Any], Any]:
    [save] = rows.savers(catalog.entity("reminder_deliveries"), [column], work.connection.dialect)
    return save or (lambda value: value)
