"""The e-mail addresses of contacts: ``contacts.email`` is the primary one of ``contact_emails``."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.ids import uuid7
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def follow(work: Work, written: Sequence[tuple[Row, Row]]) -> None:
    """Bring the addresses of contacts in line with their rows and with the further addresses given."""
    changed = [(row, given.get("emails")) for row, given in written if {"email", "emails"} & given.keys()]
    if not changed:
        return
    table = catalog.entity("contact_emails")
    stored = _stored(work, table, [row["id"] for row, _ in changed])
    new: list[Row] = []
    for row, further in changed:
        new += _wanted(work, table, row, further or (), stored.get(row["id"], {}))
    rows.insert(work.connection, table, new)
    for address in new:
        work.journal.note(table, address["id"], "create")


def _stored(work: Work, table: Entity, contacts: Sequence[UUID]) -> dict[UUID, dict[str, Row]]:
    """Return the addresses that contacts have, by contact and address."""
    stored: dict[UUID, dict[str, Row]] = {}
    columns = list(table.fields)
    for values in rows.fetch(work.connection, work.scope, table, "contact_id", contacts, columns):
        image = dict(zip(columns, values, strict=True))
        stored.setdefault(image["contact_id"], {})[image["email"]] = image
    return stored


def _wanted(work: Work, table: Entity, row: Row, further: Sequence[str], stored: dict[str, Row]) -> list[Row]:
    """Return the addresses to add to one contact; the primary mark moves, nothing is removed but an emptied primary."""
    primary = row.get("email")
    for email, image in stored.items():
        if image["is_primary"] and email != primary:
            _change_primary(work, table, image, keep=email in further)
        elif email == primary and not image["is_primary"]:
            work.journal.note(table, image["id"], "update", {"is_primary": False})
            rows.update(work.connection, work.scope, table, [(image["id"], {"is_primary": True})])
    addresses = dict.fromkeys(email for email in [primary, *further] if email and email not in stored)
    blank = dict.fromkeys(table.fields)
    return [
        blank
        | {
            "id": uuid7(),
            "organization_id": work.scope.organization_id,
            "contact_id": row["id"],
            "email": email,
            "is_primary": email == primary,
            "created_at": row["updated_at"],
            "updated_at": row["updated_at"],
        }
        for email in addresses
    ]


def _change_primary(work: Work, table: Entity, image: Row, keep: bool) -> None:
    """Replace what was the primary address, or keep it as a further one."""
    if keep:
        work.journal.note(table, image["id"], "update", {"is_primary": True})
        rows.update(work.connection, work.scope, table, [(image["id"], {"is_primary": False})])
        return
    work.journal.note(table, image["id"], "purge", image)
    rows.delete(work.connection, work.scope, table, [image["id"]])


def held(work: Work, emails: Iterable[str]) -> Iterator[tuple[str, UUID]]:
    """Yield (address, contact) for the further addresses of live contacts among these."""
    table, contacts = catalog.entity("contact_emails"), catalog.entity("contact")
    found = list(rows.fetch(work.connection, work.scope, table, "email", emails, ["email", "contact_id"]))
    marks = rows.fetch(work.connection, work.scope, contacts, "id", {id for _, id in found}, ["id", "is_deleted"])
    live = {id for id, deleted in marks if not deleted}
    yield from ((email, id) for email, id in found if id in live)
