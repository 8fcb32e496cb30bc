"""What PostgreSQL sets aside while large changes are taken back: foreign keys and indexes; they are made again."""

from __future__ import annotations

from collections import Counter

from mycrm_cli import catalog
from mycrm_cli.query import touches
from mycrm_cli.services import loading, referring, reindexing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.query.journal import Change
    from mycrm_cli.services.work import Work

ACTIONS = ("create", "purge", "update")
"""What a change did: these rows are to go, come again, or change."""


class Aside:
    """Set aside when it is made; ``make_again`` is called when everything is in order.

    It is not called where the transaction goes back to a place before, which brings everything again as well.
    """

    def __init__(self, work: Work, targets: Sequence[Change]) -> None:
        self.connection = work.connection
        self.large: list[Entity] = []
        self.tables: set[str] = set()
        self.later: list[str] = []
        size = sum(change.created_count + change.updated_count + change.deleted_count for change in targets)
        if self.connection.dialect != "postgresql" or work.dry_run or size < loading.LARGE:
            return
        counts = _counts(work, targets)
        gone = {catalog.entity(name).table for name, action in counts if action == "create"}
        for name in sorted({name for name, _ in counts}):
            self._set_aside(catalog.entity(name), gone, *(counts[name, action] for action in ACTIONS))

    def _set_aside(self, entity: Entity, gone: set[str], removed: int, inserted: int, changed: int) -> None:
        """Set aside what costs every row its share: an index of what points to rows that are gone is needed."""
        keep = [field.name for field in entity.fields.values() if field.table in gone]
        if removed >= referring.MANY:
            tables, later = referring.without(self.connection, entity, removed)
            self.tables |= tables
            self.later += later
            return
        if max(inserted, changed) < loading.LARGE:
            return
        self.large.append(entity)
        if later := reindexing.without(self.connection, entity, inserted, changed, keep):
            self.tables.add(entity.table)
            # Constraints are checked with the indexes in place.
            self.later = later + self.later

    def make_again(self) -> None:
        """Make everything again; the server sees whether all references lead somewhere."""
        reindexing.make_again(self.connection, sorted(self.tables), self.later)
        for entity in self.large:
            reindexing.tidy(self.connection, entity)


def _counts(work: Work, targets: Sequence[Change]) -> Counter[tuple[str, str]]:
    """Return with how many records of each entity changes did what."""
    counts = Counter[tuple[str, str]]()
    for change in targets:
        for name, action, _, count in touches.sizes(work.reader, change.id):
            if name in catalog.entities():
                counts[name, action if action in ACTIONS else "update"] += count
    return counts
