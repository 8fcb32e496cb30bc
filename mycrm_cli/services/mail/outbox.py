"""The outbox: messages that are to be sent, each with its record (E-12); nobody who refused mail gets into it.

``queue`` writes in the caller's transaction, ``drain`` sends what is due. State changes are not journaled.
"""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from mycrm_cli import catalog, clock, kinds
from mycrm_cli.errors import ConfigError
from mycrm_cli.ids import uuid7s
from mycrm_cli.scope import Locale
from mycrm_cli.services import records, rows
from mycrm_cli.services.fresh import prepared
from mycrm_cli.services.mail import attaching, suppressing, unsubscribing
from mycrm_cli.services.mail.attaching import Attached
from mycrm_cli.services.mail.headers import printable
from mycrm_cli.services.mail.sending import Sent, drain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

__all__ = ["Attached", "Message", "Queued", "Sent", "drain", "new_id", "printable", "queue", "sender_of"]

SUPPRESSED, REFUSED, TWICE, ERASED = "suppressed", "refused", "twice", "erased"
PREVIEW = 200
"""Characters of the text that the message's record shows."""
MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}>")
LINKS = ("contact_id", "lead_id", "user_id", "template_id", "template_version", "enrollment_id", "step_id", "send_key")


class Message(NamedTuple):
    """A message to one person; ``headers`` may only be further ones, ``message_id`` one of ``new_id``."""

    to_email: str
    to_name: str | None
    subject: str
    body_text: str
    body_html: str | None = None
    headers: Mapping[str, str] = {}
    attachments: Sequence[Attached] = ()
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    opportunity_id: UUID | None = None
    user_id: UUID | None = None
    template_id: UUID | None = None
    template_version: int | None = None
    enrollment_id: UUID | None = None
    step_id: UUID | None = None
    sequence_id: UUID | None = None
    sequence_step: int | None = None
    reply_to_message_id: str | None = None
    send_key: str | None = None
    due_at: datetime | None = None
    is_bulk: bool = False
    message_id: str | None = None


class Queued(NamedTuple):
    """What became of a message: its ids, or why it is not in the outbox (suppressed, refused, twice, erased)."""

    message_id: str
    email_id: UUID | None
    outbox_id: UUID | None
    why_not: str | None = None


class Sender(NamedTuple):
    """Who sends: the name that is shown, and the address."""

    name: str
    email: str


def sender_of(text: str) -> Sender:
    """Return who is meant by ``Acme <crm@acme.com>``; raises ConfigError for what is no address."""
    name, address = parseaddr(text)
    try:
        return Sender(printable(name), kinds.make("email").read(address, Locale()))
    except kinds.BadValue as error:
        raise ConfigError(f"the sender {text[:80]!r} has no e-mail address: {error.message}") from None


def new_id(sender: str) -> str:
    """Return a Message-ID that nobody can guess, for a message whose text names it (``unsubscribe_url``)."""
    return f"<{uuid4().hex}@{parseaddr(sender)[1].rpartition('@')[2]}>"


def queue(work: Work, messages: Sequence[Message], sender: str) -> list[Queued]:
    """Put messages into the outbox, and return what became of each; nobody is reached twice with a ``send_key``."""
    by = sender_of(sender)
    why = _why_not(work, messages)
    threads = _threads(work, {one.reply_to_message_id for one in messages if one.reply_to_message_id})
    page = unsubscribing.page(work.connection, work.scope) if any(one.is_bulk for one in messages) else None
    ids = [one.message_id or new_id(by.email) for one in messages]
    keys = list(zip(uuid7s(len(messages)), uuid7s(len(messages)), strict=True))
    values, mails = {}, {}
    for place, (each, id, (email_id, outbox_id)) in enumerate(zip(messages, ids, keys, strict=True)):
        if place in why:
            continue
        one = each._replace(user_id=each.user_id or work.scope.user_id)
        thread, further = _thread(one, id, threads)
        headers = further | (unsubscribing.headers(page, by.email, id) if one.is_bulk else {})
        values[place] = _row(one, by, headers) | {"id": outbox_id, "email_id": email_id, "message_id": id}
        mails[place] = _record(one, by) | {"id": email_id, "message_id": id, "thread_id": thread}
    _attach(work, messages, values)
    there = _write(work, values, mails)
    found = []
    for place, (id, (email_id, outbox_id)) in enumerate(zip(ids, keys, strict=True)):
        reason = why.get(place, None if outbox_id in there else TWICE)
        found.append(Queued(id, None, None, reason) if reason else Queued(id, email_id, outbox_id))
    return found


def _write(work: Work, values: Mapping[int, Row], mails: Mapping[int, Row]) -> set[UUID]:
    """Write messages with their records, and return the ids of those that are there."""
    entity, new = catalog.entity("email"), list(values.values())
    if work.connection.dialect == "sqlite":
        # The only writer knows who was reached; and a message before its record makes every insert search.
        records.add(work, entity, [mails[place] for place in values])
        return _insert(work, new)
    there = _insert(work, new)
    records.add(work, entity, [mails[place] for place, row in values.items() if row["id"] in there])
    return there


