"""What reminders say: a message for people, an object for programs."""

from __future__ import annotations

from mycrm_cli.ids import hyphenated
from mycrm_cli.kinds.times import Timestamp
from mycrm_cli.services import tasks
from mycrm_cli.services.notices.notice import Notice
from mycrm_cli.services.reminding.reading import ABOUT, FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mycrm_cli.services.reminding.running import Told


def notice(told: Sequence[Told], organization: str, message: str = "") -> Notice:
    """Return the message that reminds one user of tasks; it is named after its claims whenever it is sent."""
    person = told[0].due.person
    zone = person.zone if person else "UTC"
    items = [dict(zip(FIELDS, one.row, strict=True)) for one in told]
    subject = f"Reminder: {items[0]['title']}"
    if items[0]["due_date"] and len(items) == 1:
        subject += f" ({_due(items[0], zone)})"
    if len(items) > 1:
        subject = f"{len(items)} reminders: {items[0]['title']}, …"
    text = "\n\n".join(_paragraph(item, zone) for item in items)
    numbers = " ".join(f"T-{item['number']}" for item in items)
    return Notice(
        "reminder",
        person.id if person else None,
        subject,
        f"{text}\n\nDone: mycrm task done {numbers}\nLater: mycrm task snooze {numbers} +1d\n",
        {"organization": organization, "tasks": [_object(item) for item in items]},
        email=person.email if person else None,
        name=person.name if person else None,
        id=f"reminder.{message.rpartition(' ')[2]}" if message else None,
    )


def text_of(id: Any) -> str:
    """Return an id as people and programs read it."""
    return hyphenated(id) if isinstance(id, bytes) else str(id)


def _due(item: dict[str, Any], zone: str) -> str:
    return f"due {tasks.told(item['due_date'], zone)}"


def _paragraph(item: dict[str, Any], zone: str) -> str:
    """Return what is said of one task."""
    facts = [f"T-{item['number']}"]
    if item["due_date"]:
        facts.append(_due(item, zone))
    if item["priority"] in ("high", "urgent"):
        facts.append(item["priority"])
    lines = [item["title"], "  " + " · ".join(facts)]
    lines += [f"  {link}: {item[link]}" for link in ABOUT if item[link]]
    return "\n".join(lines)


def _object(item: dict[str, Any]) -> dict[str, Any]:
    """Return a task as JSON holds it."""
    dump = Timestamp().dump
    dated = {name: dump(item[name]) if item[name] else None for name in ("due_date", "reminder_at")}
    return item | dated | {"id": text_of(item["id"]), "number": f"T-{item['number']}"}
