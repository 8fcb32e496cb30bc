"""Deals in their pipeline: stages, moves, what is won and lost, and everything that follows, on both databases."""

from pathlib import Path
from typing import Any

from tests.program import Program

MONDAY = {"MYCRM_NOW": "2026-03-02T10:00:00"}
FRIDAY = {"MYCRM_NOW": "2026-03-06T10:00:00"}


def deal(crm: Program, reference: str, *fields: str) -> Any:
    """Return some fields of a deal: one as it is, several as a list."""
    record = crm.json("deal", "list", f"id={reference}" if len(reference) > 9 else f"number={reference[2:]}")[0]
    values = [record[name] for name in fields]
    return values[0] if len(values) == 1 else values


def steps(crm: Program, reference: str) -> list[str]:
    """Return the stage changes of a deal's timeline, the oldest first."""
    return [entry[3] for entry in reversed(crm("deal", "history", reference, "--only", "stage").rows)]


def stage(crm: Program, reference: str) -> str:
    """Return the name of the stage that a deal stands in."""
    name: str = crm("deal", "list", f"number={reference[2:]}", "-F", "stage").stdout.strip()
    return name


def test_the_way_of_a_deal(crm: Program) -> None:
    """Added, moved, lost, reopened and won: stage, probability, status, dates, activities and people."""
    crm("company", "add", "Acme Ltd")
    crm("contact", "add", "Jan Kok", "--company", "Acme Ltd")
    new = crm.json("deal", "add", "Big one", "--value", "1000", "--contact", "C-1", env=MONDAY)
    assert new["currency"] == "USD"
    assert new["company_id"] == crm.json("company", "view", "CO-1")["id"]
    assert new["stage_changed_at"] == "2026-03-02T10:00:00Z"
    assert (stage(crm, "D-1"), new["probability"], new["status"]) == ("Qualification", 0.1, "open")
    crm("deal", "move", "D-1", "next", env=FRIDAY)
    assert stage(crm, "D-1") == "Needs analysis"
    moved = crm.json("deal", "move", "D-1", "Negotiation", "--on", "2026-03-04T08:00", env=FRIDAY)
    assert moved["probability"] == 0.75
    assert moved["stage_changed_at"] == "2026-03-04T08:00:00Z"
    assert moved["last_activity_at"] == "2026-03-06T10:00:00Z"  # never back
    assert crm.json("contact", "view", "C-1")["last_activity_at"] == "2026-03-06T10:00:00Z"
    last_open = crm("deal", "move", "D-1", "next", exit=6)
    assert "mycrm deal win D-1" in last_open.stderr
    crm("deal", "move", "D-1", "previous", env=FRIDAY)
    assert stage(crm, "D-1") == "Proposal"
    lost = crm.json("deal", "lose", "D-1", "--reason", "Too dear", "--competitor", "Globex", env=FRIDAY)
    assert [lost[n] for n in ("status", "probability", "actual_close_date", "loss_reason", "competitor")] == [
        "lost", 0.0, "2026-03-06", "Too dear", "Globex",
    ]  # fmt: skip
    crm("deal", "win", "D-1", exit=6)
    crm("deal", "move", "D-1", "next", exit=6)
    again = crm.json("deal", "reopen", "D-1", env=FRIDAY)
    assert stage(crm, "D-1") == "Proposal"
    assert [again[n] for n in ("status", "probability", "actual_close_date", "loss_reason")] == [
        "open",
        0.5,
        None,
        None,
    ]
    won = crm.json("deal", "win", "D-1", "--value", "1200", "--on", "2026-03-05", env=FRIDAY)
    assert [won[n] for n in ("status", "probability", "actual_close_date", "value", "stage_changed_at")] == [
        "won", 1.0, "2026-03-05", "1200.00", "2026-03-05T00:00:00Z",
    ]  # fmt: skip
    crm("deal", "win", "D-1")  # nothing to change
    crm("deal", "win", "D-1", "--value", "1300", exit=6)
    crm("deal", "lose", "D-1", "--reason", "x", exit=6)
    subjects = [row[0] for row in crm("activity", "list", "-F", "subject", "-s", "number").rows]
    assert subjects[:2] == ["Qualification -> Needs analysis", "Needs analysis -> Negotiation"]
    assert subjects[-1] == "Proposal -> Closed won"
    crm("deal", "reopen", "D-1", "--stage", "Closed lost", exit=6)
    crm("deal", "reopen", "D-1", "--stage", "Qualification")
    assert stage(crm, "D-1") == "Qualification"


