"""What is reported about messages, once and in any order: status, counters, times, the timeline, scores, the list."""

import json
import random
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from mycrm_cli.db.connect import connect
from tests.mail.reports import generic, message, take
from tests.program import Program
from tests.rowhash import everything

STORY = [
    generic("delivered", "one", "2026-11-01T09:01:00Z", id="1", address="jan@globex.example"),
    generic("open", "one", "2026-11-01T10:00:00Z", id="2", address="jan@globex.example"),
    generic("opened", "one", "2026-11-02T10:00:00Z", id="3"),
    generic("click", "one", "2026-11-02T10:00:05Z", id="4", url="https://acme.example/?a=1&b=2"),
    generic("bounce", "two", "2026-11-01T09:02:00Z", id="5", status="5.1.1", detail="550 5.1.1 no such user"),
    generic("delivered", "two", "2026-11-01T09:01:30Z", id="6"),
    generic("deferred", "three", "2026-11-01T09:05:00Z", id="7"),
    generic("bounce", "three", "2026-11-03T09:05:00Z", id="8", bounce_type="soft"),
    generic("reply", "three", "2026-11-04T09:05:00Z", id="9"),
]
NOW = {"MYCRM_NOW": "2026-11-10T12:00:00Z"}


def people(crm: Program) -> None:
    """Two contacts and a lead, with a message to each."""
    crm("contact", "add", "Jan Berg", "--email", "jan@globex.example")
    crm("contact", "add", "Eva Horn", "--email", "eva@globex.example")
    crm("lead", "add", "Leo Kant", "--email", "leo@hooli.example")
    message(crm, "jan@globex.example", "one")
    message(crm, "eva@globex.example", "two")
    message(crm, "leo@hooli.example", "three")


def test_what_is_reported_moves_messages_and_people(crm: Program) -> None:
    """Once, in any order: the same file in another order, and again, leaves everything as it is."""
    people(crm)
    counts = take(crm, STORY, env=NOW)
    assert counts == {
        "reports": 9,
        "events": 9,
        "new": 9,
        "known": 0,
        "unmatched": 0,
        "suppressed": 1,
        "ignored": 0,
        "rejected": 0,
    }
    one, two, three = (crm.json("email", "view", f"E-{number}") for number in (1, 2, 3))
    assert (one["status"], one["open_count"], one["click_count"]) == ("clicked", 2, 1)
    assert one["opened_at"].startswith("2026-11-01T10:00:00")
    assert one["clicked_at"].startswith("2026-11-02T10:00:05")
    assert (two["status"], two["bounce_type"]) == ("bounced", "hard")
    assert (three["status"], three["bounce_type"]) == ("replied", "soft")
    assert one["version"] == 1, "nobody who edits it meets a conflict"
    assert crm.json("contact", "view", "C-1")["last_activity_at"].startswith("2026-11-02T10:00:05")
    assert crm.json("lead", "view", "L-1")["last_activity_at"].startswith("2026-11-04T09:05:00")
    [held] = crm.json("email", "suppress", "list")
    assert (held["email"], held["reason"]) == ("eva@globex.example", "bounce")
    assert "no such user" in held["detail"]

    before = everything(crm, without=("last_used_at",), journal=True)
    shuffled = random.Random(7).sample(STORY, len(STORY))
    again = take(crm, "\n".join(map(json.dumps, shuffled)), env=NOW)
    assert (again["new"], again["known"], again["suppressed"]) == (0, 9, 0)
    assert everything(crm, without=("last_used_at",), journal=True) == before, "the same again changes nothing"

    history = [row[1] for row in crm("contact", "history", "C-1", "--only", "mail").rows]
    assert history == ["clicked", "opened", "mail"], "only the first opening is told"
    assert "https://acme.example/" in crm("contact", "history", "C-1").stdout
    assert [event["title"] for event in one["related"]["events"]] == ["click", "open", "open", "delivered"]
    listed = crm("email", "events", "list", "--type", "bounce", "-F", "address,type", "-w", "email.subject~two").rows
    assert [row[1] for row in listed] == ["bounce"]


def test_the_order_of_reports_does_not_matter(sqlite_crm: Program) -> None:
    """One after the other and backwards they come to the same as together."""
    crm = sqlite_crm
    people(crm)
    for event in reversed(STORY):
        take(crm, [event], env=NOW)
    one, two, three = (crm.json("email", "view", f"E-{number}") for number in (1, 2, 3))
    assert [each["status"] for each in (one, two, three)] == ["clicked", "bounced", "replied"]
    assert one["opened_at"].startswith("2026-11-01T10:00:00")
    assert crm.json("contact", "view", "C-1")["last_activity_at"].startswith("2026-11-02T10:00:05")


