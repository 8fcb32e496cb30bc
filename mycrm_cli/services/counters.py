"""Numbers that people refer to records by: per organization and entity, never used twice."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.db.connect import Connection


def take(connection: Connection, organization_id: UUID, entity: str, count: int) -> int:
    """Reserve a block of ``count`` numbers and return the first; gaps are allowed, repetitions are not."""
    id = organization_id.bytes if connection.dialect == "sqlite" else organization_id
    row = connection.execute(
        "INSERT INTO counters (organization_id, entity, next_value) VALUES (?, ?, ?)"
        " ON CONFLICT (organization_id, entity) DO UPDATE SET next_value = counters.next_value + ?"
        " RETURNING next_value",
        (id, entity, count + 1, count),
    ).fetchone()
    return int(row[0]) - count


def keep_above(connection: Connection, organization_id: UUID, entity: str, number: int) -> None:
    """Make sure that a number that came with an import is never given out again."""
    id = organization_id.bytes if connection.dialect == "sqlite" else organization_id
    take(connection, organization_id, entity, 0)
    connection.execute(
        "UPDATE counters SET next_value = ? WHERE organization_id = ? AND entity = ? AND next_value <= ?",
        (number + 1, id, entity, number),
    )
