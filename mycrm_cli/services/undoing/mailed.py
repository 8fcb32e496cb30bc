"""Messages whose records are taken back: what still waits in the outbox is cancelled, what went out stays."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import rows
from mycrm_cli.services.undoing.findings import Findings, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.undoing.items import Net
    from mycrm_cli.services.work import Work

PEOPLE = "email_sequence_enrollments"
REASONS = {
    "sent": "was sent: mail that is out cannot be taken back",
    "sending": "is on its way: mail that is out cannot be taken back",
    "uncertain": "may have been sent: mycrm email outbox cancel settles it, and leaves the record",
}


def concerns(work: Work, entity: Entity, action: str) -> bool:
    """Return whether records that were created may have messages in the outbox, and are looked at one by one."""
    return entity.name in ("email", PEOPLE) and action == "create" and rows.exist(work.connection, work.scope, outbox())


def outbox() -> Entity:
    """Return the table of messages that are to be sent."""
    return catalog.entity("outbox")


def recall(work: Work, entity: Entity, members: dict[UUID, Net], found: Findings) -> None:
    """Cancel what waits; leave out, in place, the records of what may have gone out."""
    if entity.name != "email" or not rows.exist(work.connection, work.scope, outbox()):
        return
    from mycrm_cli.services.mail import recalling

    gone = recalling.take_back(work, [id for id, net in members.items() if net.absent])
    images = rows.images(work.connection, work.scope, entity, gone)
    for id, state in gone.items():
        found.problems.add(Problem(entity, id, REASONS[state], image=images.get(id)))
        del members[id]


def release(work: Work, entity: Entity, ids: Sequence[UUID]) -> None:
    """Cancel what waits for people who were never put into a sequence, once their enrollment is taken back."""
    if entity.name == PEOPLE and ids:
        from mycrm_cli.services.sequences import stopping

        stopping.recall(work, ids)
