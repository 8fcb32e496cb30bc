"""Exchange rates hold from a day on, today unless told; the organization's own currency has none."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.errors import Invalid
from mycrm_cli.services import moments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def fill(work: Work, values: Sequence[Row]) -> None:
    """Let rates without a day hold from today on."""
    today = moments.local_day(work, clock.now())
    for value in values:
        if value.get("date") is None:
            value["date"] = today


def check(work: Work, before: Row | None, after: Row) -> None:
    """Refuse a rate of the currency that all rates are in."""
    own = work.scope.locale.currency
    if after["currency"] == own:
        raise Invalid(
            f"{own} is the organization's own currency: one {own} is always worth one {own}",
            details=[{"field": "currency", "code": "own_currency"}],
            hint=f"a rate tells what one unit of another currency is worth in {own}",
        )
