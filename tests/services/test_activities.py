"""What happened is written down: calls, meetings, messages, notes; and moves the records, on both databases."""

import json
from pathlib import Path
from typing import Any

from tests.program import Program

NOW = {"MYCRM_NOW": "2026-11-27T10:00:00Z"}
MOMENT = "2026-11-27T10:00:00Z"


def world(crm: Program) -> None:
    crm("company", "add", "Acme Ltd", "--domain", "acme.example", env=NOW)
    crm("contact", "add", "Jan Rott", "--email", "jan@acme.example", "--company", "CO-1", env=NOW)
    crm("lead", "add", "Lia Moss", "--email", "lia@example.com", env=NOW)
    crm("deal", "add", "Big deal", "--contact", "C-1", "--company", "CO-1", env=NOW)


def field(crm: Program, noun: str, ref: str, name: str) -> Any:
    return crm.json(noun, "view", ref)[name]


def rows(crm: Program, noun: str, fields: str) -> list[list[str]]:
    return crm(noun, "list", "-F", fields, "-s", "number").rows


def test_a_call_is_logged(crm: Program) -> None:
    """On any record, with what follows from it, and what comes next; undone in one piece."""
    world(crm)
    before = field(crm, "deal", "D-1", "version")
    line = ["Talked about\nthe price", "--duration", "1h15m", "--next", "Send quote", "--due", "fri"]
    told = crm("log", "call", "D-1", *line, "-o", "table", env=NOW).stderr
    assert "logged a call with D-1 Big deal (X-" in told and "next: T-1 Send quote, due Fri 4 Dec" in told
    assert rows(crm, "activity", "activity_type,direction,subject,body,duration_minutes,contact,company,deal,user") == [
        ["call", "outbound", "Talked about", "the price", "75", "Jan Rott", "Acme Ltd", "Big deal", "Ana Berg"]
    ]
    assert rows(crm, "task", "title,deal,contact,company,assigned_to") == [
        ["Send quote", "Big deal", "Jan Rott", "Acme Ltd", "Ana Berg"]
    ]
    assert field(crm, "contact", "C-1", "last_activity_at") == field(crm, "deal", "D-1", "last_activity_at") == MOMENT
    crm("log", "meeting", "jan@acme.example", "Lunch", "--at", "2026-11-20T12:00", env=NOW)
    assert field(crm, "contact", "C-1", "last_activity_at") == MOMENT
    crm("log", "call", "CO-1", "Reception", "--direction", "in", env=NOW)
    crm("log", "call", "Jan Rott", "-", stdin="From stdin\n\nbody", env=NOW)
    assert [row[0] for row in rows(crm, "activity", "company,subject")] == ["Acme Ltd"] * 4
    assert field(crm, "deal", "D-1", "version") > before
    made = crm.json("log", "call", "C-1", "As JSON", env=NOW)
    assert made["subject"] == "As JSON" and made["change"].startswith("X-")
    crm("activity", "delete", "A-1")
    assert field(crm, "contact", "C-1", "last_activity_at") == MOMENT


def test_what_cannot_be_logged(sqlite_crm: Program) -> None:
    """Each is refused with what to do, and nothing is written."""
    crm = sqlite_crm
    world(crm)
    crm("contact", "add", "Acme Ltd", env=NOW)
    assert "C-2" in crm("log", "call", "Acme Ltd", "x", exit=5, env=NOW).stderr
    crm("log", "call", "C-99", "x", exit=3, env=NOW)
    assert "C-1" in crm("log", "call", "Jan Rot", "x", exit=3, env=NOW).stderr
    crm("log", "call", "T-1", "x", exit=3, env=NOW)
    crm("log", "call", exit=2)
    crm("log", "call", "C-1", exit=6)
    crm("log", "call", "C-1", "x", "--due", "fri", exit=2)
    crm("log", "call", "C-1", "x", "--duration", "long", exit=6)
    crm("log", "call", "C-1", "x", "--direction", "up", exit=6)
    assert "is in the future" in crm("log", "call", "C-1", "x", "--at", "2026-12-24", exit=6, env=NOW).stderr
    crm("log", "note", "C-1", "x", "--duration", "5m", exit=2)
    big = "x" * 10_000_000
    assert "100000 fit" in crm("log", "note", "C-1", "-", stdin=big, exit=6, env=NOW).stderr
    record = json.dumps({"body": big, "contact": "C-1"})
    assert '"field": "body"' in crm("note", "add", "--from-json", "-", "--json", stdin=record, exit=6).stderr
    assert "needs a contact" in crm("note", "add", "On nothing", exit=6).stderr
    assert crm("activity", "count").lines == crm("note", "count").lines == ["0"]


