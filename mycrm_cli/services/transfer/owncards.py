"""Recognizes cards that we wrote: their UID is our id, and no key of another system."""

from __future__ import annotations

from uuid import UUID

from mycrm_cli.services.transfer import keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.services.transfer.model import Record
    from mycrm_cli.services.work import Work

SOURCE = "vcard"
"""The system under whose name UIDs of cards are kept."""


def recognize(work: Work, entity: Entity, batch: Sequence[Record]) -> None:
    """Let rows whose UID is the id of a record here be known by that id; other UIDs stay as they are."""
    found = {record.place: id for record in batch if record.externals and (id := _uid(record))}
    if not found:
        return
    here = keys.stored(work, entity, "id", set(found.values()))
    for record in batch:
        id = found.get(record.place)
        if id not in here:
            continue
        record.externals = [pair for pair in record.externals if pair[0] != SOURCE]
        step = f"ext:{SOURCE}"
        record.keys = [("id", id) if name == step else (name, key) for name, key in record.keys]


def _uid(record: Record) -> UUID | None:
    """Return the UID of a card where it has the form of our ids."""
    for source, key in record.externals:
        if source == SOURCE and len(key) == 36:
            try:
                return UUID(key)
            except ValueError:
                return None
    return None
