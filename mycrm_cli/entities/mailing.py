"""Mailing: templates, the outbox, what providers report, and who gets no mail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from mycrm_cli import clock
from mycrm_cli.db import fields
from mycrm_cli.db.base import Created, Dated, Entity, Named, Owned, Versioned, index, unique


class EmailTemplate(Dated, Named, Versioned, Owned, table=True):
    """A message with places for a record's fields."""

    __tablename__ = "email_templates"
    __table_args__ = (unique("organization_id", "name"),)

    name: str = fields.text(255, "Name.", required=True)
    subject: str = fields.text(500, "Subject.", required=True)
    body_text: str = fields.lines("The message as plain text.", required=True)
    body_html: str | None = fields.lines("The message as HTML.")
    description: str | None = fields.lines("What it is for.")
    is_active: bool = fields.boolean("Whether it may be sent.", default=True)


class OutboxMessage(Dated, Owned, table=True):
    """A message to be sent, claimed by a lease before it is sent."""

    __tablename__ = "outbox"
    __table_args__ = (
        unique("organization_id", "message_id"),
        unique("organization_id", "send_key", "to_email"),
        unique("enrollment_id", "step_id"),
        index("organization_id", "state", "due_at"),
        index("email_id"),
        index("contact_id"),
        index("lead_id"),
        index("template_id"),
        index("step_id"),
    )

    email_id: UUID | None = fields.reference("emails", "The message's record.", writable=False)
    state: str = fields.choice(
        "queued sending sent failed uncertain cancelled", "How far it is.", default="queued", writable=False
    )
    message_id: str = fields.text(255, "Its Message-ID, the same at every try.", nullable=False, writable=False)
    send_key: str | None = fields.text(100, "The name of a mailing that reaches nobody twice.", writable=False)
    from_email: str = fields.email("Who sends it.", required=True, writable=False)
    to_email: str = fields.email("Who receives it.", required=True, writable=False)
    subject: str = fields.text(500, "Subject.", default="", writable=False)
    body_text: str | None = fields.lines("The message as plain text.", writable=False)
    body_html: str | None = fields.lines("The message as HTML.", writable=False)
    headers: dict[str, Any] = fields.record("Further headers.", writable=False)
    attachments: list[Any] = fields.column("json", "Files that go with it.", factory=list, writable=False)
    contact_id: UUID | None = fields.reference("contacts", "The contact who receives it.", writable=False)
    lead_id: UUID | None = fields.reference("leads", "The lead who receives it.", writable=False)
    user_id: UUID | None = fields.reference("users", "In whose name it is sent.", writable=False)
    template_id: UUID | None = fields.reference("email_templates", "What it was made from.", writable=False)
    template_version: int | None = fields.integer("The template's version.", low=1, writable=False)
    enrollment_id: UUID | None = fields.reference(
        "email_sequence_enrollments", "The enrollment that sends it.", writable=False
    )
    step_id: UUID | None = fields.reference("email_sequence_steps", "The sequence's step.", writable=False)
    due_at: datetime = fields.moment("Not to be sent before.", factory=clock.now, writable=False)
    attempts: int = fields.integer("How often it was tried.", low=0, default=0, writable=False)
    lease_holder: str | None = fields.text(100, "The process that is sending it.", writable=False)
    lease_until: datetime | None = fields.moment("When the lease ends.", writable=False)
    sent_at: datetime | None = fields.moment("When the server took it.", writable=False)
    error: str | None = fields.lines("What went wrong.", writable=False)


