"""Updates that only one of several at the same time can make: what must happen at most once is claimed first."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.services.rows import Row
    from mycrm_cli.services.work import Work


def claim(work: Work, name: str, values: Row, where: Row, *, rising: str = "") -> int:
    """Update the rows of an entity that are as ``where`` says and return how many there were.

    None means an empty column. ``rising`` names a column of ``values`` that may only rise. The database looks at the
    conditions again when somebody else has changed the row in between, so that two never claim the same.
    """
    entity = catalog.entity(name)
    conditions, params = ["organization_id = ?"], [saved(work, name, "organization_id", work.scope.organization_id)]
    for column, value in where.items():
        conditions.append(f"{column} IS NULL" if value is None else f"{column} = ?")
        params += [] if value is None else [saved(work, name, column, value)]
    if rising:
        conditions.append(f"({rising} IS NULL OR {rising} < ?)")
        params.append(saved(work, name, rising, values[rising]))
    sets = ", ".join(f"{column} = ?" for column in values)
    given = [saved(work, name, column, value) for column, value in values.items()]
    done = work.connection.execute(
        f"UPDATE {entity.table} SET {sets} WHERE {' AND '.join(conditions)}", [*given, *params]
    )
    return int(done.rowcount)


def saved(work: Work, name: str, column: str, value: Any) -> Any:
    """Return a value of a column as the database stores it."""
    [save] = rows.savers(catalog.entity(name), [column], work.connection.dialect)
    return value if value is None or save is None else save(value)
