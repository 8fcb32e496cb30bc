"""Users keep to their rank, leave nothing open behind, and an organization keeps its administrators."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.kinds import BadValue
from mycrm_cli.kinds.times import zone
from mycrm_cli.services import offboarding, roles, values
from mycrm_cli.services.reminding import quiet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse to give or touch a role above one's own, a zone that there is not, and quiet hours that are none."""
    roles.check_user(work, before, after)
    if before is None or before["timezone"] != after["timezone"]:
        _check_zone(after["timezone"])
    if before is None or before["quiet_hours"] != after["quiet_hours"]:
        quiet.check(after["quiet_hours"])


def _check_zone(name: str | None) -> None:
    """Refuse a time zone that there is not; raises Invalid."""
    try:
        if name:
            zone(name)
    except BadValue as error:
        raise values.invalid(catalog.entity("user").fields["timezone"], error) from None


def settle(work: Work, changed: Sequence[tuple[Row, Row]]) -> None:
    """Refuse to lose the last administrator, and to disable somebody to whom open records belong."""
    roles.keep_administrators(work, changed)
    if leaving := [before for before, after in changed if before["is_active"] and not after["is_active"]]:
        offboarding.refuse_open(work, leaving)


def follow(work: Work, written: Sequence[Written]) -> None:
    """End the sessions and tokens of users who were disabled, or who may or prove something else now."""
    roles.end_changed(work, [(record.before, record.after) for record in written if record.before])
