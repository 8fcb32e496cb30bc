"""Postmark's webhooks: an object for each event, which names the message by Postmark's own key."""

from __future__ import annotations

from mycrm_cli.services.mail.happening import Event
from mycrm_cli.services.mail.providers import cells
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NAME = "postmark"
TIMES = {
    "Delivery": "DeliveredAt",
    "Bounce": "BouncedAt",
    "SpamComplaint": "BouncedAt",
    "Open": "ReceivedAt",
    "Click": "ReceivedAt",
    "SubscriptionChange": "ChangedAt",
}
TYPES = {"Delivery": "delivered", "SpamComplaint": "complaint", "Open": "open", "Click": "click"}
HARD = ("HardBounce", "BadEmailAddress", "ManuallyDeactivated")
BOUNCES = {
    "SpamNotification": "complaint",
    "SpamComplaint": "complaint",
    "Unsubscribe": "unsubscribe",
    "Transient": "deferred",
    **dict.fromkeys(("AutoResponder", "AddressChange", "ChallengeVerification", "Subscribe", "OpenRelayTest"), "other"),
    **dict.fromkeys(("SMTPApiError", "TemplateRenderingFailed"), "failed"),
}
"""What Postmark counts among bounces and is something else."""
CHANGES = {"HardBounce": "bounce", "SpamComplaint": "complaint", "ManualSuppression": "unsubscribe"}
METADATA = ("message-id", "message_id", "messageid")
"""Keys under which a message may carry its own Message-ID along (``X-PM-Metadata-message-id``)."""
KEPT = (
    "Type",
    "Description",
    "Details",
    "Tag",
    "MessageStream",
    "UserAgent",
    "Platform",
    "SuppressionReason",
    "Origin",
)


def unpack(value: Any) -> list[Any]:
    """Return the entries of a value."""
    return value if isinstance(value, list) else [value]


def events(entry: dict[str, Any]) -> Iterator[Event]:
    """Yield what an entry reports."""
    told = entry.get("RecordType")
    if not isinstance(told, str):
        raise Problem("required", "no RecordType: is this a report of Postmark?")
    if told not in TIMES:
        return
    type, bounce_type = kind_of(entry, told)
    own = cells.key(entry.get("MessageID"), "MessageID")
    own = None if own is None or not own.strip("0-") else own
    address = cells.address(entry.get("Recipient") or entry.get("Email"))
    carried = entry.get("Metadata")
    carried = {str(key).lower(): value for key, value in carried.items()} if isinstance(carried, dict) else {}
    message_id = next((cells.key(carried[key], key) for key in METADATA if carried.get(key)), None)
    cells.required((told,), own, address, message_id)
    number = cells.key(entry.get("ID"), "ID") if told in ("Bounce", "SpamComplaint") else None
    yield Event(
        provider=NAME,
        event_id=f"{told}:{number}" if number and number != "0" else cells.digest(entry),
        type=type,
        occurred_at=cells.moment(entry.get(TIMES[told])),
        message_id=message_id,
        address=address,
        url=cells.text(entry.get("OriginalLink"), cells.LONGEST_URL),
        bounce_type=bounce_type,
        detail=cells.text(entry.get("Description") or entry.get("SuppressionReason"), 255),
        data=cells.extras(entry, KEPT),
        provider_key=own,
    )


def kind_of(entry: dict[str, Any], told: str) -> tuple[str, str | None]:
    """Return what happened, and of a bounce whether it is for good."""
    if told == "SubscriptionChange":
        type = CHANGES.get(str(entry.get("SuppressionReason")), "unsubscribe")
        type = type if entry.get("SuppressSending") is True else "other"
        return type, "hard" if type == "bounce" else None
    if told == "Bounce":
        reason = str(entry.get("Type"))
        type = BOUNCES.get(reason, "bounce")
        return type, None if type != "bounce" else "hard" if reason in HARD else "soft"
    return TYPES[told], None
