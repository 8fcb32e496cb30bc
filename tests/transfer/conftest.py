"""What the tests of import and export share."""

import hashlib
from pathlib import Path
from uuid import UUID

import pytest

from mycrm_cli import catalog
from mycrm_cli.db.connect import connect
from tests.program import Program

SAMPLES = Path(__file__).parents[1] / "samples"
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
TABLES = (
    "contacts",
    "companies",
    "notes",
    "contact_emails",
    "external_ids",
    "changes",
    "change_items",
    "custom_fields",
)


@pytest.fixture
def samples() -> Path:
    """The folder of our own sample files."""
    return SAMPLES


@pytest.fixture
def shared() -> Path:
    """The folder of the shared sample files; a test that needs it is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("the shared sample files are not here")
    return SHARED


def fingerprint(crm: Program) -> str:
    """Return a hash over all rows that an import could touch, counters apart."""
    database = crm.database
    organization = organization_id(crm)
    connection = connect(database, organization_id=organization)
    try:
        connection.begin()
        digest = hashlib.sha256()
        for table in TABLES:
            columns = ", ".join(f'"{name}"' for name in catalog.by_table(table).fields)
            own = organization.bytes if connection.dialect == "sqlite" else organization
            found = connection.execute(f"SELECT {columns} FROM {table} WHERE organization_id = ?", (own,))
            rows = sorted(map(repr, found.fetchall()))
            digest.update("\n".join(rows).encode())
        return digest.hexdigest()
    finally:
        connection.close()


def organization_id(crm: Program) -> UUID:
    """Return the id of the profile's organization."""
    return UUID(crm.json("org", "list")[0]["id"])


def write(path: Path, content: str | bytes) -> str:
    """Write a file and return its name."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)
