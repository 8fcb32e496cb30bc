"""Keyset paging: the part of a list that comes after one of its records.

A page begins where the last one ended, found through the sort keys instead of by counting rows, so that
page one thousand costs what page one does and records that arrive in between shift nothing.
"""

from __future__ import annotations

from mycrm_cli.query.joins import Joins
from mycrm_cli.query.paths import resolve
from mycrm_cli.query.sorting import expression, split
from mycrm_cli.query.sql import Sql, all_hold, compose, one_holds, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame

    Key = tuple[Sql, bool, bool]


def beyond(frame: Frame, entity: Entity, joins: Joins, sort: str, last: UUID) -> Sql:
    """Return the condition that holds for what comes after the record ``last`` in the order of ``sort``.

    The record's own keys are read by the same statement. Empty values come last, as they do in the list.
    """
    other = frame.alias()
    others = Joins(frame, other)
    ours, theirs = keys(frame, entity, joins, sort), keys(frame, entity, others, sort)
    same = "IS" if frame.dialect == "sqlite" else "IS NOT DISTINCT FROM"
    cases: list[Sql] = []
    equal: list[Sql] = []
    for (own, down, nullable), (key, _, _) in zip(ours, theirs, strict=True):
        end = _of(frame, entity, other, others, key, last)
        later = compose("{} < {}" if down else "{} > {}", own, end)
        if nullable:
            later = compose("({} OR ({} IS NULL AND {} IS NOT NULL))", later, own, end)
        cases.append(all_hold([*equal, later]))
        equal.append(compose(f"{{}} {same} {{}}", own, end))
    bound = _bound(frame, entity, other, others, ours[0], theirs[0][0], last)
    return all_hold([*bound, one_holds(cases)])


def keys(frame: Frame, entity: Entity, joins: Joins, sort: str) -> list[Key]:
    """Return (expression, descending, may be empty) for each sort key, the id as the last."""
    found: list[Key] = []
    named = split(sort)
    for name, down, spot in named:
        own, nullable = expression(frame, joins, resolve(entity, name, spot))
        found.append((own, down, nullable))
    if "id" not in [name for name, _, _ in named]:
        found.append((Sql(f"{joins.root}.id"), named[-1][1], False))
    return found


def _of(frame: Frame, entity: Entity, alias: str, joins: Joins, key: Sql, last: UUID) -> Sql:
    """Return the key of the last record as a part of the statement."""
    return compose(
        f"(SELECT {{}} FROM {entity.table} AS {alias}{{}} WHERE {{}} AND {alias}.id = {{}})",
        key,
        compose("".join(" {}" for _ in joins.parts), *joins.parts),
        frame.within(entity, alias),
        value(frame.id(last)),
    )


def _bound(frame: Frame, entity: Entity, alias: str, joins: Joins, first: Key, key: Sql, last: UUID) -> list[Sql]:
    """Return a bound on the first key, from which an index can start; a key that may be empty has none."""
    own, down, nullable = first
    if nullable:
        return []
    return [compose("{} <= {}" if down else "{} >= {}", own, _of(frame, entity, alias, joins, key, last))]
