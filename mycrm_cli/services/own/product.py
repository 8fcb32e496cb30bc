"""Products that are sold under the same name have different article numbers."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import rows, rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mycrm_cli.services.nouns import Written
    from mycrm_cli.services.work import Work


def follow(work: Work, written: Sequence[Written]) -> None:
    """Refuse a second active product of a name where one of the two has no article number; raises Duplicate."""
    product = catalog.entity("product")
    new = {row["id"]: row for before, row, _ in written if row["is_active"] and before != row}
    columns = ["name_key", "id", "sku", "is_active"]
    names = {row["name_key"] for row in new.values()}
    same: dict[str, list[tuple[object, object]]] = {}
    for name, id, sku, active in rows.fetch(work.connection, work.scope, product, "name_key", names, columns):
        if active:
            same.setdefault(name, []).append((id, sku))
    for id, row in new.items():
        for other, sku in same.get(row["name_key"], ()):
            if other != id and not (sku and row["sku"]):
                raise rules.duplicate(work, product, "name", row["name"], other)
