"""Erases people again who came back with an older backup: by the tombstones that were kept from before."""

from __future__ import annotations

import json

from mycrm_cli import catalog
from mycrm_cli.errors import Invalid
from mycrm_cli.services import rows
from mycrm_cli.services.people import erasing, tombstones
from mycrm_cli.services.people.erasing import Erased
from mycrm_cli.services.people.finding import Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mycrm_cli.services.work import Work

    Stone = tuple[str, str, str]

LOOKED_AT = {**tombstones.ADDRESSES, "outbox": ("to_email",), "email_events": ("address",)}


def read(lines: Iterable[str]) -> list[Stone]:
    """Return (kind, hash, salt) of the lines that ``person list -o jsonl`` wrote; raises Invalid for others."""
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            found.append((str(told["type"]), str(told["digest"]), str(told["salt"])))
        except (ValueError, KeyError, TypeError):
            raise Invalid(
                f"line {number} is no tombstone", hint="mycrm person list -o jsonl writes them, before a restore"
            ) from None
    return found


def erase(work: Work, stones: list[Stone]) -> Erased:
    """Erase everybody with an address among tombstones, and keep these; return what went, as of one person."""
    erasing.begin(work)
    result = Erased(Person("the people of the tombstones"))
    tombstones.put(work, stones)
    for address in held(work):
        if address in result.person.addresses:
            continue
        one = erasing.erase(work, address)
        result.person.addresses.add(address)
        result.person.addresses |= one.person.addresses
        for mine, theirs in ((result.removed, one.removed), (result.kept, one.kept)):
            for plural, names in theirs.items():
                mine.setdefault(plural, []).extend(names)
        result.tables |= one.tables
        result.mentions += one.mentions
        result.images += one.images
    return result


def held(work: Work) -> list[str]:
    """Return the addresses in the organization of people who were erased."""
    known = {("email", address) for address in addresses(work)}
    return sorted(address for _, address in tombstones.among(work, known))


def addresses(work: Work) -> Iterator[str]:
    """Yield all addresses that the organization knows, in lower case."""
    dialect = work.connection.dialect
    for name, columns in LOOKED_AT.items():
        entity = catalog.entity(name)
        own = rows.converted([work.scope.organization_id], rows.savers(entity, ["organization_id"], dialect))
        for column in columns:
            statement = f"SELECT DISTINCT {column} FROM {entity.table} WHERE organization_id = ?"
            yield from (row[0] for row in work.connection.execute(statement, own).fetchall() if row[0])
