"""Who may write what: deny by default, checked by every service that writes."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.errors import Conflict, Denied
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.scope import Scope
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

ADMINISTRATION = frozenset(("org", "user", "team", "pipeline", "stage", "custom_fields", "product"))
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
    if before and _administers(before) and not _administers(after):
        _check_another(work, before)


def _administers(user: Row) -> bool:
    return bool(user["is_active"]) and user["role"] in ADMINISTRATORS


def _check_another(work: Work, leaving: Row) -> None:
    """Raise Conflict where nobody else of the leaving user's rank would be left."""
    roles = {"super_admin"} if leaving["role"] == "super_admin" else ADMINISTRATORS
    entity = catalog.entity("user")
    found = rows.fetch(work.connection, work.scope, entity, "role", roles, ["id", "is_active"], lock=True)
    if not any(active and id != leaving["id"] for id, active in found):
        raise Conflict(
            f"{leaving['email']} is the last active {leaving['role']}", hint="give somebody else the role first"
        )
