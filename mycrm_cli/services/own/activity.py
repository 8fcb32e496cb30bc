"""What happened moves the records it happened with."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.services import activities
from mycrm_cli.services.sequences import stopping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

MOVING = ("occurred_at", "direction", "activity_type", *activities.MOVED)
"""Columns whose change moves the records again."""


def fill(work: Work, values: Sequence[Row]) -> None:
    """Say who took part and when it was, and link what belongs together."""
    activities.sign(work, values, "user_id")
    activities.fill_links(work, values)
    if not activities.imported(work):
        now = clock.now()
        for value in values:
            value.setdefault("occurred_at", now)


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse what has not happened yet."""
    if before is None or before["occurred_at"] != after["occurred_at"]:
        activities.check_past(work, after, "occurred_at")


def follow(work: Work, written: Sequence[Written]) -> None:
    """Move the last activity of the records, and answer leads."""
    moved = [
        after
        for before, after, _ in written
        if before is None or any(before[column] != after[column] for column in MOVING)
    ]
    activities.advance(work, [activities.happened(row) for row in moved])
    stopping.follow_meetings(work, moved)
