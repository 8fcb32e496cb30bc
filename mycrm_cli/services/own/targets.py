"""Targets are for whole months."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.errors import Invalid
from mycrm_cli.kinds import months
from mycrm_cli.kinds.times import zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import date

    from mycrm_cli.catalog import Field
    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def read(reader: Reader, field: Field, text: str) -> date | None:
    """Read a month as people write it: 2026-11, next-month."""
    if field.name != "month":
        return None
    return months.first_day(text, clock.now().astimezone(zone(reader.scope.locale.timezone)).date())


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a target that begins in the middle of a month."""
    if after["month"].day != 1:
        raise Invalid(
            f"a target is for a whole month, and {after['month']} is a day in the middle of one",
            details=[{"field": "month", "code": "not_a_month"}],
            hint=f"--month {after['month']:%Y-%m}",
        )
