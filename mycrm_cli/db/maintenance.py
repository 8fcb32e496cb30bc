"""Maintenance: a time until which nobody writes to a database, while reading goes on."""

from __future__ import annotations

from mycrm_cli import clock
from mycrm_cli.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from mycrm_cli.db.connect import Connection
    from mycrm_cli.scope import Scope


class InMaintenance(Unavailable):
    """Nothing can be written for a while, as somebody wanted it."""


def refuse(until: datetime | None) -> None:
    """Refuse to write before maintenance is over; raises Unavailable."""
    if until is not None and until > clock.real():
        raise InMaintenance(
            f"the database is in maintenance until {until:%Y-%m-%d %H:%M} UTC, and nothing can be written",
            hint="try again then; reading goes on; mycrm db maintenance status",
        )


def allowed(connection: Connection, founding: Scope) -> Scope:
    """Return the scope of an organization that is about to be made; raises Unavailable in maintenance."""
    refuse(until(connection))
    return founding


def until(connection: Connection) -> datetime | None:
    """Return until when a database is in maintenance, None where it is not; what is over counts as none."""
    from datetime import datetime

    row = connection.execute("SELECT maintenance_until FROM schema_info WHERE id = 1").fetchone()
    found = row[0] if row else None
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment if moment is not None and moment > clock.real() else None


def set_until(connection: Connection, moment: datetime | None) -> None:
    """Begin or end maintenance; nobody who has begun to write is disturbed."""
    from mycrm_cli import kinds

    save = kinds.make("timestamp").saver(connection.dialect)
    value = save(moment) if save is not None and moment is not None else moment
    connection.execute("UPDATE schema_info SET maintenance_until = ? WHERE id = 1", (value,))
