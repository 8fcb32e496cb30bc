"""Messages know their people and move the records they were exchanged with."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.services import activities, correspondents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

MOVING = ("sent_at", "status", "from_email", *activities.MOVED)


def fill(work: Work, values: Sequence[Row]) -> None:
    """Say whose it is and when it was sent, and find the people behind its addresses."""
    activities.sign(work, values, "user_id")
    correspondents.fill(work, values)
    if not activities.imported(work):
        now = clock.now()
        for value in values:
            if value.get("status") not in activities.UNSENT:
                value.setdefault("sent_at", now)


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse what has not been sent yet."""
    if before is None or before["sent_at"] != after["sent_at"]:
        activities.check_past(work, after, "sent_at")


def follow(work: Work, written: Sequence[Written]) -> None:
    """Move the last activity of the records; a message of ours answers a lead."""
    moved = [
        after
        for before, after, _ in written
        if (before is None or any(before[column] != after[column] for column in MOVING))
        and after["sent_at"] is not None
        and after["status"] not in activities.UNSENT
    ]
    ours = correspondents.ours(work, [row["from_email"] for row in moved])
    activities.advance(
        work,
        [
            activities.Happening(row, row["sent_at"], row["status"] != "bounced" and row["from_email"] in ours)
            for row in moved
        ],
    )


def leave(work: Work, images: Sequence[Row]) -> None:
    """Send nothing any more that waits in the outbox; what is in a mailbox still does not come back from there."""
    from mycrm_cli.services.mail import gone, recalling

    message_ids = {row["message_id"] for row in images if row["message_id"]}
    recalling.leave(work, message_ids)
    gone.note(work, message_ids)
