"""What comes from calendars becomes tasks: what is over is done, and a series begins with what is next."""

from __future__ import annotations

from datetime import datetime, timedelta

from mycrm_cli import clock
from mycrm_cli.kinds import BadValue
from mycrm_cli.services import recurrence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

START, ENTRY = "series_start", "from_calendar"
EVENT, OURS = "event", "ours"
DONE = "+done"
"""What an import says of a task of ours that another program finished: what recurs makes its next one."""
WORDS = {START: "occurrence", ENTRY: "outcome"}
"""What only imports say: the local time from which a series counts, and that an entry is an event."""


def take_in(work: Work, incoming: Sequence[tuple[Row | None, Row]]) -> None:
    """Turn what a calendar says of series and of events into fields, in place."""
    for before, values in incoming:
        start, entry = values.pop(START, None), values.pop(ENTRY, None)
        if start is not None and values.get("recurrence_rule"):
            values["occurrence"] = start
        if entry == OURS:
            if before is not None and before["status"] != "completed" and values.get("status") == "completed":
                values[DONE] = True
            continue
        if entry is None:
            continue
        # The time at which the task was made tells for ever what was over by then: a second import changes nothing.
        then = before["created_at"] if before is not None else clock.now()
        try:
            if values.get("recurrence_rule"):
                _begin(work, values, then, is_event=entry == EVENT)
            elif entry == EVENT:
                _finish(values, then)
        except BadValue:
            continue  # the rule is refused where all are checked


def _finish(values: Row, then: datetime) -> None:
    """Let an event that is over be done."""
    due = values.get("due_date")
    if due is not None and due < then and not values.get("status"):
        values["status"] = "completed"
        values.setdefault("completed_at", due)


def _begin(work: Work, values: Row, then: datetime, *, is_event: bool) -> None:
    """Let a series begin with its first occurrence that is not left out, and that lies ahead for events."""
    zone = values.get("timezone") or work.scope.locale.timezone
    if values.get("due_date") is None:
        return
    text = values.get("occurrence") or recurrence.local_time(values["due_date"], zone).isoformat()
    rule, local, excluded = values["recurrence_rule"], datetime.fromisoformat(text), values.get("excluded_dates") or ()
    moment = recurrence.moment(local, zone)
    if not (recurrence.is_excluded(local, excluded) or (is_event and moment < then)):
        return
    after = then - timedelta(microseconds=1) if is_event else None
    step = recurrence.next_occurrence(rule, local, zone, excluded, after)
    if step is None:
        if is_event:
            values["recurrence_rule"] = None
            values.pop("occurrence", None)
            _finish(values, then)
        return
    _move(values, moment, step, zone)


def _move(values: Row, moment: datetime, step: recurrence.Next, zone: str) -> None:
    """Put due date and reminder at another occurrence of the series."""
    ahead = values["due_date"] - moment
    if values.get("reminder_at") is not None:
        values["reminder_at"] = step.moment + (values["reminder_at"] - moment)
    values["due_date"] = step.moment + ahead
    values["occurrence"] = step.local.isoformat()
    values["recurrence_rule"] = step.rule
    values.setdefault("timezone", zone)
