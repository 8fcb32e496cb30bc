"""Erasures across a restore: those of the present database are carried over, and whom they name is erased again."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.db import directory
from mycrm_cli.errors import ConfigError, Conflict, NotFound
from mycrm_cli.roles import ADMINISTRATORS
from mycrm_cli.scope import Locale, Scope
from mycrm_cli.services.work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.services.restoring import Restored

    Stones = dict[UUID, list[tuple[Any, ...]]]

COLUMNS = "id, type, digest, salt, erased_at, user_id"
READ = f"SELECT {COLUMNS} FROM erasures WHERE organization_id = ?"
WRITE = f"INSERT INTO erasures ({COLUMNS}, organization_id) VALUES (?, ?, ?, ?, ?, ?, ?)"
USER = "SELECT 1 FROM users WHERE organization_id = ? AND id = ?"
ADMINISTRATOR = (
    "SELECT u.id, u.email, u.role, o.name, o.slug FROM users AS u JOIN organizations AS o ON o.id = u.organization_id"
    " WHERE u.organization_id = ? AND u.role IN (?, ?) ORDER BY u.is_active DESC, u.role DESC, u.id LIMIT 1"
)


def read(connection: Connection) -> Stones:
    """Return the erasures of every organization, as the database holds them; raises ConfigError for a damaged one."""
    return {
        organization: [tuple(row) for row in connection.execute(READ, (_own(connection, organization),)).fetchall()]
        for organization in directory.organization_ids(connection)
    }


def carry(connection: Connection, stones: Stones) -> Stones:
    """Write down the erasures that a database does not know yet, and return them."""
    new: Stones = {}
    for organization in directory.organization_ids(connection):
        own = _own(connection, organization)
        known = {row[2] for row in connection.execute(READ, (own,)).fetchall()}
        missing = [row for row in stones.get(organization, ()) if row[2] not in known]
        for *row, user in missing:
            is_there = user is not None and connection.execute(USER, (own, user)).fetchone()
            connection.execute(WRITE, (*row, user if is_there else None, own))
        if missing:
            new[organization] = missing
    return new


def erase(connection: Connection, organization: UUID, result: Restored) -> None:
    """Erase everybody whom an organization's erasures name, as its administrator; keep who is left to people."""
    from mycrm_cli.services.people import again, erasing

    scope = _administrator(connection, organization)
    work = Work(connection, lambda opened: scope, command=["db", "restore"])
    work.join()
    erasing.begin(work)
    gone: set[str] = set()
    for who in [*again.held(work), *_by_phone(work)]:
        if who in gone:
            continue
        try:
            one = erasing.erase(work, who)
        except (Conflict, NotFound):
            result.left.append(f"{who} in {scope.slug}")
            continue
        gone |= {who} | one.person.addresses
        result.erased += [name for plural in ("contacts", "leads") for name in one.removed.get(plural, ())]
    work.journal.seal()


def _by_phone(work: Work) -> Iterator[str]:
    """Yield the contacts and leads without an address whose number was erased."""
    from mycrm_cli.services.people import tombstones

    own = _own(work.connection, work.scope.organization_id)
    for noun, columns in tombstones.NUMBERS.items():
        entity = catalog.entity(noun)
        asked = f"SELECT number, {', '.join(columns)} FROM {entity.table} WHERE organization_id = ? AND email IS NULL"
        found = {f"{entity.prefix}-{row[0]}": row[1:] for row in work.connection.execute(asked, (own,)).fetchall()}
        numbers = {("phone", str(value)) for row in found.values() for value in row if value}
        erased = {value for _, value in tombstones.among(work, numbers)}
        yield from [name for name, row in found.items() if erased & {str(value) for value in row if value}]


def _administrator(connection: Connection, organization: UUID) -> Scope:
    """Return the scope of an organization's administrator; raises ConfigError for one without."""
    own = _own(connection, organization)
    row = connection.execute(ADMINISTRATOR, (own, *sorted(ADMINISTRATORS))).fetchone()
    if row is None:
        raise ConfigError("an organization of the backup has no administrator, and people must be erased again in it")
    id, email, role, name, slug = row
    user = UUID(bytes=id) if isinstance(id, bytes) else id
    return Scope(organization, user, role, organization=name, slug=slug, email=email, locale=Locale())


def _own(connection: Connection, organization: UUID) -> UUID | bytes:
    return organization.bytes if connection.dialect == "sqlite" else organization
