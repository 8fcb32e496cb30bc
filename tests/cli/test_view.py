"""A record's page: what hangs on it, for programs and on a terminal."""

import json

from tests.cli.test_output import RAW
from tests.program import Program

NOW = {"MYCRM_NOW": "2026-11-05T10:00:00Z"}
HOSTILE = "[bold red]Jan[/] \x1b[31mNovak \u202eevil"


def story(crm: Program) -> None:
    """Write a customer with everything that may hang on one."""
    for line in (
        ("company", "add", "Petrova Labs", "--domain", "petrova.example", "--type", "customer"),
        ("company", "add", "Petrova Retail", "--parent", "CO-1"),
        ("campaign", "add", "Autumn fair", "--type", "event"),
        ("contact", "add", "Jan Novak", "--email", "jan@petrova.example", "--company", "CO-1", "--owner", "me"),
        ("contact", "add", "Eva Zorn", "--email", "eva@petrova.example", "--company", "CO-1"),
        ("lead", "add", "Jan N.", "--email", "jan.n@petrova.example", "--campaign", "CA-1"),
        ("lead", "add", "Other", "--email", "o@petrova.example", "--campaign", "CA-1"),
        ("deal", "add", "Lab rollout", "--value", "48000", "--contact", "C-1", "--company", "CO-1", "--lead", "L-1"),
        ("deal", "add", "Pilot", "--value", "4000", "--currency", "EUR", "--contact", "C-1", "--company", "CO-1"),
        ("product", "add", "Sensor", "--unit-price", "120"),
        ("item", "add", "Sensor", "--deal", "D-1", "--product", "P-1", "--quantity", "3", "--unit-price", "120"),
        ("item", "add", "Installation", "--deal", "D-1", "--unit-price", "900"),
        ("note", "add", "An ordinary remark", "--contact", "C-1"),
        ("note", "add", "Call in the morning", "--contact", "C-1", "--pinned", "yes"),
        (
            "activity",
            "add",
            "Quote",
            "--activity-type",
            "call",
            "--occurred-at",
            "2026-11-04T09:00",
            "--contact",
            "C-1",
        ),
        ("email", "add", "Your quote", "--to-email", "jan@petrova.example", "--contact", "C-1", "--sent-at", "-1d"),
        ("team", "add", "North", "--lead", "me"),
        ("user", "edit", "me", "--team", "North"),
    ):
        crm(*line, env=NOW)
    for day in range(1, 8):
        crm("task", "add", f"Call {day}", "--contact", "C-1", "--deal", "D-1", "--due", f"+{day}d", env=NOW)


