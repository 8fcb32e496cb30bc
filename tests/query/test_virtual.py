"""Fields that are worked out and tags that are conditions: days in a stage, stale deals, unanswered leads."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.program import Program

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def at(**later: float) -> dict[str, str]:
    """Return the environment of a run some time after the start."""
    return {"MYCRM_NOW": (START + timedelta(**later)).isoformat()}


def names(crm: Program, noun: str, *line: str, **options: object) -> list[str]:
    return crm(noun, "list", *line, "-F", "name", "-s", "name", **options).lines  # type: ignore[arg-type]


def test_days_in_stage_and_stale_deals(crm: Program) -> None:
    crm("stage", "edit", "Qualification", "--stale-after-days", "14")
    crm("deal", "add", "Old", "--value", "5", env=at())
    crm("deal", "add", "New", "--value", "7", env=at(days=10))
    crm("deal", "add", "Calm", "--stage", "Proposal", env=at())
    crm("deal", "add", "Lost", "--status", "lost", env=at(), exit=None)

    listed = crm("deal", "list", "-F", "name,days_in_stage", "-s", "-days_in_stage,name", env=at(days=14, hours=1))
    assert listed.rows[:2] == [["Calm", "14"], ["Lost", "14"]]
    assert listed.rows[-1] == ["New", "4"]
    # A day is twenty-four hours, and not yet whole a second before.
    assert names(crm, "deal", "-w", "days_in_stage=13 name=Old", env=at(days=14, seconds=-1)) == ["Old"]
    assert names(crm, "deal", "-w", "days_in_stage>=14 name=Old", env=at(days=14)) == ["Old"]
    assert names(crm, "deal", "-w", "days-in-stage in(4,14)", "-w", "not name=Lost", env=at(days=14)) == [
        "Calm",
        "New",
        "Old",
    ]
    assert names(crm, "deal", "-w", "days_in_stage=none", env=at(days=14)) == []
    assert crm("deal", "count", "-w", "days_in_stage=2..5", env=at(days=14)).stdout == "1\n"
    crm("deal", "list", "-w", "days_in_stage~1", exit=2)
    crm("deal", "edit", "D-1", "--set", "days_in_stage=3", exit=2)

    assert names(crm, "deal", "-w", "+STALE", env=at(days=14)) == []
    assert names(crm, "deal", "-w", "+STALE", env=at(days=14, seconds=1)) == ["Old"]
    assert names(crm, "deal", "-w", "-STALE", "-w", "not name=Lost", env=at(days=14, seconds=1)) == ["Calm", "New"]
    assert names(crm, "deal", "-w", "+STALE", env=at(days=30)) == ["New", "Old"]
    crm("deal", "move", "D-1", "Proposal", env=at(days=20))
    assert names(crm, "deal", "-w", "+STALE", env=at(days=30)) == ["New"]
    crm("contact", "list", "-w", "+STALE", exit=2)

    view = crm.json("deal", "view", "D-1", env=at(days=23))
    assert view["days_in_stage"] == 3
    described = {row[0]: row[1] for row in crm("deal", "list", "-w", "?").rows}
    assert described["days_in_stage"] == "integer"
    assert {"+STALE", "+MINE", "+OVERDUE"} <= described.keys()
    page = crm("deal", "list", "-s", "days_in_stage", "--after", "D-2", "-F", "name", env=at(days=23))
    assert page.lines[0] in ("Calm", "Lost")

    exported = crm("deal", "export", "-F", "id,name,days_in_stage", env=at(days=23)).stdout
    assert exported.splitlines()[0] == "id,name,days_in_stage"
    again = crm("deal", "import", "-", "--format", "csv", stdin=exported, env=at(days=24))
    assert "4 unchanged" in again.stderr + again.stdout


def test_unanswered_leads_and_open_tasks(crm: Program) -> None:
    for name, more in (("Fresh", []), ("Given up", ["--status", "disqualified"]), ("Slow", ["--status", "contacted"])):
        crm("lead", "add", name, *more, env=at(), exit=None)
    crm("lead", "add", "Young", env=at(minutes=50))
    assert "Fresh" in names(crm, "lead", "-w", "+UNANSWERED", env=at(days=9))  # a day, as nothing was said
    assert names(crm, "lead", "-w", "+UNANSWERED", env=at(hours=20)) == []
    crm("org", "edit", "--response-limit", "none")
    assert names(crm, "lead", "-w", "+UNANSWERED", env=at(days=9)) == []
    assert crm("alert", "list", env=at(days=9)).stdout == ""
    assert crm("lead", "count", "-w", "-UNANSWERED", env=at(days=9)).stdout == crm("lead", "count").stdout
    crm("org", "edit", "--response-limit", "30m")
    assert names(crm, "lead", "-w", "+UNANSWERED", env=at(minutes=30)) == []
    late = names(crm, "lead", "-w", "+UNANSWERED", env=at(minutes=31))
    assert "Fresh" in late
    assert not {"Young", "Given up"} & set(late)
    assert "Young" in names(crm, "lead", "-w", "+UNANSWERED", env=at(minutes=90))
    crm("task", "list", "-w", "+UNANSWERED", exit=2)

    crm("task", "add", "Call", "--due", "2026-03-03", "--assigned-to", "")
    crm("task", "add", "Write", "--assigned-to", "me", "--status", "in_progress")
    crm("task", "add", "Done", "--status", "completed", "--assigned-to", "")
    listed = crm("task", "list", "-w", "+TODO", "-F", "title", "-s", "title").lines
    assert listed == ["Call", "Write"]
    assert crm("task", "list", "-w", "+MINE", "-F", "title").lines == ["Write"]
    assert crm("task", "list", "-w", "+UNASSIGNED +TODO", "-F", "title").lines == ["Call"]
    assert crm("task", "list", "-w", "+OVERDUE", "-F", "title", env=at(days=5)).lines == ["Call"]
    assert crm("task", "list", "-w", "+OVERDUE", "-F", "title", env=at()).lines == []


@pytest.mark.parametrize(
    ("reference", "found"), [("D-1.2", "Setup"), ("d-1.1", "Licence"), ("1.2", "Setup"), ("setup", "Setup")]
)
def test_items_by_their_place(sqlite_crm: Program, reference: str, found: str) -> None:
    sqlite_crm("deal", "add", "Big")
    for name in ("Licence", "Setup"):
        sqlite_crm("item", "add", name, "--deal", "D-1", "--unit-price", "5")
    assert sqlite_crm("item", "view", reference, "-F", "name").lines == [found]


def test_records_by_what_they_belong_to(crm: Program) -> None:
    crm("deal", "add", "Big")
    crm("deal", "add", "Small")
    for deal in ("D-1", "D-1", "D-2"):
        crm("item", "add", "Hour", "--deal", deal, "--unit-price", "5")
    several = crm("item", "view", "Hour", exit=5).stderr
    assert "D-1.1 Hour · D-1.2 Hour · D-2.1 Hour" in several
    assert "item list -w deal=D-9" in crm("item", "view", "D-9.1", exit=3).stderr
    crm("item", "view", "D-1.99999999999", exit=3)
    assert "deal view D-1" in crm("item", "view", "D-1", exit=3).stderr
    crm("item", "edit", "-", "--quantity", "2", stdin="D-1.2\nD-2.1\n")
    assert crm("item", "list", "-w", "quantity=2", "-F", "deal,position", "-s", "deal").rows == [
        ["Big", "2"],
        ["Small", "1"],
    ]
    crm("item", "delete", "D-1.1")
    crm("item", "view", "D-1.1", exit=3)
    crm("deal", "delete", "D-2")
    crm("item", "view", "D-2.1", exit=3)
    assert crm("change", "view", "X-1", exit=None).exit == 0

    crm("pipeline", "add", "Partners")
    assert "Sales/Proposal" in crm("stage", "view", "Proposal", exit=5).stderr
    assert crm("stage", "view", "partners / proposal", "-F", "pipeline,name").rows == [["Partners", "Proposal"]]
    crm("deal", "edit", "D-1", "--stage", "Sales/Proposal")
    assert crm("deal", "list", "-w", "stage=Sales/Proposal", "-F", "name").lines == ["Big"]
    assert crm("deal", "list", "-w", "stage=Partners/Proposal", "-F", "name").lines == []