def test_status_and_stage_agree(crm: Program) -> None:
    """Whatever is set follows the other, over pipelines too; contradictions are refused."""
    crm("pipeline", "add", "Renewals", "--stages", "Due:40,Offer sent:70,Signed:won")
    crm("deal", "add", "One", "--stage", "Proposal")
    crm("deal", "add", "Two", "--pipeline", "Renewals", "--stage", "offer SENT", "--probability", "55")
    crm("deal", "add", "Three", "--stage", "Due")
    crm("deal", "add", "Four", "--status", "won")
    rows = crm("deal", "list", "-F", "pipeline,stage,status,probability", "-s", "number").rows
    assert rows == [
        ["Sales", "Proposal", "open", "50%"],
        ["Renewals", "Offer sent", "open", "55%"],
        ["Renewals", "Due", "open", "40%"],
        ["Sales", "Closed won", "won", "100%"],
    ]
    other = crm("deal", "edit", "D-1", "--stage", "Due", exit=6)
    assert "is a stage of Renewals, not of Sales" in other.stderr
    assert "Proposal · Negotiation" in other.stderr
    crm("deal", "add", "Five", "--pipeline", "Renewals", "--stage", "Proposal", exit=6)
    unknown = crm("deal", "move", "D-2", "Nowhere", exit=6)
    assert "Due · Offer sent · Signed · Closed lost" in unknown.stderr
    assert crm("deal", "count").stdout.strip() == "4"
    crm("deal", "edit", "D-1", "--pipeline", "Renewals", "--stage", "Offer sent")
    crm("deal", "edit", "D-4", "--pipeline", "Renewals")
    crm("deal", "edit", "D-2", "--pipeline", "Sales")
    crm("deal", "edit", "D-3", "--status", "lost", "--loss-reason", "gone")
    rows = crm("deal", "list", "-F", "stage,status", "-s", "number").rows
    assert rows == [["Offer sent", "open"], ["Qualification", "open"], ["Closed lost", "lost"], ["Signed", "won"]]
    crm("deal", "edit", "D-3", "--status", "open")
    assert crm.json("deal", "view", "D-3")["loss_reason"] is None
    assert stage(crm, "D-3") == "Due"
    crm("deal", "move", "D-3", "Signed", "--on", "today")
    assert deal(crm, "D-3", "status") == "won"


