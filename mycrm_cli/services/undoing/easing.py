"""What makes it easier to take back a large change on SQLite: memory for pages, and tables without their indexes."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager

from mycrm_cli import catalog
from mycrm_cli.query import touches
from mycrm_cli.services import clearing, derived, loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mycrm_cli.query.journal import Change
    from mycrm_cli.services.work import Work


@contextmanager
def eased(work: Work, change: Change) -> Iterator[None]:
    """Take back a change inside the block; small ones are none the wiser."""
    connection = work.connection
    size = change.created_count + change.updated_count + change.deleted_count
    if connection.dialect != "sqlite" or size < loading.LARGE:
        yield
        return
    pages = connection.execute("PRAGMA cache_size").fetchone()[0]
    connection.execute(f"PRAGMA cache_size = -{loading.CACHE}")
    try:
        with ExitStack() as stack:
            _enter(stack, work, change)
            yield
    finally:
        connection.execute(f"PRAGMA cache_size = {pages}")


def _enter(stack: ExitStack, work: Work, change: Change) -> None:
    """Set aside what costs every row its share, in the tables of which a large part goes, comes or changes."""
    done = [each for each in touches.sizes(work.reader, change.id) if each[0] in catalog.entities()]
    tables = {catalog.entity(name).table for name, action, *_ in done if action == "create"}
    for name in sorted({name for name, *_ in done}):
        entity = catalog.entity(name)
        counts = Counter[str]()
        touched = set[str]()
        for _, action, fields, count in (each for each in done if each[0] == name):
            counts[action if action in ("create", "purge") else "update"] += count
            touched |= set(fields)
        # SQLite looks for what points to a row that goes: without an index it would read the whole table.
        keep = [field.name for field in entity.fields.values() if field.table in tables]
        if counts["create"] >= loading.LARGE:
            stack.enter_context(clearing.removing(work, entity, counts["create"], keep=keep))
        elif counts["purge"] >= loading.LARGE and not counts["create"]:
            stack.enter_context(loading.bulk(work, entity, counts["purge"], keep=keep))
        elif counts["update"] >= loading.LARGE:
            touched |= derived.depending(entity, touched)
            stack.enter_context(clearing.changing(work, entity, counts["update"], touched, keep=keep))
