"""What ends a sequence for somebody: an answer, a bounce, a refusal, a meeting, a conversion."""

from __future__ import annotations

from typing import Any

from mycrm_cli import catalog, clock
from mycrm_cli.services import bound, rows, updating
from mycrm_cli.services.claims import saved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

NAME = "email_sequence_enrollments"
GOING = ("active", "paused")
ENDS = {"converted": "converted", "disqualified": "disqualified"}
"""The statuses of a lead that end its sequences, and why they do."""


def stop(
    work: Work,
    reason: str,
    contact_ids: Iterable[UUID] = (),
    lead_ids: Iterable[UUID] = (),
    addresses: Iterable[str] = (),
    *,
    journaled: bool = False,
) -> int:
    """Stop what somebody still receives and return how many enrollments that were.

    What follows from a command stands in its change, so that undoing it goes on; what is reported does not.
    """
    wanted: dict[str, list[Any]] = {
        "contact_id": list(contact_ids),
        "lead_id": list(lead_ids),
        "to_email": list(addresses),
    }
    ids = {id for column, keys in wanted.items() if keys for id in going(work, column, keys)}
    return end(work, sorted(ids), reason, journaled=journaled)


def going(work: Work, column: str, keys: Sequence[Any]) -> list[UUID]:
    """Return the enrollments of some people that go on, or would after a pause."""
    entity, sqlite = catalog.entity(NAME), work.connection.dialect == "sqlite"
    [save] = rows.savers(entity, [column], work.connection.dialect)
    [load] = [entity.fields["id"].kind.loader(work.connection.dialect)]
    found: list[UUID] = []
    for chunk in rows.chunks(keys):
        values = [save(key) if save else key for key in chunk]
        marks = f"IN ({', '.join('?' * len(values))})" if sqlite else "= ANY(?)"
        told = work.connection.execute(
            f"SELECT id FROM email_sequence_enrollments WHERE organization_id = ? AND status IN ('active', 'paused')"
            f" AND {column} {marks}",
            [bound.organization(work), *(values if sqlite else [values])],
        ).fetchall()
        found += [load(row[0]) if load else row[0] for row in told]
    return found


def end(work: Work, ids: Sequence[UUID], reason: str, *, journaled: bool) -> int:
    """Stop enrollments that go on, and take back what of them waits in the outbox."""
    entity, now, count = catalog.entity(NAME), clock.now(), 0
    for chunk in rows.chunks(ids):
        images = rows.images(work.connection, work.scope, entity, chunk, lock=True)
        values = {"status": "stopped", "stop_reason": reason[:50], "finished_at": now, "next_send_at": None}
        changed = [(id, values) for id, image in images.items() if image["status"] in GOING]
        if journaled:
            updating.write(work, entity, images, changed)
        else:
            rows.update(work.connection, work.scope, entity, changed)
        recall(work, [id for id, _ in changed])
        count += len(changed)
    return count


def recall(work: Work, ids: Sequence[UUID]) -> None:
    """Cancel the messages of enrollments that are still in the outbox; what is on its way goes out."""
    entity, own = catalog.entity(NAME), bound.organization(work)
    kind = entity.fields["id"].kind
    save, now = kind.saver(work.connection.dialect), saved(work, "outbox", "updated_at", clock.now())
    for chunk in rows.chunks(ids):
        marks, keys = ", ".join("?" * len(chunk)), [save(id) if save else id for id in chunk]
        cancelled = work.connection.execute(
            "UPDATE outbox SET state = 'cancelled', updated_at = ? WHERE organization_id = ? AND state = 'queued'"
            f" AND enrollment_id IN ({marks}) RETURNING email_id",
            [now, own, *keys],
        ).fetchall()
        emails = [row[0] for row in cancelled]
        if emails:
            work.connection.execute(
                "UPDATE emails SET status = 'failed' WHERE organization_id = ? AND status = 'queued'"
                f" AND id IN ({', '.join('?' * len(emails))})",
                [own, *emails],
            )


def follow_leads(work: Work, changed: Iterable[tuple[Row | None, Row]]) -> None:
    """Stop the sequences of leads that are converted or given up from now on."""
    ended: dict[str, list[UUID]] = {}
    for before, after in changed:
        if before is not None and before["status"] != after["status"] and after["status"] in ENDS:
            ended.setdefault(ENDS[after["status"]], []).append(after["id"])
    for reason, ids in ended.items():
        stop(work, reason, lead_ids=ids, journaled=True)


def follow_meetings(work: Work, activities: Iterable[Row]) -> None:
    """Stop the sequences of people with whom there was a meeting since they began."""
    last: dict[tuple[str, UUID], datetime] = {}
    for row in activities:
        for column in ("contact_id", "lead_id"):
            if row["activity_type"] == "meeting" and row[column] is not None:
                key = (column, row[column])
                last[key] = max(row["occurred_at"], last.get(key, row["occurred_at"]))
    for column in ("contact_id", "lead_id"):
        people = {id: at for (name, id), at in last.items() if name == column}
        ids = going(work, column, sorted(people)) if people else []
        images = rows.images(work.connection, work.scope, catalog.entity(NAME), ids)
        met = [id for id, image in images.items() if people[image[column]] >= image["enrolled_at"]]
        end(work, met, "meeting", journaled=True)
