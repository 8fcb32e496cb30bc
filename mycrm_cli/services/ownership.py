"""Whose records people may write, beside which nouns: what a role has of its own, or the team's.

Nothing here costs anything where a role may write all records of an entity. It is asked for what a command writes
itself, not for what follows from it (see ``Work.on_behalf``).
"""

from __future__ import annotations

from operator import attrgetter

from mycrm_cli import catalog
from mycrm_cli import roles as matrix
from mycrm_cli.errors import Denied
from mycrm_cli.services import roles, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from typing import Any
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

CODE = "not_yours"
"""What a row of an import is refused with, where it writes what is somebody else's."""

TEAM = """
WITH RECURSIVE below(id) AS (
    SELECT u.id FROM users u WHERE u.organization_id = ? AND u.id = ?
    UNION SELECT u.id FROM users u JOIN below b ON u.manager_id = b.id WHERE u.organization_id = ?
)
SELECT id FROM below UNION SELECT u.id FROM users u WHERE u.organization_id = ? AND u.team_id IN (
    SELECT t.id FROM teams t WHERE t.organization_id = ? AND t.lead_id = ?
    UNION SELECT m.team_id FROM users m WHERE m.organization_id = ? AND m.id = ? AND m.team_id IS NOT NULL
)
"""
"""A manager, whoever reports to them directly or not, and the members of the teams they are in or lead."""


