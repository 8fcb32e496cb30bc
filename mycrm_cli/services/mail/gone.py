"""Messages that were deleted here: reading a mailbox again does not bring them back."""

from __future__ import annotations

import hashlib

from mycrm_cli import catalog, clock
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mycrm_cli.services.work import Work

PROVIDER = "mail"


def key(message_id: str) -> str:
    """Return under what a deleted message is remembered; it tells nothing about who wrote it."""
    return f"deleted {hashlib.sha256(message_id.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def note(work: Work, message_ids: Iterable[str]) -> None:
    """Remember that messages were deleted, unjournaled: where that is taken back, they are there again anyway."""
    from mycrm_cli.services.mail import events
    from mycrm_cli.services.mail.happening import Event, Found

    now = clock.now()
    told = [Event(PROVIDER, key(each), "other", now, detail="deleted here") for each in sorted(set(message_ids))]
    events.written(work, [Found(event) for event in told])


def among(work: Work, message_ids: Iterable[str]) -> set[str]:
    """Return those of the messages that were deleted."""
    keys = {key(each): each for each in message_ids}
    entity, within = catalog.entity("email_events"), {"provider": PROVIDER}
    found = rows.fetch(work.connection, work.scope, entity, "event_id", sorted(keys), ["event_id"], within=within)
    return {keys[row[0]] for row in found}
