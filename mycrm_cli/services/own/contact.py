"""Contacts keep their addresses in line with their primary one."""

from __future__ import annotations

from mycrm_cli.services import addresses
from mycrm_cli.services.people import consent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def adapt(work: Work, edits: Sequence[tuple[Row, Row]]) -> None:
    """Keep refusals of calls and mail."""
    consent.keep(work, edits)


def follow(work: Work, written: Sequence[Written]) -> None:
    """Bring the addresses in line with the contacts and the further addresses given, and keep refusals of files."""
    addresses.follow(work, written)
    consent.hold(work, written)
