"""Giving contacts and companies a part in deals, and taking it away; deals keep a main one as long as there is any."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import NotFound
from mycrm_cli.roles import EDIT
from mycrm_cli.services import ownership, records, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from mycrm_cli.query.parties import Side
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

    Parts = dict[UUID, dict[UUID, Row]]


def add(work: Work, side: Side, wanted: Sequence[tuple[UUID, UUID, str | None]], *, main: bool = False) -> list[UUID]:
    """Give parts in deals, (deal, contact or company, role) each, and return the deals that are different.

    The first one of a deal becomes its main one; ``main`` makes the first of those given the main one.
    """
    ownership.check(work, catalog.entity("deal"), {deal for deal, _, _ in wanted}, EDIT)
    table, deals = catalog.entity(side.table), _deals(work, {deal for deal, _, _ in wanted})
    there = _parts(work, side, deals)
    new: list[Row] = []
    roles: list[tuple[UUID, Row]] = []
    mains: dict[UUID, Row] = {}
    for deal, other, role in wanted:
        image = there[deal].get(other)
        if image is None:
            new.append(_part(side, there, deal, other, role))
        elif role and role != image["role"]:
            roles.append((image["id"], {"role": role}))
        if deal not in mains and (main or deals[deal][side.column] is None):
            mains[deal] = {side.column: other}
    for deal in mains:
        # Who was the main one so far keeps a part.
        before = deals[deal][side.column]
        if before is not None and before not in there[deal]:
            new.append(_part(side, there, deal, before, None))
    records.put(work, side.table, new)
    edited = set(records.edit(work, table, [edit for edit in roles if edit[0] is not None]))
    changed = set(records.edit(work, catalog.entity("deal"), list(mains.items())))
    changed |= {part["opportunity_id"] for part in new}
    return [deal for deal in deals if deal in changed or any(p["id"] in edited for p in there[deal].values())]


def remove(work: Work, side: Side, wanted: Sequence[tuple[UUID, UUID]]) -> list[UUID]:
    """Take parts in deals away, (deal, contact or company) each; the next one becomes the main one.

    Raises NotFound for one that has no part in the deal.
    """
    deals = _deals(work, {deal for deal, _ in wanted})
    there = _parts(work, side, deals)
    gone: list[UUID] = []
    mains: dict[UUID, Row] = {}
    for deal, other in dict.fromkeys(wanted):
        image = there[deal].pop(other, None)
        if image is None and deals[deal][side.column] != other:
            raise NotFound(
                f"the {side.noun} has no part in D-{deals[deal]['number']}",
                hint=f"mycrm deal {side.noun} list D-{deals[deal]['number']}",
            )
        gone += [image["id"]] if image else []
        if deals[deal][side.column] == other:
            mains[deal] = {side.column: None}
    left = _live(work, side, {id for deal in mains for id in there[deal]})
    for deal, change in mains.items():
        change[side.column] = next((id for id in there[deal] if id in left), None)
    records.remove(work, catalog.entity(side.table), gone)
    records.edit(work, catalog.entity("deal"), list(mains.items()))
    return list(deals)


def _part(side: Side, there: Parts, deal: UUID, other: UUID, role: str | None) -> Row:
    """Return a new part, and remember it."""
    part = {"opportunity_id": deal, side.column: other, "role": role}
    there[deal][other] = part | {"id": None}
    return part


def _deals(work: Work, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Return the deals, locked, so that two who add at once see each other's parts."""
    return rows.images(work.connection, work.scope, catalog.entity("deal"), ids, lock=True)


def _parts(work: Work, side: Side, deals: Collection[UUID]) -> Parts:
    """Return the parts of each deal by who has them, the oldest first."""
    table = catalog.entity(side.table)
    columns = list(table.fields)
    found: Parts = {deal: {} for deal in deals}
    read = rows.fetch(work.connection, work.scope, table, "opportunity_id", sorted(deals), columns)
    images = [dict(zip(columns, row, strict=True)) for row in read]
    for image in sorted(images, key=lambda image: (image["created_at"], image["id"])):
        found[image["opportunity_id"]][image[side.column]] = image
    return found


def _live(work: Work, side: Side, ids: Collection[UUID]) -> set[UUID]:
    """Return those that are not in the trash."""
    entity = catalog.entity(side.noun)
    columns = ["id", "is_deleted"] if entity.soft_delete else ["id"]
    marks = rows.fetch(work.connection, work.scope, entity, "id", sorted(ids), columns)
    return {row[0] for row in marks if len(row) == 1 or not row[1]}
