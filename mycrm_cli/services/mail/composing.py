"""Who gets a message, and what it says: records become people with addresses, a letter becomes a message for each."""

from __future__ import annotations

from typing import Any, NamedTuple

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid
from mycrm_cli.services import correspondents, rows
from mycrm_cli.services.mail import outbox
from mycrm_cli.services.mail.outbox import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.mail.attaching import Attached
    from mycrm_cli.services.work import Work

NOUNS = ("contact", "lead", "deal")
"""Whom a message can be sent to; of a deal it is the contact."""
COLUMNS = {
    "contact": ("id", "email", "first_name", "last_name"),
    "lead": ("id", "email", "name"),
    "deal": ("id", "contact_id"),
}


class Recipient(NamedTuple):
    """Somebody who gets a message."""

    to_email: str
    to_name: str | None
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    opportunity_id: UUID | None = None
    reply_to: str | None = None


class Letter(NamedTuple):
    """What a message says, and how it goes out."""

    subject: str
    text: str
    html: str | None = None
    files: Sequence[Attached] = ()
    key: str | None = None
    is_bulk: bool = False


class People(NamedTuple):
    """The people behind records, each address once, and how many records have none or repeat one."""

    found: list[Recipient]
    without: int
    repeated: int


def people(work: Work | Reader, targets: Sequence[tuple[str, UUID]]) -> People:
    """Return the people behind (noun, id), in their order."""
    images: dict[tuple[str, UUID], dict[str, Any]] = {}
    for noun in NOUNS:
        _look(work, noun, [id for each, id in targets if each == noun], images)
    _look(work, "contact", [row["contact_id"] for row in images.values() if row.get("contact_id")], images)
    found: dict[str, Recipient] = {}
    without = repeated = 0
    for noun, id in targets:
        one = _recipient(noun, id, images)
        if one is None:
            without += 1
        elif one.to_email in found:
            repeated += 1
        else:
            found[one.to_email] = one
    return People(list(found.values()), without, repeated)


def _look(work: Work | Reader, noun: str, ids: Iterable[UUID], images: dict[tuple[str, UUID], dict[str, Any]]) -> None:
    columns = COLUMNS[noun]
    for row in rows.fetch(work.connection, work.scope, catalog.entity(noun), "id", sorted(set(ids)), columns):
        images[noun, row[0]] = dict(zip(columns, row, strict=True))


def _recipient(noun: str, id: UUID, images: dict[tuple[str, UUID], dict[str, Any]]) -> Recipient | None:
    row, deal = images.get((noun, id)), None
    if noun == "deal" and row is not None:
        deal, noun, id = id, "contact", row["contact_id"]
        row = images.get((noun, id))
    if row is None or not row["email"]:
        return None
    name = row["name"] if noun == "lead" else f"{row['first_name'] or ''} {row['last_name'] or ''}".strip()
    links = {"lead_id": id} if noun == "lead" else {"contact_id": id, "opportunity_id": deal}
    return Recipient(row["email"], name or None, **links)


def answer(work: Work, email_id: UUID, sender: str) -> tuple[Recipient, str]:
    """Return who is answered where a message is, and the subject of the answer; raises Invalid for nobody."""
    entity = catalog.entity("email")
    row = rows.required_images(work.connection, work.scope, entity, [email_id])[email_id]
    sides = [row["from_email"], row["to_email"]]
    ours = correspondents.ours(work, sides) | {outbox.sender_of(sender).email}
    theirs = [address for address in sides if address and address not in ours]
    if not theirs or not row["message_id"]:
        what = "has no Message-ID, by which an answer would be known" if theirs else "was exchanged with nobody else"
        raise Invalid(f"E-{row['number']} {what}", details=[{"field": "reply", "code": "not_answerable"}])
    links = {name: row[name] for name in ("contact_id", "lead_id", "opportunity_id")}
    linked = [(noun, row[f"{noun}_id"]) for noun in ("contact", "lead") if row[f"{noun}_id"]]
    person = next(iter(people(work, linked[:1]).found), None)
    name = person.to_name if person is not None and person.to_email == theirs[0] else None
    subject = row["subject"] or ""
    subject = subject if subject.lower().startswith("re:") else f"Re: {subject}".strip()
    return Recipient(theirs[0], name, reply_to=row["message_id"], **links), subject


def to(one: Recipient, subject: str, text: str, html: str | None) -> Message:
    """Return a message to somebody, which is about the records that lead to them."""
    about = {name: getattr(one, name) for name in ("contact_id", "lead_id", "opportunity_id")}
    return Message(one.to_email, one.to_name, subject, text, html, reply_to_message_id=one.reply_to, **about)


def posted(message: Message, letter: Letter) -> Message:
    """Return a message that goes out as a letter does: with its files, under its key."""
    return message._replace(attachments=letter.files, send_key=letter.key, is_bulk=letter.is_bulk)


def messages(recipients: Sequence[Recipient], letter: Letter) -> list[Message]:
    """Return a message for each; the text is taken as it stands."""
    return [posted(to(one, letter.subject, letter.text, letter.html), letter) for one in recipients]


def from_template(work: Work, name: str, recipients: Sequence[Recipient], letter: Letter, sender: str) -> list[Message]:
    """Return a message for each, made from a template; raises Invalid where a field is missing, before any is sent."""
    from mycrm_cli.services.mail import templating

    found: list[Message] = templating.messages(work, name, recipients, letter, sender)
    return found
