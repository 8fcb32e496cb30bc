"""Cron jobs know when they are due next, and whose they are."""

from __future__ import annotations

import re

from mycrm_cli import clock
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.times import zone
from mycrm_cli.services.cron.schedule import Schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

NAME = re.compile(r"\w[\w.-]*")
TIMED = {"schedule", "timezone", "is_enabled"}


def fill(work: Work, values: Sequence[Row]) -> None:
    """Note who adds it and in which zone, and when it is due first."""
    for value in values:
        value.setdefault("user_id", work.scope.user_id)
        value["timezone"] = value.get("timezone") or work.scope.locale.timezone
        value["next_run_at"] = due(value) if value.get("is_enabled", True) else None


def derive(work: Work, changes: Sequence[tuple[Row, Row]]) -> None:
    """Move the next time along with the schedule; a job that is switched on again makes up for nothing."""
    for before, touched in changes:
        if TIMED & touched.keys():
            after = before | touched
            touched["next_run_at"] = due(after) if after["is_enabled"] else None


def due(job: Row) -> object:
    """Return when a job is due next; raises Invalid for a schedule or a zone that is none."""
    try:
        zone(job["timezone"])
    except BadValue as error:
        detail: dict[str, object] = {"field": "timezone", "code": error.code}
        raise Invalid(f"timezone: {error.message}", details=[detail]) from None
    return Schedule(job["schedule"]).after(clock.now(), job["timezone"])


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a name that no command line could use, and a schedule that is none, also of a job that is off."""
    if not NAME.fullmatch(after["name"]):
        raise Invalid(
            f"{after['name']!r} is no name for a job: letters, digits, . - and _ only",
            details=[{"field": "name", "code": "pattern"}],
        )
    due(after)
