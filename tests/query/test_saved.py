"""Filters with a name: saved, used alone and inside others, kept from circles."""

import json

from tests.program import Program


def test_a_saved_filter_from_its_birth_to_its_end(crm: Program) -> None:
    for name, more in (("Low", ["--tag", "vip"]), ("Mid", []), ("High", []), ("Taken", ["--owner", "me"])):
        crm("lead", "add", name, *more, "--email", f"{name}@x.example")
    for name, value in (("Low", 10), ("Mid", 75), ("High", 90), ("Taken", 95)):
        crm("lead", "edit", name, "--estimated-value", str(value))
    crm("lead", "edit", "Low", "Mid", "High", "--owner", "")

    crm("filter", "save", "hot", "lead", "-w", "value>=70", exit=2)
    saved = ["filter", "save", "hot", "lead", "-w", "estimated_value>=70 owner=none", "-s", "-estimated_value"]
    crm(*saved, "-F", "name,estimated_value")
    assert crm("lead", "list", "@hot").rows == [["High", "90.00"], ["Mid", "75.00"]]
    assert crm("lead", "list", "-w", "@HOT", "-F", "name", "-s", "name").lines == ["High", "Mid"]
    assert [lead["name"] for lead in crm.json("lead", "list", "-w", "@hot")] == ["High", "Mid"]
    assert "email" in crm.json("lead", "list", "-w", "@hot")[0]
    assert sorted(crm("lead", "list", "-w", "@hot or +vip", "-F", "name").lines) == ["High", "Low", "Mid"]
    assert crm("lead", "list", "-w", "not @hot", "-s", "name", "-F", "name").lines == ["Low", "Taken"]
    assert crm("lead", "list", "-w", "@hot", "-w", "name^=h", "-F", "name").lines == ["High"]
    assert crm("lead", "count", "@hot").stdout == "2\n"
    assert crm("lead", "export", "-w", "@hot", "-F", "name").lines[1:] == ["High", "Mid"]
    crm("lead", "edit", "-w", "@hot", "--source", "event", "--yes")
    assert crm("lead", "count", "source=event").stdout == "2\n"

    unknown = crm("lead", "list", "-w", "+vip @hit", exit=2).stderr
    assert "@hot" in unknown and "     ^" in unknown
    crm("contact", "list", "-w", "@hot", exit=2)
    crm("lead", "list", "-w", "@", exit=2)

    assert crm("filter", "list", "lead").rows[0][:4] == [
        "hot",
        "lead",
        "estimated_value>=70 owner=none",
        "-estimated_value",
    ]
    assert crm("filter", "list", "contact").lines == []
    assert crm.json("filter", "view", "@hot")["columns"] == ["name", "estimated_value"]
    exists = crm("filter", "save", "Hot", "lead", "-w", "+vip", exit=6)
    assert "--replace" in exists.stderr
    crm("filter", "save", "hot", "contact", "-w", "+vip")
    assert "contact.hot" in crm("filter", "view", "hot", exit=5).stderr
    crm("filter", "delete", "contact.hot")


def test_filters_in_filters(crm: Program) -> None:
    crm("lead", "add", "A", "--tag", "x")
    crm("lead", "add", "B", "--tag", "y", "--tag", "x")
    crm("lead", "add", "C")
    crm("filter", "save", "x", "lead", "+x")
    crm("filter", "save", "xy", "lead", "-w", "@x or name=C", "-w", "+y or name=C")
    assert crm("lead", "list", "@xy", "-F", "name", "-s", "name").lines == ["B", "C"]
    assert "xy -> x -> xy" in crm("filter", "save", "x", "lead", "@xy", "--replace", exit=2).stderr
    assert "@xy uses @x" in crm("filter", "delete", "x", exit=6).stderr
    crm("filter", "save", "x", "lead", "name=A", "--replace")
    assert crm("lead", "list", "@xy", "-F", "name").lines == ["C"]
    crm("filter", "delete", "x", "xy")

    for wrong in (["scor>3"], ["score>"], ["@none"], ["+NEVER"], ["score>1", "-s", "nope"], ["score>1", "-F", "nope"]):
        crm("filter", "save", "bad", "lead", *wrong, exit=2)
    crm("filter", "save", "bad", "leed", "score>1", exit=2)
    crm("filter", "save", "no good", "lead", "score>1", exit=6)
    crm("filter", "save", "empty", "lead", exit=2)
    crm("filter", "save", exit=2)
    assert crm("filter", "count").stdout == "0\n"

    crm("filter", "save", "newest", "lead", "-s", "-name")
    assert crm("lead", "list", "@newest", "-F", "name").lines == ["C", "B", "A"]
    crm("filter", "save", "mine", "task", "owner=me", exit=2)
    crm("filter", "save", "mine", "task", "+MINE +TODO", "--label", "setup")
    rows = json.dumps(
        [{"entity": "lead", "name": "p", "expression": "@q"}, {"entity": "lead", "name": "q", "expression": "+x"}]
    )
    crm("filter", "import", "-", "--format", "json", stdin=rows)
    assert crm("lead", "list", "@p", "-F", "name", "-s", "name").lines == ["A", "B"]
    change = crm.json("change", "list")[0]["number"]
    crm("undo", f"X-{change}", "--yes")
    assert crm("filter", "count").stdout == "2\n"
