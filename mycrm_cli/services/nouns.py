"""What one noun asks for beside the rules of all: one place, which adding and editing call.

``CHECKS`` see a record as it was (None for a new one) and as it will be; ``FOLLOWERS`` bring other
tables in line with rows that were written, each with the values that were given for it.
"""

from __future__ import annotations

from mycrm_cli.services import addresses, roles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

CHECKS: dict[str, Callable[[Work, Row | None, Row], None]] = {"user": roles.check_user}
SETTLERS: dict[str, Callable[[Work, Sequence[tuple[Row, Row]]], None]] = {"user": roles.keep_administrators}
FOLLOWERS: dict[str, Callable[[Work, Sequence[tuple[Row, Row]]], None]] = {"contact": addresses.follow}


def check(work: Work, entity: Entity, before: Row | None, after: Row) -> None:
    """Check the rules of the record's noun."""
    if entity.name in CHECKS:
        CHECKS[entity.name](work, before, after)


def settle(work: Work, entity: Entity, changed: Sequence[tuple[Row, Row]]) -> None:
    """Check the rules that concern several records together, once they are written: (before, after) of each."""
    if entity.name in SETTLERS and changed:
        SETTLERS[entity.name](work, changed)


def follow(work: Work, entity: Entity, written: Sequence[tuple[Row, Row]]) -> None:
    """Bring what belongs to the records in line with them."""
    if entity.name in FOLLOWERS:
        FOLLOWERS[entity.name](work, written)
