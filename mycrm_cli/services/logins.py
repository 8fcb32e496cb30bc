"""PostgreSQL logins of people whose role has changed: whose has to be granted anew."""

from __future__ import annotations

from mycrm_cli.roles import ADMINISTRATORS
from mycrm_cli.services import rights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work

GRANTED = "SELECT u.id, l.role FROM unnest(CAST(? AS uuid[])) AS u (id), LATERAL mycrm_login_of(u.id) AS l"


def reaches_others(work: Work, user_id: UUID) -> bool:
    """Return whether the own login of an administrator, if there is one, was granted to an administrator as well."""
    if work.connection.dialect == "sqlite":
        return True
    row = work.connection.execute("SELECT role FROM mycrm_login_of(?)", (user_id,)).fetchone()
    return row is None or row[0] in ADMINISTRATORS


def due(work: Work, changed: Sequence[tuple[Row, Row]]) -> Iterator[str]:
    """Yield what to say of each user whose login was granted for a role of other rights than the new one has."""
    roles = {after["id"]: after for before, after in changed if before["role"] != after["role"]}
    if not roles or work.connection.dialect == "sqlite":
        return
    version = work.connection.raw.info.server_version
    for id, granted in work.connection.execute(GRANTED, (list(roles),)).fetchall():
        email, role = roles[id]["email"], roles[id]["role"]
        has, may = rights.held(granted, version), rights.held(role, version)
        if has == may:
            continue
        state = "has the rights of" if has <= may else "is closed: it was granted for"
        yield f"the PostgreSQL login of {email} {state} {granted}; an administrator runs mycrm db grant {email}"
