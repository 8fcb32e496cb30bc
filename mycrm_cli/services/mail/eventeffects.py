"""What follows from reports: how far messages came, when people were last heard of, who gets no more mail."""

from __future__ import annotations

from mycrm_cli import catalog, clock
from mycrm_cli.services import bound, rows
from mycrm_cli.services.activities import MOVED
from mycrm_cli.services.mail import suppressing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.services.mail.happening import Event, Found
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

STATUSES = ("queued", "sent", "delivered", "opened", "clicked", "replied")
"""How far a message came, one after the other."""
REACHED = {
    "delivered": "delivered",
    "open": "opened",
    "click": "clicked",
    "reply": "replied",
    "complaint": "delivered",
    "unsubscribe": "delivered",
}
"""How far a message had come when something happened with it."""
ENDED = {"bounce": "bounced", "failed": "failed"}
FIRST = {"open": "opened_at", "click": "clicked_at", "reply": "replied_at", "bounce": "bounced_at"}
COUNTS = {"open": "open_count", "click": "click_count"}
PROOF = frozenset((*REACHED, "bounce"))
"""What only happens with messages that were sent."""
READ = (
    "id", "status", "sent_at", "opened_at", "open_count", "clicked_at", "click_count", "replied_at", "bounced_at",
    "bounce_type", "to_email", *MOVED,
)  # fmt: skip
STOPPING = {"reply": "reply", "bounce": "bounce", "complaint": "complaint", "unsubscribe": "unsubscribe"}
"""What stops a sequence, and the reason that is written down; a soft bounce does not."""


def follow(work: Work, found: Sequence[Found]) -> int:
    """Move messages and people along, and return how many addresses get no more mail."""
    of: dict[UUID, list[Event]] = {}
    for each in found:
        if each.email_id is not None:
            of.setdefault(each.email_id, []).append(each.event)
    images = rows.images(work.connection, work.scope, catalog.entity("email"), of, READ, lock=True)
    changes = [(id, moved(image, of[id])) for id, image in images.items()]
    changes = [(id, change) for id, change in changes if change]
    rows.update(work.connection, work.scope, catalog.entity("email"), changes)
    _settle_outbox(work, [id for id in of if any(event.type in PROOF for event in of[id])])
    _advance(work, images, of)
    suppressed = suppressing.hold(work, _grounds(found))
    _stop_sequences(work, found, images)
    return len(suppressed)


def moved(image: Row, events: Iterable[Event]) -> Row:
    """Return what changes in a message with which these things happened, in whatever order they are told."""
    after, replies = dict(image), [image["replied_at"]] if image["replied_at"] else []
    for event in events:
        if column := FIRST.get(event.type):
            after[column] = min(after[column] or event.occurred_at, event.occurred_at)
        if column := COUNTS.get(event.type):
            after[column] += 1
        if event.type == "bounce":
            after["bounce_type"] = "hard" if "hard" in (after["bounce_type"], event.bounce_type) else "soft"
        if event.type == "reply":
            replies.append(event.occurred_at)
        if event.type in PROOF and after["sent_at"] is None:
            after["sent_at"] = event.occurred_at
        after["status"] = further(after["status"], event.type)
    if replies and max(replies) >= (after["bounced_at"] or max(replies)):
        after["status"] = "replied"
    return {name: value for name, value in after.items() if value != image[name]}


def further(status: str, type: str) -> str:
    """Return how far a message is after something happened: never back, and no further once it has ended."""
    if type in ENDED:
        return "bounced" if "bounced" in (status, ENDED[type]) else "failed"
    if status not in STATUSES or type not in REACHED:
        return status
    return max(status, REACHED[type], key=STATUSES.index)


def _settle_outbox(work: Work, ids: Sequence[UUID]) -> None:
    """Say of messages in doubt that they went out: somebody received them."""
    entity = catalog.entity("outbox")
    own = bound.organization(work)
    if not work.connection.execute(
        "SELECT 1 FROM outbox WHERE organization_id = ? AND state = 'uncertain' LIMIT 1", [own]
    ).fetchone():
        return
    found = rows.fetch(work.connection, work.scope, entity, "email_id", ids, ["id", "state"], lock=True)
    sent = [
        (id, {"state": "sent", "sent_at": clock.now(), "error": None}) for id, state in found if state == "uncertain"
    ]
    rows.update(work.connection, work.scope, entity, sent)


def _advance(work: Work, images: dict[UUID, Row], of: dict[UUID, list[Event]]) -> None:
    """Move the last activity of the records that messages were exchanged with forward, never back."""
    now = clock.now()
    for column, noun in MOVED.items():
        last: dict[UUID, datetime] = {}
        for id, image in images.items():
            moments = [min(event.occurred_at, now) for event in of[id] if event.type in PROOF]
            if image[column] is not None and moments:
                last[image[column]] = max([*moments, last.get(image[column], moments[0])])
        entity = catalog.entity(noun)
        stored = rows.images(work.connection, work.scope, entity, last, ("id", "last_activity_at"), lock=True)
        behind = [
            (id, {"last_activity_at": last[id]})
            for id, image in stored.items()
            if image["last_activity_at"] is None or image["last_activity_at"] < last[id]
        ]
        rows.update(work.connection, work.scope, entity, behind)


def _grounds(found: Iterable[Found]) -> dict[str, suppressing.Ground]:
    """Return the addresses that get no more mail, each with the strongest reason."""
    grounds: dict[str, suppressing.Ground] = {}
    for each in found:
        event = each.event
        # A report that came by mail is somebody's word: it stands for the address that we wrote to, and no other.
        ours = each.to_email if event.provider == "mail" or not event.address else event.address
        address = ours or event.address
        if address is None or not is_final(event):
            continue
        known = grounds.get(address)
        strength = suppressing.STRENGTH.index
        if known is None or strength(known.reason) < strength(event.type):
            grounds[address] = suppressing.Ground(event.type, event.detail, each.email_id)
    return grounds


def is_final(event: Event) -> bool:
    """Return whether nobody should write to the address again."""
    return event.type in ("complaint", "unsubscribe") or (event.type == "bounce" and event.bounce_type == "hard")


def _stop_sequences(work: Work, found: Iterable[Found], images: dict[UUID, Row]) -> None:
    """Stop the sequences of people who answered, cannot be reached or want no more."""
    groups: dict[str, list[Found]] = {}
    for each in found:
        if each.event.type == "reply" or is_final(each.event):
            groups.setdefault(STOPPING[each.event.type], []).append(each)
    if not groups:
        return
    from mycrm_cli.services.sequences import stopping

    for reason, several in groups.items():
        rows_of = [images[each.email_id] for each in several if each.email_id in images]
        contacts = sorted({row["contact_id"] for row in rows_of if row["contact_id"]})
        leads = sorted({row["lead_id"] for row in rows_of if row["lead_id"]})
        addresses = sorted(filter(None, {each.event.address or each.to_email for each in several}))
        stopping.stop(work, reason, contacts, leads, addresses)