def test_a_page_shows_what_hangs_on_a_record(crm: Program) -> None:
    """In JSON as ``related``, on a terminal as sections; the other formats stay a line a record."""
    story(crm)
    contact = crm.json("contact", "view", "C-1", env=NOW)
    related = contact["related"]
    assert [deal["reference"] for deal in related["deals"]] == ["D-1", "D-2"]
    assert related["deals"][0] | {"id": ""} == {
        "id": "",
        "reference": "D-1",
        "title": "Lab rollout",
        "stage": "Qualification",
        "value": "48000.00",
        "currency": "USD",
        "status": "open",
        "expected_close_date": None,
        "role": related["deals"][0]["role"],
    }
    assert [note["title"] for note in related["notes"]] == ["Call in the morning", "An ordinary remark"]
    assert [company["title"] for company in related["companies"]] == ["Petrova Labs"]
    assert [task["title"] for task in related["tasks"]] == [f"Call {day}" for day in range(1, 6)]
    assert contact["related_more"] == {"tasks": 2}
    assert related["emails"][0]["title"] == "Your quote"
    assert any(activity["title"] == "Quote" for activity in related["activities"])
    assert len(crm.json("contact", "view", "C-1", "--all")["related"]["tasks"]) == 7

    deal = crm.json("deal", "view", "D-1", env=NOW)["related"]
    assert [(item["reference"], item["total"]) for item in deal["items"]] == [("D-1.1", "360.00"), ("D-1.2", "900.00")]
    assert [person["reference"] for person in deal["contacts"]] == ["C-1"]
    assert [lead["reference"] for lead in deal["leads"]] == ["L-1"]
    company = crm.json("company", "view", "CO-1")["related"]
    assert [person["title"] for person in company["contacts"]] == ["Eva Zorn", "Jan Novak"]
    assert [child["reference"] for child in company["children"]] == ["CO-2"]
    assert company["deals_by_status"] == [
        {"status": "open", "count": 2, "values": {"EUR": "4000.00", "USD": "48000.00"}}
    ]
    assert crm.json("company", "view", "CO-2")["related"]["parent"][0]["reference"] == "CO-1"
    assert crm.json("campaign", "view", "CA-1")["related"]["leads"] == [{"status": "new", "count": 2}]
    stages = crm.json("pipeline", "view", "Sales")["related"]["stages"]
    assert (len(stages), stages[0]["deals"], stages[0]["values"]) == (6, 2, {"EUR": "4000.00", "USD": "48000.00"})
    assert crm.json("stage", "view", "Qualification")["related"]["deals"][0]["count"] == 2
    assert crm.json("product", "view", "P-1")["related"]["deals"][0]["quantity"] == "3.000"
    assert crm.json("team", "view", "North")["related"]["members"][0]["title"] == "Ana Berg"
    assert crm.json("task", "view", "T-1")["related"]["deals"][0]["reference"] == "D-1"
    several = crm("contact", "view", "C-1", "C-2", "-o", "jsonl").lines
    assert [json.loads(line)["related"]["companies"][0]["reference"] for line in several] == ["CO-1", "CO-1"]
    assert len(crm("contact", "view", "C-1").lines) == 1
    assert crm.json("contact", "view", "C-1", "-F", "name").keys() == {"id", "name"}

    screen = crm("contact", "view", "C-1", "-o", "table", env={**NOW, "COLUMNS": "100"}).stdout
    for words in (
        "C-1  Jan Novak",
        "Petrova Labs · active · subscriber · owner Ana Berg",
        "Open tasks",
        "T-1  Call 1",
        "+2 more: mycrm task list --contact C-1 --status pending,in_progress",
        "N-2  Call in the morning",
    ):
        assert words in screen, screen
    assert max(map(len, screen.splitlines())) <= 100
    assert "Call 6" not in screen
    assert "total 1,260.00 USD" in crm("deal", "view", "D-1", "-o", "table").stdout
    assert "open 2 (4,000.00 EUR + 48,000.00 USD)" in crm("company", "view", "CO-1", "-o", "table").stdout
    for noun in ("lead L-1", "campaign CA-1", "task T-1", "note N-1", "activity A-1", "email E-1", "product P-1"):
        assert crm(noun.split()[0], "view", noun.split()[1], "-o", "table").stdout, noun


def test_pages_of_every_noun_and_hostile_names(crm: Program) -> None:
    """Markup and control characters in what hangs on a record reach no terminal; trashed records stay out."""
    crm("contact", "add", "--from-json", "-", stdin=json.dumps({"first_name": HOSTILE, "email": "x@y.example"}))
    crm("company", "add", HOSTILE)
    crm("contact", "edit", "C-1", "--company", "CO-1", "--job-title", HOSTILE)
    crm("deal", "add", HOSTILE, "--contact", "C-1", "--company", "CO-1")
    crm("deal", "add", "Gone", "--contact", "C-1")
    crm("deal", "delete", "D-2")
    crm("note", "add", HOSTILE + "\nsecond line", "--contact", "C-1")
    crm("task", "add", HOSTILE, "--contact", "C-1")
    for line in (("contact", "C-1"), ("company", "CO-1"), ("deal", "D-1"), ("note", "N-1"), ("task", "T-1")):
        for verb in ("view", "history"):
            screen = crm(line[0], verb, line[1], "-o", "table").stdout
            assert not RAW.search(screen), screen
            assert "[bold red]Jan[/]" in screen, screen
            assert not RAW.search(crm(line[0], verb, line[1], "-o", "json").stdout)
    deals = crm.json("contact", "view", "C-1")["related"]["deals"]
    assert [deal["reference"] for deal in deals] == ["D-1"]
    assert deals[0]["title"] == HOSTILE
