"""Reports of mail providers, written after what their webhooks deliver."""

import json
from typing import Any

from tests.program import Program

ID = "<{}@acme.example>"


def message(crm: Program, person: str, name: str, *, to: str | None = None, day: str = "2026-11-01") -> str:
    """Write down a message that was sent to a person, and return its reference."""
    values = {
        "subject": f"Hello {name}",
        "message_id": ID.format(name),
        "from_email": "ana@acme.com",
        "to_email": to or person,
        "sent_at": f"{day}T09:00:00Z",
        "status": "sent",
    }
    found = crm.json("email", "add", "--from-json", "-", stdin=json.dumps(values))
    return f"E-{found['number']}"


def generic(type: str, name: str | None, at: str, **more: Any) -> dict[str, Any]:
    """Return a report in the form of our own."""
    event = {"type": type, "at": at, **more}
    return event | {"message_id": ID.format(name)} if name else event


def take(crm: Program, events: Any, provider: str = "generic", *more: str, **options: Any) -> dict[str, Any]:
    """Import reports from stdin and return the counts."""
    text = events if isinstance(events, str) else json.dumps(events)
    found: dict[str, Any] = crm.json(
        "email", "events", "import", "-", "--provider", provider, *more, stdin=text, **options
    )
    return found


def sendgrid(event: str, number: int, **more: Any) -> dict[str, Any]:
    """Return a report of SendGrid."""
    base = {"email": "jan@globex.example", "timestamp": 1793600000 + number, "event": event}
    base |= {"sg_event_id": f"ev-{event}-{number}", "sg_message_id": f"14c5d75ce93.dfd.{number}.filter0001.1.2.0"}
    return base | more


def mailgun(event: str, name: str, at: float, **more: Any) -> dict[str, Any]:
    """Return a report of Mailgun as its webhook delivers it."""
    data = {
        "event": event,
        "id": f"mg-{event}-{at}",
        "timestamp": at,
        "recipient": "jan@globex.example",
        "message": {"headers": {"message-id": ID.format(name).strip("<>")}},
    }
    signature = {"timestamp": "1793600000", "token": "t", "signature": "s"}
    return {"signature": signature, "event-data": data | more}


def ses(event: str, part: dict[str, Any], name: str | None = None, *, key: str = "eventType") -> dict[str, Any]:
    """Return a report of Amazon SES."""
    mail: dict[str, Any] = {
        "timestamp": "2026-11-01T09:00:00.000Z",
        "messageId": "0102015fd91a5ca3-000000",
        "source": "ana@acme.com",
        "destination": ["jan@globex.example"],
        "headersTruncated": False,
    }
    if name:
        mail["headers"] = [
            {"name": "From", "value": "ana@acme.com"},
            {"name": "Message-ID", "value": ID.format(name)},
        ]
    return {key: event, event.lower(): part, "mail": mail}


def envelope(inner: Any, number: int = 1) -> dict[str, Any]:
    """Return what SNS delivers: the report as a text."""
    return {
        "Type": "Notification",
        "MessageId": f"sns-{number}",
        "TopicArn": "arn:aws:sns:eu-west-1:1:mail",
        "Message": inner if isinstance(inner, str) else json.dumps(inner),
        "Timestamp": "2026-11-02T09:00:00.000Z",
    }


def postmark(record: str, time: str, at: str, **more: Any) -> dict[str, Any]:
    """Return a report of Postmark."""
    return {"RecordType": record, "MessageStream": "outbound", time: at, "Tag": "", **more}
