"""Which tables a whole organization consists of, which of their columns travel, and in what order."""

from __future__ import annotations

from mycrm_cli import catalog
from mycrm_cli.services import ordering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mycrm_cli.catalog import Entity

OF_THE_PLACE = frozenset(("score_marks",))
"""Tables that say something of the work on this database, and nothing of the organization."""

ENDED = ("finished", "failed", "interrupted")
"""States of imports that nobody works on any more."""

OF_SECRETS = frozenset(("mfa_enabled", "mfa_step"))
"""Columns that are not true without the secrets that stay behind."""

OF_ONE_PLACE = {"import_jobs": frozenset(("staging_path", "process"))}
"""Columns that say where a machine keeps something, and which one works on it."""

SETTLED: dict[str, dict[str, Callable[[Any], Any]]] = {
    "import_jobs": {"state": lambda state: state if state in ENDED else "interrupted"},
    "lead_signals": {"is_dirty": lambda _: True},
}
"""What becomes of values: what is under way here was cut off when it arrives elsewhere, and nobody takes it up.

The notes of leads that changed stay behind, so all are counted anew.
"""

KEYS = {
    "counters": ("entity",),
    "change_items": ("change_id", "position"),
    "change_payloads": ("change_id", "position"),
    "lead_signals": ("lead_id",),
}
"""The keys of tables whose rows have no id."""


def travelling() -> list[Entity]:
    """Return the tables that a file holds, those that others point to first."""
    known = {e.table: e for e in catalog.entities().values() if (e.tenant or e.name == "org") and not stays(e)}
    names = ordering.ordered(
        list(known), lambda name: ordering.needed(known[name]), lambda name: ordering.wished(known[name])
    )
    return [known[name] for name in names]


def stays(entity: Entity) -> bool:
    """Return whether a table stays behind: its rows are nothing without a secret, or belong to the place."""
    nothing_without = any(field.secret and not field.nullable for field in entity.fields.values())
    return nothing_without or entity.name in OF_THE_PLACE


def columns(entity: Entity) -> list[str]:
    """Return the columns that travel: no secrets, nothing of this place, nothing that is worked out anew there."""
    here = OF_ONE_PLACE.get(entity.name, frozenset())
    return [
        field.name
        for field in entity.fields.values()
        if not (field.secret or field.generated or field.name in OF_SECRETS or field.name in here)
        and field.name not in ("organization_id", "search_rowid")
    ]


def key(entity: Entity) -> tuple[str, ...]:
    """Return the columns by which the rows are ordered; there are no two rows with the same."""
    return ("id",) if "id" in entity.fields else KEYS[entity.table]
