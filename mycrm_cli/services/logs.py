"""Writing down what happened: a call, a meeting, a message, a note, with what comes next."""

from __future__ import annotations

import re
from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.services import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.query.references import Found
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

LINK = {"contact": "contact_id", "lead": "lead_id", "deal": "opportunity_id", "company": "company_id"}
BEGINS = {"call": "outbound", "email": "outbound", "meeting": "none", "note": "none"}
"""Who began it, where nobody says so."""
LONGEST_SUBJECT = 500
LONGEST_PREVIEW = 1000
DURATION = re.compile(r"(?:(\d{1,3})\s*h)?\s*(?:(\d{1,5})\s*(?:m|min|minutes)?)?", re.IGNORECASE)


class Entry(NamedTuple):
    """What is to be written down about one record; ``next`` is the title of a task, ``due`` when it is."""

    record: Found
    text: str
    at: datetime | None = None
    minutes: int | None = None
    direction: str | None = None
    outcome: str | None = None
    next: str | None = None
    due: datetime | None = None


class Logged(NamedTuple):
    """What was written: the noun and the ids of the records that stand for the entries, and the tasks."""

    noun: str
    ids: list[UUID]
    tasks: list[Row]


def minutes_in(text: str) -> int | None:
    """Return the minutes of a duration such as ``15m``, ``1h``, ``1h30m`` or ``90``; None for another text."""
    match = DURATION.fullmatch(text.strip())
    if not match or not text.strip():
        return None
    return int(match[1] or 0) * 60 + int(match[2] or 0)


def split(text: str) -> tuple[str, str | None]:
    """Return the subject, which is the first line, and the rest; a first line that is too long stays whole below."""
    first, _, rest = text.strip().partition("\n")
    if len(first) > LONGEST_SUBJECT:
        return first[: LONGEST_SUBJECT - 1].rstrip() + "…", text.strip()
    return first.strip(), rest.strip() or None


def write(work: Work, kind: str, entries: Sequence[Entry]) -> Logged:
    """Write entries of a kind down and return what was made.

    A message is kept among the e-mails and a note among the notes; each is an activity as well, at the same
    moment, so that all that happened can be counted in one place.
    """
    now = clock.now()
    beside = {"email": _email, "note": _note}.get(kind)
    kept: list[Row] = []
    if beside:
        kept = records.add(work, catalog.entity(kind), [beside(work, entry, entry.at or now) for entry in entries])
    happened = [_activity(work, kind, entry, entry.at or now) for entry in entries]
    for row, value in zip(kept, happened, strict=False):
        value |= {link: row[link] for link in LINK.values() if row.get(link)}
    added = records.add(work, catalog.entity("activity"), happened)
    planned = [_task(entry, row) for entry, row in zip(entries, added, strict=True) if entry.next]
    tasks = records.add(work, catalog.entity("task"), planned) if planned else []
    return Logged(kind if kept else "activity", [row["id"] for row in kept or added], tasks)


def _activity(work: Work, kind: str, entry: Entry, moment: datetime) -> Row:
    """Return what happened; the text of a note and of a message is with the note and the message."""
    subject, body = split(entry.text)
    return {
        "activity_type": kind,
        "direction": entry.direction or BEGINS[kind],
        "subject": subject or None,
        "body": None if kind in ("note", "email") else body,
        "occurred_at": moment,
        "duration_minutes": entry.minutes,
        "outcome": entry.outcome,
        "user_id": work.scope.user_id,
        LINK[entry.record.entity.name]: entry.record.id,
    }


def _note(work: Work, entry: Entry, moment: datetime) -> Row:
    """Return the note."""
    return {"body": entry.text.strip(), "created_at": moment, LINK[entry.record.entity.name]: entry.record.id}


def _email(work: Work, entry: Entry, moment: datetime) -> Row:
    """Return the message; who sent it and who received it follows from its people (see ``correspondents``)."""
    subject, body = split(entry.text)
    came = entry.direction == "inbound"
    link = LINK[entry.record.entity.name]
    return {
        "subject": subject or None,
        "body_preview": body[:LONGEST_PREVIEW] if body else None,
        "sent_at": moment,
        "status": "delivered" if came else "sent",
        "to_email" if came else "from_email": work.scope.email,
        **({link: entry.record.id} if link != "company_id" else {}),
    }


def _task(entry: Entry, activity: Row) -> Row:
    """Return the task that comes next, on the same records."""
    return {
        "title": entry.next,
        "due_date": entry.due,
        **{link: activity[link] for link in LINK.values() if activity[link]},
    }
