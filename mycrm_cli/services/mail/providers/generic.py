"""Reports of anything else, in a form of our own: JSON objects, or CSV with the same names as headings.

``type`` and ``at`` are needed, and one of ``message_id`` and ``address``. ``id``, ``url``, ``bounce_type`` (hard or
soft), ``status`` (such as 5.1.1) and ``detail`` may be there.
"""

from __future__ import annotations

from mycrm_cli.services.mail.happening import Event
from mycrm_cli.services.mail.providers import cells
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NAME = "generic"
WORDS = {
    "delivered": "delivered delivery",
    "open": "open opened",
    "click": "click clicked",
    "reply": "reply replied",
    "bounce": "bounce bounced hard_bounce soft_bounce",
    "complaint": "complaint complained spam spamreport",
    "unsubscribe": "unsubscribe unsubscribed",
    "deferred": "deferred delayed",
    "failed": "failed rejected dropped",
    "other": "other sent processed",
}
TYPES = {word: type for type, words in WORDS.items() for word in words.split()}
NAMES = {
    "id": ("id", "event_id"),
    "type": ("type", "event"),
    "at": ("at", "occurred_at", "timestamp", "time", "date"),
    "message_id": ("message_id", "message-id", "messageid"),
    "address": ("address", "email", "recipient", "to"),
    "url": ("url", "link"),
    "bounce_type": ("bounce_type",),
    "status": ("status", "code"),
    "detail": ("detail", "reason", "description"),
}
"""What the members may be called."""
EMPTY = (None, "")


def unpack(value: Any) -> list[Any]:
    """Return the entries of a value."""
    if isinstance(value, dict) and isinstance(value.get("events"), list):
        value = value["events"]
    return value if isinstance(value, list) else [value]


def events(entry: dict[str, Any]) -> Iterator[Event]:
    """Yield what an entry reports."""
    low = {str(key).strip().lower().replace(" ", "_"): value for key, value in entry.items()}
    told = {name: next((low[w] for w in words if low.get(w) not in EMPTY), None) for name, words in NAMES.items()}
    word = str(told["type"] or "").strip().lower().replace("-", "_").replace(" ", "_")
    type = TYPES.get(word)
    if type is None:
        known = ", ".join(WORDS)
        raise Problem("bad_choice" if word else "required", f"{cells.text(word, 40) or 'type'} is none of {known}")
    message_id, address = cells.key(told["message_id"], "message_id"), cells.address(told["address"])
    if told["address"] and address is None:
        raise Problem("not_an_email", f"{cells.text(told['address'], 80)} is no e-mail address")
    cells.required((word,), message_id, address)
    own = cells.key(told["id"], "id")
    yield Event(
        provider=NAME,
        event_id=own or cells.digest({name: value for name, value in told.items() if value is not None}),
        type=type,
        occurred_at=cells.moment(told["at"]),
        message_id=message_id,
        address=address,
        url=cells.text(told["url"], cells.LONGEST_URL),
        bounce_type=hardness(told, word) if type == "bounce" else None,
        detail=cells.text(told["detail"], 255),
        data=cells.extras(told, ("status",)),
    )


def hardness(told: dict[str, Any], word: str) -> str:
    """Return whether a message came back for good; raises Problem for another word."""
    given = str(told["bounce_type"] or word.removesuffix("_bounce")).strip().lower()
    if given in ("hard", "soft"):
        return given
    if told["bounce_type"]:
        raise Problem("bad_choice", f"bounce_type is hard or soft, not {cells.text(given, 40)}")
    return cells.hardness(told["status"], told["detail"], usual="soft")
