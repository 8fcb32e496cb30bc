"""Tasks know who wrote them down, and recur by rules that can be read."""

from __future__ import annotations

from datetime import datetime

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.times import zone
from mycrm_cli.services import activities, calendared, excluding, recurrence, repeating, series, values
from mycrm_cli.services.reminding import claims

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.catalog import Field
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

WORDS = calendared.WORDS


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


def take_in(work: Work, incoming: Sequence[tuple[Row | None, Row]]) -> None:
    """Turn what calendars say into fields."""
    calendared.take_in(work, incoming)


def adapt(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Write out the words that people say for common rules, and what is said of whole series."""
    series.adapt(work, edits)
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
            start = touched.get("occurrence") or _start(before, after, touched) if rule else None
            _put(before, touched, "occurrence", start)
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


def _start(before: Row, after: Row, touched: Row) -> str | None:
    """Return from which time a series goes on: a new end alone moves nothing."""
    old, new = before["recurrence_rule"], after["recurrence_rule"]
    if (
        old
        and before["occurrence"]
        and "timezone" not in touched
        and recurrence.endless(old) == recurrence.endless(new)
    ):
        kept: str = before["occurrence"]
        return kept
    return _occurrence(after)


def _occurrence(row: Row) -> str | None:
    """Return the local time from which a series starts; what cannot be told is refused by ``check``."""
    if row.get("due_date") is None:
        return None
    try:
        return recurrence.local_time(row["due_date"], row["timezone"]).isoformat()
    except BadValue:
        return None


def read(reader: Reader, field: Field, text: str) -> Any:
    """Read excluded dates as people type them: days, with commas between them."""
    if field.name != "excluded_dates":
        return None
    try:
        return excluding.typed(text)
    except BadValue as error:
        raise values.invalid(field, error) from None


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a zone and a rule that cannot be read, and a series without a beginning."""
    fields = catalog.entity("task").fields
    try:
        if before is None or before["excluded_dates"] != after["excluded_dates"]:
            excluding.check(after["excluded_dates"])
    except BadValue as error:
        raise values.invalid(fields["excluded_dates"], error) from None
    rule, zone_name = after["recurrence_rule"], after["timezone"]
    if rule and after["due_date"] is None:
        raise Invalid(
            "due date: a task that comes again needs one, from which its series starts",
            details=[{"field": "due_date", "code": "required"}],
            hint=f"--due mon --recurrence '{recurrence.EXAMPLE}'",
        )
    if before is not None and all(
        before[name] == after[name] for name in ("recurrence_rule", "timezone", "occurrence")
    ):
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
        claims.handle(work, written)
        repeating.repeat(work, [after for _, after, given in written if given.get(calendared.DONE)])
        return
    done = [
        after
        for before, after, _ in written
        if after["status"] == "completed" and (before is None or before["status"] != "completed")
    ]
    if done:
        repeating.write_down(work, done)
        repeating.repeat(work, done)
