"""A pipeline as a board: its stages with how many deals stand there and what they are worth, and the first of them."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.query.nodes import all_of, equals
from mycrm_cli.query.plans import source
from mycrm_cli.query.select import Select, restriction
from mycrm_cli.query.sql import compose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Any
    from uuid import UUID

    from mycrm_cli.query.nodes import Node
    from mycrm_cli.query.reader import Reader

CARD = ("id", "number", "name", "value", "currency", "days_in_stage", "owner.first_name", "owner.last_name")
"""What a card shows of a deal."""


class Lane:
    """One stage on the board: ``sums`` by currency, ``cards`` of the first deals."""

    __slots__ = ("cards", "count", "id", "name", "probability", "stale_after", "status", "sums")

    def __init__(self, id: UUID, name: str, probability: int, won: bool, lost: bool, stale_after: int | None) -> None:
        self.id = id
        self.name = name
        self.probability = probability
        self.status = "won" if won else "lost" if lost else "open"
        self.stale_after = stale_after
        self.count = 0
        self.sums: dict[str, Decimal] = {}
        self.cards: list[dict[str, Any]] = []

    def is_stale(self, days: int) -> bool:
        """Whether a deal that has stood here for so many days is stale."""
        return self.status == "open" and self.stale_after is not None and days >= self.stale_after


def lanes(reader: Reader, pipeline: UUID, where: Node | None) -> list[Lane]:
    """Return the stages of a pipeline with counts and sums of the deals that fit."""
    stage = catalog.entity("stage")
    fields = ["id", "name", "probability", "is_won", "is_lost", "stale_after_days"]
    of_pipeline = equals("pipeline_id", str(pipeline))
    found = [Lane(*row) for row in reader.rows(Select(stage, fields, where=of_pipeline, sort="order,id"))]
    by_id = {lane.id: lane for lane in found}
    for id, currency, count, total in totals(reader, pipeline, where):
        lane = by_id[id]
        lane.count += count
        if total is not None:
            lane.sums[currency] = total
    return found


def totals(reader: Reader, pipeline: UUID, where: Node | None) -> list[tuple[Any, ...]]:
    """Return (stage, currency, number of deals, sum of their values) for the deals of a pipeline that fit."""
    frame, deal = reader.frame(), catalog.entity("deal")
    alias = frame.alias()
    wanted = all_of([equals("pipeline_id", str(pipeline)), where])
    statement = compose(
        f"SELECT {alias}.stage_id, {alias}.currency, count(*), sum({alias}.value) FROM {{}} WHERE {{}}"
        f" GROUP BY {alias}.stage_id, {alias}.currency ORDER BY {alias}.currency",
        source(frame, deal, alias, wanted, False),
        restriction(frame, deal, alias, wanted, False),
    )
    load_id, load_sum = (deal.fields[name].kind.loader(frame.dialect) for name in ("stage_id", "value"))
    return [
        (load_id(id) if load_id else id, currency, count, load_sum(total) if load_sum and total is not None else total)
        for id, currency, count, total in reader.run(statement).fetchall()
    ]


def deal_cards(reader: Reader, lane: Lane, where: Node | None, sort: str, limit: int) -> list[dict[str, Any]]:
    """Return the first deals of a stage."""
    deal = catalog.entity("deal")
    wanted = all_of([equals("stage_id", str(lane.id)), where])
    found = reader.rows(Select(deal, CARD, where=wanted, sort=sort, limit=limit))
    names = [column.name for column in found.columns]
    return [dict(zip(names, row, strict=True)) for row in found]
