"""Jobs: imports, cron jobs, and reminders and notices that went out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from mycrm_cli import clock
from mycrm_cli.db import fields
from mycrm_cli.db.base import Dated, Entity, Numbered, Owned, Versioned, index, unique


class ImportJob(Numbered, Owned, table=True):
    """The import of a file: how far it came, and all that taking it up again needs."""

    __tablename__ = "import_jobs"
    __table_args__ = (
        index("organization_id", "file_hash", "mapping_hash"),
        index("organization_id", "entity", "state"),
        index("change_id"),
    )

    entity: str = fields.text(50, "What is imported.", nullable=False, writable=False)
    state: str = fields.choice(
        "staging staged running finished failed interrupted",
        "How far it is.",
        default="running",
        writable=False,
    )
    file_name: str | None = fields.lines("The file.", writable=False)
    file_hash: str | None = fields.text(64, "SHA-256 of the file.", writable=False)
    mapping_hash: str | None = fields.text(64, "SHA-256 of the mapping and the options.", writable=False)
    mapping: dict[str, Any] = fields.record("Which column goes where.", writable=False)
    options: dict[str, Any] = fields.record("The command's options.", writable=False)
    user_id: UUID | None = fields.reference("users", "Who imports.", writable=False)
    change_id: UUID | None = fields.reference("changes", "Its first change.", writable=False)
    rows_done: int = fields.integer("Rows that are settled.", low=0, default=0, writable=False)
    created_count: int = fields.integer("Records created.", low=0, default=0, writable=False)
    updated_count: int = fields.integer("Records updated.", low=0, default=0, writable=False)
    unchanged_count: int = fields.integer("Records that were the same already.", low=0, default=0, writable=False)
    skipped_count: int = fields.integer("Rows that were not wanted.", low=0, default=0, writable=False)
    rejected_count: int = fields.integer("Rows with errors.", low=0, default=0, writable=False)
    warning_count: int = fields.integer("Warnings.", low=0, default=0, writable=False)
    staging_path: str | None = fields.lines("The file that holds what was validated.", writable=False)
    rejects_path: str | None = fields.lines("The file that holds the rows with errors.", writable=False)
    process: str | None = fields.text(100, "The machine and process that works on it.", writable=False)
    started_at: datetime = fields.moment("When it began.", factory=clock.now, writable=False)
    heartbeat_at: datetime | None = fields.moment("When it last moved on.", writable=False)
    finished_at: datetime | None = fields.moment("When it ended.", writable=False)
    error: str | None = fields.lines("What went wrong.", writable=False)


class CronJob(Dated, Versioned, Owned, table=True):
    """A command that runs by itself at its times."""

    __tablename__ = "cron_jobs"
    __table_args__ = (unique("organization_id", "name"), index("organization_id", "is_enabled", "next_run_at"))

    name: str = fields.text(100, "Name.", required=True)
    command: list[Any] = fields.column("json", "The words of the command.", factory=list)
    schedule: str = fields.text(255, "When it runs.", required=True)
    timezone: str | None = fields.text(50, "IANA time zone of the schedule.")
    is_enabled: bool = fields.boolean("Whether it runs.", default=True)
    catch_up: bool = fields.boolean("Whether a missed time is made up for once.", default=True)
    time_limit_seconds: int | None = fields.integer("When it is stopped.", low=1)
    on_failure: list[Any] = fields.column("json", "The command that is told of a failure.", factory=list)
    user_id: UUID | None = fields.reference("users", "In whose name it runs.")
    profile: str | None = fields.text(100, "The profile it runs with.")
    next_run_at: datetime | None = fields.moment("When it is due.", writable=False)
    last_started_at: datetime | None = fields.moment("When it last began.", writable=False)
    heartbeat_at: datetime | None = fields.moment("When it last gave a sign of life.", writable=False)
    last_finished_at: datetime | None = fields.moment("When it last ended.", writable=False)
    last_success_at: datetime | None = fields.moment("When it last ended well.", writable=False)
    last_exit: int | None = fields.integer("How it last ended.", writable=False)
    last_error: str | None = fields.lines("What last went wrong.", writable=False)
    failure_count: int = fields.integer("Failures since it last ended well.", low=0, default=0, writable=False)


class ReminderDelivery(Dated, Owned, table=True):
    """A reminder of one occurrence of a task through one channel: claimed first, then sent."""

    __tablename__ = "reminder_deliveries"
    __table_args__ = (
        unique("organization_id", "task_id", "reminder_at", "channel"),
        index("organization_id", "state"),
    )

    task_id: UUID = fields.reference("tasks", "The task.", part=True, required=True, writable=False)
    reminder_at: datetime = fields.moment("When it was due.", nullable=False, writable=False)
    channel: str = fields.text(50, "How it goes out.", nullable=False, writable=False)
    user_id: UUID | None = fields.reference("users", "Who is reminded.", writable=False)
    state: str = fields.choice("claimed sent failed uncertain", "How far it is.", default="claimed", writable=False)
    claimed_by: str | None = fields.text(100, "The process that claimed it.", writable=False)
    claimed_at: datetime = fields.moment("When it was claimed.", factory=clock.now, writable=False)
    sent_at: datetime | None = fields.moment("When it went out.", writable=False)
    error: str | None = fields.lines("What went wrong.", writable=False)


class NoticeDelivery(Dated, Owned, table=True):
    """An alert or a digest for one user through one channel: claimed first, then sent."""

    __tablename__ = "notice_deliveries"
    __table_args__ = (
        unique("organization_id", "kind", "key", "user_id", "channel"),
        index("organization_id", "state"),
        index("user_id"),
    )

    kind: str = fields.choice(
        "unanswered stalled overdue digest dashboard", "What it is about.", nullable=False, writable=False
    )
    key: str = fields.text(50, "The record that it is about, or the day of a digest.", nullable=False, writable=False)
    user_id: UUID = fields.reference("users", "Who is told.", nullable=False, writable=False)
    channel: str = fields.text(50, "How it goes out.", nullable=False, writable=False)
    since: datetime | None = fields.moment("Since when it has been so.", writable=False)
    state: str = fields.choice(
        "claimed sent failed uncertain empty", "How far it is.", default="claimed", writable=False
    )
    claimed_by: str | None = fields.text(100, "The process that claimed it.", writable=False)
    claimed_at: datetime = fields.moment("When it was claimed.", factory=clock.now, writable=False)
    sent_at: datetime | None = fields.moment("When it went out.", writable=False)
    error: str | None = fields.lines("What went wrong.", writable=False)


IMPORT_JOBS = Entity(
    name="import_jobs",
    table=ImportJob,
    plural="imports",
    prefix="J",
    title=("file_name",),
    columns=(
        "number",
        "started_at",
        "entity",
        "file_name",
        "state",
        "rows_done",
        "created_count",
        "updated_count",
        "rejected_count",
    ),
)
CRON_JOBS = Entity(
    name="cron_jobs",
    table=CronJob,
    plural="cron jobs",
    key="name",
    title=("name",),
    columns=("name", "schedule", "is_enabled", "next_run_at", "last_finished_at", "last_exit"),
    sort="name",
    match=("name",),
)
REMINDERS = Entity(
    name="reminder_deliveries",
    table=ReminderDelivery,
    plural="reminders",
    columns=("task", "reminder_at", "channel", "state", "user", "sent_at"),
)
NOTICES = Entity(
    name="notice_deliveries",
    table=NoticeDelivery,
    plural="notices",
    columns=("kind", "key", "user", "channel", "state", "since", "sent_at"),
)
