"""Leads given to people: by name, in turn, and by rules, on both databases."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.program import Program
from tests.services.test_leads import fields_of, refused

TODAY = {"MYCRM_NOW": "2026-03-10T09:00:00Z"}


def people(crm: Program, *names: str, team: str = "North") -> None:
    """Add a team with members."""
    crm("team", "add", team)
    for name in names:
        crm("user", "add", f"{name}@acme.com", "--role", "sales_rep", "--first-name", name, "--team", team)


def several(crm: Program, count: int, **more: str) -> None:
    """Add leads."""
    lines = [{"name": f"N {i}", **more} for i in range(count)]
    crm("lead", "add", "--from-json", "-", "--yes", stdin="\n".join(map(json.dumps, lines)))


def owners(crm: Program, *filters: str) -> list[str]:
    """Return the owners of leads in the order of their numbers."""
    return crm("lead", "list", *filters, "-F", "owner", "-s", "number", "-L", "0").lines


def why(crm: Program, lead: str) -> str:
    """Return the last activity of a lead."""
    return crm("activity", "list", f"lead={lead}", "-F", "subject", "-s", "-id", "-L", "1").stdout.strip()


def test_turns_are_fair(crm: Program) -> None:
    """The one who waited longest is next; an absence costs turns and is not made up for."""
    people(crm, "ben", "cleo", "dora")
    several(crm, 12)
    answer = crm("lead", "assign", "L-1", "L-2", "L-3", "L-4", "--round-robin", "North", "--json")
    assert owners(crm, "number<=4") == ["ben", "cleo", "dora", "ben"]
    assert answer.json[3]["assigned_because"] == "ben: next in North, last turn 1"
    assert "dora: next in North, first turn" in answer.stderr
    assert why(crm, "L-4") == "assigned to ben: next in North, last turn 1"
    crm("user", "edit", "cleo@acme.com", "--away-until", "2026-03-20")
    stdin = "\n".join(f"L-{number}" for number in range(5, 9))
    told = crm("lead", "assign", "-", "--round-robin", "North", "-y", stdin=stdin, env=TODAY)
    assert owners(crm, "number=5..8") == ["dora", "ben", "dora", "ben"]
    assert "cleo is away until 2026-03-20" in told.stderr
    crm("lead", "assign", "-w", "number>8", "--round-robin", "North", "-y", env={"MYCRM_NOW": "2026-03-20T00:00:00Z"})
    assert sorted(owners(crm, "number>8")) == ["ben", "cleo", "cleo", "dora"]
    assert crm("lead", "count", "assigned_to=none").stdout == "0\n"
    change = crm.json("lead", "assign", "L-1", "--round-robin", "North")
    crm("undo", change["change"], "-y")
    again = crm.json("lead", "assign", "L-1", "--round-robin", "North")
    assert change["assigned_because"] != again["assigned_because"]
    before = crm("lead", "list", "-o", "json", "-s", "number").stdout
    dry = crm("lead", "assign", "L-2", "--round-robin", "North", "-n").stderr
    assert crm("lead", "list", "-o", "json", "-s", "number").stdout == before
    assert crm("lead", "assign", "L-2", "--round-robin", "North").stderr == dry


def test_who_cannot_get_leads(crm: Program) -> None:
    """Nobody, a disabled user, an empty team, two ways at once."""
    people(crm, "ben")
    several(crm, 2)
    crm("lead", "assign", "L-1", "L-2", "ben@acme.com")
    assert owners(crm) == ["ben", "ben"]
    assert crm.json("lead", "assign", "L-1", "--to", "me")["assigned_because"] == "Ana Berg: by ana@acme.com"
    crm("lead", "assign", "L-1", exit=2)
    crm("lead", "assign", "L-1", "--to", "ben@acme.com", "--rules", exit=2)
    crm("lead", "assign", "L-1", "nobody@acme.com", exit=3)
    crm("lead", "assign", "L-1", "--round-robin", "South", exit=3)
    crm("team", "add", "South")
    empty = refused(crm, "lead", "assign", "L-1", "--round-robin", "South")
    assert (fields_of(empty), "--team" in empty["hint"]) == ([("team", "nobody")], True)
    crm("user", "edit", "ben@acme.com", "--away-until", "2026-03-20")
    away = refused(crm, "lead", "assign", "L-1", "--round-robin", "North", env=TODAY)
    assert "ben is away until 2026-03-20" in away["message"]
    crm("lead", "edit", "L-2", "--owner", "me", "--assigned-to", "me")
    crm("user", "disable", "ben@acme.com")
    assert fields_of(refused(crm, "lead", "assign", "L-1", "ben@acme.com")) == [("user", "inactive")]
    stdin = '{"id": "L-1", "to": "ana@acme.com"}\n{"ref": "L-2", "round_robin": "South"}'
    crm("lead", "assign", "-", stdin=stdin, exit=6)


def test_rules_decide(crm: Program, tmp_path: Path) -> None:
    """The first rule that fits gives a new lead to somebody, however it came; others stay as they are."""
    people(crm, "ben", "cleo")
    assert fields_of(refused(crm, "rule", "add", "Bad", "--where", "sorce=event", "--user", "ben@acme.com")) == [
        ("expression", "bad_filter")
    ]
    assert fields_of(refused(crm, "rule", "add", "Bad", "--where", "source=event")) == [("user_id", "required")]
    two = refused(crm, "rule", "add", "Bad", "--user", "ben@acme.com", "--team", "North")
    assert fields_of(two) == [("user_id", "conflict")]
    crm("field", "add", "lead", "size", "--type", "integer")
    crm("rule", "add", "Germans", "--where", "source=website phone^=+49", "--team", "North")
    crm("rule", "add", "Large", "--where", "cf.size>=100 or +vip", "--user", "me")
    crm("rule", "add", "Events", "--where", "source=event", "--user", "ben@acme.com")
    crm("rule", "edit", "Large", "--position", "1")
    assert crm("rule", "list", "-F", "position,name").rows == [["1", "Large"], ["2", "Germans"], ["3", "Events"]]
    lead = crm.json("lead", "add", "A", "--source", "website", "--phone", "+49301234567")
    assert owners(crm) == ["ben"] and lead["assigned_to_id"] == lead["owner_id"]
    assert why(crm, "L-1") == "assigned to ben: rule Germans: next in North, first turn"
    crm("lead", "add", "B", "--source", "website", "--phone", "+49301234567", "--tag", "vip")
    crm("lead", "add", "C", "--source", "event", "--owner", "cleo@acme.com")
    crm("lead", "add", "D", "--source", "event", "--status", "disqualified")
    file = tmp_path / "leads.csv"
    rows = [f"N{i},{'event' if i % 3 else 'website'},+4930123{i:04},{i}" for i in range(1, 121)]
    file.write_text("name,source,phone,cf.size\n" + "\n".join(rows) + "\n")
    crm("lead", "import", str(file), "-y")
    assert owners(crm, "number<=4") == ["ben", "Ana Berg", "cleo", ""]
    counts = Counter(owners(crm, "number>4"))
    assert counts == {"Ana Berg": 21, "ben": 66 + 16, "cleo": 17}
    last = crm("change", "list", "-L", "1", "-F", "number").stdout.strip()
    assert "120 unchanged" in crm("lead", "import", str(file), "-y").stderr
    crm("undo", last, "-y")
    assert crm("lead", "count").stdout == "4\n"
    crm("lead", "edit", "L-4", "--status", "new")
    told = crm("lead", "assign", "L-3", "L-4", "--rules").stderr
    assert (owners(crm, "number=3..4"), "ben: rule Events" in told) == (["ben", "ben"], True)
    crm("rule", "edit", "Events", "--is-active", "no")
    assert "no rule fits 1" in crm("lead", "assign", "L-3", "--rules").stderr
    crm("rule", "edit", "Large", "--where", "tag=huge")
    assert crm("rule", "list", "name=Large", "-F", "expression").stdout == "tag=huge\n"


def test_a_stale_rule_stops_nobody(crm: Program, tmp_path: Path) -> None:
    """What a rule names cannot be deleted; an undo that takes it back leaves the rule out, with a warning."""
    people(crm, "ben", "cleo")
    heat = crm.json("field", "add", "lead", "heat", "--type", "integer")
    crm("field", "add", "lead", "size", "--type", "integer")
    crm("filter", "save", "large", "lead", "cf.size>=100")
    crm("rule", "add", "Cleo's", "--where", "cf.heat>5 or source=event", "--user", "cleo@acme.com")
    crm("rule", "add", "Large", "--where", "@large", "--user", "ben@acme.com", "--is-active", "no")
    crm("rule", "add", "Rest", "--where", "name=any", "--user", "ben@acme.com")
    for line in (
        "filter delete lead.large -y",
        "field delete lead.size -y",
        "field delete lead.size --values -y",
    ):
        error = refused(crm, *line.split())
        assert (fields_of(error), "rule Large uses" in error["message"]) == ([("expression", "in_use")], True)
    crm("undo", heat["change"], "-y")
    lines = "\n".join(json.dumps({"name": f"N {i}", "source": "event"}) for i in range(3))
    told = crm("lead", "add", "--from-json", "-", "--yes", stdin=lines).stderr
    assert (told.count("rule Cleo's is left out"), owners(crm)) == (1, ["ben"] * 3)
    assert "rule Cleo's is left out" in crm("lead", "assign", "--rules", "L-1").stderr
    file = tmp_path / "leads.csv"
    file.write_text("name\nM 1\n")
    assert crm("lead", "import", str(file), "-y").stderr.count("rule Cleo's is left out") == 1
    crm("rule", "delete", "Large", "-y")
    crm("filter", "delete", "lead.large", "-y")
    crm("field", "delete", "lead.size", "-y")


def test_two_at_once_share_the_turns(crm: Program) -> None:
    """Two processes that assign at the same time take turns as one would."""
    people(crm, "ben", "cleo", "dora")
    several(crm, 24)
    script = (
        "import sys\nfrom mycrm_cli.main import run\n"
        "for number in range(int(sys.argv[1]), 25, 2):\n"
        "    status = run(['lead', 'assign', f'L-{number}', '--round-robin', 'North', '-q'])\n"
        "    if status: sys.exit(status)\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(first)],
            env=crm.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for first in (1, 2)
    ]
    failures = [error for process in running for _, error in [process.communicate(timeout=120)] if process.returncode]
    assert not failures
    assert Counter(owners(crm)) == {"ben": 8, "cleo": 8, "dora": 8}
