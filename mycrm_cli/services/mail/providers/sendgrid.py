"""Twilio SendGrid's Event Webhook: an array of events; opens and clicks name the message by SendGrid's own key."""

from __future__ import annotations

from mycrm_cli.services.mail.happening import Event
from mycrm_cli.services.mail.providers import cells
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NAME = "sendgrid"
TYPES = {
    "processed": "other",
    "deferred": "deferred",
    "delivered": "delivered",
    "bounce": "bounce",
    "blocked": "bounce",
    "dropped": "failed",
    "open": "open",
    "click": "click",
    "spamreport": "complaint",
    "unsubscribe": "unsubscribe",
    "group_unsubscribe": "unsubscribe",
    "group_resubscribe": "other",
}
DROPPED = (
    ("bounced address", "bounce"),
    ("invalid", "bounce"),
    ("unsubscribed address", "unsubscribe"),
    ("spam reporting address", "complaint"),
)
"""What SendGrid had known of an address to which it did not even try to send."""
KEPT = ("reason", "status", "response", "type", "attempt", "ip", "useragent", "bounce_classification", "asm_group_id")


def unpack(value: Any) -> list[Any]:
    """Return the entries of a value."""
    return value if isinstance(value, list) else [value]


def events(entry: dict[str, Any]) -> Iterator[Event]:
    """Yield what an entry reports."""
    told = entry.get("event")
    if not isinstance(told, str):
        raise Problem("required", "no event: is this a report of SendGrid?")
    type = TYPES.get(told)
    if type is None:
        return
    if type == "open" and entry.get("sg_machine_open") is True:
        type = "other"  # a mail program fetched the picture by itself
    base = base_of(entry)._replace(type=type)
    cells.required((told,), base.message_id, base.provider_key, base.address)
    if type == "bounce":
        soft = told == "blocked" or entry.get("type") == "blocked"
        base = base._replace(bounce_type="soft" if soft else cells.hardness(entry.get("status"), usual="hard"))
    yield base
    reason = str(entry.get("reason") or "").lower()
    known = next((kind for word, kind in DROPPED if told == "dropped" and reason.startswith(word)), None)
    if known is not None:
        hard = "hard" if known == "bounce" else None
        yield base._replace(type=known, event_id=f"{base.event_id}:{known}"[-255:], bounce_type=hard)


def base_of(entry: dict[str, Any]) -> Event:
    """Return what all reports have."""
    return Event(
        provider=NAME,
        event_id=cells.key(entry.get("sg_event_id"), "sg_event_id") or cells.digest(entry),
        type="other",
        occurred_at=cells.moment(entry.get("timestamp")),
        message_id=cells.key(entry.get("smtp-id"), "smtp-id"),
        address=cells.address(entry.get("email")),
        url=cells.text(entry.get("url"), cells.LONGEST_URL),
        detail=cells.text(entry.get("reason") or entry.get("response"), 255),
        data=cells.extras(entry, KEPT),
        provider_key=name_of(entry),
    )


def name_of(entry: dict[str, Any]) -> str | None:
    """Return SendGrid's own key of a message, without the part that says which of its servers had it."""
    told = cells.key(entry.get("sg_message_id"), "sg_message_id")
    return told.split(".filter")[0].split(".recvd")[0] if told else None
