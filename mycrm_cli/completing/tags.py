"""The tags that an organization's records have, those of most records first."""

from __future__ import annotations

from mycrm_cli import commands
from mycrm_cli.completing import access, references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mycrm_cli.completing.access import Access
    from mycrm_cli.completing.line import Wanted
    from mycrm_cli.completing.values import Found

SHOWN = 200
LOOKED_AT = 1000
"""Records whose tags are counted."""
LISTS = {"sqlite": "json_each(r.tags)", "postgresql": "jsonb_array_elements_text(r.tags)"}
"""How each database makes rows of a list of tags."""


def candidates(wanted: Wanted) -> Found:
    """Return tags of the noun's newest records; behind a comma those that are not yet there."""
    entity = commands.read(f"@{wanted.noun}")
    if not entity.get("tagged"):
        return []
    head, comma, _ = wanted.typed.rpartition(",")
    taken = head.split(",")
    found = access.ask(wanted.profile, lambda reached: _used(reached, entity), wanted.place.command)
    return [(f"{head}{comma}{tag}", help) for tag, help in found if tag not in taken and not tag.startswith("-")]


def _used(reached: Access, entity: dict[str, Any]) -> Found:
    dialect = reached.connection.dialect
    columns = "s.tags, s.is_deleted" if entity["trash"] else "s.tags"
    statement = (
        f"SELECT t.value, COUNT(*) FROM (SELECT {columns} FROM {entity['table']} AS s WHERE s.organization_id = ? "
        f"ORDER BY s.organization_id DESC, s.number DESC LIMIT {LOOKED_AT}) AS r "
        f"CROSS JOIN {LISTS[dialect]} AS t{'' if dialect == 'sqlite' else '(value)'} "
        f"WHERE {references.live(entity, dialect, False)} GROUP BY t.value ORDER BY 2 DESC, 1 LIMIT {SHOWN}"
    )
    rows = reached.connection.execute(statement, (reached.organization,))
    return [(tag, f"{count} records" if count > 1 else "1 record") for tag, count in rows]
