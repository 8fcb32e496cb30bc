"""Takes addresses out of what other systems last wrote into records that stay: only comparisons need it."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.kinds.structures import read_json
from mycrm_cli.services import entries, rows
from mycrm_cli.services.people import exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from mycrm_cli.services.work import Work


def forget(work: Work, addresses: Collection[str]) -> int:
    """Remove the values with one of the addresses; return of how many keys of other systems."""
    table, dialect = catalog.entity("external_ids"), work.connection.dialect
    needles = [entries.canonical(address)[1:-1].lower() for address in sorted(addresses)]
    if not needles:
        return 0
    found_in = (
        "instr(lower(last_values), ?) > 0" if dialect == "sqlite" else "strpos(lower(CAST(last_values AS text)), ?) > 0"
    )
    own = rows.converted([work.scope.organization_id], rows.savers(table, ["organization_id"], dialect))
    load = table.fields["id"].kind.loader(dialect) or (lambda key: key)
    changed: list[Any] = []
    for id, last in work.connection.execute(
        "SELECT id, last_values FROM external_ids WHERE organization_id = ?"
        f" AND ({' OR '.join([found_in] * len(needles))})",
        [*own, *needles],
    ).fetchall():
        values = read_json(last)
        kept = {name: value for name, value in values.items() if not exact.inside(value, addresses)}
        if len(kept) < len(values):
            changed.append((load(id), {"last_values": kept}))
    # Not in the journal: it would keep what goes.
    rows.update(work.connection, work.scope, table, changed)
    return len(changed)