class NotYours(Denied):
    """Records that are somebody else's: ``ids`` of those that are there, ``places`` of new ones among those given.

    ``reason`` says it of one record, where each is told by itself.
    """

    def __init__(
        self, message: str, *, reason: str, hint: str | None, ids: Collection[UUID] = (), places: Collection[int] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.ids = frozenset(ids)
        self.places = frozenset(places)


def reach_of(work: Work, entity: Entity, action: str) -> str:
    """Return how far the user may do something; raises Denied where not at all. What follows reaches everywhere."""
    return matrix.ALL if work.is_on_behalf else roles.check(work.scope, entity, action)


def check(work: Work, entity: Entity, ids: Iterable[UUID], action: str) -> None:
    """Refuse to write records that are not the user's; they are locked. Raises Denied, naming the first and how many.

    Records that are gone are left to who writes them.
    """
    reach = reach_of(work, entity, action)
    if reach == matrix.ALL:
        return
    ids = list(ids)
    if others := _others(work, entity, ids, reach):
        raise _refused(work, entity, others, len(ids), reach)


def check_edits(work: Work, entity: Entity, edits: Sequence[tuple[UUID, Row]]) -> None:
    """Refuse changes of records that are not the user's, as ``check`` does.

    What belongs to nobody may be taken: the change itself makes it the user's own. Parts may not be moved to
    records that are not the user's.
    """
    reach = reach_of(work, entity, matrix.EDIT)
    if reach == matrix.ALL:
        return
    me, columns = work.scope.user_id, matrix.OWNERS.get(entity.name, ())
    taken = {id for id, changes in edits if any(changes.get(column) == me for column in columns)}
    if others := _others(work, entity, [id for id, _ in edits], reach, taken):
        raise _refused(work, entity, others, len(edits), reach)
    if entity.name in matrix.FOLLOWS and (error := _foreign_wholes(work, entity, [changes for _, changes in edits])):
        column = matrix.FOLLOWS[entity.name][1]
        ids = [id for id, changes in edits if changes.get(column) in error.ids]
        raise NotYours(error.message, reason=error.reason, hint=error.hint, ids=ids)


def check_new(work: Work, entity: Entity, values: Sequence[Row], reach: str) -> None:
    """Refuse to add records for others; who may only write their own becomes the owner of what has none, in place."""
    if reach == matrix.ALL:
        return
    if entity.name in matrix.FOLLOWS:
        if error := _foreign_wholes(work, entity, values):
            column = matrix.FOLLOWS[entity.name][1]
            places = [place for place, value in enumerate(values) if value.get(column) in error.ids]
            raise NotYours(error.message, reason=error.reason, hint=error.hint, places=places)
        return
    if entity.name not in matrix.OWNERS:
        return
    column = matrix.OWNERS[entity.name][0]
    ours = people(work, reach)
    if reach == matrix.OWN:
        for value in values:
            if value.get(column) is None:
                value[column] = work.scope.user_id
    given = [value.get(column) for value in values]
    if places := [place for place, user in enumerate(given) if user is not None and user not in ours]:
        label = entity.fields[column].label
        more = f" ({len(places):,} of {len(values):,})" if len(values) > 1 else ""
        raise NotYours(
            f"{work.scope.email} is {work.scope.role} and adds no {entity.plural} whose {label} is somebody"
            f" {_outside(reach)}{more}",
            reason=f"its {label} is somebody {_outside(reach)}",
            hint=f"leave {label} out, or ask {_whom()}",
            places=places,
        )


def foreign(
    work: Work, entity: Entity, ids: Sequence[UUID], reach: str, taken: Collection[UUID] = frozenset()
) -> list[UUID]:
    """Return those of the records that are not the user's; ``taken`` are, where they are nobody's.

    Keys of other systems follow the records that have them.
    """
    if entity.name != "external_ids":
        return _others(work, entity, ids, reach, taken)
    found = _columns(work, entity, ids, ["entity", "record_id"])
    theirs: set[UUID] = set()
    for name in {row[1] for row in found}:
        whole, records = catalog.entity(name), sorted({row[2] for row in found if row[1] == name})
        allowed = matrix.allowed(work.scope.role, name, matrix.EDIT)
        if allowed != matrix.ALL:
            theirs |= set(_others(work, whole, records, allowed) if allowed else records)
    return [row[0] for row in found if row[2] in theirs]


def _foreign_wholes(work: Work, entity: Entity, values: Sequence[Row]) -> NotYours | None:
    """Return the error for parts of records that are not the user's, or None."""
    whole, column = matrix.FOLLOWS[entity.name]
    try:
        check(work, catalog.entity(whole), {value[column] for value in values if value.get(column)}, matrix.EDIT)
    except NotYours as error:
        return error
    return None


def _others(
    work: Work, entity: Entity, ids: Sequence[UUID], reach: str, taken: Collection[UUID] = frozenset()
) -> list[UUID]:
    """Return those of the records that are not the user's, in order; ``taken`` are not, where they are somebody's."""
    if entity.name in matrix.FOLLOWS:
        whole, column = matrix.FOLLOWS[entity.name]
        found = _columns(work, entity, ids, [column])
        not_ours = set(_others(work, catalog.entity(whole), sorted({row[1] for row in found if row[1]}), reach))
        return [row[0] for row in found if row[1] is None or row[1] in not_ours]
    columns = matrix.OWNERS.get(entity.name)
    if not columns:
        return list(ids)
    ours = people(work, reach)
    found = _columns(work, entity, ids, columns, lock=True)
    return [
        row[0]
        for row in found
        if ours.isdisjoint(row[1:])
        and (any(user is not None for user in row[1:]) or not (reach == matrix.TEAM or row[0] in taken))
    ]


def _columns(
    work: Work, entity: Entity, ids: Iterable[UUID], columns: Sequence[str], *, lock: bool = False
) -> list[tuple[Any, ...]]:
    """Return the id and some columns of records, in the order of their ids, as everybody locks."""
    wanted = sorted(set(ids), key=attrgetter("int"))
    return list(rows.fetch(work.connection, work.scope, entity, "id", wanted, ["id", *columns], lock=lock))


def people(work: Work, reach: str) -> frozenset[UUID]:
    """Return the users whose records are the user's to write; looked up once for each unit of work."""
    if reach == matrix.OWN:
        return frozenset((work.scope.user_id,))
    known = work.cache.get("team")
    if not isinstance(known, frozenset):
        organization, me = work.reader.frame().organization, work.reader.frame().id(work.scope.user_id)
        params = (organization, me, organization, organization, organization, me, organization, me)
        load = catalog.entity("user").fields["id"].kind.loader(work.connection.dialect)
        found = work.connection.execute(TEAM, params)
        known = frozenset(load(id) if load else id for (id,) in found)
        work.cache["team"] = known
    return known


def _refused(work: Work, entity: Entity, others: Sequence[UUID], count: int, reach: str) -> NotYours:
    """Return the error that names the first record that is somebody else's, and tells how many are."""
    image = rows.images(work.connection, work.scope, entity, others[:1])[others[0]]
    name = entity.called(image.get("number"), entity.titled(image)) or f"a {entity.noun}"
    more = f"; {len(others):,} of {count:,} {entity.plural} are not" if count > 1 else ""
    return NotYours(
        f"{work.scope.email} is {work.scope.role} and may not change {name}: it is not {_whose(reach)}{more}",
        reason=f"the {entity.noun} is not {_whose(reach)}",
        hint=f"ask who owns it, or {_whom()}",
        ids=others,
    )


def _whose(reach: str) -> str:
    return "the team's" if reach == matrix.TEAM else "their own"


def _outside(reach: str) -> str:
    return "outside the team" if reach == matrix.TEAM else "else"


def _whom() -> str:
    return "an administrator; mycrm user role --matrix shows who may do what"
