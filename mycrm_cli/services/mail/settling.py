"""What is written down of a message that was tried: its state, its record, and when its people were last heard of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mycrm_cli import catalog, clock
from mycrm_cli.services import bound, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.services.notices.notice import NotSent
    from mycrm_cli.services.work import Work

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""When a message that a server put off is tried again; after the last one it has failed."""
LOST = "a run ended before it was told whether it went out"
MOVED = ("contacts", "leads", "opportunities")
"""The tables of the people that know when something last happened, in the order of a message's links."""


def put_off(attempts: int, error: NotSent) -> dict[str, Any]:
    """Return what is written down of a message that did not go out."""
    outcome: dict[str, Any] = {"state": "queued", "error": error.message}
    if error.is_channel:
        # The message is not to blame: what no server takes is no try.
        return outcome | {"due_at": clock.now() + PAUSES[0], "attempts": attempts - 1}
    if error.is_final or attempts > len(PAUSES):
        return outcome | {"state": "failed"}
    return outcome | {"due_at": clock.now() + PAUSES[attempts - 1]}


def settle(work: Work, run: str, row: dict[str, Any], outcome: dict[str, Any]) -> None:
    """Write down what became of a message that a run has claimed; its record and its people follow.

    Another run may have found this one dead too soon; whoever has sent it knows better.
    """
    values = outcome | {"lease_until": None, "updated_at": clock.now()}
    entity, own = catalog.entity("outbox"), bound.organization(work)
    params = rows.converted(list(values.values()), rows.savers(entity, list(values), work.connection.dialect))
    save = entity.fields["id"].kind.saver(work.connection.dialect)
    done = work.connection.execute(
        f"UPDATE outbox SET {', '.join(f'{name} = ?' for name in values)} WHERE organization_id = ? AND id = ?"
        " AND state IN ('sending', 'uncertain') AND lease_holder = ?",
        [*params, own, save(row["id"]) if save else row["id"], run],
    )
    if done.rowcount and row["email_id"] is not None:
        follow(work, row, outcome)


def follow(work: Work, row: dict[str, Any], outcome: dict[str, Any]) -> None:
    """Let a message's record say how far it came, and its people when they were last heard of; unjournaled."""
    state, own = outcome["state"], bound.organization(work)
    save = catalog.entity("email").fields["id"].kind.saver(work.connection.dialect) or (lambda value: value)
    id = save(row["email_id"])
    if state in ("failed", "cancelled"):
        failed = "UPDATE emails SET status = 'failed' WHERE organization_id = ? AND id = ? AND status = 'queued'"
        work.connection.execute(failed, [own, id])
    if state != "sent":
        return
    now = saved(work, outcome["sent_at"])
    # What is reported of it may have come first: how far it came only moves on.
    work.connection.execute(
        "UPDATE emails SET sent_at = ?, status = CASE WHEN status IN ('queued', 'failed') THEN 'sent' ELSE status END"
        " WHERE organization_id = ? AND id = ?",
        [now, own, id],
    )
    links = "SELECT contact_id, lead_id, opportunity_id FROM emails WHERE organization_id = ? AND id = ?"
    linked = work.connection.execute(links, [own, id]).fetchone() or (None, None, None)
    for target, table in zip(linked, MOVED, strict=True):
        if target is not None:
            heard = "last_activity_at IS NULL OR last_activity_at < ?"
            moved = f"UPDATE {table} SET last_activity_at = ? WHERE organization_id = ? AND id = ? AND ({heard})"
            work.connection.execute(moved, [now, own, target, now])
    if linked[1] is not None:
        answered = "UPDATE leads SET first_responded_at = ? WHERE organization_id = ? AND id = ?"
        work.connection.execute(f"{answered} AND first_responded_at IS NULL", [now, own, linked[1]])


def saved(work: Work, moment: Any) -> Any:
    """Return a moment as the database stores it."""
    [save] = rows.savers(catalog.entity("outbox"), ["due_at"], work.connection.dialect)
    return save(moment) if save else moment