class EmailEvent(Created, Owned, table=True):
    """Something that a mail server or provider reported about a message."""

    __tablename__ = "email_events"
    __table_args__ = (
        unique("organization_id", "provider", "event_id"),
        index("email_id", "occurred_at"),
        index("organization_id", "message_id"),
        index("organization_id", "provider_key"),
    )

    email_id: UUID | None = fields.reference("emails", "The message.", writable=False)
    provider: str = fields.text(50, "Who reported it.", nullable=False, writable=False)
    event_id: str = fields.text(255, "The event's key there.", nullable=False, writable=False)
    type: str = fields.choice(
        "delivered open click reply bounce complaint unsubscribe deferred failed other",
        "What happened.",
        nullable=False,
        writable=False,
    )
    occurred_at: datetime = fields.moment("When it happened.", nullable=False, writable=False)
    message_id: str | None = fields.text(255, "The message's Message-ID.", writable=False)
    provider_key: str | None = fields.text(255, "The message's key there, where it has another one.", writable=False)
    address: str | None = fields.email("Whom it concerns.", writable=False)
    url: str | None = fields.lines("The link that was followed.", writable=False)
    data: dict[str, Any] = fields.record("The report as it came.", writable=False)


class Suppression(Created, Owned, table=True):
    """An address that gets no mail."""

    __tablename__ = "suppressions"
    __table_args__ = (unique("organization_id", "email"), index("email_id"))

    email: str = fields.email("The address.", required=True)
    reason: str = fields.choice("bounce complaint unsubscribe manual imported", "Why.", default="manual")
    detail: str | None = fields.text(255, "The reason in more detail.")
    email_id: UUID | None = fields.reference("emails", "The message that led to it.", writable=False)
    user_id: UUID | None = fields.reference("users", "Who entered it.", writable=False)


class MailFile(Created, Owned, table=True):
    """A file that goes with messages that are still to be sent."""

    __tablename__ = "mail_files"
    __table_args__ = (unique("organization_id", "sha256"),)

    sha256: str = fields.text(64, "The hash of what is in it.", nullable=False, writable=False)
    size: int = fields.integer("How many bytes it has.", low=0, nullable=False, writable=False)
    content: str = fields.lines("What is in it, in base64.", nullable=False, writable=False)


class MailFolder(Dated, Owned, table=True):
    """A folder of a mailbox, and how far it was read."""

    __tablename__ = "mail_folders"
    __table_args__ = (unique("organization_id", "account", "name"),)

    account: str = fields.text(255, "The mailbox: its user and server.", nullable=False, writable=False)
    name: str = fields.text(255, "The folder.", nullable=False, writable=False)
    uidvalidity: int = fields.integer("The numbering that the UIDs belong to.", low=0, nullable=False, writable=False)
    last_uid: int = fields.integer("The last message that was read.", low=0, default=0, writable=False)
    seen: int = fields.integer("How many messages were read.", low=0, default=0, writable=False)
    matched: int = fields.integer("How many of them belong to somebody known.", low=0, default=0, writable=False)
    read_at: datetime | None = fields.moment("When it was read last.", writable=False)


TEMPLATES = Entity(
    name="email_templates",
    table=EmailTemplate,
    plural="templates",
    key="name",
    title=("name",),
    columns=("name", "subject", "is_active", "version", "updated_at"),
    sort="name",
    match=("name",),
)
OUTBOX = Entity(
    name="outbox",
    table=OutboxMessage,
    plural="messages",
    title=("subject", "to_email"),
    columns=("state", "to_email", "subject", "due_at", "attempts", "sent_at", "error"),
)
EVENTS = Entity(
    name="email_events",
    table=EmailEvent,
    plural="email events",
    columns=("occurred_at", "type", "email", "address", "provider"),
)
SUPPRESSIONS = Entity(
    name="suppressions",
    table=Suppression,
    plural="suppressions",
    key="email",
    title=("email",),
    columns=("email", "reason", "detail", "created_at"),
    match=("email",),
)
FILES = Entity(name="mail_files", table=MailFile, plural="files", columns=("sha256", "size", "created_at"))
FOLDERS = Entity(
    name="mail_folders",
    table=MailFolder,
    plural="folders",
    title=("account", "name"),
    columns=("account", "name", "last_uid", "seen", "matched", "read_at"),
)
