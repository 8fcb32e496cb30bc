"""What an import looks up for its rows comes from an index, however many rows there are."""

import sqlite3
from pathlib import Path

import pytest

from mycrm_cli.db import connect
from tests.program import Program
from tests.transfer.conftest import write


def test_keys_of_other_systems_come_from_their_index(
    sqlite_crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(connect, "listeners", [*connect.listeners, sent.append])
    file = write(tmp_path / "tasks.csv", "Title,hubspot\nCall Ann,1\nCall Bo,2\n")
    for _ in range(2):
        sqlite_crm("task", "import", file, "--map", "hubspot=ext:hubspot")
    asked = {text for text in sent if text.startswith("SELECT") and " FROM external_ids " in text}
    database = sqlite3.connect(str(sqlite_crm("profile", "view", "--json").json["database"]).removeprefix("sqlite:///"))
    assert asked
    for statement in asked:
        [step] = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement.replace('?', 'NULL')}")]
        assert "(organization_id=? AND entity=? AND " in step, (statement, step)