def _why_not(work: Work, messages: Sequence[Message]) -> dict[int, str]:
    """Return, by their places, why messages are not sent."""
    held = suppressing.held(work, {one.to_email for one in messages})
    words = {suppressing.REFUSED: REFUSED, suppressing.ERASED: ERASED}
    table = catalog.entity("outbox")
    reached: set[tuple[str, str]] = set()
    for key in {one.send_key for one in messages if one.send_key}:
        addresses = sorted({one.to_email for one in messages if one.send_key == key})
        within, columns = {"send_key": key}, ["to_email"]
        found = rows.fetch(work.connection, work.scope, table, "to_email", addresses, columns, within=within)
        reached |= {(key, address) for (address,) in found}
    enrolled = {one.enrollment_id for one in messages if one.enrollment_id}
    columns = ["enrollment_id", "step_id"]
    done = set(rows.fetch(work.connection, work.scope, table, "enrollment_id", sorted(enrolled), columns))
    why: dict[int, str] = {}
    for place, one in enumerate(messages):
        if one.enrollment_id and (one.enrollment_id, one.step_id) in done:
            why[place] = TWICE
        elif one.to_email in held:
            why[place] = words.get(held[one.to_email], SUPPRESSED)
        elif one.send_key:
            if (one.send_key, one.to_email) in reached:
                why[place] = TWICE
            reached.add((one.send_key, one.to_email))
    return why


def _threads(work: Work, wanted: Collection[str]) -> dict[str, str]:
    """Return the first message of the conversation that each message belongs to, for those of this organization."""
    entity, columns = catalog.entity("email"), ["message_id", "thread_id"]
    found = rows.fetch(work.connection, work.scope, entity, "message_id", sorted(wanted), columns) if wanted else ()
    return {id: thread or id for id, thread in found}


def _thread(one: Message, id: str, threads: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the conversation of a message, and the headers that say what it answers."""
    answered = one.reply_to_message_id
    if answered is None or answered not in threads or not MESSAGE_ID.fullmatch(answered):
        return id, {}
    chain = [each for each in dict.fromkeys([threads[answered], answered]) if MESSAGE_ID.fullmatch(each)]
    return threads[answered], {"In-Reply-To": answered, "References": " ".join(chain)}


def _row(one: Message, by: Sender, headers: Mapping[str, str]) -> Row:
    """Return the columns of a message in the outbox that it says itself."""
    names = {"from_name": by.name, "to_name": printable(one.to_name or "")[:200]}
    given = {name: printable(value) for name, value in one.headers.items()}
    told: dict[str, Any] = {"headers": {**given, **headers}, **{name: text for name, text in names.items() if text}}
    return {name: getattr(one, name) for name in LINKS} | {
        "from_email": by.email,
        "to_email": one.to_email,
        "subject": printable(one.subject)[:500],
        "body_text": one.body_text,
        "body_html": one.body_html,
        "headers": told,
        "due_at": one.due_at or clock.now(),
    }


def _record(one: Message, by: Sender) -> Row:
    """Return the columns of a message's record."""
    return {
        "subject": printable(one.subject)[:500],
        "body_preview": " ".join(one.body_text[: 4 * PREVIEW].split())[:PREVIEW],
        "from_email": by.email,
        "to_email": one.to_email,
        "status": "queued",
        "contact_id": one.contact_id,
        "lead_id": one.lead_id,
        "opportunity_id": one.opportunity_id,
        "user_id": one.user_id,
        "sequence_id": one.sequence_id,
        "sequence_step": one.sequence_step,
    }


def _attach(work: Work, messages: Sequence[Message], values: Mapping[int, Row]) -> None:
    """Keep the files of messages; those that many have are kept once."""
    known: dict[int, Any] = {}
    for place, row in values.items():
        files = messages[place].attachments
        if files and id(files) not in known:
            known[id(files)] = attaching.store(work, files)
        row["attachments"] = known[id(files)] if files else []


def _insert(work: Work, values: Sequence[Row]) -> set[UUID]:
    """Insert messages and return the ids of those that are there; what was sent by the same key stays alone."""
    entity = catalog.entity("outbox")
    new = prepared(work, entity, values)
    there: set[UUID] = set()
    [load] = [entity.fields["id"].kind.loader(work.connection.dialect)]
    for chunk in rows.chunks(new):
        columns = list(chunk[0])
        convert = rows.converter(rows.savers(entity, columns, work.connection.dialect))
        params = [value for row in chunk for value in convert([row[column] for column in columns])]
        marks = ", ".join([f"({', '.join('?' * len(columns))})"] * len(chunk))
        found = work.connection.execute(
            f"INSERT INTO outbox ({', '.join(columns)}) VALUES {marks} ON CONFLICT DO NOTHING RETURNING id", params
        ).fetchall()
        there |= {load(row[0]) if load else row[0] for row in found}
    return there
