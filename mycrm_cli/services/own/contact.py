"""Contacts keep their addresses in line with their primary one."""

from __future__ import annotations

from mycrm_cli.services import addresses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.work import Work


def follow(work: Work, written: Sequence[Written]) -> None:
    """Bring the addresses in line with the contacts and with the further addresses given."""
    addresses.follow(work, written)
