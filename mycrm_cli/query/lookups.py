"""Statements that find records by a key; filters and references share them.

Each is a SELECT of one table with the organization's records that carry one of the keys.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.keys import phones
from mycrm_cli.query.sql import Sql, all_hold, among, column, compose, folded, one_holds, value
from mycrm_cli.query.titles import title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame

    Columns = Callable[[str, Sql], Sql]

ADDRESSES = {"contacts": ("contact_emails", "contact_id", "email")}
"""Tables with further e-mail addresses of a record."""


def lookups(
    frame: Frame, entity: Entity, step: str, keys: list[Any], columns: Columns, deleted: bool | None = None
) -> list[Sql]:
    """Return the SELECTs that find records by keys of one step.

    ``columns`` gets the alias of the record's table and the expression of the key, and returns what to select.
    """
    if step == "ext":
        return _by_external_id(frame, entity, keys, columns, deleted)
    if step == "place":
        from mycrm_cli.query import places

        return places.lookup(frame, entity, keys, columns, deleted)
    found = [_direct(frame, entity, own, keys, columns, deleted) for own in _columns(frame, entity, step)]
    if step == "email" and entity.table in ADDRESSES:
        found.append(_by_address(frame, entity, keys, columns, deleted))
    return found


def _columns(frame: Frame, entity: Entity, step: str) -> list[Callable[[str], Sql]]:
    """Return the expressions that hold the keys of a step, as functions of the table's alias."""
    if step == "name":
        if "name_key" in entity.fields:
            return [lambda alias: Sql(f"{alias}.name_key")]
        return [lambda alias: folded(title(entity, alias))] if entity.title else []
    names = phones(entity) if step == "phone" else [step]
    return [lambda alias, name=name: Sql(column(alias, name)) for name in names]  # type: ignore[misc]


def _direct(
    frame: Frame,
    entity: Entity,
    own: Callable[[str], Sql],
    keys: list[Any],
    columns: Columns,
    deleted: bool | None,
) -> Sql:
    alias = frame.alias()
    key = own(alias)
    if keys and hasattr(keys[0], "bytes"):
        keys = [frame.id(key) for key in keys]
    where = [frame.within(entity, alias), *frame.live(entity, alias, deleted), among(key, keys)]
    return compose("SELECT {} FROM {} AS {} WHERE {}", columns(alias, key), entity.table, alias, all_hold(where))


def _by_address(frame: Frame, entity: Entity, keys: list[Any], columns: Columns, deleted: bool | None) -> Sql:
    table, link, name = ADDRESSES[entity.table]
    other = frame.alias()
    address = Sql(f"{other}.{name}")
    wanted = among(address, keys)
    return _joined(frame, entity, table, other, link, wanted, address, columns, deleted)


def _by_external_id(frame: Frame, entity: Entity, keys: list[Any], columns: Columns, deleted: bool | None) -> list[Sql]:
    """Keys are ``source:id``; one SELECT for each source, so that the unique index serves."""
    by_source: dict[str, list[str]] = {}
    for key in keys:
        source, _, identifier = key.partition(":")
        by_source.setdefault(source, []).append(identifier)
    found = []
    for source, identifiers in by_source.items():
        other = frame.alias()
        wanted = all_hold(
            [
                compose("{}.entity = {}", other, value(entity.name)),
                compose("{}.source = {}", other, value(source)),
                among(Sql(f"{other}.external_id"), identifiers),
            ]
        )
        key = Sql(f"{other}.source || ':' || {other}.external_id")
        found.append(_joined(frame, entity, "external_ids", other, "record_id", wanted, key, columns, deleted))
    return found


def _joined(
    frame: Frame,
    entity: Entity,
    table: str,
    other: str,
    link: str,
    wanted: Sql,
    key: Sql,
    columns: Columns,
    deleted: bool | None,
) -> Sql:
    """Return the SELECT over another table of keys, joined to the record's own."""
    alias = frame.alias()
    where = [frame.within(catalog.by_table(table), other), wanted, *frame.live(entity, alias, deleted)]
    return compose(
        "SELECT {} FROM {} AS {} JOIN {} AS {} ON {} AND {} WHERE {}",
        columns(alias, key),
        table,
        other,
        entity.table,
        alias,
        frame.within(entity, alias),
        f"{alias}.id = {other}.{link}",
        all_hold(where),
    )


def pointing(frame: Frame, entity: Entity, own: str, keys: dict[str, list[Any]]) -> Sql:
    """Return whether a reference points to a record with one of the keys, given by step."""
    parts = []
    for step, values in keys.items():
        if step == "id":
            parts.append(among(Sql(own), [frame.id(v) for v in values]))
            continue
        # One record at most: an equality, which an index with the list's order can serve.
        unique = len(values) == 1 and (step == "number" or (step == "email" and entity.table == "users"))
        for select in lookups(frame, entity, step, values, lambda alias, key: Sql(f"{alias}.id")):
            parts.append(compose("{} = ({})" if unique else "{} IN ({})", own, select))
    return one_holds(parts)