def test_bad_input(crm: Program) -> None:
    """Wrong values and illegal moves name the field and write nothing."""
    crm("deal", "add", "Open", "--value", "5")
    crm("deal", "add", "Won", "--status", "won")
    before = crm.json("deal", "list")
    wrong = {
        ("edit", "D-1", "--value", "-3"): "value",
        ("edit", "D-1", "--probability", "101"): "probability",
        ("edit", "D-1", "--expected-close-date", "1899-12-31"): "expected_close_date",
        ("edit", "D-1", "--actual-close-date", "2026-01-01"): "actual_close_date",
        ("edit", "D-1", "--name", "x" * 300): "name",
        ("edit", "D-2", "--clear", "actual_close_date"): "actual_close_date",
        ("edit", "D-2", "--actual-close-date", "2190-01-01"): "actual_close_date",
        ("edit", "D-1", "--stage", "Closed won", "--status", "lost"): "status",
        ("move", "D-1", "previous"): "stage",
        ("move", "D-2", "next"): "stage",
        ("move", "D-1", "Proposal", "--on", "1899-01-01"): "on",
        ("move", "D-1", "Proposal", "--on", "tomorrow"): "on",
        ("move", "D-1", "Proposal", "--on", "2001-01-01"): "on",
        ("move", "D-1", "Proposal", "--on", "no day"): "on",
        ("win", "D-1", "--value", "-1"): "value",
        ("lose", "D-2", "--reason", "x"): "status",
        ("add", "New", "--value", "-1"): "value",
    }
    for line, field in wrong.items():
        error = crm("deal", *line, "--json", exit=6).stderr
        assert f'"field": "{field}"' in error, (line, error)
    assert '"field": "reason"' in crm("deal", "lose", "D-1", "--json", exit=2).stderr
    for line in (("move", "D-1", "Nowhere"), ("edit", "D-1", "--stage", "Nowhere"), ("add", "x", "--stage", "Nowhere")):
        assert '"field": "stage"' in crm("deal", *line, "--json", exit=6).stderr
    assert "which stage?" in crm("deal", "move", "D-1", exit=2).stderr
    # One that cannot go keeps all others where they are.
    crm("deal", "move", "D-1", "D-2", "next", exit=6)
    assert crm.json("deal", "list") == before


def test_what_a_stage_asks_for(crm: Program) -> None:
    """Required fields hold for every way into the stage."""
    crm("contact", "add", "Jan Kok")
    asked = crm.json("stage", "edit", "Proposal", "--required-fields", "value,close,contact")
    assert asked["required_fields"] == ["value", "expected_close_date", "contact"]
    assert "foo" in crm("stage", "edit", "Proposal", "--required-fields", "value,foo", exit=6).stderr
    crm("deal", "add", "Bare")
    for line in (
        ("move", "D-1", "Proposal"),
        ("edit", "D-1", "--stage", "Proposal"),
        ("add", "x", "--stage", "Proposal"),
    ):
        error = crm("deal", *line, exit=6).stderr
        assert "needs value, expected close date, contact to come to Proposal" in error
    crm("deal", "import", "-", "--format", "csv", stdin="name,stage\nBare two,Proposal\n", exit=6)
    assert crm("deal", "count").stdout.strip() == "1"
    full = ("--value", "1", "--expected-close-date", "eom", "--contact", "C-1")
    crm("deal", "edit", "D-1", "--stage", "Proposal", *full)
    assert stage(crm, "D-1") == "Proposal"
    crm("stage", "edit", "Proposal", "--clear", "required_fields")
    crm("deal", "add", "Free", "--stage", "Proposal")


def test_import_brings_its_times(crm: Program, tmp_path: Path) -> None:
    """Stages by name inside the row's pipeline, times as given, and nothing to do the second time."""
    crm("pipeline", "add", "Renewals", "--like", "Sales")
    file = tmp_path / "deals.csv"
    file.write_text(
        "ext:old,name,pipeline,stage.name,status,created_at,stage_changed_at,actual_close_date,value\n"
        "1,First,Renewals,Proposal,open,2025-01-01T00:00:00Z,2025-02-01T00:00:00Z,,10\n"
        "2,Second,,Closed lost,lost,2025-01-01T00:00:00Z,,2025-03-01,20\n"
        "3,Third,,Negotiation,won,2025-01-01T00:00:00Z,,2025-03-02,30\n"
    )
    line = ("deal", "import", str(file), "-y")
    assert "3 created" in crm(*line).stderr
    rows = crm("deal", "list", "-F", "pipeline,stage,status,stage_changed_at,actual_close_date", "-s", "name").rows
    assert rows == [
        ["Renewals", "Proposal", "open", "2025-02-01T00:00:00Z", ""],
        ["Sales", "Closed lost", "lost", "2025-03-01T00:00:00Z", "2025-03-01"],
        ["Sales", "Closed won", "won", "2025-03-02T00:00:00Z", "2025-03-02"],
    ]
    again = crm(*line).stderr
    assert "3 unchanged" in again, again
    assert crm("activity", "count").stdout.strip() == "0"
    crm("deal", "import", "-", "--format", "csv", stdin="name,stage\nX,Nowhere\n", exit=6)
    crm("deal", "import", "-", "--format", "csv", stdin="name,pipeline,stage\nX,Renewals,Due\n", exit=6)
    crm("deal", "import", "-", "--format", "csv", stdin="name,value\nX,-5\n", exit=6)
    # One that was won elsewhere comes back into the first stage: no open one is known of it.
    crm("deal", "reopen", "Second")
    assert crm("deal", "list", "name=Second", "-F", "stage").stdout.strip() == "Qualification"


