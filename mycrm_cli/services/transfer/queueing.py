"""Imports of one kind of record into one organization take turns: each must find what the other wrote."""

from __future__ import annotations

import hashlib

from mycrm_cli.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.work import Work


def wait(work: Work, entity: Entity) -> None:
    """Wait until no other import of the entity is under way; raises Unavailable after the usual time.

    SQLite has one writer anyway. PostgreSQL keeps the lock until the transaction ends, however it ends.
    """
    if work.connection.dialect == "sqlite":
        return
    name = f"import {entity.name} {work.scope.organization_id}"
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    try:
        work.connection.execute("SELECT pg_advisory_xact_lock(?)", (key,))
    except Unavailable as error:
        message = f"another import of {entity.plural} is under way"
        raise Unavailable(message, hint="try again when it is done") from error