def test_scores_see_what_is_reported(crm: Program) -> None:
    """A lead whose message bounced for good, or who clicked, is scored anew."""
    people(crm)
    message(crm, "leo@hooli.example", "four", day="2026-11-05")
    crm("score", "run", env=NOW)
    assert crm.json("score", "run", env=NOW)["scored"] == 0
    take(crm, [generic("click", "four", "2026-11-06T09:00:00Z", id="c")], env=NOW)
    assert crm.json("score", "run", env=NOW)["scored"] == 1
    take(crm, [generic("unsubscribe", "four", "2026-11-06T09:10:00Z", id="u")], env=NOW)
    assert crm.json("score", "run", env=NOW)["scored"] == 1, "who wants no mail is another lead"
    assert crm.json("lead", "list", "+MAILABLE") == []


def test_a_second_address_bounces_alone(crm: Program) -> None:
    """The contact keeps the other one; the newest message to an address is meant where none is named."""
    crm("contact", "add", "Jan Berg", "--email", "jan@globex.example")
    crm("contact", "add", "Jan Berg", "--email", "jan@home.example")
    crm("contact", "merge", "C-1", "C-2", "--yes")
    message(crm, "jan@globex.example", "work")
    message(crm, "jan@home.example", "old", day="2026-10-20")
    message(crm, "jan@home.example", "new", day="2026-10-30")
    bounce = generic("bounce", None, "2026-11-01T09:00:00Z", address="Jan@Home.example", bounce_type="hard")
    assert take(crm, [bounce], env=NOW)["suppressed"] == 1
    assert [row["email"] for row in crm.json("email", "suppress", "list")] == ["jan@home.example"]
    assert [crm.json("email", "view", f"E-{n}")["status"] for n in (1, 2, 3)] == ["sent", "sent", "bounced"]
    assert len(crm.json("contact", "list", "+MAILABLE")) == 1
    late = bounce | {"at": "2026-11-09T09:00:00Z", "address": "nobody@else.example"}
    assert take(crm, [late], env=NOW) | {"unmatched": 1, "suppressed": 1} == take(crm, [late | {"id": "2"}], env=NOW) | {
        "unmatched": 1, "suppressed": 1
    }  # fmt: skip


def test_messages_of_others_are_left_alone(crm: Program) -> None:
    """Another organization's Message-ID changes nothing, in neither of the two; --foreign takes addresses alone."""
    people(crm)
    crm("org", "add", "--name", "Globex", "--slug", "globex", "--admin-email", "gus@globex.com")
    crm("profile", "add", "globex", "--organization", "globex", "--user", "gus@globex.com", "--database", crm.database)
    crm.sign_in("globex")
    crm("contact", "add", "Jan Elsewhere", "--email", "jan@globex.example", "-P", "globex")
    before = [everything(crm, profile, journal=True) for profile in ("work", "globex")]
    reports = [
        generic("open", "one", "2026-11-01T10:00:00Z", address="jan@globex.example"),
        generic("bounce", "one", "2026-11-01T10:00:00Z", address="jan@globex.example", bounce_type="hard"),
        generic("complaint", "<nowhere>", "2026-11-01T10:00:00Z", address="eve@nobody.example"),
    ]
    counts = take(crm, reports, "generic", "-P", "globex", env=NOW)
    assert (counts["new"], counts["unmatched"]) == (0, 3)
    assert [everything(crm, profile, journal=True) for profile in ("work", "globex")] == before
    counts = take(crm, reports, "generic", "--foreign", "-P", "globex", env=NOW)
    assert counts["suppressed"] == 2
    assert crm.json("email", "suppress", "list") == []
    assert everything(crm, "work", journal=True) == before[0]


def test_reports_bring_nobody_back_who_was_erased(crm: Program) -> None:
    """Neither a report nor the list keeps an address of somebody who was erased."""
    people(crm)
    crm("person", "erase", "jan@globex.example", "--confirm", "jan@globex.example")
    before = everything(crm)
    bounce = generic("bounce", None, "2026-11-01T09:00:00Z", address="jan@globex.example", bounce_type="hard")
    assert take(crm, [STORY[1], bounce], env=NOW)["new"] == 0
    crm("email", "suppress", "add", "jan@globex.example")
    assert everything(crm) == before


