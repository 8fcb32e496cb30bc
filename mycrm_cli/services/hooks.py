"""What a unit of work did, by the names of ``[hooks]``: one place that looks at the records it wrote.

Nothing is looked at where nobody wants to be told. Imports, undo, merges and dry runs tell nobody.
"""

from __future__ import annotations

from mycrm_cli.config.hooks import EVENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

ADDED = {name.removesuffix("_added"): name for name in EVENTS if name.endswith("_added")}
STATUS = {
    ("deal", "won"): "deal_won",
    ("deal", "lost"): "deal_lost",
    ("deal", "open"): "deal_reopened",
    ("lead", "qualified"): "lead_qualified",
    ("lead", "disqualified"): "lead_disqualified",
    ("lead", "converted"): "lead_converted",
    ("task", "completed"): "task_done",
}
"""What it means that a record came to a status."""
RESPONSIBLE = ("owner_id", "assigned_to_id")
BEGINNINGS = frozenset(("deal_reopened",))
"""What a record that begins so has not gone through."""
QUIET_VERBS = frozenset(("merge",))


class Watch:
    """What a unit of work writes, as far as somebody ``wants`` to be told."""

    def __init__(self, wanted: Collection[str]) -> None:
        self.wanted = frozenset(wanted)
        self.found: dict[str, dict[UUID, str]] = {}

    def added(self, work: Work, entity: Entity, new: Sequence[Row]) -> None:
        """Note what new records mean."""
        if entity.name not in ADDED:
            return
        for row in new:
            self._note(ADDED[entity.name], entity, row["id"])
            event = STATUS.get((entity.name, row.get("status", "")))
            if event and event not in BEGINNINGS:
                self._note(event, entity, row["id"])
            if entity.name == "lead" and {row[name] for name in RESPONSIBLE} - {None, work.scope.user_id}:
                self._note("lead_assigned", entity, row["id"])

    def changed(self, entity: Entity, edits: Sequence[tuple[UUID, Row]]) -> None:
        """Note what the columns that change mean."""
        if entity.name not in ADDED:
            return
        for id, touched in edits:
            for event in _events(entity.name, touched):
                self._note(event, entity, id)

    def _note(self, event: str, entity: Entity, id: UUID) -> None:
        if event in self.wanted:
            self.found.setdefault(event, {})[id] = entity.name

    def told(self, work: Work) -> dict[str, dict[UUID, str]]:
        """Return event -> {id: noun} of what somebody is to be told once the work lasts."""
        is_quiet = work.dry_run or work.journal.kind != "write" or bool(QUIET_VERBS & {*work.command[-1:]})
        return {} if is_quiet else self.found


def _events(noun: str, touched: Row) -> Iterator[str]:
    """Yield the names of what a change of these columns means."""
    event = STATUS.get((noun, touched.get("status", "")))
    if event:
        yield event
    if noun == "deal" and "stage_id" in touched:
        yield "deal_moved"
    # Who gets what a lead becomes is told with the conversion.
    if noun == "lead" and event != "lead_converted" and any(touched.get(name) for name in RESPONSIBLE):
        yield "lead_assigned"
