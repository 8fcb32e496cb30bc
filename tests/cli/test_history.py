"""The timeline of a record: everything that happened, newest first."""

from tests.program import Program


def at(hour: int) -> dict[str, str]:
    """Return an hour of a day in November."""
    return {"MYCRM_NOW": f"2026-11-05T{hour:02}:00:00Z"}


def test_history_is_one_timeline(crm: Program) -> None:
    """Changes with the values before and after, activities, notes, mail and tasks; filters choose among them."""
    crm("contact", "add", "Jan Novak", "--email", "jan@x.example", "--city", "Berlin", env=at(1))
    crm("contact", "edit", "C-1", "--city", "Rome", "--tag", "vip", env=at(2))
    crm("contact", "edit", "C-1", "--city", "Oslo", "--owner", "me", "--job-title", "CEO", env=at(3))
    crm("note", "add", "Prefers mornings", "--contact", "C-1", env=at(4))
    crm("task", "add", "Send quote", "--contact", "C-1", "--due", "2026-11-09", env=at(5))
    call = ("activity", "add", "Asked for a quote", "--activity-type", "call", "--direction", "inbound")
    crm(*call, "--occurred-at", "2026-11-05T06:00", "--contact", "C-1", "--duration-minutes", "15", env=at(7))
    crm("email", "add", "Your quote", "--contact", "C-1", "--sent-at", "2026-11-05T08:00", env=at(9))
    told = crm.json("contact", "history", "C-1", env=at(10))
    assert [(entry["what"], entry["text"]) for entry in told] == [
        ("mail", "Your quote (sent)"),
        ("call", "Asked for a quote (inbound, 15 min)"),
        ("task", "Send quote (due 2026-11-09)"),
        ("note", "Prefers mornings"),
        ("changed", "city: Rome → Oslo; job title: – → CEO; owner: – → Ana Berg"),
        ("changed", "city: Berlin → Rome; tags: +vip"),
        ("created", "contact add"),
    ]
    assert {"at", "what", "who", "text", "change", "id", "reference", "fields"} == told[0].keys()
    assert {entry["who"] for entry in told} == {"Ana Berg"}
    assert [entry["change"] for entry in told] == [f"X-{number}" for number in range(8, 1, -1)]
    assert [field["field"] for field in told[4]["fields"]] == ["city", "job_title", "owner_id"]
    assert told[4]["fields"][2]["new_name"] == "Ana Berg"
    for only, words in (
        ("notes", ["note"]),
        ("notes,mail", ["mail", "note"]),
        ("tasks", ["task"]),
        ("changes", ["changed", "changed", "created"]),
        ("activities", ["call"]),
    ):
        assert [entry["what"] for entry in crm.json("contact", "history", "C-1", "--only", only)] == words
    assert len(crm.json("contact", "history", "C-1", "--since", "2026-11-05T05:00")) == 3
    assert [row[1] for row in crm("contact", "history", "C-1", "-L", "2").rows] == ["mail", "call"]
    assert crm("contact", "history", "C-1", "-o", "csv").lines[0] == "at,what,who,text,change,id"
    assert "has no" in crm("contact", "history", "C-1", "--only", "letters", exit=2).stderr
    assert "--since" in crm("contact", "history", "C-1", "--since", "nonsense", exit=2).stderr
    crm("contact", "history", exit=2)
    screen = crm("contact", "history", "C-1", "-o", "table", env={**at(10), "COLUMNS": "80"}).stdout
    assert "Thu 2026-11-05  today" in screen
    assert "city: Rome → Oslo" in screen
    crm("contact", "delete", "C-1", env=at(11))
    crm("contact", "history", "C-1", exit=3)
    assert crm.json("contact", "history", "C-1", "--deleted", env=at(12))[0]["what"] == "deleted"


def test_history_of_a_deal_and_of_other_nouns(crm: Program) -> None:
    """A step from stage to stage is told once; nouns without activities show their changes."""
    crm("deal", "add", "Lab", "--value", "100", env=at(1))
    crm("deal", "move", "D-1", "Proposal", env=at(2))
    crm("deal", "edit", "D-1", "--value", "200", env=at(3))
    told = crm.json("deal", "history", "D-1", env=at(4))
    assert [entry["what"] for entry in told] == ["changed", "stage", "created"]
    assert told[1]["text"].startswith("Qualification → Proposal")
    assert told[0]["text"].startswith("value: 100.00 → 200.00")
    assert [entry["what"] for entry in crm.json("deal", "history", "D-1", "--only", "stages")] == ["stage"]
    crm("pipeline", "edit", "Sales", "--description", "Everything")
    text = crm.json("pipeline", "history", "Sales")[0]["text"]
    assert text == "description: – → Everything"
    crm("user", "edit", "me", "--job-title", "Boss")
    assert crm.json("user", "history", "me")[0]["fields"] == [{"field": "job_title", "old": None, "new": "Boss"}]
    crm("company", "history", "CO-9", exit=3)
