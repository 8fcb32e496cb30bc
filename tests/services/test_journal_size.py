"""Items of the journal that hold large records: none of them grows beyond what databases and exports take."""

from uuid import UUID

import pytest

from mycrm_cli.db.connect import connect
from mycrm_cli.services import journal
from tests.program import Program
from tests.rowhash import rows_of

COUNT, SIZE = 150, 1000
FOLLOWING = {"version", "updated_at", "search_rowid"}


def payloads(crm: Program) -> list[int]:
    """Return the lengths of all before-images."""
    own = UUID(crm.json("org", "view")["id"])
    connection = connect(crm.database, organization_id=own)
    connection.begin()
    key = own.bytes if connection.dialect == "sqlite" else own
    statement = 'SELECT length(CAST("before" AS text)) FROM change_payloads WHERE organization_id = ?'
    found = [row[0] for row in connection.execute(statement, (key,)).fetchall()]
    connection.close()
    return found


def test_large_records_make_several_items(crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Edited, removed and taken back: what was there is in pieces, and comes back whole."""
    monkeypatch.setattr(journal, "LARGEST", 20 * SIZE)
    notes = "".join(f"Lead {n},{'ä' * (SIZE + n)}\n" for n in range(COUNT))
    crm("lead", "import", "-", "--format", "csv", stdin=f"name,notes\n{notes}")
    before = rows_of(crm, without=FOLLOWING)["leads"]
    crm("lead", "edit", "--all", "--set", "notes=short", "-y", "--label", "edited")
    crm("lead", "delete", "--all", "-y", "--label", "deleted")
    crm("lead", "purge", "--all", "-y", "--confirm", "acme", "--label", "purged")
    for label in ("purged", "deleted", "edited"):
        crm("undo", "--label", label, "-y")
    assert rows_of(crm, without=FOLLOWING)["leads"] == before
    sizes = payloads(crm)
    assert len(sizes) >= COUNT * SIZE // (20 * SIZE)
    assert max(sizes) < 30 * SIZE, sizes
    # Those of which each is an item of its own are not kept together either.
    monkeypatch.setattr(journal, "MANY", 1000)
    written: list[int] = []
    flush = journal.Journal.flush

    def told(self: journal.Journal) -> None:
        written.append(self.waiting)
        flush(self)

    monkeypatch.setattr(journal.Journal, "flush", told)
    crm("lead", "edit", "--all", "--set", "notes=short", "-y", "--label", "singly")
    assert len(written) >= COUNT * SIZE // (25 * SIZE)
    assert max(written) < 25 * SIZE, written
    crm("undo", "--label", "singly", "-y")
    crm("change", "verify")
    assert rows_of(crm, without=FOLLOWING)["leads"] == before
