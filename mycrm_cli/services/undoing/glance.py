"""Whether all there is between two ids is the user's: one statement, where most records were made one after the other.

Where it is not, each of the records has to be looked at (``ownership.foreign``).
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli import roles as matrix
from mycrm_cli.services import ownership, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.work import Work

    Ids = tuple[UUID, UUID]

MOST = 200
"""People of a team with whom it is asked like this."""
OWN = "SELECT 1 FROM {table} AS t WHERE {within} AND CASE WHEN {own} THEN 0 ELSE 1 END = 1 LIMIT 1"
PARTS = (
    "SELECT 1 FROM {part} AS p WHERE {within} AND NOT EXISTS (SELECT 1 FROM {table} AS t"
    " WHERE t.organization_id = ? AND t.id = p.{column} AND CASE WHEN {own} THEN 1 ELSE 0 END = 1) LIMIT 1"
)


def is_own(work: Work, entity: Entity, low: UUID, high: UUID, reach: str) -> bool:
    """Return whether no record between two ids is somebody else's, nor without an owner."""
    if entity.name == "external_ids":
        return _keys_are(work, entity, (low, high))
    whole, column = matrix.FOLLOWS.get(entity.name, (entity.name, ""))
    return _holds(work, entity, (low, high), catalog.entity(whole), column, reach)


def _keys_are(work: Work, entity: Entity, ids: Ids) -> bool:
    """Look at keys of other systems, which follow the records that have them."""
    within, params = _within(work, "p", ids)
    found = work.connection.execute(f"SELECT DISTINCT p.entity FROM {entity.table} AS p WHERE {within}", params)
    for (name,) in found.fetchall():
        reach = matrix.allowed(work.scope.role, name, matrix.EDIT)
        if reach is None or not (
            reach == matrix.ALL or _holds(work, entity, ids, catalog.entity(name), "record_id", reach, name)
        ):
            return False
    return True


def _holds(work: Work, entity: Entity, ids: Ids, whole: Entity, column: str, reach: str, of: str = "") -> bool:
    """Ask it of records, or of parts by a ``column`` that leads to their wholes; ``of`` is the entity of keys."""
    people, columns = ownership.people(work, reach), matrix.OWNERS.get(whole.name)
    if not columns or len(people) > MOST:
        return False
    owners = rows.converted(sorted(people), [_saver(work)] * len(people))
    marks = ", ".join("?" * len(owners))
    own = " OR ".join(f"t.{name} IN ({marks})" for name in columns)
    within, params = _within(work, "p" if column else "t", ids)
    if of:
        within, params = f"{within} AND p.entity = ?", [*params, of]
    statement = PARTS if column else OWN
    params += [params[0], *owners * len(columns)] if column else owners * len(columns)
    text = statement.format(table=whole.table, part=entity.table, within=within, own=own, column=column)
    return work.connection.execute(text, params).fetchone() is None


def _within(work: Work, alias: str, ids: Ids) -> tuple[str, list[Any]]:
    """Return the condition that rows are between the ids, and its parameters, the organization first."""
    # The plus keeps SQLite from the indexes that begin with the organization.
    plus = "+" if work.connection.dialect == "sqlite" else ""
    params = [work.scope.organization_id, *ids]
    text = f"{plus}{alias}.organization_id = ? AND {alias}.id BETWEEN ? AND ?"
    return text, rows.converted(params, [_saver(work)] * 3)


def _saver(work: Work) -> Any:
    return catalog.entity("user").fields["id"].kind.saver(work.connection.dialect)
