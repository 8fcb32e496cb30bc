"""How far the folders of mailboxes were read."""

from __future__ import annotations

from typing import NamedTuple

from mycrm_cli import catalog, clock
from mycrm_cli.services import rows
from mycrm_cli.services.fresh import prepared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mycrm_cli.services.work import Work

TABLE = "mail_folders"
LARGEST = 2**31 - 1
"""The largest number that is kept; servers count up to twice as far."""
COLUMNS = ("id", "uidvalidity", "last_uid", "seen", "matched", "read_at")


class Folder(NamedTuple):
    """A folder, and how far it was read under which numbering."""

    id: UUID
    uidvalidity: int
    last_uid: int
    seen: int
    matched: int
    read_at: datetime | None


def kept(number: int) -> int:
    """Return a numbering as it is kept: two that differ are only by a hair's chance kept as the same."""
    return number & LARGEST


def find(work: Work, account: str, name: str) -> Folder | None:
    """Return what is known of a folder, None where it was never read."""
    within: rows.Row = {"account": account}
    found = rows.fetch(work.connection, work.scope, catalog.entity(TABLE), "name", [name], COLUMNS, within=within)
    return next((Folder(*row) for row in found), None)


def keep(work: Work, account: str, name: str, uidvalidity: int, last_uid: int, seen: int, matched: int) -> None:
    """Write down how far a folder was read, together with what was found in it; never back, but for a new numbering."""
    known, entity = find(work, account, name), catalog.entity(TABLE)
    before = known.last_uid if known is not None and known.uidvalidity == kept(uidvalidity) else 0
    values: rows.Row = {"uidvalidity": kept(uidvalidity), "last_uid": min(max(last_uid, before), LARGEST)}
    values |= {"read_at": clock.now()}
    if known is None:
        values |= {"account": account, "name": name, "seen": seen, "matched": matched}
        rows.insert(work.connection, entity, prepared(work, entity, [values]))
        return
    values |= {"seen": known.seen + seen, "matched": known.matched + matched, "updated_at": clock.now()}
    rows.update(work.connection, work.scope, entity, [(known.id, values)])