def test_broken_files(sqlite_crm: Program, tmp_path: object) -> None:
    """What cannot be read is told with its line, the rest is taken; what is broken as a whole changes nothing."""
    crm = sqlite_crm
    people(crm)
    good, line = json.dumps(STORY[0]), ("email", "events", "import", "-", "--provider", "generic")
    bad = [
        '{"type": "open"', '"text"', '{"type": "dance", "at": 1793600000, "address": "a@b.example"}', "[1]",
        '{"type": "open", "at": "yesterday", "message_id": "<x@y>"}', '{"type": "open", "at": 1793600000}',
        '{"type": "open", "at": NaN, "message_id": "<x@y>"}', '{"type": "open", "type": "click"}',
        '{"type": "open", "at": 1e999, "message_id": "<x@y>"}', '{"type": "bounce", "at": 1, "address": "a@b.example"}',
        '{"type": "open", "at": 1793600000, "message_id": "' + "x" * 300 + '"}',
        '{"type": "click", "at": 1793600000, "message_id": "<a\\u0000b@c>"}',
        '{"type": "click", "at": 1793600000, "message_id": "\\ud800"}', "}", "\x00",
        '{"type": "bounce", "at": 1793600000, "address": "no address"}',
        '{"type": "bounce", "at": 1793600000, "address": "a@b.example", "bounce_type": "firm"}',
        '{"type": "open", "at": "2036-11-01T09:00:00Z", "message_id": "<x@y>"}',
    ]  # fmt: skip
    told = crm(*line, "--json", stdin="\n".join([*bad, good]), exit=7)
    error = json.loads(told.stderr.splitlines()[-1])["error"]
    assert [detail["line"] for detail in error["details"]] == list(range(1, len(bad) + 1))
    assert crm.json("email", "view", "E-1")["status"] == "delivered"
    before = everything(crm)
    for text in ("\n".join(bad), f"[{good}", f"[{good} {good}]", f"[{good},,{good}]", "[" * 100_000, '{"a":' * 50_000):
        found = crm(*line, stdin=text, exit=6)
        assert "Traceback" not in found.stderr
        assert "line 1" in found.stderr
    crm(*line, stdin=b"\xff\xfe\xff", exit=6)
    crm(*line, stdin=b'{"type": "\xe9"}', exit=6)
    crm(*line, stdin="type,at\nopen,1,2", exit=6)
    crm(*line, stdin='type,at\n"open,1', exit=6)
    crm("email", "events", "import", "nowhere.json", "--provider", "generic", exit=2)
    crm("email", "events", "import", ".", "--provider", "generic", exit=2)
    crm("email", "events", "import", "-", "--provider", "pigeon", exit=2)
    crm("email", "events", "import", "-", exit=2)
    assert take(crm, "", exit=0)["reports"] == 0
    hostile = generic(
        "click",
        "one",
        "2026-11-02T10:00:00Z",
        url="javascript:\x1b]0;x\x07\u202e{{7*7}}",
        detail="a\r\nBcc: x\x00"[:-1],
    )
    assert take(crm, [hostile])["new"] == 1
    assert "\x1b" not in crm("email", "events", "list").stdout + crm("contact", "history", "C-1").stdout
    dry = take(crm, STORY, "generic", "--dry-run")
    assert dry["new"] == 8
    assert everything(crm) != before
    assert len(crm.json("email", "events", "list")) == 2
    rows = "Type;At;Message-ID;Email\nopen;2026-11-02T10:00:00Z;<two@acme.example>;eva@globex.example\n"
    assert take(crm, rows)["new"] == 1


def test_two_at_once_count_each_report_once(crm: Program, tmp_path: Path) -> None:
    """Two runs with the same reports in another order: each counts once, and neither fails."""
    people(crm)
    more = [generic("open", "one", f"2026-11-03T10:00:{n % 60:02}Z", id=f"o{n}") for n in range(600)]
    more += [
        generic("bounce", None, "2026-11-03T10:00:00Z", id=f"b{n}", address=f"p{n}@b.example", bounce_type="hard")
        for n in range(300)
    ]
    line = ("email", "events", "import", "-", "--provider", "generic", "--json")
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(crm.process, *line, stdin=json.dumps(part)) for part in (more, more[::-1])]
    counts = [run.result().json for run in runs]
    assert sum(each["new"] for each in counts) == len(more)
    assert sum(each["suppressed"] for each in counts) == 300
    assert crm.json("email", "view", "E-1")["open_count"] == 600


def test_what_was_in_doubt_is_settled(crm: Program) -> None:
    """A message of which nobody knew whether it went out did so, if somebody opened it."""
    people(crm)
    crm(
        "profile",
        "edit",
        "work",
        "--smtp",
        "smtp://127.0.0.1:1",
        "--smtp-security",
        "none",
        "--smtp-from",
        "a@acme.com",
    )
    crm("email", "send", "C-1", "--subject", "Hello", "--body", "-", "--later", stdin="Hello", env=NOW)
    organization = UUID(crm.json("org", "view")["id"])
    with closing(connect(crm.database, write=True, organization_id=organization)) as connection:
        connection.begin()
        own = organization.bytes if connection.dialect == "sqlite" else organization
        connection.execute("UPDATE outbox SET state = 'uncertain' WHERE organization_id = ?", (own,))
        connection.commit()
    sent = crm.json("email", "view", "E-4")
    assert (sent["status"], sent["sent_at"]) == ("queued", None)
    take(crm, [{"type": "open", "at": "2026-11-10T11:00:00Z", "message_id": sent["message_id"]}], env=NOW)
    assert crm.json("email", "outbox", "list")[0]["state"] == "sent"
    assert crm.json("email", "view", "E-4")["sent_at"].startswith("2026-11-10T11:00")


def test_the_guide(sqlite_crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line of the guide runs as it stands there."""
    people(sqlite_crm)
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, STORY)))
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[2] / "docs" / "guides" / "mail-events.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    mycrm (.*)$", text, re.MULTILINE)
    assert len(lines) == 5
    for line in lines:
        sqlite_crm(*shlex.split(line))
