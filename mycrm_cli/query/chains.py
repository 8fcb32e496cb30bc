"""Reads the whole journal of an organization in a stream, to be checked."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.sheets import ERASED
from mycrm_cli.query.sql import column, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from mycrm_cli.query.reader import Reader


BATCH = 2000
"""Rows that the server sends at a time; payloads may be those of thousands of records."""
PAYLOADS = 5


def changes(reader: Reader, order: str) -> Iterator[dict[str, Any]]:
    """Yield all changes as whole rows, by ``position`` or ``id``."""
    names = list(catalog.entity("changes").fields)
    for row in _stream(reader, "changes", names, order):
        yield dict(zip(names, row, strict=True))


def items(reader: Reader) -> Iterator[tuple[Any, ...]]:
    """Yield the change, then the columns that the item's hash covers, in the order of the changes' ids."""
    names = "change_id position entity record_id action touched payload_hash last_record_id members"
    return _stream(reader, "change_items", names.split(), "change_id, t.position", 20 * PAYLOADS)


def payloads(reader: Reader) -> Iterator[tuple[Any, ...]]:
    """Yield (change, position, salt, image) in the same order."""
    names = ("change_id", "position", "salt", "before")
    return _stream(reader, "change_payloads", names, "change_id, t.position", PAYLOADS)


def erased(reader: Reader) -> Iterator[tuple[Any, ...]]:
    """Yield (change that erased, change that lost images, their marks)."""
    table, frame = catalog.entity("change_items"), reader.frame()
    names = ("change_id", "record_id", "touched")
    loads = [table.fields[each].kind.loader(frame.dialect) for each in names]
    chosen = ", ".join(column("t", each) for each in names)
    statement = compose(
        "SELECT {} FROM change_items AS t WHERE {} AND t.entity = {}", chosen, frame.within(table, "t"), value(ERASED)
    )
    for row in reader.run(statement).fetchall():
        yield tuple(x if load is None else load(x) for x, load in zip(row, loads, strict=True))


def last_number(reader: Reader) -> int:
    """Return the newest number that a change was ever given."""
    table, frame = catalog.entity("counters"), reader.frame()
    statement = compose(
        "SELECT t.next_value FROM counters AS t WHERE {} AND t.entity = {}", frame.within(table, "t"), value("changes")
    )
    row = reader.run(statement).fetchone()
    return int(row[0]) - 1 if row else 0


def _stream(
    reader: Reader, name: str, names: Sequence[str], order: str, batch: int = BATCH
) -> Iterator[tuple[Any, ...]]:
    table, frame = catalog.entity(name), reader.frame()
    loads = [table.fields[each].kind.loader(frame.dialect) for each in names]
    chosen = ", ".join(column("t", each) if each != "before" else 't."before"' for each in names)
    statement = compose(
        "SELECT {} FROM {} AS t WHERE {} ORDER BY t.{}", chosen, table.table, frame.within(table, "t"), order
    )
    for row in reader.stream(statement, batch):
        yield tuple(x if x is None or load is None else load(x) for x, load in zip(row, loads, strict=True))
