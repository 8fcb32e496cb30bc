"""Large removals and updates on SQLite: indexes and full text are made anew when most rows of a table are through.

The counterpart of ``loading``; all of it happens inside the transaction.
"""

from __future__ import annotations

from contextlib import contextmanager

from mycrm_cli.services import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.work import Work

SHARE = 3
"""A table has at most so many times the rows that are gone through where its indexes are made anew."""
WHOLE = 2
"""The same for the full text, of which every row costs more when it is made anew."""


@contextmanager
def removing(work: Work, entity: Entity, rows: int, *, keep: Collection[str] = ()) -> Iterator[None]:
    """Remove about so many rows of an entity inside the block; ``keep`` are columns that are looked up meanwhile."""
    with _anew(work, entity, rows, "delete", keep, None):
        yield


@contextmanager
def changing(
    work: Work, entity: Entity, rows: int, touched: Collection[str], *, keep: Collection[str] = ()
) -> Iterator[None]:
    """Change columns of about so many rows inside the block."""
    with _anew(work, entity, rows, "update" if "search_text" in touched else None, keep, touched):
        yield


@contextmanager
def _anew(
    work: Work, entity: Entity, rows: int, event: str | None, keep: Collection[str], touched: Collection[str] | None
) -> Iterator[None]:
    """Keep the full text from seeing an event, and set aside the indexes of what is touched (None: of everything)."""
    connection = work.connection
    if connection.dialect != "sqlite" or not loading.outnumbered(connection, entity, SHARE * rows):
        yield
        return
    later = []
    if event and entity.searchable and loading.outnumbered(connection, entity, WHOLE * rows):
        index = f"{entity.table}_search"
        later = [f"INSERT INTO {index} ({index}) VALUES ('rebuild')", loading.dropped(connection, f"{index}_{event}")]
    later += loading.without_indexes(connection, entity, keep, touched)
    yield
    for statement in later:
        connection.execute(statement)
