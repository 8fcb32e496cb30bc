"""What is written down when deals move: the step, an activity, and that something happened with the people."""

from __future__ import annotations

from mycrm_cli.services import activities, records, stages
from mycrm_cli.services.activities import Happening

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def follow(work: Work, written: Sequence[Written]) -> None:
    """Write down the steps of new deals and of those that came to another stage."""
    moved = [
        record for record in written if record.before is None or record.before["stage_id"] != record.after["stage_id"]
    ]
    records.put(work, "stage_history", [_step(work, record) for record in moved])
    moved = [record for record in moved if record.before is not None]
    records.put(work, "activity", [_activity(work, record) for record in moved])
    activities.advance(
        work, [Happening({"contact_id": after["contact_id"]}, after["stage_changed_at"]) for _, after, _ in moved]
    )


def _step(work: Work, record: Written) -> Row:
    """Return the row of the stage history."""
    before, after, _ = record
    return {
        "opportunity_id": after["id"],
        "from_stage_id": before["stage_id"] if before else None,
        "to_stage_id": after["stage_id"],
        "changed_at": after["stage_changed_at"],
        "user_id": work.scope.user_id,
        "value": after["value"],
        "probability": after["probability"],
    }


def _activity(work: Work, record: Written) -> Row:
    """Return the activity: from where to where."""
    before, after, _ = record
    known = stages.known(work)
    names = [known.stage(row["stage_id"]).name for row in (before or after, after)]
    return {
        "activity_type": "stage_change",
        "subject": " -> ".join(names),
        "occurred_at": after["stage_changed_at"],
        "user_id": work.scope.user_id,
        "opportunity_id": after["id"],
        "contact_id": after["contact_id"],
        "company_id": after["company_id"],
    }