def test_notes_and_messages(crm: Program) -> None:
    """A note and a message stand among their own, are activities, and know their people."""
    world(crm)
    crm("log", "note", "L-1", "Likes blue\nand green", env=NOW)
    assert rows(crm, "note", "body,lead,author") == [["Likes blue\\nand green", "Lia Moss", "Ana Berg"]]
    assert field(crm, "lead", "L-1", "last_activity_at") == MOMENT
    assert field(crm, "lead", "L-1", "first_responded_at") is None
    crm("log", "email", "lia@example.com", "Hello?", "--direction", "in", "--at", "2026-11-26T08:00", env=NOW)
    assert field(crm, "lead", "L-1", "first_responded_at") is None
    crm("email", "log", "L-1", "Your quote", "--body", "Dear Lia", env=NOW)
    assert field(crm, "lead", "L-1", "first_responded_at") == MOMENT
    crm("log", "email", "D-1", "About the deal", env=NOW)
    names = "subject,body_preview,from_email,to_email,status,contact,lead,deal"
    assert rows(crm, "email", names) == [
        ["Hello?", "", "lia@example.com", "ana@acme.com", "delivered", "", "Lia Moss", ""],
        ["Your quote", "Dear Lia", "ana@acme.com", "lia@example.com", "sent", "", "Lia Moss", ""],
        ["About the deal", "", "ana@acme.com", "jan@acme.example", "sent", "Jan Rott", "", "Big deal"],
    ]
    assert rows(crm, "activity", "activity_type,direction,subject") == [
        ["note", "none", "Likes blue"],
        ["email", "inbound", "Hello?"],
        ["email", "outbound", "Your quote"],
        ["email", "outbound", "About the deal"],
    ]
    crm("note", "add", "On the deal", "--deal", "D-1", env={"MYCRM_NOW": "2026-11-28T10:00:00Z"})
    assert field(crm, "deal", "D-1", "last_activity_at") == "2026-11-28T10:00:00Z"
    crm("email", "add", "By address", "--to-email", "jan@acme.example", env={"MYCRM_NOW": "2026-11-29T10:00:00Z"})
    assert field(crm, "contact", "C-1", "last_activity_at") == "2026-11-29T10:00:00Z"
    crm("note", "edit", "N-1", "--lead", "", exit=6)


def test_an_import_moves_records_too(crm: Program, tmp_path: Path) -> None:
    """In batches, with the file's authors and times; a plan of the future moves nothing beyond now."""
    world(crm)
    file = tmp_path / "calls.csv"
    lines = [f"call,outbound,Call {n},2026-11-{1 + n % 20:02},lia@example.com," for n in range(1200)]
    lines += ["meeting,none,Planned,2027-01-01,,D-1"]
    file.write_text("\n".join(["activity_type,direction,subject,occurred_at,lead.email,deal", *lines]))
    crm("activity", "import", str(file), "-y", env=NOW)
    assert field(crm, "lead", "L-1", "last_activity_at") == "2026-11-20T00:00:00Z"
    assert field(crm, "lead", "L-1", "first_responded_at") == "2026-11-01T00:00:00Z"
    assert field(crm, "deal", "D-1", "last_activity_at") == MOMENT
    assert crm("activity", "count", "-w", "user=none").lines == ["1201"]
    file.write_text("title,status,due,recurrence\nOld,completed,2020-01-01,daily\nOpen,pending,2020-01-01,daily\n")
    crm("task", "import", str(file), env=NOW)
    assert rows(crm, "task", "title,assigned_to,completed_at,recurrence_rule,timezone") == [
        ["Old", "", "", "FREQ=DAILY", "UTC"],
        ["Open", "", "", "FREQ=DAILY", "UTC"],
    ]
    again = crm("task", "import", str(file), "--json", env=NOW).json
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)


def test_lines_of_json(crm: Program) -> None:
    """Many entries in one change; options on the line hold for all."""
    world(crm)
    entries = [{"ref": "C-1", "text": f"Call {n}", "duration": "5m"} for n in range(40)]
    entries += [{"ref": "L-1", "subject": "Lead", "body": "more", "next": "Again", "due": "mon"}]
    stdin = "\n".join(map(json.dumps, entries))
    crm("log", "call", "-", stdin=stdin, exit=2, env=NOW)
    crm("log", "call", "-", "--outcome", "reached", "-y", stdin=stdin, env=NOW)
    assert crm("activity", "count", "-w", "outcome=reached user=me").lines == ["41"]
    assert rows(crm, "task", "title,lead,due_date") == [["Again", "Lia Moss", "2026-11-30T23:59:59Z"]]
    crm("log", "note", "-", "Same for both", stdin="C-1\nCO-1\n", env=NOW)
    assert crm("note", "count", "-w", 'body="Same for both"').lines == ["2"]
    listed = crm("contact", "list", "-o", "jsonl").stdout
    crm("log", "call", "-", "To all", stdin=listed, env=NOW)
    wrong = stdin + '\n{"ref": "C-1", "text": "x", "at": "whenever"}'
    assert "line 42: at:" in crm("log", "call", "-", "-y", stdin=wrong, exit=6, env=NOW).stderr
    assert crm("activity", "count").lines == ["44"]
