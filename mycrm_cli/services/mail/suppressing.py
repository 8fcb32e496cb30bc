"""Addresses that get no mail: who is held back and why, and how an address gets onto the list.

Events put addresses there by themselves, unjournaled as they are. What people add or take off is a change like any
other. A stronger reason replaces a weaker one; nothing but a person takes an address off again.
"""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.ids import uuid7s
from mycrm_cli.services import records, rows
from mycrm_cli.services.people import tombstones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from mycrm_cli.services.work import Work

STRENGTH = ("imported", "manual", "bounce", "unsubscribe", "complaint")
"""Reasons, the weakest first: what somebody asked for counts more than what a machine noticed."""
COLUMNS = ("id", "organization_id", "created_at", "email", "reason", "detail", "email_id", "user_id")
REFUSED, ERASED = "do_not_email", "erased"
"""Why an address is held back that is on no list: its owner refused mail, or was erased."""
LONGEST = 255


class Ground(NamedTuple):
    """Why an address gets no mail, and the message that led to it."""

    reason: str
    detail: str | None = None
    email_id: UUID | None = None


def suppress(
    work: Work, addresses: Iterable[str], reason: str, detail: str | None = None, email_id: UUID | None = None
) -> list[str]:
    """Keep mail from addresses, unjournaled, and return those that were not held so strongly before."""
    return hold(work, dict.fromkeys(addresses, Ground(reason, detail, email_id)))


def hold(work: Work, grounds: Mapping[str, Ground]) -> list[str]:
    """Keep mail from addresses, each on its own ground; erased ones are held back already and come to no list."""
    wanted = _known_to_nobody(work, {address.strip().lower(): ground for address, ground in grounds.items()})
    new = {address for chunk in rows.chunks(sorted(wanted)) for address in _insert(work, chunk, wanted)}
    return sorted(new | set(_strengthen(work, {a: g for a, g in wanted.items() if a not in new})))


def _known_to_nobody(work: Work, grounds: dict[str, Ground]) -> dict[str, Ground]:
    """Leave out the addresses of people who were erased."""
    if not grounds or not tombstones.salts_of(work, "suppressions"):
        return grounds
    erased = {value for _, value in tombstones.among(work, [("email", address) for address in grounds])}
    return {address: ground for address, ground in grounds.items() if address not in erased}


def _insert(work: Work, addresses: Sequence[str], grounds: Mapping[str, Ground]) -> list[str]:
    """Insert the addresses that nobody has on the list, and return them."""
    entity, now = catalog.entity("suppressions"), clock.now()
    convert = rows.converter(rows.savers(entity, COLUMNS, work.connection.dialect))
    params: list[object] = []
    for id, address in zip(uuid7s(len(addresses)), addresses, strict=True):
        ground = grounds[address]
        detail = ground.detail[:LONGEST] if ground.detail else None
        params += convert(
            [id, work.scope.organization_id, now, address, ground.reason, detail, ground.email_id, work.scope.user_id]
        )
    marks = f"({', '.join('?' * len(COLUMNS))})"
    found = work.connection.execute(
        f"INSERT INTO suppressions ({', '.join(COLUMNS)}) VALUES {', '.join([marks] * len(addresses))}"
        " ON CONFLICT (organization_id, email) DO NOTHING RETURNING email",
        params,
    ).fetchall()
    return [row[0] for row in found]


def _strengthen(work: Work, grounds: Mapping[str, Ground]) -> list[str]:
    """Give addresses on the list the stronger reason that came up, and return them."""
    entity = catalog.entity("suppressions")
    known = rows.fetch(work.connection, work.scope, entity, "email", sorted(grounds), ["id", "email", "reason"])
    changed: list[str] = []
    changes: list[tuple[UUID, rows.Row]] = []
    for id, address, reason in known:
        ground = grounds[address]
        if STRENGTH.index(ground.reason) > STRENGTH.index(reason):
            detail = ground.detail[:LONGEST] if ground.detail else None
            changes.append((id, {"reason": ground.reason, "detail": detail, "email_id": ground.email_id}))
            changed.append(address)
    rows.update(work.connection, work.scope, entity, changes)
    return changed


def held(work: Work, addresses: Iterable[str]) -> dict[str, str]:
    """Return those of the addresses that get no mail, each with the reason: the list, a refusal, an erased person."""
    wanted = sorted({address.strip().lower() for address in addresses if address})
    found = {value: ERASED for _, value in _erased(work, wanted)}
    found |= dict.fromkeys(_refused(work, wanted), REFUSED)
    suppressions = catalog.entity("suppressions")
    listed = rows.fetch(work.connection, work.scope, suppressions, "email", wanted, ["email", "reason"])
    return found | dict(listed)


def _erased(work: Work, addresses: Sequence[str]) -> Iterable[tuple[str, str]]:
    if not tombstones.salts_of(work):
        return ()
    return tombstones.among(work, [("email", address) for address in addresses])


def _refused(work: Work, addresses: Sequence[str]) -> set[str]:
    """Return the addresses of contacts and leads who refused mail, a contact's further ones included."""
    connection, scope = work.connection, work.scope
    refused = set()
    for noun in ("contact", "lead"):
        entity = catalog.entity(noun)
        found = rows.fetch(connection, scope, entity, "email", addresses, ["email", "do_not_email"])
        refused |= {email for email, no_mail in found if no_mail}
    further = catalog.entity("contact_emails")
    others = list(rows.fetch(connection, scope, further, "email", addresses, ["email", "contact_id"]))
    ids = sorted({contact for _, contact in others})
    marks = rows.fetch(connection, scope, catalog.entity("contact"), "id", ids, ["id", "do_not_email"])
    unwilling = {id for id, no_mail in marks if no_mail}
    return refused | {email for email, contact in others if contact in unwilling}


def enter(work: Work, addresses: Sequence[str], reason: str, detail: str | None = None) -> list[str]:
    """Put addresses on the list as a change that can be taken back, and return those that were not there."""
    entity = catalog.entity("suppressions")
    wanted = list(dict.fromkeys(address.strip().lower() for address in addresses))
    known = {row[0] for row in rows.fetch(work.connection, work.scope, entity, "email", wanted, ["email"])}
    ground = {"reason": reason, "detail": detail[:LONGEST] if detail else None, "user_id": work.scope.user_id}
    fresh = list(_known_to_nobody(work, {address: Ground(reason) for address in wanted if address not in known}))
    new = [{"email": address, **ground} for address in fresh]
    if new:
        records.add(work, entity, new)
    return fresh
