"""Columns that the program computes: name keys, search texts, and the rowid of the full-text index."""

from __future__ import annotations

from functools import cache

from mycrm_cli.kinds.folding import fold_key, search_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection

    Known = tuple[tuple[Any, ...], dict[str, Any]]
    """What computed columns follow from, and what they are."""

ALWAYS_NEW = frozenset(("search_rowid",))
"""Computed columns that are unique as they are made."""
LONGEST_SEARCH_TEXT = 10_000
"""Characters of a record that full-text search covers."""


def name_key(entity: Entity, row: dict[str, Any]) -> str:
    """Return the record's title as it is compared."""
    return fold_key(entity.titled(row))


def search_text(entity: Entity, row: dict[str, Any]) -> str:
    """Return the words by which full-text search finds the record, each once."""
    texts = [row.get(name) for name in entity.search]
    told = " ".join([(" ".join(t) if t.__class__ is list else str(t))[:LONGEST_SEARCH_TEXT] for t in texts if t])
    return " ".join(dict.fromkeys(search_words(told)))


def refresh(entity: Entity, row: dict[str, Any]) -> dict[str, Any]:
    """Return the computed columns of a row as they should be."""
    computed: dict[str, Any] = {}
    if "name_key" in entity.fields:
        computed["name_key"] = name_key(entity, row)
    if entity.searchable:
        computed["search_text"] = search_text(entity, row)
    return computed


def beforehand(entity: Entity, values: dict[str, Any]) -> Known:
    """Return what the computed columns follow from and what they are, for a record that gets these values."""
    return tuple(map(values.get, covered(entity))), refresh(entity, values)


def completed(entity: Entity, row: dict[str, Any], known: Known | None) -> dict[str, Any]:
    """Return the computed columns of a row: those known before, unless something that they follow from is different."""
    if known is not None and known[0] == tuple(map(row.get, covered(entity))):
        return known[1]
    return refresh(entity, row)


@cache
def covered(entity: Entity) -> tuple[str, ...]:
    """Return the columns that computed ones follow from."""
    return tuple(dict.fromkeys([*entity.search, *(name for item in entity.title for name in item.split())]))


def following(entity: Entity, image: dict[str, Any], touched: dict[str, Any]) -> dict[str, Any]:
    """Return the computed columns that change with what is touched; most changes touch nothing that they cover."""
    if not depending(entity, touched):
        return {}
    return {name: value for name, value in refresh(entity, image | touched).items() if value != image[name]}


def depending(entity: Entity, touched: Iterable[str]) -> set[str]:
    """Return the computed columns that may change with these."""
    follows = not set(covered(entity)).isdisjoint(touched)
    return {"name_key", "search_text"} & entity.fields.keys() if follows else set()


def next_rowid(connection: Connection, entity: Entity) -> int | None:
    """Return the next key of SQLite's full-text index; the write lock keeps it ours. None on PostgreSQL."""
    if not entity.searchable or connection.dialect != "sqlite":
        return None
    # The index's keys are shared by all organizations of the file and tell nothing about them.
    highest = connection.execute(f"SELECT max(search_rowid) FROM {entity.table}").fetchone()[0]
    return int(highest or 0) + 1
