"""The guide for those who come from HubSpot: its commands are run as they stand there."""

import shlex
import shutil
from pathlib import Path

import pytest

from tests.program import Program, Result

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "guides" / "migrating-from-hubspot.md").read_text()
LINES = [line.strip() for line in GUIDE.splitlines() if line.startswith("    mycrm ")]
WARNING = next(line.strip() for line in GUIDE.splitlines() if line.startswith("    warning: "))


def test_the_mapping_file_is_the_one_in_the_examples() -> None:
    example = (DOCS / "examples" / "hubspot" / "deals.toml").read_text()
    shown = GUIDE[GUIDE.index('    entity = "deal"') : GUIDE.index("\nA stage that is in no pipeline")]
    lines = [line.removeprefix("    ") for line in shown.strip().splitlines()]
    assert "\n".join(lines).split() == example.partition("\n")[2].split()


def test_the_guide(crm: Program, samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "files"
    shutil.copytree(samples / "hubspot", folder)
    shutil.copy(DOCS / "examples" / "hubspot" / "deals.toml", folder)
    monkeypatch.chdir(folder)
    results: dict[str, Result] = {}
    assert len(LINES) > 12
    for line in LINES:
        if "week_2" in line and not any("week_2" in done for done in results):
            crm("contact", "edit", "C-1", "--phone", "+33 4 72 00 00 55")
            crm("deal", "edit", "D-4", "--close", "2027-02-28", "--next-step", "Call in December")
        results[line] = crm(*shlex.split(line)[1:])
    said = "".join(result.stderr for result in results.values())
    assert WARNING in said
    assert "expected close date was changed here as well; ours is kept" in said
    check_deals(crm)
    check_contacts(crm)
    for line in (line for line in LINES if "week_2" in line):
        again = crm(*shlex.split(line)[1:], "--json")
        assert again.json["unchanged"] == again.json["rows"], again
        assert "changed here" not in again.stderr
        assert again.json["change"] is None


def check_deals(crm: Program) -> None:
    """Stages, dates, companies and contacts are those of the files, and what was changed here has stayed."""
    fields = "name,stage,value,expected_close_date,actual_close_date,next_step"
    found = {row["name"]: row for row in crm.json("deal", "list", "-F", fields)}
    labs, pilot = found["Petrova Labs - 40 seats"], found["Nordlicht pilot"]
    assert (labs["stage"], labs["value"], labs["actual_close_date"]) == ("Closed won", "12000.00", "2026-03-27")
    assert (pilot["stage"], pilot["actual_close_date"]) == ("Closed won", "2024-06-14")
    seats = found["Nordlicht - 60 seats"]
    assert (seats["expected_close_date"], seats["next_step"]) == ("2027-02-28", "Call in December")
    [linked] = crm.json("deal", "export", "-w", "number=1", "-F", "contacts,companies")
    assert (len(linked["contacts"]), len(linked["companies"])) == (2, 2)
    [later] = crm.json("deal", "export", "-w", "number=4", "-F", "contacts")
    assert len(later["contacts"]) == 2
    assert [row["total"] for row in crm.json("item", "list", "deal=D-4", "-s", "position", "-F", "total")] == [
        "18600.00",
        "0.00",
    ]
    assert crm("note", "count", "-w", "deal=D-4").stdout.strip() == "1"


def check_contacts(crm: Program) -> None:
    """Both addresses find a contact; of the delta, what is new was taken and what was changed here has stayed."""
    ana = crm.json("contact", "view", "ana.petrova@example.org")
    assert (ana["phone"], ana["job_title"]) == ("+33472000055", "Head of IT and Security")
    assert crm.json("contact", "view", "ben.l@example.org")["lifecycle_stage"] == "customer"
    assert crm.json("contact", "view", "ext:hubspot:7433")["do_not_email"] is True
    assert crm("company", "count", "-w", "parent=any").stdout.strip() == "1"
    assert crm("contact", "count").stdout.strip() == "4"
