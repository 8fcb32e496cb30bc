"""Amazon SES: notifications and event publishing, plain or in the envelopes of SNS, Lambda and EventBridge."""

from __future__ import annotations

from mycrm_cli.services.mail.happening import Event
from mycrm_cli.services.mail.providers import cells
from mycrm_cli.services.transfer.jsons import STRICT, check_texts
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NAME = "ses"
TYPES = {
    "Bounce": "bounce",
    "Complaint": "complaint",
    "Delivery": "delivered",
    "Send": "other",
    "Reject": "failed",
    "Open": "open",
    "Click": "click",
    "Rendering Failure": "failed",
    "DeliveryDelay": "deferred",
    "Subscription": "unsubscribe",
}
PARTS = {
    "Rendering Failure": "failure",
    "DeliveryDelay": "deliveryDelay",
}
"""The member that tells more, where it is not called as the event."""
RECIPIENTS = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients", "deliveryDelay": "delayedRecipients"}
CONTROL = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
KEPT = (
    *("bounceType", "bounceSubType", "complaintFeedbackType", "complaintSubType", "delayType", "reason"),
    *("errorMessage", "smtpResponse", "ipAddress", "userAgent", "reportingMTA"),
)


def unpack(value: Any) -> list[Any]:
    """Return the entries of a value: Lambda is given several records."""
    if isinstance(value, dict) and isinstance(value.get("Records"), list):
        return [record.get("Sns", record) if isinstance(record, dict) else record for record in value["Records"]]
    return value if isinstance(value, list) else [value]


def events(entry: dict[str, Any]) -> Iterator[Event]:
    """Yield what an entry reports, one for each recipient."""
    entry = opened(entry)
    told = entry.get("eventType") or entry.get("notificationType")
    if entry.get("Type") in CONTROL:
        return
    if not isinstance(told, str):
        raise Problem("required", "no eventType or notificationType: is this a report of Amazon SES?")
    type = TYPES.get(told)
    mail = entry.get("mail")
    if type is None or not isinstance(mail, dict):
        return
    name = PARTS.get(told, told.lower())
    part = entry.get(name)
    part = part if isinstance(part, dict) else {}
    type = adjusted(type, part)
    message_id, own = message_id_of(mail), cells.key(mail.get("messageId"), "messageId")
    for told_address, more in recipients(part, name, mail):
        at = cells.moment(part.get("timestamp") or mail.get("timestamp"))
        address, url = cells.address(told_address), cells.text(part.get("link"), cells.LONGEST_URL)
        cells.required((told,), message_id, own, address)
        detail = more.get("diagnosticCode") or part.get("complaintFeedbackType") or part.get("errorMessage")
        yield Event(
            provider=NAME,
            event_id=cells.digest(told, own, message_id, at.isoformat(), told_address, url, part.get("feedbackId")),
            type=type,
            occurred_at=at,
            message_id=message_id,
            address=address,
            url=url,
            bounce_type=hardness(part) if type == "bounce" else None,
            detail=cells.text(detail or part.get("smtpResponse") or part.get("reason"), 255),
            data=cells.extras(part, KEPT) | cells.extras(more, ("status", "action", "diagnosticCode")),
            provider_key=own,
        )


def opened(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what is in the envelope of SNS, whose message is JSON in a text, or of EventBridge."""
    message = entry.get("Message", entry.get("detail"))
    if entry.get("Type") in CONTROL or not isinstance(message, (str, dict)):
        return entry
    if isinstance(message, str):
        try:
            message = STRICT.decode(message)
        except (ValueError, RecursionError):
            # SNS itself says something in plain words, such as that a topic was set up.
            if not message.lstrip().startswith("{"):
                return {"Type": CONTROL[0]}
            raise Problem("not_json", "the Message in its envelope is not valid JSON") from None
        check_texts(message)
    if not isinstance(message, dict):
        raise Problem("not_json", "the Message in its envelope is no object")
    return message


def adjusted(type: str, part: dict[str, Any]) -> str:
    """Return the kind of what is not what its name says."""
    if type == "complaint" and part.get("complaintFeedbackType") == "not-spam":
        return "other"
    if type == "unsubscribe" and cells.member(part, "newTopicPreferences", "unsubscribeAll") is not True:
        return "other"
    return type


def recipients(part: dict[str, Any], name: str, mail: dict[str, Any]) -> list[tuple[Any, dict[str, Any]]]:
    """Return whom it concerns, with what is told of each."""
    listed = part.get(RECIPIENTS.get(name, "recipients")) or mail.get("destination") or [None]
    several = listed if isinstance(listed, list) else [listed]
    if name in ("open", "click", "subscription") and len(several) > 1:
        several = [None]  # which of them it was is not told
    return [(each.get("emailAddress"), each) if isinstance(each, dict) else (each, {}) for each in several]


def message_id_of(mail: dict[str, Any]) -> str | None:
    """Return the Message-ID that the message was handed in with, which SES tells only among its headers."""
    headers = mail.get("headers")
    for header in headers if isinstance(headers, list) else ():
        if isinstance(header, dict) and str(header.get("name")).lower() == "message-id":
            return cells.key(header.get("value"), "Message-ID")
    common = cells.key(cells.member(mail, "commonHeaders", "messageId"), "messageId")
    return common if common and "@" in common else None


def hardness(part: dict[str, Any]) -> str:
    """Return whether a message came back for good."""
    return "hard" if part.get("bounceType") == "Permanent" else "soft"
