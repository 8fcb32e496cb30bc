"""Line items know their product, their place and their total, and move the value of their deal."""

from __future__ import annotations

from mycrm_cli.services import items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def fill(work: Work, values: Sequence[Row]) -> None:
    """Complete new items."""
    items.complete(work, values)


def adapt(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Complete changes: another deal, another product."""
    items.adapt(work, edits)


def derive(work: Work, changes: Sequence[tuple[Row, Row]]) -> None:
    """Compute again what follows from a change."""
    items.recompute(changes)


def follow(work: Work, written: Sequence[Written]) -> None:
    """Let the values of deals follow; items that an export of ours brings along came with their deal's value."""
    deals = set()
    for before, after, given in written:
        if before is None and not given[items.ALONG]:
            deals.add(after["opportunity_id"])
        elif before is not None and moved(before, after):
            deals |= {before["opportunity_id"], after["opportunity_id"]}
    if deals:
        items.refresh(work, deals)


def moved(before: Row, after: Row) -> bool:
    """Return whether a change of an item changes the value of a deal."""
    return any(before[name] != after[name] for name in ("total", "opportunity_id"))


def leave(work: Work, images: Sequence[Row]) -> None:
    """Let the values of deals follow to what is left."""
    items.refresh(work, {image["opportunity_id"] for image in images}, [image["id"] for image in images])
