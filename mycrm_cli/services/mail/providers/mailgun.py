"""Mailgun's webhooks and the answers of its Events API: the event stands in ``event-data``, or alone."""

from __future__ import annotations

from mycrm_cli.services.mail.happening import Event
from mycrm_cli.services.mail.providers import cells
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NAME = "mailgun"
TYPES = {
    "accepted": "other",
    "delivered": "delivered",
    "opened": "open",
    "clicked": "click",
    "unsubscribed": "unsubscribe",
    "complained": "complaint",
    "failed": "bounce",
    "rejected": "failed",
}
SUPPRESSED = {"suppress-complaint": "complaint", "suppress-unsubscribe": "unsubscribe"}
"""What Mailgun had known of an address to which it did not even try to send."""
HARD = ("bounce", "suppress-bounce")
SOFT = ("old", "espblock", "greylisted", "quota")
"""Reasons that say nothing against the address."""
KEPT = ("reason", "severity", "ip", "log-level")


def unpack(value: Any) -> list[Any]:
    """Return the entries of a value: an answer of the Events API has several."""
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]
    several = value if isinstance(value, list) else [value]
    return [entry.get("event-data", entry) if isinstance(entry, dict) else entry for entry in several]


def events(entry: dict[str, Any]) -> Iterator[Event]:
    """Yield what an entry reports."""
    told = entry.get("event")
    if not isinstance(told, str):
        raise Problem("required", "no event: is this a report of Mailgun?")
    type = TYPES.get(told)
    if type is None:
        return
    base = base_of(entry)._replace(type=type)
    cells.required((told,), base.message_id, base.address)
    reason = str(entry.get("reason") or "")
    if type == "open" and cells.member(entry, "client-info", "bot") == "apple":
        base = base._replace(type="other")  # the program fetched the picture by itself
    if type == "bounce" and entry.get("severity") == "temporary":
        base = base._replace(type="deferred")
    elif type == "bounce" and reason in SUPPRESSED:
        yield base._replace(type="failed", event_id=f"{base.event_id}:failed"[-255:])
        base = base._replace(type=SUPPRESSED[reason])
    elif type == "bounce":
        base = base._replace(bounce_type=hardness(entry, reason))
    yield base


def hardness(entry: dict[str, Any], reason: str) -> str:
    """Return whether a message came back for good."""
    if reason in HARD:
        return "hard"
    if reason in SOFT:
        return "soft"
    status = entry.get("delivery-status")
    told = [cells.member(entry, "delivery-status", name) for name in ("enhanced-code", "message", "description")]
    code = cells.member(entry, "delivery-status", "code") if isinstance(status, dict) else None
    return cells.hardness(*told, usual="hard" if str(code)[:1] in ("5", "6") else "soft")


def base_of(entry: dict[str, Any]) -> Event:
    """Return what all reports have."""
    status = entry.get("delivery-status")
    status = status if isinstance(status, dict) else {}
    detail = status.get("description") or status.get("message") or entry.get("reason")
    return Event(
        provider=NAME,
        event_id=cells.key(entry.get("id"), "id") or cells.digest(entry),
        type="other",
        occurred_at=cells.moment(entry.get("timestamp")),
        message_id=cells.key(cells.member(entry, "message", "headers", "message-id"), "message-id"),
        address=cells.address(entry.get("recipient")),
        url=cells.text(entry.get("url"), cells.LONGEST_URL),
        detail=cells.text(detail, 255),
        data=cells.extras(entry, KEPT) | cells.extras(status, ("code", "message", "attempt-no", "mx-host")),
    )
