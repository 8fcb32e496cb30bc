"""A report about a message, as every source tells it, and the message it was found to be about."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any
    from uuid import UUID

BY_ADDRESS = frozenset(("bounce", "complaint", "unsubscribe"))
"""What may be about the newest message to an address, where no message is named."""


class Event(NamedTuple):
    """One report. ``type`` is one of the catalogue's for email_events; ``bounce_type`` is hard or soft.

    ``message_id`` is the message's Message-ID as it was sent, ``provider_key`` the name that the provider gave it.
    """

    provider: str
    event_id: str
    type: str
    occurred_at: datetime
    message_id: str | None = None
    address: str | None = None
    url: str | None = None
    bounce_type: str | None = None
    detail: str | None = None
    data: Mapping[str, Any] = {}
    provider_key: str | None = None


class Found(NamedTuple):
    """A report and the message it is about; ``is_foreign`` says that it names a message that was not sent from here."""

    event: Event
    email_id: UUID | None = None
    to_email: str | None = None
    is_foreign: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it says anything here: about a message, about an address, or about a message still to be known."""
        if self.email_id is not None:
            return True
        if self.is_foreign:
            return False
        return self.event.provider_key is not None or (self.event.type in BY_ADDRESS and self.event.address is not None)
