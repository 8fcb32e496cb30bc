"""Somebody who is taken out of a sequence for good gets nothing of it that still waits."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.services.work import Work


def release(work: Work, ids: Sequence[UUID]) -> None:
    """Take back what waits in the outbox, while it still names them."""
    from mycrm_cli.services.sequences import stopping

    stopping.recall(work, ids)
