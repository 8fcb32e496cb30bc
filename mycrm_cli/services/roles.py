"""Who may write what: deny by default, checked by every service that writes."""

from __future__ import annotations

from mycrm_cli.errors import Denied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.catalog import Entity
    from mycrm_cli.scope import Scope

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


def check_grant(scope: Scope, role: str | None) -> None:
    """Refuse to give a role that stands above one's own; raises Denied."""
    if role == "super_admin" and scope.role != "super_admin":
        raise Denied(f"{scope.email} is {scope.role} and may not make anybody super_admin")
