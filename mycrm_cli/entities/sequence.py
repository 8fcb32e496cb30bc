"""E-mail sequences: series of messages, their steps, and who receives them."""

from datetime import datetime
from uuid import UUID

from mycrm_cli import clock
from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Dated, Entity, Named, Owned, Versioned, index


class EmailSequence(Dated, Named, Versioned, Owned, table=True):
    """A series of messages that are sent one after the other."""

    __tablename__ = "email_sequences"

    name: str = fields.text(255, "Name.", required=True)
    description: str | None = fields.lines("What it is for.")
    is_active: bool = fields.boolean("Whether it sends.", default=True)


class EmailSequenceStep(Dated, Versioned, Owned, table=True):
    """One message of a sequence."""

    __tablename__ = "email_sequence_steps"
    __table_args__ = (index("sequence_id", "position"), index("template_id"))

    sequence_id: UUID = fields.reference("email_sequences", "The sequence.", part=True, required=True)
    position: int = fields.integer("Its place in the sequence, from 1.", low=1, nullable=False)
    template_id: UUID = fields.reference("email_templates", "What is sent.", required=True)
    delay_minutes: int = fields.integer("How long after the step before.", low=0, default=0)
    business_days: bool = fields.boolean("Whether the delay counts working days only.", default=True)
    window_start: str | None = fields.text(5, "Not before this time of the recipient's day.", pattern=r"\d\d:\d\d")
    window_end: str | None = fields.text(5, "Not after this time of the recipient's day.", pattern=r"\d\d:\d\d")
    is_reply: bool = fields.boolean("Whether it continues the conversation of the step before.")


class EmailSequenceEnrollment(Dated, Versioned, Owned, table=True):
    """Somebody who receives a sequence."""

    __tablename__ = "email_sequence_enrollments"
    __table_args__ = (
        index("sequence_id", "status"),
        index("organization_id", "status", "next_send_at"),
        index("contact_id"),
        index("lead_id"),
        index("opportunity_id"),
        index("user_id"),
    )

    sequence_id: UUID = fields.reference("email_sequences", "The sequence.", part=True, required=True)
    contact_id: UUID | None = fields.reference("contacts", "The contact who receives it.")
    lead_id: UUID | None = fields.reference("leads", "The lead who receives it.")
    opportunity_id: UUID | None = fields.reference("opportunities", "The deal it is about.")
    user_id: UUID | None = fields.reference("users", "In whose name it is sent.")
    to_email: str = fields.email("The address it is sent to.", required=True)
    status: str = fields.choice("active paused finished stopped", "Whether it goes on.", default="active")
    stop_reason: str | None = fields.text(50, "Why it was stopped.", writable=False)
    next_position: int = fields.integer("The next step.", low=1, default=1, writable=False)
    next_send_at: datetime | None = fields.moment("When the next step is due.", writable=False)
    last_message_id: str | None = fields.text(255, "Message-ID of the last step.", writable=False)
    enrolled_at: datetime = fields.moment("When it began.", factory=clock.now, writable=False)
    finished_at: datetime | None = fields.moment("When it ended.", writable=False)


ENTITY = Entity(
    name="sequence",
    table=EmailSequence,
    plural="sequences",
    key="name",
    title=("name",),
    columns=("name", "description", "is_active", "created_at"),
    wide=("updated_at",),
    search=("name", "description"),
    sort="name",
    match=("name",),
    commands=RECORD,
)

STEPS = Entity(
    name="email_sequence_steps",
    table=EmailSequenceStep,
    plural="steps",
    columns=("sequence", "position", "template", "delay_minutes", "business_days"),
)

ENROLLMENTS = Entity(
    name="email_sequence_enrollments",
    table=EmailSequenceEnrollment,
    plural="enrollments",
    title=("to_email",),
    columns=("sequence", "to_email", "status", "next_position", "next_send_at", "stop_reason"),
)
