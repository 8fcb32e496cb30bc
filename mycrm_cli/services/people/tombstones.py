"""What stays of people who were erased: salted hashes of their addresses, which nobody brings back.

A hash tells no address by itself; with the salt beside it guesses can be checked, and all phone numbers tried out.
So they are shown to administrators only.

They are looked up once for many records, and only in organizations that have any. A number that somebody else
may have as well says nothing about a record that has an address of its own.
"""

from __future__ import annotations

import hashlib
import os

from mycrm_cli import catalog, clock
from mycrm_cli.errors import Invalid
from mycrm_cli.ids import uuid7
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

CODE = "erased"
ADDRESSES = {
    "contact": ("email",),
    "lead": ("email",),
    "contact_emails": ("email",),
    "email": ("to_email", "from_email"),
    "email_sequence_enrollments": ("to_email",),
    "suppressions": ("email",),
}
"""Fields whose values are compared with what was erased."""
NUMBERS = {"contact": ("phone", "mobile"), "lead": ("phone",)}
KEPT = "erased people"
"""Where a unit of work keeps the organization's salt."""
NEVER = "they come back only by their own wish: mycrm person forgive ADDRESS"


class Erased(Invalid):
    """The address is one of somebody who was erased."""

    code = CODE


def watched(entity: Entity) -> set[str]:
    """Return the fields of an entity that are looked at."""
    return {*ADDRESSES.get(entity.name, ()), *NUMBERS.get(entity.name, ())}


def digest(salt: str, kind: str, value: str) -> str:
    """Return the hash of an address (``email``) or a number (``phone``)."""
    return hashlib.sha256(f"{salt}:{kind}:{value.lower()}".encode("utf-8", "surrogatepass")).hexdigest()


def salts_of(work: Work, table: str = "contacts") -> tuple[str, ...]:
    """Return the salts of the organization's hashes, none where nobody was erased; looked up once.

    There is one, and another where tombstones came from elsewhere, after an older backup was restored.
    """
    if KEPT not in work.cache:
        if work.connection.dialect == "postgresql":
            # Whoever is erasing somebody finishes first: erasing waits for one writer of either table, and stops all.
            work.connection.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        savers = rows.savers(catalog.entity("erasures"), ["organization_id"], work.connection.dialect)
        own = rows.converted([work.scope.organization_id], savers)
        found = work.connection.execute("SELECT DISTINCT salt FROM erasures WHERE organization_id = ?", own).fetchall()
        work.cache[KEPT] = tuple(str(row[0]) for row in found)
    salts: tuple[str, ...] = work.cache[KEPT]  # type: ignore[assignment]
    return salts


def among(work: Work, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    """Return those of (kind, value) that were erased, each with its row."""
    several = list(wanted)
    digests = {digest(salt, *each): each for salt in salts_of(work) for each in several}
    columns = ["digest", "id", "type", "erased_at"]
    found = rows.fetch(work.connection, work.scope, catalog.entity("erasures"), "digest", list(digests), columns)
    return {digests[row[0]]: dict(zip(columns, row, strict=True)) for row in found}


def check(work: Work, entity: Entity, new: Sequence[Row], given: Sequence[Row] = ()) -> dict[int, Invalid]:
    """Return, by their places, why rows cannot be written that have something of somebody who was erased.

    ``given`` are the values that were given for them, where further addresses may stand.
    """
    if entity.name not in ADDRESSES or not salts_of(work, entity.table if entity.name in NUMBERS else "contacts"):
        return {}
    held: dict[int, list[tuple[str, str, str]]] = {}
    for place, row in enumerate(new):
        further = (given[place].get("emails") if place < len(given) else None) or ()
        held[place] = values_of(entity, row, further)
    wanted = {(kind, value) for several in held.values() for _, kind, value in several}
    erased = among(work, wanted)
    found: dict[int, Invalid] = {}
    for place, several in held.items():
        hit = next((name for name, kind, value in several if (kind, value) in erased), None)
        if hit is not None:
            found[place] = refusal(entity, hit)
    return found


def values_of(entity: Entity, row: Row, further: Iterable[str] = ()) -> list[tuple[str, str, str]]:
    """Return (field, kind, value) of what a row has that may have been erased."""
    found = [(name, "email", str(row[name])) for name in ADDRESSES[entity.name] if row.get(name)]
    found += [("emails", "email", email) for email in further if email]
    if found:
        return found
    return [(name, "phone", str(row[name])) for name in NUMBERS.get(entity.name, ()) if row.get(name)]


def refusal(entity: Entity, field: str) -> Erased:
    """Return the error for a record of somebody who was erased; it does not say the address again."""
    what = field.replace("_", " ")
    return Erased(
        f"this {entity.noun} has the {what} of a person who was erased, and erased people are not brought back",
        details=[{"field": field, "code": CODE}],
        hint=NEVER,
    )


def refuse(work: Work, entity: Entity, new: Sequence[Row], given: Sequence[Row] = ()) -> None:
    """Raise Erased for the first row that has something of somebody who was erased."""
    for error in check(work, entity, new, given).values():
        raise error


def remember(work: Work, addresses: Iterable[str], phones: Iterable[str]) -> None:
    """Write down the hashes of what is erased; what was erased before stays as it is."""
    salt = next(iter(salts_of(work)), None) or os.urandom(16).hex()
    wanted = [("email", value) for value in sorted(addresses)] + [("phone", value) for value in sorted(phones)]
    there = among(work, wanted)
    put(work, [(kind, digest(salt, kind, value), salt) for kind, value in wanted if (kind, value) not in there])


def put(work: Work, new: Iterable[tuple[str, str, str]]) -> None:
    """Write down (kind, hash, salt) of what is erased."""
    table = catalog.entity("erasures")
    given = {hashed: (kind, salt) for kind, hashed, salt in new}
    known = {row[0] for row in rows.fetch(work.connection, work.scope, table, "digest", list(given), ["digest"])}
    fresh = [
        {
            "id": uuid7(),
            "organization_id": work.scope.organization_id,
            "type": kind,
            "digest": hashed,
            "salt": salt,
            "erased_at": clock.now(),
            "user_id": work.scope.user_id,
        }
        for hashed, (kind, salt) in given.items()
        if hashed not in known
    ]
    rows.insert(work.connection, table, fresh)
    work.cache.pop(KEPT, None)


def forget(work: Work, addresses: Iterable[str], phones: Iterable[str]) -> list[UUID]:
    """Remove the hashes of addresses and numbers whose person wants to be known again; return their ids."""
    wanted = [*(("email", value) for value in addresses), *(("phone", value) for value in phones)]
    ids = [row["id"] for row in among(work, wanted).values()]
    rows.delete(work.connection, work.scope, catalog.entity("erasures"), ids)
    work.cache.pop(KEPT, None)
    return ids
