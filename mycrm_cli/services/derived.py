"""Columns that the program computes: name keys, search texts, and the rowid of the full-text index."""

from __future__ import annotations

from mycrm_cli.kinds.folding import fold_key, search_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from mycrm_cli.catalog import Entity
    from mycrm_cli.db.connect import Connection

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


def following(entity: Entity, image: dict[str, Any], touched: dict[str, Any]) -> dict[str, Any]:
    """Return the computed columns that change with what is touched; most changes touch nothing that they cover."""
    if not depending(entity, touched):
        return {}
    return {name: value for name, value in refresh(entity, image | touched).items() if value != image[name]}


def depending(entity: Entity, touched: Iterable[str]) -> set[str]:
    """Return the computed columns that may change with these."""
    covered = {*entity.search, *(name for item in entity.title for name in item.split())}
    return {"name_key", "search_text"} & entity.fields.keys() if covered & set(touched) else set()


def next_rowid(connection: Connection, entity: Entity) -> int | None:
    """Return the next key of SQLite's full-text index; the write lock keeps it ours. None on PostgreSQL."""
    if not entity.searchable or connection.dialect != "sqlite":
        return None
    # The index's keys are shared by all organizations of the file and tell nothing about them.
    highest = connection.execute(f"SELECT max(search_rowid) FROM {entity.table}").fetchone()[0]
    return int(highest or 0) + 1
