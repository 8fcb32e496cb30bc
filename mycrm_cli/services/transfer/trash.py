"""What becomes of rows about records in the trash, as ``--deleted`` says."""

from __future__ import annotations

from mycrm_cli.services import records, rows
from mycrm_cli.services.transfer.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.work import Work

CODE = "in_trash"
NOW = "a record with a key of the new one is in the trash now"
WAYS = "--deleted restore takes it out, --deleted skip leaves such rows out"


def refused(deleted: str, key: str, count: int) -> Problem | None:
    """Return why a row cannot be imported whose key so many records in the trash have, or None where it can."""
    if deleted == "error":
        return Problem(CODE, f"the record with {key} is in the trash: {WAYS}")
    if deleted == "restore" and count > 1:
        return Problem("ambiguous_key", f"{count} records with {key} are in the trash: restore one of them")
    return None


def restore(work: Work, entity: Entity, batch: Sequence[Record]) -> set[int]:
    """Take the records of rows out of the trash; return the places of the rows that did so.

    Another row may have been quicker. Raises Duplicate where a live record has taken the place of one.
    """
    wanted = {record.matched: record.place for record in reversed(batch) if record.matched is not None}
    if not wanted:
        return set()
    there = rows.required_images(work.connection, work.scope, entity, wanted, lock=True)
    due = [id for id in wanted if there[id]["is_deleted"]]
    records.restore(work, entity, due)
    return {wanted[id] for id in due}
