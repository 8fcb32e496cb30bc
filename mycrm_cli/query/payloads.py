"""Reads the before-images of records of a change, by their places."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.kinds.structures import read_json
from mycrm_cli.query import sheets
from mycrm_cli.query.sql import Sql, all_hold, among, compose, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.reader import Reader

BATCH = 500
"""Payloads of one statement."""


def payloads(reader: Reader, change: UUID, positions: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return the before-images of records of a change, by their places."""
    table, frame = catalog.entity("change_payloads"), reader.frame()
    starts = _starts(reader, change, positions)
    found: dict[int, dict[str, Any]] = {}
    images: dict[int, Any] = {}
    wanted = sorted({starts.get(position, position) for position in positions})
    for start in range(0, len(wanted), BATCH):
        fits = [
            frame.within(table, "p"),
            compose("p.change_id = {}", value(frame.id(change))),
            among(Sql("p.position"), wanted[start : start + BATCH]),
        ]
        statement = compose("SELECT p.position, p.{} FROM change_payloads AS p WHERE {}", '"before"', all_hold(fits))
        images |= {row[0]: read_json(row[1]) for row in reader.run(statement)}
    for position in positions:
        first = starts.get(position)
        held = images.get(position) if first is None else sheets.image(images.get(first), position - first)
        if held is not None:
            found[position] = held
    return found


def _starts(reader: Reader, change: UUID, positions: Collection[int]) -> dict[int, int]:
    """Return, for the places that belong to items of many, where their items start."""
    table, frame = catalog.entity("change_items"), reader.frame()
    mine = [frame.within(table, "i"), compose("i.change_id = {}", value(frame.id(change)))]
    statement = compose("SELECT i.position FROM change_items AS i WHERE {} AND i.members IS NOT NULL", all_hold(mine))
    many = reader.run(compose("{} LIMIT 1", statement)).fetchone()
    if not many:
        return {}
    text = "SELECT i.position, i.members IS NOT NULL FROM change_items AS i WHERE {} AND i.position <= {} {}"
    starts = {}
    left = sorted(positions)
    while left:
        newest = compose(text, all_hold(mine), value(left[-1]), "ORDER BY i.position DESC LIMIT 1")
        start, many = reader.run(newest).fetchone()
        while left and left[-1] >= start:
            if many:
                starts[left[-1]] = start
            left.pop()
    return starts
