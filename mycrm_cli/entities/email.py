"""E-mails: messages to and from people, and what became of them."""

from datetime import datetime
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Created, Entity, Numbered, Owned, Versioned, index


class EmailTracking(Created, Versioned, Numbered, Owned, table=True):
    """A message that was sent or received."""

    __tablename__ = "emails"
    __table_args__ = (
        index("organization_id", "contact_id"),
        index("user_id", "sent_at"),
        index("message_id"),
        index("sequence_id", "sequence_step"),
        index("lead_id"),
        index("opportunity_id"),
        index("organization_id", "to_email"),
    )

    subject: str | None = fields.text(500, "Subject.")
    body_preview: str | None = fields.lines("How it begins.")
    from_email: str | None = fields.email("Who sent it.")
    to_email: str | None = fields.email("Who received it.")
    message_id: str | None = fields.text(255, "Its Message-ID.")
    thread_id: str | None = fields.text(255, "The Message-ID of the first message of the conversation.")
    sent_at: datetime | None = fields.moment("When it was sent.")
    opened_at: datetime | None = fields.moment("When it was first opened.", writable=False)
    open_count: int = fields.integer("How often it was opened.", low=0, default=0, writable=False)
    clicked_at: datetime | None = fields.moment("When a link was first followed.", writable=False)
    click_count: int = fields.integer("How often links were followed.", low=0, default=0, writable=False)
    replied_at: datetime | None = fields.moment("When it was answered.", writable=False)
    bounced_at: datetime | None = fields.moment("When it came back.", writable=False)
    bounce_type: str | None = fields.choice("hard soft", "Whether it came back for good.", writable=False)
    status: str = fields.choice(
        "queued sent delivered opened clicked replied bounced failed", "How far it came.", default="sent"
    )
    contact_id: UUID | None = fields.reference("contacts", "The contact it was exchanged with.")
    lead_id: UUID | None = fields.reference("leads", "The lead it was exchanged with.")
    opportunity_id: UUID | None = fields.reference("opportunities", "The deal it is about.")
    user_id: UUID | None = fields.reference("users", "The user it was exchanged with.")
    sequence_id: UUID | None = fields.reference("email_sequences", "The sequence that sent it.", writable=False)
    sequence_step: int | None = fields.integer("The step of the sequence.", low=0, writable=False)


ENTITY = Entity(
    name="email",
    table=EmailTracking,
    plural="emails",
    prefix="E",
    key="subject",
    title=("subject", "to_email"),
    columns=("number", "subject", "to_email", "status", "sent_at", "contact", "user"),
    wide=("from_email", "opened_at", "open_count", "click_count", "replied_at", "bounced_at", "deal", "lead"),
    search=("subject", "to_email", "from_email"),
    match=("message_id",),
    commands=RECORD,
)