def test_many_at_once(crm: Program) -> None:
    """References and lines of JSON from a pipe, each deal within its own pipeline, in one change."""
    crm("pipeline", "add", "Short", "--stages", "Begin:10,End:90")
    names = "".join(f"Deal {i},{'Short' if i % 2 else 'Sales'}\n" for i in range(40))
    crm("deal", "import", "-", "--format", "csv", stdin=f"name,pipeline\n{names}")
    ids = crm("deal", "list", "-o", "ids").stdout
    assert "--yes" in crm("deal", "move", "-", "next", stdin=ids, exit=2).stderr
    crm("deal", "move", "-", "next", "--yes", stdin=ids)
    assert crm("deal", "count", "stage=End").stdout.strip() == "20"
    assert crm("deal", "count", "stage='Needs analysis'").stdout.strip() == "20"
    listed = crm("deal", "list", "pipeline=Sales", "-o", "jsonl").stdout
    crm("deal", "move", "-", "Negotiation", "--yes", stdin=listed)
    assert crm("deal", "count", "stage=Negotiation probability=75").stdout.strip() == "20"
    lines = '{"ref": "Deal 0", "stage": "Proposal"}\n{"ref": "Deal 2", "stage": "previous"}\n'
    crm("deal", "move", "-", stdin=lines)
    assert crm("deal", "count", "stage=Proposal").stdout.strip() == "2"
    reasons = '{"ref": "Deal 0", "reason": "Price"}\n{"ref": "Deal 1", "reason": "Time"}\n'
    crm("deal", "lose", "-", "--competitor", "Globex", stdin=reasons)
    assert crm("deal", "list", "status=lost", "-F", "loss_reason,competitor", "-s", "name").rows == [
        ["Price", "Globex"],
        ["Time", "Globex"],
    ]
    assert crm("deal", "move", "-w", "pipeline=Short status=open", "Begin", "--yes").exit == 0
    assert crm("deal", "count", "stage=Begin").stdout.strip() == "19"


def test_seams(crm: Program, tmp_path: Path) -> None:
    """History comes back by import, prices keep their currency, and a misspelt member of a line is refused."""
    crm("deal", "add", "Old")
    crm("deal", "win", "Old")
    crm("stage", "edit", "Closed won", "--pipeline", "Sales", "--required-fields", "value")
    file = tmp_path / "deals.csv"
    file.write_text("name,stage\nOlder,Closed won\n")
    crm("deal", "import", str(file))
    file.write_text("name,stage\nNewer,Proposal\n")
    crm("deal", "import", str(file))
    crm("item", "add", "Newer", "Seat", "--unit-price", "5")
    refused = crm("deal", "edit", "Newer", "--currency", "EUR", exit=6)
    assert "items with prices in USD" in refused.stderr
    crm("deal", "move", "-", "Negotiation", stdin='{"ref": "Newer", "probabilty": "5"}', exit=2)
    assert crm("deal", "list", "name=Newer", "-F", "stage").stdout == "Proposal\n"
