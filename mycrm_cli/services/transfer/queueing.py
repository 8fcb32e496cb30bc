"""Imports of one kind of record into one organization take turns: each must find what the other wrote."""

from __future__ import annotations

import hashlib

from mycrm_cli import catalog
from mycrm_cli.errors import Unavailable
from mycrm_cli.roles import ADD
from mycrm_cli.services import roles
from mycrm_cli.services.transfer import parents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.plan import Plan
    from mycrm_cli.services.work import Work


def wait(work: Work, *entities: Entity) -> None:
    """Wait until no other import writes one of the entities; raises Unavailable after the usual time.

    SQLite has one writer anyway. PostgreSQL keeps the locks until the transaction ends, however it ends.
    All ask in the order of the names, so that no two wait for each other. Raises Denied for an entity that the
    user may not write at all.
    """
    for entity in entities:
        roles.check(work.scope, entity, ADD)
    for _, entity in sorted({entity.name: entity for entity in entities}.items()):
        turn(work, entity)


def turn(work: Work, entity: Entity) -> None:
    """Wait until nobody else writes an entity in turns, as imports do; raises Unavailable after the usual time."""
    if work.connection.dialect == "sqlite":
        return
    try:
        work.connection.execute("SELECT pg_advisory_xact_lock(?)", (key(entity.name, work.scope.organization_id),))
    except Unavailable as error:
        message = f"another import of {entity.plural} is under way"
        raise Unavailable(message, hint="try again when it is done") from error


def key(name: str, organization: UUID) -> int:
    """Return the number under which PostgreSQL knows the lock of an entity."""
    return int.from_bytes(hashlib.sha256(f"import {name} {organization}".encode()).digest()[:8], "big", signed=True)


def written(entity: Entity, create_missing: Iterable[str], plans: Iterable[Plan]) -> list[Entity]:
    """Return the entities that an import writes: its own, and those of which it creates what is missing."""
    columns = [column for plan in plans for column in plan.columns if column.spec.create_missing]
    found = [target.entity for column in columns for target in column.targets if target.entity is not None]
    return [entity, *(catalog.entity(parents.checked(noun)) for noun in create_missing), *found]
