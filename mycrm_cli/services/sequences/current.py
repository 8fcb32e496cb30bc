"""How things stand for some people of sequences: what they have got, who answered, what is next, and where they are."""

from __future__ import annotations

from typing import Any

from mycrm_cli import catalog, clock
from mycrm_cli.services import rows
from mycrm_cli.services.mail.composing import Recipient
from mycrm_cli.services.sequences import steps, stopping, windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

LOST = ("failed", "cancelled")


class Current:
    """Looks everything up for many people at once."""

    def __init__(self, work: Work, images: dict[UUID, Row]) -> None:
        self.work, self.images = work, images
        self.steps = {id: steps.of(work, id) for id in {image["sequence_id"] for image in images.values()}}
        self.zones = windows.zones_of(work, [image["contact_id"] for image in images.values()])
        self.names = self._names()
        self.state: dict[UUID, str] = {}
        """How far the last message of each one is in the outbox."""
        self.subjects: dict[str, str] = {}
        self.ended = self._leads() | self._mail()
        """Why some get nothing more, although nobody has said so yet."""

    def _names(self) -> dict[UUID, str]:
        found: dict[UUID, str] = {}
        for noun, column, names in (
            ("contact", "contact_id", ("first_name", "last_name")),
            ("lead", "lead_id", ("name",)),
        ):
            ids = sorted({image[column] for image in self.images.values() if image[column]})
            entity = catalog.entity(noun)
            for id, *parts in rows.fetch(self.work.connection, self.work.scope, entity, "id", ids, ["id", *names]):
                found[id] = " ".join(filter(None, parts))
        return found

    def _leads(self) -> dict[UUID, str]:
        """Return those whose lead is converted or given up, or whose person is in the trash."""
        ended: dict[UUID, str] = {}
        for noun, column, status in (("lead", "lead_id", "status"), ("contact", "contact_id", "status")):
            ids = sorted({image[column] for image in self.images.values() if image[column]})
            columns = ["id", status, "is_deleted"]
            entity = catalog.entity(noun)
            known = {
                row[0]: row[1:] for row in rows.fetch(self.work.connection, self.work.scope, entity, "id", ids, columns)
            }
            for id, image in self.images.items():
                told, is_deleted = known.get(image[column], (None, False))
                if is_deleted:
                    ended[id] = "deleted"
                elif noun == "lead" and told in stopping.ENDS:
                    ended[id] = stopping.ENDS[told]
        nobody = [id for id, image in self.images.items() if not (image["contact_id"] or image["lead_id"])]
        return ended | dict.fromkeys(nobody, "deleted")

    def _mail(self) -> dict[UUID, str]:
        """Return those who answered a message of the sequence, or whose last one came back or did not go out."""
        outbox, email = catalog.entity("outbox"), catalog.entity("email")
        connection, scope = self.work.connection, self.work.scope
        columns = ["enrollment_id", "id", "email_id", "state", "message_id"]
        told = sorted(
            rows.fetch(connection, scope, outbox, "enrollment_id", list(self.images), columns), key=lambda row: row[1]
        )
        mails = sorted({row[2] for row in told if row[2]})
        names = ("id", "subject", "replied_at", "bounced_at", "bounce_type", "message_id")
        known = rows.images(connection, scope, email, mails, names)
        ended: dict[UUID, str] = {}
        for enrollment, _, mail, state, message_id in told:
            self.state[enrollment] = state
            row: dict[str, Any] = known.get(mail, {})
            self.subjects[message_id] = row.get("subject") or ""
            if row.get("replied_at"):
                ended[enrollment] = "reply"
            elif row.get("bounced_at") and row["bounce_type"] == "hard":
                ended[enrollment] = "bounce"
        lost = {id: "not_sent" for id, state in self.state.items() if state in LOST}
        return lost | ended

    def step(self, image: Row) -> Row | None:
        """Return the next step of somebody, None behind the last one."""
        plan = self.steps[image["sequence_id"]]
        return next((step for step in plan if step["position"] >= image["next_position"]), None)

    def zone(self, image: Row) -> str:
        """Return the zone of somebody."""
        return self.zones.get(image["contact_id"], self.zones[None])

    def recipient(self, image: Row) -> Recipient:
        """Return who gets the message."""
        person = image["contact_id"] or image["lead_id"]
        # A lead that became a contact is written to as the contact.
        lead = None if image["contact_id"] else image["lead_id"]
        return Recipient(image["to_email"], self.names.get(person), image["contact_id"], lead, image["opportunity_id"])

    def subject(self, message_id: str | None) -> str | None:
        """Return the subject of a message that was sent before, None where there is none."""
        return self.subjects.get(message_id) or None if message_id else None

    def after(self, image: Row, step: Row, message_id: str | None) -> Row:
        """Return what changes in an enrollment whose step was queued."""
        now, plan = clock.now(), self.steps[image["sequence_id"]]
        following = next((one for one in plan if one["position"] > step["position"]), None)
        values: Row = {"next_position": step["position"] + 1}
        if message_id is not None:
            values["last_message_id"] = message_id
        if following is None:
            return values | {"status": "finished", "finished_at": now, "next_send_at": None}
        return values | {"next_send_at": windows.due(steps.timing(following), now, self.zone(image))}
