"""Targets: what users are to win in a month."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import NotFound
from mycrm_cli.services import records, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal
    from uuid import UUID

    from mycrm_cli.services.work import Work


def put(work: Work, users: Sequence[UUID], months: Sequence[date], amount: Decimal) -> tuple[list[UUID], list[UUID]]:
    """Set the amount of each user and month, whether there was one or not.

    Return the ids of all these targets, and of those that are new or different now.
    """
    table, known = catalog.entity("targets"), existing(work, users)
    wanted = [(user, month) for user in dict.fromkeys(users) for month in months]
    new = records.add(
        work,
        table,
        [{"user_id": user, "month": month, "amount": amount} for user, month in wanted if (user, month) not in known],
    )
    changed = records.edit(work, table, [(known[key], {"amount": amount}) for key in wanted if key in known])
    added = {(row["user_id"], row["month"]): row["id"] for row in new}
    return [known.get(key) or added[key] for key in wanted], [*added.values(), *changed]


def existing(work: Work, users: Sequence[UUID]) -> dict[tuple[UUID, date], UUID]:
    """Return the targets of users by user and month."""
    table = catalog.entity("targets")
    found = rows.fetch(work.connection, work.scope, table, "user_id", users, ["user_id", "month", "id"], lock=True)
    return {(user, month): id for user, month, id in found}


def members(work: Work, team: UUID) -> list[UUID]:
    """Return the users of a team who are active; raises NotFound for a team of nobody."""
    table = catalog.entity("user")
    found = rows.fetch(work.connection, work.scope, table, "team_id", [team], ["id", "is_active"])
    ids = sorted(id for id, active in found if active)
    if not ids:
        raise NotFound("the team has no members", hint="mycrm user edit EMAIL --team NAME adds one")
    return ids
