"""Tasks know who wrote them down, and recur by rules that can be read."""

from __future__ import annotations

from datetime import datetime

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.times import zone
from mycrm_cli.services import activities, recurrence, repeating, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def fill(work: Work, values: Sequence[Row]) -> None:
    """Say who wrote it down and who does it, and what follows from its rule and its status."""
    activities.sign(work, values, "created_by_id", "assigned_to_id")
    for value in values:
        if rule := value.get("recurrence_rule"):
            value["recurrence_rule"] = recurrence.normal(rule)
            value["timezone"] = value.get("timezone") or work.scope.locale.timezone
            value["occurrence"] = value.get("occurrence") or _occurrence(value)
        value["is_recurring"] = bool(rule)
        if value.get("status") == "completed" and not activities.imported(work):
            value.setdefault("completed_at", clock.now())


def adapt(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Write out the words that people say for common rules."""
    for _, changes in edits:
        if rule := changes.get("recurrence_rule"):
            changes["recurrence_rule"] = recurrence.normal(rule)


def derive(work: Work, changes: Sequence[tuple[Row, Row]]) -> None:
    """Keep in line what follows from a rule and a status.

    A new due date alone moves this task, not the series: that starts anew with a new rule or time zone.
    """
    for before, touched in changes:
        if {"recurrence_rule", "timezone"} & touched.keys():
            after = before | touched
            rule = after["recurrence_rule"]
            if rule and not after["timezone"]:
                after["timezone"] = work.scope.locale.timezone
                _put(before, touched, "timezone", after["timezone"])
            _put(before, touched, "is_recurring", bool(rule))
            _put(before, touched, "occurrence", _occurrence(after) if rule else None)
        if "status" in touched:
            if touched["status"] != "completed":
                _put(before, touched, "completed_at", None)
            elif touched.get("completed_at") is None:
                touched["completed_at"] = clock.now()


def _put(before: Row, touched: Row, name: str, value: object) -> None:
    """Touch a column where it would really change."""
    touched.pop(name, None)
    if before[name] != value:
        touched[name] = value


def _occurrence(row: Row) -> str | None:
    """Return the local time from which a series starts; what cannot be told is refused by ``check``."""
    if row.get("due_date") is None:
        return None
    try:
        return recurrence.local_time(row["due_date"], row["timezone"]).isoformat()
    except BadValue:
        return None


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a zone and a rule that cannot be read, and a series without a beginning."""
    fields = catalog.entity("task").fields
    rule, zone_name = after["recurrence_rule"], after["timezone"]
    if rule and after["due_date"] is None:
        raise Invalid(
            "due date: a task that comes again needs one, from which its series starts",
            details=[{"field": "due_date", "code": "required"}],
            hint=f"--due mon --recurrence '{recurrence.EXAMPLE}'",
        )
    if before is not None and (before["recurrence_rule"], before["timezone"]) == (rule, zone_name):
        return
    try:
        if zone_name:
            zone(zone_name)
    except BadValue as error:
        raise values.invalid(fields["timezone"], error) from None
    try:
        if rule:
            recurrence.check(rule, datetime.fromisoformat(after["occurrence"]), zone_name)
    except BadValue as error:
        raise values.invalid(fields["recurrence_rule"], error) from None


def follow(work: Work, written: Sequence[Written]) -> None:
    """Write down what was done, and make the next ones of what recurs; an import brings both along itself."""
    if activities.imported(work):
        return
    done = [
        after
        for before, after, _ in written
        if after["status"] == "completed" and (before is None or before["status"] != "completed")
    ]
    if done:
        repeating.write_down(work, done)
        repeating.repeat(work, done)
