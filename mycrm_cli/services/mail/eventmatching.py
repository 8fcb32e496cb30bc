"""Which message a report is about: by its Message-ID, by the name the provider gave it, or by who received it."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from mycrm_cli import catalog
from mycrm_cli.services import rows
from mycrm_cli.services.mail.happening import BY_ADDRESS, Event, Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.services.work import Work

RECENT = timedelta(days=30)
EARLY = timedelta(hours=1)
"""How far the clocks of two servers may be apart."""


class Mail(NamedTuple):
    """A message as reports find it."""

    id: UUID
    message_id: str | None
    to_email: str | None
    sent_at: datetime | None
    status: str


READ = ("id", "message_id", "to_email", "sent_at", "status")


def match(work: Work, events: Sequence[Event]) -> list[Found]:
    """Find the message of each report, in this organization only."""
    named = _by_provider(work, events)
    events = [event._replace(message_id=event.message_id or named.get(_name(event))) for event in events]
    messages = _by_message_id(work, {event.message_id for event in events if event.message_id})
    found, nameless = list[Found](), list[Event]()
    for event in events:
        if event.message_id is None:
            nameless.append(event)
            continue
        mail = _of(messages.get(bare(event.message_id), ()), event.address)
        found.append(Found(event, mail.id, mail.to_email) if mail else Found(event, is_foreign=True))
    return found + _by_address(work, nameless)


def bare(message_id: str) -> str:
    """Return a Message-ID without its brackets, which some providers leave out."""
    return message_id.strip().removeprefix("<").removesuffix(">")


def _name(event: Event) -> tuple[str, str | None]:
    return event.provider, event.provider_key


def _by_provider(work: Work, events: Sequence[Event]) -> dict[tuple[str, str | None], str]:
    """Return the Message-IDs behind the providers' own names: this file tells some, earlier reports others."""
    known = {_name(event): event.message_id for event in events if event.provider_key and event.message_id}
    wanted = {_name(event) for event in events if event.provider_key and not event.message_id} - known.keys()
    entity = catalog.entity("email_events")
    columns = ["provider", "provider_key", "message_id"]
    keys = sorted({str(key) for _, key in wanted})
    for provider, key, message_id in rows.fetch(work.connection, work.scope, entity, "provider_key", keys, columns):
        if message_id is not None:
            known.setdefault((provider, key), message_id)
    return known


def _by_message_id(work: Work, named: Iterable[str]) -> dict[str, list[Mail]]:
    """Return the messages with these Message-IDs, the oldest first, by what stands within the brackets."""
    wanted = {bare(message_id) for message_id in named}
    both = sorted({*wanted, *(f"<{each}>" for each in wanted)})
    found: dict[str, list[Mail]] = {}
    for row in rows.fetch(work.connection, work.scope, catalog.entity("email"), "message_id", both, READ):
        mail = Mail(*row)
        found.setdefault(bare(str(mail.message_id)), []).append(mail)
    return {message_id: sorted(mails, key=lambda mail: mail.id) for message_id, mails in found.items()}


def _of(mails: Sequence[Mail], address: str | None) -> Mail | None:
    """Return the message among those with one Message-ID that went to an address."""
    return next((mail for mail in mails if mail.to_email == address), mails[0] if mails else None)


def _by_address(work: Work, events: Sequence[Event]) -> list[Found]:
    """Find the newest message to the address for what ends a conversation; the rest is about no message."""
    wanted = sorted({event.address for event in events if event.address and event.type in BY_ADDRESS})
    sent: dict[str, list[Mail]] = {}
    for row in rows.fetch(work.connection, work.scope, catalog.entity("email"), "to_email", wanted, READ):
        mail = Mail(*row)
        if mail.sent_at is not None and mail.status != "queued":
            sent.setdefault(str(mail.to_email), []).append(mail)
    found = []
    for event in events:
        several = sent.get(event.address or "", ()) if event.type in BY_ADDRESS else ()
        near = [mail for mail in several if mail.sent_at and _near(mail.sent_at, event.occurred_at)]
        newest = max(near, key=lambda mail: (mail.sent_at, mail.id), default=None)
        found.append(Found(event, newest.id, newest.to_email) if newest else Found(event))
    return found


def _near(sent: datetime, happened: datetime) -> bool:
    return happened - RECENT <= sent <= happened + EARLY


def adopt(work: Work, done: Sequence[Found]) -> list[Found]:
    """Give reports that named no message of ours theirs, once another one tells which their provider's name stands for.

    That may be an earlier report, or one of the same file.
    """
    entity, keys = catalog.entity("email_events"), sorted({e.event.provider_key for e in done if e.event.provider_key})
    own = ["id", "email_id", "data"]
    columns = [*own, *(name for name in Event._fields if name in entity.fields and name not in own)]
    found = list(rows.fetch(work.connection, work.scope, entity, "provider_key", keys, columns))
    stored = [dict(zip(columns, row, strict=True)) for row in found]
    named = {(row["provider"], row["provider_key"]): row for row in stored if row["email_id"] is not None}
    changes: list[tuple[UUID, rows.Row]] = []
    adopted = []
    for row in stored:
        mail = named.get((row["provider"], row["provider_key"]))
        if row["email_id"] is None and mail is not None:
            changes.append((row["id"], {"email_id": mail["email_id"]}))
            adopted.append(Found(_event(row), mail["email_id"]))
    rows.update(work.connection, work.scope, entity, changes)
    return adopted


def _event(row: rows.Row) -> Event:
    """Return a report as it was taken in."""
    data = row["data"] or {}
    values = {name: row[name] for name in Event._fields if name in row}
    return Event(**values | {"data": data, "bounce_type": data.get("bounce_type"), "detail": data.get("detail")})
