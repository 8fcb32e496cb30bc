"""No two rows of a file may be about one stored record, whatever keys they have."""

from pathlib import Path

import pytest

from mycrm_cli.services.transfer import reading
from tests.program import Program
from tests.transfer.conftest import write


@pytest.mark.parametrize("size", [1, 100])
def test_another_key_of_the_same_record_is_refused(
    crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(reading, "BATCH", size)
    crm("product", "import", write(tmp_path / "first.csv", "name,sku\nAnvil,A-1\nBolt,B-1\n"))
    both = write(tmp_path / "both.csv", "name,sku\nAnvil,\nHammer,A-1\nBolt,B-1\n")
    refused = crm("product", "import", both, "--on-error", "skip", "--json", exit=7)
    assert refused.json["rejected_details"] == [
        {"line": 3, "column": None, "code": "duplicate_row", "message": "an earlier line means P-1 Anvil as well"}
    ]
    assert [refused.json[name] for name in ("created", "updated", "unchanged", "rejected")] == [0, 0, 2, 1]
    assert crm("product", "list", "-F", "name,sku", "-o", "csv").lines[1:] == ["Anvil,A-1", "Bolt,B-1"]


def test_addresses_of_one_contact_are_one_contact(crm: Program, tmp_path: Path) -> None:
    crm("contact", "import", write(tmp_path / "first.csv", "first_name,email\nAnn,a@x.example;b@x.example\n"))
    two = write(tmp_path / "two.csv", "first_name,email\nAnn,a@x.example\nAnne,b@x.example\n")
    refused = crm("contact", "import", two, exit=6)
    assert "line 3: an earlier line means C-1 Ann as well" in refused.stderr
    crm("contact", "import", write(tmp_path / "one.csv", "first_name,email\nAnne,b@x.example\n"))
