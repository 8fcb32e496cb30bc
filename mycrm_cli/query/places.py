"""Records that are called by what they belong to: ``D-12.2``, ``Sales/Proposal``, ``contact.tier``.

Their own names may be there several times; together with the place they are unique.
"""

from __future__ import annotations

import re

from mycrm_cli.kinds.folding import fold_key
from mycrm_cli.query.sql import Sql, all_hold, among, compose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.frame import Frame
    from mycrm_cli.query.lookups import Columns

ITEM = re.compile(r"(?:[Dd]-)?(\d{1,10})\.(\d{1,10})", re.ASCII)
PARENTS = {"line_items": ("opportunities", "opportunity_id"), "stages": ("pipelines", "pipeline_id")}
"""Table -> the table of what its records belong to, and the column that points there."""
KEYS = {
    "line_items": "CAST({parent}.number AS TEXT) || '.' || CAST({own}.position AS TEXT)",
    "stages": "{parent}.name_key || '/' || {own}.name_key",
    "custom_fields": "{own}.entity || '.' || {own}.key",
    "saved_filters": "{own}.entity || '.' || mycrm_fold({own}.name)",
}
"""Table -> the key of a place, as ``places`` makes it of what was typed."""
LABELS = {
    "line_items": "'D-' || {parent}.number || '.' || {own}.position || ' ' || {own}.name",
    "stages": "{parent}.name || '/' || {own}.name",
    "custom_fields": "{own}.entity || '.' || {own}.key",
    "saved_filters": "{own}.entity || '.' || {own}.name",
}
"""Table -> how people read a record with its place."""


def places(entity: Entity, typed: str) -> list[str]:
    """Return the key of the place that a text names; empty where it names none."""
    if entity.table == "line_items":
        match = ITEM.fullmatch(typed)
        return [f"{int(match[1])}.{int(match[2])}"] if match else []
    if entity.table == "stages":
        return [path_key(typed)] if "/" in typed else []
    if entity.table in KEYS and "." in typed:
        noun, _, key = typed.partition(".")
        return [f"{_entity_name(noun)}.{fold_key(key.replace('-', '_') if entity.name == 'custom_fields' else key)}"]
    return []


def path_key(text: str) -> str:
    """Return a name with slashes as it is compared: ``Sales / Proposal`` is sales/proposal."""
    return "/".join(fold_key(part) for part in text.split("/"))


def _entity_name(noun: str) -> str:
    """Return the catalogue's name for a noun as people type it."""
    from mycrm_cli import catalog

    known = catalog.nouns().get(noun.strip().lower())
    return known.name if known else noun


def lookup(frame: Frame, entity: Entity, keys: list[Any], columns: Columns, deleted: bool | None) -> list[Sql]:
    """Return the SELECT that finds records by the keys of their places."""
    own = frame.alias()
    if entity.table not in PARENTS:
        key = Sql(KEYS[entity.table].format(own=own))
        where = [frame.within(entity, own), among(key, keys)]
        return [compose("SELECT {} FROM {} AS {} WHERE {}", columns(own, key), entity.table, own, all_hold(where))]
    from mycrm_cli import catalog

    table, link = PARENTS[entity.table]
    parent = frame.alias()
    above = catalog.by_table(table)
    key = Sql(KEYS[entity.table].format(own=own, parent=parent))
    where = [frame.within(above, parent), *frame.live(above, parent, False), *_numbered(entity, parent, keys)]
    # The plus sign keeps SQLite from the organization's index: the parent leads to the few.
    hide = "+" if frame.dialect == "sqlite" else ""
    where += [compose(f"{hide}{{}}", frame.within(entity, own)), Sql(f"{own}.{link} = {parent}.id"), among(key, keys)]
    template = f"SELECT {{}} FROM {table} AS {parent} CROSS JOIN {entity.table} AS {own} WHERE {{}}"
    return [compose(template, columns(own, key), all_hold(where))]


def _numbered(entity: Entity, parent: str, keys: list[str]) -> list[Sql]:
    """Return the condition on the parent's number, which an index knows."""
    if entity.table != "line_items":
        return []
    numbers = {int(key.partition(".")[0]) for key in keys}
    return [among(Sql(f"{parent}.number"), sorted(number for number in numbers if number < 2**31) or [0])]


def label(entity: Entity, alias: str) -> str:
    """Return how people read a record with its place, as an expression; NULL for records that need none."""
    if entity.table not in LABELS:
        return "NULL"
    if entity.table not in PARENTS:
        return LABELS[entity.table].format(own=alias)
    table, link = PARENTS[entity.table]
    text = LABELS[entity.table].format(own=alias, parent="above")
    same = f"above.organization_id = {alias}.organization_id AND above.id = {alias}.{link}"
    return f"(SELECT {text} FROM {table} AS above WHERE {same})"
