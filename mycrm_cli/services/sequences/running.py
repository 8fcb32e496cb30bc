"""Sending the steps that are due: each is queued once for each person, in small transactions, and then sent.

An enrollment moves on in the transaction that queues its message, and the outbox holds a step for a person once: a run
that is killed, or overlaps with another, repeats nothing and leaves nothing out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.services import bound, posting, rows
from mycrm_cli.services.claims import saved
from mycrm_cli.services.mail import outbox, sending, templating
from mycrm_cli.services.mail.composing import Recipient
from mycrm_cli.services.sequences import steps, stopping, windows
from mycrm_cli.services.sequences.current import Current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from mycrm_cli.services.mail.outbox import Message, Sent
    from mycrm_cli.services.mail.sending import Told
    from mycrm_cli.services.mail.transport import Mailer
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

NAME = "email_sequence_enrollments"
JOB = "sequence run"
BATCH = 100
"""People of one transaction."""
LATER = timedelta(minutes=15)
"""When it is looked again whether the step before has gone out."""
WAITING = ("queued", "sending", "uncertain")


class Done(NamedTuple):
    """What came of a run: messages queued, enrollments finished, stopped and paused, problems, and what was sent."""

    queued: int
    finished: int
    stopped: int
    problems: list[str]
    sent: Sent


class Counts:
    """What a run has done so far."""

    def __init__(self) -> None:
        self.queued = self.finished = self.stopped = 0
        self.problems: list[str] = []


def run(
    begin: Callable[[], Work],
    mailer: Mailer,
    *,
    user: UUID | None = None,
    per_minute: float | None = None,
    tell: Callable[[Told], None] | None = None,
) -> Done:
    """Queue what is due of everybody's, or of a user's, sequences, and send it; raises Unavailable while one runs."""
    counts = Counts()
    with posting.alone(begin, JOB) as mine:
        last: UUID | None = None
        while True:
            with mine.turn() as work:
                ids = due(work, user, last)
                if ids:
                    advance(work, ids, mailer.server.sender, counts)
                else:
                    waiting = unsent(work, user)
            if not ids:
                break
            last = ids[-1]
        sent = outbox.Sent(0, 0, 0, 0, 0)
        if waiting:
            sent = outbox.drain(begin, mailer, per_minute=per_minute, ids=waiting, tell=tell)
        else:
            mailer.close()
    return Done(counts.queued, counts.finished, counts.stopped, counts.problems, sent)


def count_due(work: Work, user: UUID | None) -> int:
    """Return how many people are due."""
    count, last = 0, None
    while ids := due(work, user, last):
        count, last = count + len(ids), ids[-1]
    return count


def due(work: Work, user: UUID | None, last: UUID | None) -> list[UUID]:
    """Return the next people whose step is due, in the order of their ids; of sequences that send."""
    more, params = "", []
    for condition, value in (("e.user_id = ?", user), ("e.id > ?", last)):
        if value is not None:
            more += f" AND {condition}"
            params.append(saved(work, NAME, "id", value))
    own = bound.organization(work)
    found = work.connection.execute(
        "SELECT e.id FROM email_sequence_enrollments e JOIN email_sequences s ON s.organization_id = ?"
        " AND s.id = e.sequence_id WHERE e.organization_id = ? AND e.status = 'active' AND e.next_send_at <= ?"
        f" AND s.is_active = ?{more} ORDER BY e.id LIMIT {BATCH}",
        [own, own, saved(work, NAME, "next_send_at", clock.now()), saved(work, "sequence", "is_active", True), *params],
    ).fetchall()
    load = catalog.entity(NAME).fields["id"].kind.loader(work.connection.dialect)
    return [load(row[0]) if load else row[0] for row in found]


def unsent(work: Work, user: UUID | None) -> list[UUID]:
    """Return the messages of sequences that are due in the outbox: those of this run, and those put off before."""
    more, params = "", []
    if user is not None:
        more, params = " AND user_id = ?", [saved(work, "outbox", "user_id", user)]
    own, now = bound.organization(work), saved(work, "outbox", "due_at", clock.now())
    found = work.connection.execute(
        "SELECT id FROM outbox WHERE organization_id = ? AND state = 'queued' AND due_at <= ?"
        f" AND enrollment_id IS NOT NULL AND NOT {sending.PAUSED}{more} ORDER BY due_at, id",
        [own, now, own, own, *params],
    ).fetchall()
    load = catalog.entity("outbox").fields["id"].kind.loader(work.connection.dialect)
    return [load(row[0]) if load else row[0] for row in found]


def advance(work: Work, ids: Sequence[UUID], sender: str, counts: Counts) -> None:
    """Queue the next message of some people and move them on."""
    entity, now = catalog.entity(NAME), clock.now()
    images = rows.images(work.connection, work.scope, entity, ids, lock=True)
    still = {
        id: image
        for id, image in images.items()
        if image["status"] == "active" and image["next_send_at"] is not None and image["next_send_at"] <= now
    }
    current = Current(work, still)
    for reason in set(current.ended.values()):
        ids = [id for id, why in current.ended.items() if why == reason]
        counts.stopped += stopping.end(work, ids, reason, journaled=False)
    changes: list[tuple[UUID, Row]] = []
    ready: list[tuple[UUID, Row]] = []
    for id, image in still.items():
        if id in current.ended:
            continue
        step, when = current.step(image), None
        if step is not None:
            when = windows.fit(steps.timing(step), now, current.zone(image))
        if step is None:
            counts.finished += 1
            changes.append((id, {"status": "finished", "finished_at": now, "next_send_at": None}))
        elif current.state.get(id) in WAITING:
            changes.append((id, {"next_send_at": now + LATER}))
        elif when is not None and when > now:
            changes.append((id, {"next_send_at": when}))
        else:
            ready.append((id, step))
    changes += send(work, current, still, ready, sender, counts)
    rows.update(work.connection, work.scope, entity, [(id, told | {"updated_at": now}) for id, told in changes])


def send(
    work: Work,
    current: Current,
    images: dict[UUID, Row],
    ready: Sequence[tuple[UUID, Row]],
    sender: str,
    counts: Counts,
) -> list[tuple[UUID, Row]]:
    """Queue messages and return what changes in their enrollments."""
    changes: list[tuple[UUID, Row]] = []
    wanted: list[tuple[UUID, Row, Message]] = []
    by_template: dict[tuple[UUID, UUID | None], list[tuple[UUID, Row]]] = {}
    for id, step in ready:
        by_template.setdefault((step["template_id"], images[id]["user_id"]), []).append((id, step))
    for (template_id, user), members in by_template.items():
        for id, step, made in texts(work, current, images, template_id, user, members, sender):
            if isinstance(made, str):
                called = images[id]["to_email"]
                counts.problems.append(f"{called}: paused at step {step['position']}: {made}")
                changes.append((id, {"status": "paused", "stop_reason": made[:50]}))
            else:
                wanted.append((id, step, made))
    with work.on_behalf():
        queued = outbox.queue(work, [message for _, _, message in wanted], sender)
    for (id, step, message), one in zip(wanted, queued, strict=True):
        if one.why_not in (None, "twice"):
            counts.queued += one.why_not is None
            changes.append((id, current.after(images[id], step, message.message_id if one.why_not is None else None)))
            counts.finished += changes[-1][1].get("status") == "finished"
        else:
            counts.stopped += stopping.end(work, [id], str(one.why_not), journaled=False)
    return changes


def texts(
    work: Work,
    current: Current,
    images: dict[UUID, Row],
    template_id: UUID,
    user: UUID | None,
    members: Sequence[tuple[UUID, Row]],
    sender: str,
) -> list[tuple[UUID, Row, Message | str]]:
    """Return the message of each, or why there is none."""
    template = templating.by_ids(work.reader, [template_id])[template_id]
    people = [current.recipient(images[id]) for id, _ in members]
    try:
        templating.check_active(template)
        about = templating.subjects(work.reader, people, user)
        addressed, ids = templating.addressed(work, about, templating.labels(work.reader, people), sender)
        made = templating.rendered(work.reader, template, addressed)
    except Invalid as error:
        return [(id, step, error.message) for id, step in members]
    found: list[tuple[UUID, Row, Message | str]] = []
    for (id, step), one, said, key in zip(members, people, made, ids, strict=True):
        if isinstance(said, templating.Lack):
            found.append((id, step, f"no {said.field}"))
        else:
            found.append(
                (id, step, written(images[id], step, one, current, templating.message(one, said, key, template)))
            )
    return found


def written(image: Row, step: Row, one: Recipient, current: Current, message: Message) -> Message:
    """Return a message as the step of a sequence that it is."""
    answered = image["last_message_id"] if step["is_reply"] else None
    before: Any = current.subject(answered)
    subject = message.subject if before is None else before if before.lower().startswith("re:") else f"Re: {before}"
    return message._replace(
        subject=subject,
        reply_to_message_id=answered,
        user_id=image["user_id"],
        enrollment_id=image["id"],
        step_id=step["id"],
        sequence_id=image["sequence_id"],
        sequence_step=step["position"],
        is_bulk=True,
    )
