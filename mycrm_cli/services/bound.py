"""What keeps a statement to one organization, as a parameter of the database."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.query.reader import Reader
    from mycrm_cli.services.work import Work


def organization(source: Reader | Work) -> Any:
    """Return the id of the organization as the database stores it: sixteen bytes in SQLite."""
    own = source.scope.organization_id
    return own.bytes if source.connection.dialect == "sqlite" else own
