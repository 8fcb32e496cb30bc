"""Messages of the outbox that are sent after all, on request, or not at all."""

from __future__ import annotations

from typing import Any

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Conflict
from mycrm_cli.roles import EDIT
from mycrm_cli.services import bound, ownership, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.services.work import Work

AGAIN = ("uncertain", "failed")
"""States from which a message is sent once more, under the same Message-ID."""
OPEN = ("queued", "uncertain", "failed")
"""States in which a message can be given up."""
GONE = ("sending", "sent", "uncertain")
"""States in which a message may have gone out."""
CANCELLED = "cancelled"


def states(work: Work, ids: Iterable[UUID], column: str = "id") -> dict[UUID, tuple[UUID, str, str]]:
    """Return messages as (id, state, address) by a column, locked until the transaction ends."""
    table, names = catalog.entity("outbox"), [column, "id", "state", "to_email"]
    found = rows.fetch(work.connection, work.scope, table, column, sorted(ids), names, lock=True)
    return {key: (id, state, address) for key, id, state, address in found}


def retry(work: Work, ids: Sequence[UUID]) -> list[UUID]:
    """Queue messages once more and return those that wait now; raises Conflict for one that cannot be sent again."""
    ownership.check(work, catalog.entity("outbox"), ids, EDIT)
    found = states(work, ids)
    for _, state, address in found.values():
        if state not in (*AGAIN, "queued"):
            raise Conflict(f"the message to {address} is {state}; only {' and '.join(AGAIN)} ones are sent again")
    values = {"state": "queued", "due_at": clock.now(), "attempts": 0, "error": None, "lease_until": None}
    return _set(work, list(found), (*AGAIN, "queued"), values, "status = 'queued'", "failed")


def cancel(work: Work, ids: Sequence[UUID]) -> list[UUID]:
    """Give messages up and return those that will not be sent; raises Conflict for one that went out, or is about to.

    One that may have gone out is settled by this: nobody is asked about it any more.
    """
    ownership.check(work, catalog.entity("outbox"), ids, EDIT)
    found = states(work, ids)
    for _, state, address in found.values():
        if state not in (*OPEN, CANCELLED):
            raise Conflict(f"the message to {address} is {state} and cannot be cancelled")
    values = {"state": CANCELLED, "lease_until": None}
    return _set(work, list(found), OPEN, values, "status = 'failed'", "queued")


def take_back(work: Work, emails: Sequence[UUID]) -> dict[UUID, str]:
    """Cancel what waits of messages whose records are taken back; return the states of those that may be gone.

    Their key is free again: it is as if they had never been.
    """
    found = states(work, emails, "email_id")
    gone = {email: state for email, (_, state, _) in found.items() if state in GONE}
    values = {"state": CANCELLED, "lease_until": None, "send_key": None, "enrollment_id": None}
    _set(work, [id for email, (id, _, _) in found.items() if email not in gone], (*OPEN, CANCELLED), values)
    return gone


def leave(work: Work, message_ids: Iterable[str]) -> None:
    """Cancel what waits of messages whose records are removed; raises Conflict for one that is on its way."""
    table, columns = catalog.entity("outbox"), ["id", "state", "to_email"]
    found = rows.fetch(work.connection, work.scope, table, "message_id", sorted(message_ids), columns, lock=True)
    waiting = []
    for id, state, address in found:
        if state == "sending":
            raise Conflict(f"the message to {address} is on its way", hint="try again in a minute")
        waiting += [id] if state in OPEN else []
    _set(work, waiting, OPEN, {"state": CANCELLED, "lease_until": None})


def _set(
    work: Work, ids: Sequence[UUID], before: Sequence[str], values: dict[str, Any], record: str = "", was: str = ""
) -> list[UUID]:
    """Set columns of messages that are in one of some states, and how far their records came."""
    entity, own = catalog.entity("outbox"), bound.organization(work)
    values = values | {"updated_at": clock.now()}
    params = rows.converted(list(values.values()), rows.savers(entity, list(values), work.connection.dialect))
    kind = entity.fields["id"].kind
    save, load = kind.saver(work.connection.dialect), kind.loader(work.connection.dialect)
    sets, changed = ", ".join(f"{name} = ?" for name in values), []
    for chunk in rows.chunks(ids):
        keys, marks = [save(id) if save else id for id in chunk], ", ".join("?" * len(chunk))
        found = work.connection.execute(
            f"UPDATE outbox SET {sets} WHERE organization_id = ? AND id IN ({marks})"
            f" AND state IN ({', '.join('?' * len(before))}) RETURNING id",
            [*params, own, *keys, *before],
        ).fetchall()
        changed += [load(row[0]) if load else row[0] for row in found]
        if record:
            work.connection.execute(
                f"UPDATE emails SET {record} WHERE organization_id = ? AND status = ? AND id IN (SELECT email_id FROM"
                f" outbox WHERE organization_id = ? AND id IN ({marks}))",
                [own, was, own, *keys],
            )
    return changed
