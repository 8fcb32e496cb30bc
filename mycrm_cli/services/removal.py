"""Removing rows for good, and what becomes of those that point to them.

The schema says it for each reference: a part (an address of a contact) goes with its whole, an optional
reference is emptied, a required one refuses. Tables that only the program writes are not journaled.
"""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict
from mycrm_cli.services import nouns, rows, updating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mycrm_cli.catalog import Entity, Field
    from mycrm_cli.services.work import Work


def remove(work: Work, entity: Entity, ids: Sequence[UUID]) -> None:
    """Remove rows with their parts; raises Conflict while another record cannot be without them."""
    nouns.release(work, entity, ids)
    for other in catalog.entities().values():
        for field in other.fields.values():
            if field.table == entity.table and field.name != "id":
                _let_go(work, entity, other, field, ids)
    _forget_keys(work, entity, ids)
    images = rows.images(work.connection, work.scope, entity, ids, lock=True)
    nouns.leave(work, entity, list(images.values()))
    work.journal.touched(entity, [(id, "purge", image) for id, image in images.items()])
    rows.delete(work.connection, work.scope, entity, ids)


def _let_go(work: Work, entity: Entity, other: Entity, field: Field, ids: Sequence[UUID]) -> None:
    """Deal with the rows of ``other`` that point to rows which are about to go."""
    key = "id" if "id" in other.fields else field.name
    pointing = [row[0] for row in rows.fetch(work.connection, work.scope, other, field.name, ids, [key])]
    if not pointing or field.name == "actor_id":  # the journal names people who are gone
        return
    if field.part and key != "id":
        rows.delete(work.connection, work.scope, other, pointing, column=field.name)
    elif field.part:
        remove(work, other, pointing)
    elif field.nullable:
        before = rows.images(work.connection, work.scope, other, pointing, lock=True)
        updating.write(work, other, before, [(id, {field.name: None}) for id in before])
    else:
        raise Conflict(
            f"{len(pointing):,} {other.plural} need this {entity.noun}", hint=f"change their {field.label} first"
        )


def _forget_keys(work: Work, entity: Entity, ids: Sequence[UUID]) -> None:
    """Remove the keys that other systems gave to rows which are about to go, so that they can be imported again."""
    table = catalog.entity("external_ids")
    if entity.name == table.name:
        return
    of = {"entity": entity.name}
    if keys := [row[0] for row in rows.fetch(work.connection, work.scope, table, "record_id", ids, ["id"], within=of)]:
        remove(work, table, keys)
