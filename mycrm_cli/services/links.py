"""The links of the journal's chain: where it ends, and what the hash of a link covers."""

from __future__ import annotations

import hashlib

from mycrm_cli import catalog
from mycrm_cli.services.entries import canonical, dumped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.services.work import Work


def end(work: Work) -> tuple[int, str]:
    """Return the position and the hash of the newest change; 0 and nothing where there is none."""
    scope, dialect = work.scope, work.connection.dialect
    id = scope.organization_id.bytes if dialect == "sqlite" else scope.organization_id
    row = work.connection.execute(
        "SELECT position, hash FROM changes WHERE organization_id = ? ORDER BY position DESC LIMIT 1", (id,)
    ).fetchone()
    return (row[0], row[1]) if row else (0, "")


def digest(row: dict[str, Any]) -> str:
    """Return the hash of a link: SHA-256 over all of its columns but the hash itself, sorted by name."""
    entity = catalog.entity("changes")
    parts = dumped(entity, {name: row[name] for name in sorted(entity.fields) if name != "hash"})
    return hashlib.sha256(canonical(parts).encode("utf-8", "surrogatepass")).hexdigest()
