"""The e-mail addresses of contacts: ``contacts.email`` is the primary one, ``contact_emails`` holds further ones."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import records, rows
from mycrm_cli.services.people import tombstones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.work import Work

FIELDS = frozenset(("email", "emails"))


def follow(work: Work, written: Sequence[Written]) -> None:
    """Keep the further addresses that were given; one that became the primary one is no further one any more."""
    # A new contact has no addresses but those that came with it, and most come with one.
    given = [w for w in written if w.given.get("emails") or (w.before is not None and FIELDS & w.given.keys())]
    if not given:
        return
    stored = _stored(work, [each.after["id"] for each in given])
    new: list[rows.Row] = []
    gone: list[UUID] = []
    for each in given:
        contact, primary = each.after["id"], each.after["email"]
        known = stored.get(contact, {})
        further = dict.fromkeys(email for email in each.given.get("emails") or () if email and email != primary)
        new += [{"contact_id": contact, "email": email} for email in further if email not in known]
        gone += [known[primary]] if primary in known else []
    tombstones.refuse(work, catalog.entity("contact_emails"), new)
    records.put(work, "contact_emails", new)
    if gone:
        records.remove(work, catalog.entity("contact_emails"), gone)


def _stored(work: Work, contacts: Sequence[UUID]) -> dict[UUID, dict[str, UUID]]:
    """Return the further addresses of contacts with the ids of their rows."""
    stored: dict[UUID, dict[str, UUID]] = {}
    table = catalog.entity("contact_emails")
    columns = ["contact_id", "email", "id"]
    for contact, email, id in rows.fetch(work.connection, work.scope, table, "contact_id", contacts, columns):
        stored.setdefault(contact, {})[email] = id
    return stored


def held(work: Work, emails: Iterable[str]) -> Iterator[tuple[str, UUID]]:
    """Yield (address, contact) for the further addresses of live contacts among these."""
    table, contacts = catalog.entity("contact_emails"), catalog.entity("contact")
    found = list(rows.fetch(work.connection, work.scope, table, "email", emails, ["email", "contact_id"]))
    marks = rows.fetch(work.connection, work.scope, contacts, "id", {id for _, id in found}, ["id", "is_deleted"])
    live = {id for id, deleted in marks if not deleted}
    yield from ((email, id) for email, id in found if id in live)
