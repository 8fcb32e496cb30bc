"""What the matrix of roles says to writers, and the rules of ranks: who makes whom an administrator."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli import roles as matrix
from mycrm_cli.errors import Conflict, Denied
from mycrm_cli.services import rows, sessions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.catalog import Entity
    from mycrm_cli.scope import Scope
    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

SET_UP = frozenset(name for name, roles in matrix.WRITING.items() if not roles)
"""What only administrators change."""


GUARDED = ("role", "is_active", "password", "mfa_enabled", "mfa_secret")
"""What ends every sign-in of a user when it changes."""


def check(scope: Scope, entity: Entity, action: str) -> str:
    """Return how far the user may do something with an entity; raises Denied where not at all."""
    reach = matrix.allowed(scope.role, entity.name, action)
    if reach is None:
        able = [role for role in matrix.ROLES if matrix.allowed(role, entity.name, action)]
        raise Denied(
            f"{scope.email} is {scope.role} and may not {action} {entity.plural}",
            hint=f"ask somebody who is {' or '.join(able)}" if able else None,
        )
    return reach


def check_undo(scope: Scope, entity: Entity) -> None:
    """Refuse to take back changes of what the user's role has nothing to do with; raises Denied.

    Taking back one's own change also takes back what followed from it in the records of others.
    """
    if entity.name == "user":
        refuse_token(scope, limited=True)
    able = matrix.ADMINISTRATORS if entity.name in SET_UP else matrix.WRITERS
    if scope.role not in able:
        raise Denied(
            f"{scope.email} is {scope.role} and may not change {entity.plural}",
            hint=f"ask somebody who is {' or '.join(role for role in matrix.ROLES if role in able)}",
        )


def refuse_token(scope: Scope, *, limited: bool = False) -> None:
    """Refuse a token what lets anybody in, or lets them do more; raises Denied.

    It would be a way to more than the token, which is therefore not to be had by ``--can`` either. With ``limited``
    only those are refused that may not run all commands of their user.
    """
    if scope.how == "token" and (scope.rights is not None or not limited):
        raise Denied(
            "a token hands out no access: sign in to give roles, invitations, passwords, second factors or tokens",
            hint="mycrm auth login",
        )


def check_user(work: Work, before: Row | None, after: Row) -> None:
    """Refuse to give or touch a role above one's own, and limited tokens to let anybody in."""
    if before is None or before["role"] != after["role"] or (after["is_active"] and not before["is_active"]):
        refuse_token(work.scope, limited=True)
    held = {after["role"]} | ({before["role"]} if before else set())
    if "super_admin" in held and work.scope.role != "super_admin":
        raise Denied(f"{work.scope.email} is {work.scope.role}; only a super_admin makes or changes one")


def keep_administrators(work: Work, changed: Sequence[tuple[Row, Row]]) -> None:
    """Refuse changes after which nobody of a rank that was left is there any more; raises Conflict.

    It looks at the rows as they have been written, so that several changes of one write count together.
    """
    for rank in (frozenset({matrix.SUPER_ADMIN}), matrix.ADMINISTRATORS):
        leaving = [before for before, after in changed if _holds(before, rank) and not _holds(after, rank)]
        if leaving and not _anybody(work, rank):
            raise Conflict(
                f"{leaving[0]['email']} is the last active {leaving[0]['role']}",
                hint="give somebody else the role first",
            )


def end_changed(work: Work, changed: Sequence[tuple[Row, Row]]) -> None:
    """End the sessions and tokens of users who are no longer what they were when they signed in."""
    gone = [after["id"] for before, after in changed if any(before.get(name) != after.get(name) for name in GUARDED)]
    if gone:
        sessions.end(work, gone)
    if any(before.get("role") != after.get("role") for before, after in changed):
        from mycrm_cli.services import logins

        work.remarks += logins.due(work, changed)


def _holds(user: Row, rank: frozenset[str]) -> bool:
    return bool(user["is_active"]) and user["role"] in rank


def _anybody(work: Work, rank: frozenset[str]) -> bool:
    entity = catalog.entity("user")
    found = rows.fetch(work.connection, work.scope, entity, "role", sorted(rank), ["is_active"], lock=True)
    return any(active for (active,) in found)
