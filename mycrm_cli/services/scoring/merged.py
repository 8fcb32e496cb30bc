"""The history of a lead that others were merged into: it has their rows as well, and ends with its own score."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.services import records
from mycrm_cli.services.scoring import explaining

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from mycrm_cli.services.work import Work


def newest(work: Work, id: UUID) -> dict[str, Any] | None:
    """Return the newest row of a lead's history."""
    return explaining.newest(work.reader, id)


def again(work: Work, id: UUID, own: dict[str, Any] | None) -> None:
    """Repeat the row that was a lead's newest, where one of another lead is newer by now."""
    last = newest(work, id) if own is not None else None
    if own is None or last is None or last["id"] == own["id"]:
        return
    values = {name: own[name] for name in explaining.ENTRY}
    records.put(work, "score", [{**values, "lead_id": id, "scored_at": clock.now()}])
