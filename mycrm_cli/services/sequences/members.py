"""The people of a sequence: found by those who are asked for, however many there are."""

from __future__ import annotations

from typing import Any

from mycrm_cli import catalog
from mycrm_cli.services import bound, rows
from mycrm_cli.services.claims import saved
from mycrm_cli.services.sequences import stopping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.services.mail.composing import Recipient
    from mycrm_cli.services.work import Work

NAME = "email_sequence_enrollments"
LINKS = {"contact": "contact_id", "lead": "lead_id", "deal": "opportunity_id"}
"""The columns by which somebody in a sequence is found."""
COLUMNS = ("contact_id", "lead_id", "to_email", "status")
FEW = 100
"""People who are looked up one by one; for more of them the whole sequence is looked through."""


def going(work: Work, sequence: UUID, targets: Sequence[tuple[str, UUID]] | None) -> list[UUID]:
    """Return the enrollments that go on of some people, or of all."""
    columns = ["id", "sequence_id", "status"]
    found: set[UUID] = set()
    for column, keys in _keys(sequence, targets).items():
        told = rows.fetch(work.connection, work.scope, catalog.entity(NAME), column, keys, columns)
        found |= {id for id, where, status in told if where == sequence and status in stopping.GOING}
    return sorted(found)


def _keys(sequence: UUID, targets: Sequence[tuple[str, UUID]] | None) -> dict[str, list[UUID]]:
    """Return which column has which ids for some people, or for all."""
    if targets is None:
        return {"sequence_id": [sequence]}
    return {column: sorted({id for each, id in targets if each == noun}) for noun, column in LINKS.items()}


def standing(work: Work, sequence: UUID, people: Sequence[Recipient]) -> Iterator[tuple[str, str]]:
    """Yield (address, status) for whoever of some people is, or was, in a sequence: as a record, or by the address."""
    records = {one.contact_id or one.lead_id: one.to_email for one in people}
    addresses = {one.to_email for one in people}
    found = _all(work, sequence) if len(people) > FEW else _some(work, sequence, people)
    for contact, lead, address, status in found:
        for known in {records.get(contact), records.get(lead), address if address in addresses else None} - {None}:
            yield str(known), status


def _all(work: Work, sequence: UUID) -> Iterator[tuple[Any, ...]]:
    """Yield everybody of a sequence: one look through it is quicker than many people looked up one by one."""
    return rows.fetch(work.connection, work.scope, catalog.entity(NAME), "sequence_id", [sequence], COLUMNS)


def _some(work: Work, sequence: UUID, people: Sequence[Recipient]) -> Iterator[tuple[Any, ...]]:
    """Yield those of a sequence who are some people, or have their addresses."""
    entity = catalog.entity(NAME)
    for column in ("contact_id", "lead_id"):
        keys = sorted({getattr(one, column) for one in people if getattr(one, column)})
        for where, *row in rows.fetch(work.connection, work.scope, entity, column, keys, ["sequence_id", *COLUMNS]):
            if where == sequence:
                yield tuple(row)
    if not people:
        return
    found = work.connection.execute(
        "SELECT to_email, status FROM email_sequence_enrollments WHERE organization_id = ? AND sequence_id = ?"
        f" AND to_email IN ({', '.join('?' * len(people))})",
        [bound.organization(work), saved(work, NAME, "sequence_id", sequence), *(one.to_email for one in people)],
    )
    yield from ((None, None, address, status) for address, status in found.fetchall())
