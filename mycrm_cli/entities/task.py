"""Tasks: things to do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from mycrm_cli.db import fields
from mycrm_cli.db.base import RECORD, Dated, Entity, Named, Numbered, Owned, Versioned, index


class Task(Dated, Named, Versioned, Numbered, Owned, table=True):
    """Something to be done, once or again and again."""

    __tablename__ = "tasks"
    __table_args__ = (
        index("assigned_to_id", "status"),
        index("due_date"),
        index("organization_id", "status", "due_date"),
        index("contact_id"),
        index("opportunity_id"),
        index("lead_id"),
        index("company_id"),
        index("parent_task_id"),
        index("organization_id", "reminder_at"),
    )

    title: str = fields.text(255, "What is to be done.", required=True)
    description: str | None = fields.lines("More about it.")
    task_type: str = fields.choice(
        "call email meeting follow_up demo proposal other", "What kind of task it is.", default="other"
    )
    priority: str = fields.choice("low medium high urgent", "How much it matters.", default="medium")
    status: str = fields.choice("pending in_progress completed cancelled", "How far it is.", default="pending")
    due_date: datetime | None = fields.moment(
        "When it must be done; a day alone means its end.", day_end=True, short="due"
    )
    reminder_at: datetime | None = fields.moment("When to remind of it.", short="remind")
    completed_at: datetime | None = fields.moment("When it was done.", writable=False)
    outcome: str | None = fields.text(255, "What came of it.")
    notes: str | None = fields.lines("Remarks.")
    assigned_to_id: UUID | None = fields.reference("users", "Who has to do it.")
    created_by_id: UUID | None = fields.reference("users", "Who wrote it down.", writable=False)
    contact_id: UUID | None = fields.reference("contacts", "The contact it is about.")
    lead_id: UUID | None = fields.reference("leads", "The lead it is about.")
    opportunity_id: UUID | None = fields.reference("opportunities", "The deal it is about.")
    company_id: UUID | None = fields.reference("companies", "The company it is about.")
    is_recurring: bool = fields.boolean("Whether it comes again.", writable=False)
    recurrence_rule: str | None = fields.text(255, "When it comes again (iCalendar RRULE).", short="recurrence")
    parent_task_id: UUID | None = fields.reference("tasks", "The task it repeats.", writable=False)
    timezone: str | None = fields.text(50, "IANA time zone in which it recurs.")
    occurrence: str | None = fields.text(
        19, "The local time that its rule gave it, wherever it was moved.", writable=False
    )
    when_missed: str = fields.choice(
        "once each", "Whether missed occurrences are made up for once, or each.", default="once"
    )
    excluded_dates: list[Any] = fields.column(
        "json", "Occurrences that are left out, such as 2026-12-24,2026-12-31.", factory=list
    )


ENTITY = Entity(
    name="task",
    table=Task,
    plural="tasks",
    prefix="T",
    key="title",
    title=("title",),
    columns=("number", "title", "due_date", "priority", "status", "assigned_to", "contact", "deal"),
    wide=("task_type", "lead", "company", "reminder_at", "recurrence_rule", "outcome", "completed_at", "created_at"),
    search=("title", "description"),
    commands=RECORD,
)
