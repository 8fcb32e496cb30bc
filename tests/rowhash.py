"""A hash over all rows of an organization, to tell that something is as it was before."""

import hashlib
import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from mycrm_cli import catalog
from mycrm_cli.db.connect import connect
from mycrm_cli.kinds.structures import read_json
from tests.program import Program

JOURNAL = frozenset(("changes", "change_items", "change_payloads", "counters"))
COUNTING = frozenset(("version", "updated_at", "search_rowid", "last_used_at"))
"""Columns that go on when something is taken back."""


def rows_of(
    crm: Program, profile: str = "work", *, without: Collection[str] = COUNTING, journal: bool = False
) -> dict[str, list[str]]:
    """Return all rows of all tables of the profile's organization, sorted, by table; ``without`` names columns."""
    organization = UUID(crm("org", "view", "--json", "-P", profile).json["id"])
    connection = connect(crm.database, organization_id=organization)
    connection.begin()
    own = organization.bytes if connection.dialect == "sqlite" else organization
    found = {}
    for entity in catalog.entities().values():
        if entity.table == "schema_info" or (entity.name in JOURNAL and not journal):
            continue
        names = [name for name in entity.fields if name not in without]
        columns = ", ".join(f'"{name}"' for name in names)
        json_at = {place for place, name in enumerate(names) if entity.fields[name].kind_name == "json"}
        where = "organization_id" if entity.tenant else "id"
        answer = connection.execute(f"SELECT {columns} FROM {entity.table} WHERE {where} = ?", (own,))
        found[entity.table] = sorted(
            repr([_sorted(value) if place in json_at else value for place, value in enumerate(row)]) for row in answer
        )
    connection.close()
    return found


def _sorted(value: Any) -> Any:
    """Return JSON with its keys sorted: their order means nothing."""
    return value if value is None else json.dumps(read_json(value), sort_keys=True)


def everything(
    crm: Program, profile: str = "work", *, without: Collection[str] = COUNTING, journal: bool = False
) -> str:
    """Return a hash over the same rows."""
    tables = rows_of(crm, profile, without=without, journal=journal)
    return hashlib.sha256("\n".join(row for table in sorted(tables) for row in tables[table]).encode()).hexdigest()
