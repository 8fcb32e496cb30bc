"""Records that are called by what they belong to: ``Sales/Proposal``, ``contact.tier``, ``D-12.2``.

All but the items are few, and read whole.
"""

from __future__ import annotations

from mycrm_cli.completing import references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mycrm_cli.completing.access import Access
    from mycrm_cli.completing.line import Wanted
    from mycrm_cli.completing.values import Found

SIGNS = {"stages": "/", "custom_fields": ".", "saved_filters": "."}
"""What stands between the place and the name."""
STATEMENTS = {
    "stages": """
        SELECT p.name, s.name, NULL FROM pipelines AS p
        JOIN stages AS s ON s.pipeline_id = p.id AND s.organization_id = ? WHERE p.organization_id = ?
        ORDER BY p.is_default DESC, p.name, s."order" LIMIT 2000""",
    "custom_fields": """
        SELECT f.entity, f.key, f.label FROM custom_fields AS f WHERE f.organization_id = ?
        ORDER BY 1, 2 LIMIT 2000""",
    "saved_filters": """
        SELECT f.entity, f.name, f.expression FROM saved_filters AS f WHERE f.organization_id = ?
        ORDER BY 1, 2 LIMIT 2000""",
}
"""(place, name, description) of an organization's records."""
ITEMS = """
    SELECT r.number, i.position, i.name FROM (
        SELECT s.* FROM opportunities AS s WHERE s.organization_id = ? AND s.number >= ? AND s.number < ?
        ORDER BY s.organization_id DESC, s.number DESC LIMIT 2000
    ) AS r JOIN line_items AS i ON i.opportunity_id = r.id AND i.organization_id = ?
    WHERE {live} ORDER BY r.number DESC, i.position LIMIT 200"""


def found(reached: Access, table: str, wanted: Wanted) -> Found:
    """Return the records of a table whose names, or places and names, begin with what was typed."""
    if table == "line_items":
        return _items(reached, wanted.typed)
    statement = STATEMENTS[table]
    rows = list(reached.connection.execute(statement, (reached.organization,) * statement.count("?")))
    if table == "stages" and wanted.place.pipeline is not None:
        home = references.folded(" ".join(wanted.place.pipeline.split()))
        rows = [row for row in rows if references.folded(row[0]) == home] or rows
    return _called(rows, SIGNS[table], wanted.typed)


def _called(rows: list[tuple[str, str, str | None]], sign: str, typed: str) -> Found:
    """Return names with the places that have them; where there are several, or something is typed, places too."""
    known = [(place, name, help or "") for place, name, help in rows if _is_typable(place, name, sign)]
    at: dict[str, list[tuple[str, str, str]]] = {}
    for record in known:
        at.setdefault(references.folded(record[1]), []).append(record)
    records = [(same[0][1], _told(same)) for same in at.values()]
    records += [
        (f"{place}{sign}{name}", help) for place, name, help in known if typed or len(at[references.folded(name)]) > 1
    ]
    return [(typed + rest, help) for name, help in records if (rest := references.rest_of(name, typed)) is not None]


def _is_typable(place: str, name: str, sign: str) -> bool:
    """Tell whether neither a name nor it together with its place can mean anything else."""
    special = ("-", "@", "ext:")
    return sign not in name and not name.startswith(special) and not place.startswith(special)


def _told(same: list[tuple[str, str, str]]) -> str:
    """Return where a name is to be found, and of one that is nowhere else what it is."""
    return " ".join(filter(None, (", ".join(place for place, _, _ in same), same[0][2] if len(same) == 1 else "")))


def _items(reached: Access, typed: str) -> Found:
    """Return the line items of the deals whose number begins with the typed one."""
    start, dot, position = typed.partition(".")
    if not "D-".startswith(start[:2].upper()) or not all(part.isdigit() or not part for part in (start[2:], position)):
        return []
    ranges = [(int(start[2:]), int(start[2:]) + 1)] if dot and start[2:] else references.ranges(start[2:])
    statement = ITEMS.format(live=references.live({"trash": True}, reached.connection.dialect, False))
    found: Found = []
    for low, high in ranges:
        rows = reached.connection.execute(statement, (reached.organization, low, high, reached.organization))
        found += [(typed + f"D-{number}.{place}"[len(typed) :], name) for number, place, name in rows]
        if len(found) >= references.SHOWN:
            break
    return found
