"""Leads with an outcome, and the moment before it as of which each is looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.work import Work

MONTHS = timedelta(days=731)
"""How old an outcome may be: 24 months."""
FIRST, LAST = 0.1, 0.9
"""The part of its open life at which a lead is looked at, at the earliest and at the latest."""
NAMES = ("id", "status", "created_at", "converted_at", "disqualified_at")


class Outcome(NamedTuple):
    """How a lead ended: ``label`` 1 is converted, 0 disqualified. It is looked at as it was at ``as_of``."""

    id: UUID
    label: int
    decided_at: datetime
    as_of: datetime


def outcomes(source: Reader | Work, now: datetime, span: timedelta = MONTHS) -> list[Outcome]:
    """Return the leads that were converted or disqualified in the time before ``now``, by date and id."""
    entity, dialect = catalog.entity("lead"), source.connection.dialect
    sqlite, own = dialect == "sqlite", source.scope.organization_id
    loads = [entity.fields[name].kind.loader(dialect) for name in NAMES]
    [first, last] = rows.converted([now - span, now], rows.savers(entity, ["created_at"] * 2, dialect))
    statement = (
        f"SELECT {', '.join(NAMES)} FROM leads WHERE organization_id = ?"
        f" AND {'is_deleted = 0' if sqlite else 'NOT is_deleted'}"
        " AND ((status = 'converted' AND converted_at > ? AND converted_at <= ?)"
        " OR (status = 'disqualified' AND disqualified_at > ? AND disqualified_at <= ?))"
    )
    params: list[Any] = [own.bytes if sqlite else own, first, last, first, last]
    found = [_outcome(row) for row in rows.loaded(source.connection.execute(statement, params), loads)]
    return sorted(found, key=lambda outcome: (outcome.decided_at, outcome.id))


def _outcome(row: Any) -> Outcome:
    id, status, created, converted, disqualified = row
    decided = converted if status == "converted" else disqualified
    return Outcome(id, int(status == "converted"), decided, looked_at(id, created, decided))


def looked_at(id: UUID, created: datetime, decided: datetime) -> datetime:
    """Return a moment of a lead's open life, spread evenly over leads by their ids.

    Open leads are scored at any age: a fixed part of the life would tell how long it was, and so how it ended.
    """
    if decided <= created:
        return decided
    part = int.from_bytes(sha256(id.bytes).digest()[:8], "big") / 2**64
    # Whole seconds: both databases keep them.
    return created + timedelta(seconds=int((decided - created).total_seconds() * (FIRST + (LAST - FIRST) * part)))
