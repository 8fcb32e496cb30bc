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
from mycrm_cli.services import bound, many, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.scope import Scope
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


def may_be_tried_again(
    now: datetime, save: Callable[[datetime], Any], table: str = "d", *, again: bool = False
) -> tuple[str, list[Any]]:
    """Return the condition for rows whose reminder failed and is to be tried again.

    ``again`` takes what is in doubt too. Nothing of that is set free before: it is in doubt until it is claimed.
    """
    if again:
        return f"{table}.state IN ('failed', 'uncertain')", []
    condition = f"({table}.state = 'failed' AND {table}.claimed_by IS NULL"
    return f"{condition} AND {table}.claimed_at <= ? AND {table}.created_at > ?)", [
        save(now - PAUSE),
        save(now - PATIENCE),
    ]


def claim(work: Work, message: str, channel: str, wanted: Sequence[Due], *, again: bool = False) -> list[Claim]:
    """Claim reminders for a message of this run and return those that nobody else has.

    The caller commits before sending. ``again`` claims what is in doubt too, and gives it another day.
    """
    if not wanted:
        return []
    now, save = clock.now(), _saver(work, "claimed_at")
    stamp = save(now)
    listed, given = _listed(work, wanted)
    condition, more = may_be_tried_again(now, save, "reminder_deliveries", again=again)
    anew = ", created_at = excluded.created_at" if again else ""
    found = work.connection.execute(
        f"INSERT INTO reminder_deliveries ({', '.join(COLUMNS)})"
        f" SELECT v.id, ?, ?, ?, v.task_id, v.reminder_at, ?, v.user_id, ?, ?, ? FROM {listed} WHERE true"
        " ON CONFLICT (organization_id, task_id, reminder_at, channel) DO UPDATE SET state = 'claimed', error = NULL,"
        f" claimed_by = excluded.claimed_by, claimed_at = excluded.claimed_at, updated_at = excluded.updated_at{anew}"
        f" WHERE {condition} RETURNING id, task_id",
        [bound.organization(work), stamp, stamp, channel, "claimed", message, stamp, *given, *more],
    ).fetchall()
    got = {task: id for id, task in found}
    return [Claim(got[one.task_id], one) for one in wanted if one.task_id in got]


def _listed(work: Work, wanted: Sequence[Due]) -> tuple[str, list[Any]]:
    """Return reminders as a table ``v`` of a statement, with its parameters: their ids, tasks, moments and users."""
    save_id, save = cache(_saver(work, "id")), cache(_saver(work, "claimed_at"))
    users = [save_id(one.person.id) if one.person else None for one in wanted]
    ids, tasks, moments = uuid7s(len(wanted)), [one.task_id for one in wanted], [save(one.moment) for one in wanted]
    if work.connection.dialect == "postgresql":
        kinds = ", ".join(f"CAST(? AS {kind}[])" for kind in ("uuid", "uuid", "timestamptz", "uuid"))
        return f"unnest({kinds}) AS v (id, task_id, reminder_at, user_id)", [
            many.array(column) for column in (ids, tasks, moments, users)
        ]
    values = ", ".join(["(?, ?, ?, ?)"] * len(wanted))
    names = "column1 AS id, column2 AS task_id, column3 AS reminder_at, column4 AS user_id"
    given = [cell for id, *row in zip(ids, tasks, moments, users, strict=True) for cell in (id.bytes, *row)]
    return f"(SELECT {names} FROM (VALUES {values})) AS v", given


def settle(work: Work, message: str, state: str, error: str | None = None, *, again: bool = False) -> int:
    """Say what became of all that a message has claimed and that is not settled yet, and return how many those are.

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
        [*values.values(), bound.organization(work), message],
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


def in_doubt(connection: Connection, scope: Scope, channel: str) -> dict[tuple[Any, datetime], str]:
    """Return the messages in which reminders may have gone out: (task, moment) -> message."""
    entity = catalog.entity("reminder_deliveries")
    names = ["task_id", "reminder_at", "claimed_by"]
    within = {"channel": channel}
    load = rows.savers(entity, ["task_id"], connection.dialect)[0] or (lambda value: value)
    found = rows.fetch(connection, scope, entity, "state", ["uncertain"], names, within=within)
    return {(load(task), at): by for task, at, by in found if by}


def drop_doubts(work: Work, channel: str) -> None:
    """Leave it at that where nobody needs to be reminded any more: the task is done, cancelled or gone."""
    now = _saver(work, "updated_at")(clock.now())
    own = bound.organization(work)
    work.connection.execute(
        "UPDATE reminder_deliveries SET state = 'failed', updated_at = ? WHERE organization_id = ? AND channel = ?"
        " AND state = 'uncertain' AND NOT EXISTS (SELECT 1 FROM tasks AS t WHERE t.organization_id = ?"
        " AND t.id = reminder_deliveries.task_id AND t.status IN ('pending', 'in_progress'))",
        [now, own, channel, own],
    )


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


def _saver(work: Work, column: str) -> Callable[[Any], Any]:
    [save] = rows.savers(catalog.entity("reminder_deliveries"), [column], work.connection.dialect)
    return save or (lambda value: value)
