"""What became of messages, as entries of a record's timeline: opened, clicked, answered, bounced, unsubscribed."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.sections import within
from mycrm_cli.query.sql import column, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.query.sql import Sql

WORDS = {
    "open": "opened",
    "click": "clicked",
    "bounce": "bounced",
    "complaint": "complained",
    "unsubscribe": "unsubscribed",
    "failed": "not sent",
}
"""What is told, by its kind: of openings the first alone, and nothing that the message or its answer tells already."""
READ = ("id", "occurred_at", "type", "url")


def entries(reader: Reader, link: str, id: UUID, since: datetime | None, limit: int | None) -> Iterator[dict[str, Any]]:
    """Yield what became of the messages that a record is linked to, newest first."""
    events = catalog.entity("email_events")
    loaders = [events.fields[name].kind.loader(reader.connection.dialect) for name in READ]
    prefix = catalog.entity("email").prefix
    for row in reader.run(statement(reader, link, id, since, limit)).fetchall():
        told, more = row[: len(READ)], row[len(READ) :]
        event = [cell if cell is None or not load else load(cell) for cell, load in zip(told, loaders, strict=True)]
        number, subject, to_email, detail = more
        yield {
            "at": event[1],
            "what": WORDS[event[2]],
            "who": None,
            "text": "",
            "change": None,
            "id": event[0],
            "reference": f"{prefix}-{number}",
            "row": {"subject": subject, "to_email": to_email, "status": event[3] or detail, "replied_at": None},
            "fields": [],
            "noun": "email_events",
            "group": "mail",
        }


def statement(reader: Reader, link: str, id: UUID, since: datetime | None, limit: int | None) -> Sql:
    """Return the statement for what became of a record's messages."""
    frame, emails, events = reader.frame(), catalog.entity("email"), catalog.entity("email_events")
    mail, event = frame.alias(), frame.alias()
    at = column(event, "occurred_at")
    save = events.fields["occurred_at"].kind.saver(frame.dialect) or (lambda moment: moment)
    parts = [
        within(frame, emails, mail, link),
        compose("{} = {}", column(mail, link), value(frame.id(id))),
        within(frame, events, event, "email_id"),
        compose("{} IN ({})", column(event, "type"), ", ".join(f"'{word}'" for word in WORDS)),
        compose("({} <> 'open' OR {} = {})", column(event, "type"), at, column(mail, "opened_at")),
        *([compose("{} >= {}", at, value(save(since)))] if since else []),
    ]
    detail = f"json_extract({event}.data, '$.detail')" if frame.dialect == "sqlite" else f"{event}.data ->> 'detail'"
    return compose(
        f"SELECT {', '.join(f'{event}.{name}' for name in READ)}, {mail}.number, {mail}.subject, {mail}.to_email,"
        f" {detail} FROM emails AS {mail} JOIN email_events AS {event} ON {event}.email_id = {mail}.id"
        f" WHERE {{}} ORDER BY {event}.occurred_at DESC, {event}.id DESC{{}}",
        compose(" AND ".join("{}" for _ in parts), *parts),
        "" if limit is None else compose(" LIMIT {}", value(limit)),
    )
