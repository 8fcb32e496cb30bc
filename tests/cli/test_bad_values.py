"""Values that cannot be: exit 6 with the field named, on a line, in JSON and in a file, and nothing is written."""

import json
from pathlib import Path

import pytest

from tests.program import Program
from tests.rowhash import everything

LONG = "x" * 300
LINES = {
    "next of the last open stage": ("deal move D-2 next", "stage"),
    "previous of the first stage": ("deal move D-1 previous", "stage"),
    "next of a won deal": ("deal move D-3 next", "stage"),
    "win what is lost": ("deal win D-4", "status"),
    "lose what is won": ("deal lose D-3 --reason Price", "status"),
    "unknown stage in a move": ("deal move D-1 Nowhere", "stage"),
    "unknown stage of a new deal": ("deal add X --stage Nowhere", "stage"),
    "unknown stage in an edit": ("deal edit D-1 --stage Nowhere", "stage"),
    "stage of another pipeline": ("deal edit D-1 --stage Trial", "stage"),
    "closing in the future": ("deal win D-1 --on 2999-01-01", "on"),
    "negative value of a deal": ("deal add X --value=-1", "value"),
    "negative price": ("product add X --unit-price=-0.01", "unit_price"),
    "negative budget": ("campaign add X --budget=-5", "budget"),
    "negative value of a lead": ("lead add X --estimated-value=-5", "estimated_value"),
    "negative quantity": ("item add D-1 Seat --quantity=-1", "quantity"),
    "probability over 100": ("deal edit D-1 --probability 101", "probability"),
    "probability of a stage over 100": ("stage edit Proposal --probability 101", "probability"),
    "discount over 100": ("item add D-1 Seat --unit-price 5 --discount 100.5", "discount_percent"),
    "a rule that is none": ("task add X --due fri --recurrence nonsense", "recurrence_rule"),
    "a rule without frequency": ("task add X --due fri --recurrence INTERVAL=2", "recurrence_rule"),
    "a rule that never comes true": (
        "task add X --due fri --recurrence FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "recurrence_rule",
    ),
    "a rule without a due date": ("task add X --recurrence FREQ=DAILY", "due_date"),
    "a time zone that is none": ("task add X --timezone Mars/Olympus", "timezone"),
    "a time zone of a user that is none": ("user edit bo@acme.com --timezone Mars/Phobos", "timezone"),
    "a time zone of a new user that is none": ("user add dee@acme.com --role sales_rep --timezone berlin", "timezone"),
    "quiet hours that are none": ("user edit bo@acme.com --quiet-hours 25:00-07:00", "quiet_hours"),
    "a manager of oneself": ("user edit bo@acme.com --manager bo@acme.com", "manager_id"),
    "managers in a circle": ("user edit bo@acme.com --manager cy@acme.com", "manager_id"),
    "parents in a circle": ("company edit CO-1 --parent CO-3", "parent_id"),
    "a date before 1900": ("deal add X --close 1899-12-31", "expected_close_date"),
    "a due date before 1900": ("task add X --due 1899-12-31", "due_date"),
    "a campaign before 1900": ("campaign add X --start-date 1850-01-01", "start_date"),
    "a rate before 1900": ("rate add EUR 1.1 --date 1899-01-01", "date"),
    "a currency that is none": ("deal add X --currency XXZ", "currency"),
    "a long name of a deal": (f"deal add {LONG}", "name"),
    "a long name of a company": (f"company add {LONG}", "name"),
    "a long title": (f"task add {LONG}", "title"),
    "a long name of a lead": (f"lead add {LONG}", "name"),
    "a converted lead by hand": ("lead edit L-1 --status converted", "status"),
    "a note on nothing": ("note add hello", "contact_id"),
}


@pytest.fixture(scope="module")
def longest() -> str:
    """A note of 10 MB."""
    return "long " * 2_000_000


def fill(crm: Program) -> None:
    """Deals in every position, people in a line, companies in a tree."""
    crm("pipeline", "add", "Other", "--stages", "Trial:30")
    for name, stage in (
        ("One", "Qualification"),
        ("Two", "Negotiation"),
        ("Three", "Closed won"),
        ("Four", "Closed lost"),
    ):
        crm("deal", "add", name, "--stage", stage)
    crm("user", "add", "bo@acme.com", "--role", "manager")
    crm("user", "add", "cy@acme.com", "--role", "sales_rep", "--manager", "bo@acme.com")
    crm("company", "add", "Top")
    crm("company", "add", "Middle", "--parent", "CO-1")
    crm("company", "add", "Bottom", "--parent", "CO-2")
    crm("lead", "add", "Lead", "--email", "lead@example.com")
    crm("contact", "add", "Ana", "--email", "ana@example.com")


def test_bad_values(crm: Program, tmp_path: Path, longest: str) -> None:
    """One organization, every bad value of the table, no row changed by any of them."""
    fill(crm)
    before = everything(crm, without=()), crm("change", "count").stdout
    for what, (line, field) in LINES.items():
        refused = crm(*line.split(), "--json", exit=6)
        named = [detail.get("field") for detail in json.loads(refused.stderr)["error"]["details"]]
        assert (what, field in named, refused.stdout) == (what, True, ""), (what, named, refused)
    note = json.dumps({"body": longest, "contact_id": "C-1"})
    refused = crm("note", "add", "--from-json", "-", "--json", stdin=note, exit=6)
    assert json.loads(refused.stderr)["error"]["details"][0]["field"] == "body"
    file = tmp_path / "bad.csv"
    file.write_text(
        "name,value,probability,stage,close\nA,-1,50,Proposal,\nB,1,101,Proposal,\nC,1,5,Nowhere,\nD,1,5,,1899-01-01\n"
    )
    refused = crm("deal", "import", str(file), "--json", exit=6)
    details = json.loads(refused.stderr)["error"]["details"]
    assert [(detail["line"], detail["column"]) for detail in details] == [
        (2, "value"),
        (3, "probability"),
        (4, "stage"),
        (5, "close"),
    ]
    assert (everything(crm, without=()), crm("change", "count").stdout) == before


def test_files_that_are_no_text_or_no_files(sqlite_crm: Program, tmp_path: Path) -> None:
    sqlite_crm("lead", "add", "Ana")
    (tmp_path / "bytes.json").write_bytes(b'\xff\xfe{"source": "web"}')
    refused = sqlite_crm("lead", "edit", "L-1", "--from-json", str(tmp_path / "bytes.json"), exit=6)
    assert "byte 1 is not text in UTF-8" in refused.stderr
    assert "name too long" in sqlite_crm("lead", "import", f"--apply={'W' * 300}", exit=2).stderr
