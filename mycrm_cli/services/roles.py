"""Who may write what: deny by default, checked by every service that writes."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Denied
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.scope import Scope
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

ADMINISTRATION = frozenset(
    ("org", "user", "team", "pipeline", "stage", "custom_fields", "product", "assignment_rules", "exchange_rates")
)
"""What only administrators change."""

ADMINISTRATORS = frozenset(("admin", "super_admin"))
WRITERS = ADMINISTRATORS | {"manager", "sales_rep", "marketing"}


def check_write(scope: Scope, entity: Entity) -> None:
    """Refuse a write that the user's role does not allow; raises Denied."""
    allowed = ADMINISTRATORS if entity.name in ADMINISTRATION else WRITERS
    if scope.role not in allowed:
        raise Denied(
            f"{scope.email} is {scope.role} and may not change {entity.plural}",
            hint="ask an administrator for another role",
        )


def check_user(work: Work, before: Row | None, after: Row) -> None:
    """Refuse to give or touch a role above one's own, and to lose the last administrator."""
    held = {after["role"]} | ({before["role"]} if before else set())
    if "super_admin" in held and work.scope.role != "super_admin":
        raise Denied(f"{work.scope.email} is {work.scope.role}; only a super_admin makes or changes one")


def keep_administrators(work: Work, changed: Sequence[tuple[Row, Row]]) -> None:
    """Refuse changes after which nobody of a rank that was left is there any more; raises Conflict.

    It looks at the rows as they have been written, so that several changes of one write count together.
    """
    for rank in (frozenset({"super_admin"}), ADMINISTRATORS):
        leaving = [before for before, after in changed if _holds(before, rank) and not _holds(after, rank)]
        if leaving and not _anybody(work, rank):
            raise Conflict(
                f"{leaving[0]['email']} is the last active {leaving[0]['role']}",
                hint="give somebody else the role first",
            )


def _holds(user: Row, rank: frozenset[str]) -> bool:
    return bool(user["is_active"]) and user["role"] in rank


def _anybody(work: Work, rank: frozenset[str]) -> bool:
    entity = catalog.entity("user")
    found = rows.fetch(work.connection, work.scope, entity, "role", sorted(rank), ["is_active"], lock=True)
    return any(active for (active,) in found)
