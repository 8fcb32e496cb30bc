"""What waits in the outbox of a sequence obeys: pauses, merges, and people who are taken out of it."""

import signal
import subprocess
import sys
import time

from mycrm_cli.db import connect
from tests.mail.conftest import Smtp
from tests.program import Program

LATER = "451 later"


def at(time: str, day: int = 24) -> dict[str, str]:
    """Return the environment of a moment; the 24th is a Tuesday."""
    return {"MYCRM_NOW": f"2026-11-{day}T{time}:00Z"}


def prepared(crm: Program, smtp: Smtp, count: int) -> None:
    """Make a sequence of two steps, and some contacts."""
    smtp.use(crm)
    for name in ("one", "two"):
        crm("email", "template", "add", name, "--subject", name, "--body", f"Step {name}", env=at("08:00"))
    crm("sequence", "add", "S", env=at("08:00"))
    crm("sequence", "step", "add", "S", "--template", "one", env=at("08:00"))
    crm("sequence", "step", "add", "S", "--template", "two", "--delay", "1d", "--reply", env=at("08:00"))
    for number in range(1, count + 1):
        crm("contact", "add", f"P{number}", "--email", f"p{number}@example.com", env=at("08:00"))


def waiting(crm: Program, smtp: Smtp, person: str) -> None:
    """Let the first message to somebody wait, because the server put it off."""
    crm("sequence", "enroll", "S", person, env=at("09:00"))
    smtp.box.answers = [LATER]
    crm("sequence", "run", exit=75, env=at("09:00"))


def newest(crm: Program) -> str:
    return str(crm.json("change", "list", "-L", "1")[0]["number"])


def states(crm: Program) -> dict[str, str]:
    return {row["to_email"][:2]: row["state"] for row in crm.json("email", "outbox", "list")}


def run(crm: Program, time: str) -> None:
    """Let both jobs send what is due."""
    crm("email", "outbox", "run", env=at(time))
    crm("sequence", "run", env=at(time))


def test_what_waits_is_held_while_its_sequence_is_paused(crm: Program, smtp: Smtp) -> None:
    prepared(crm, smtp, 1)
    waiting(crm, smtp, "C-1")
    crm("sequence", "pause", "S", "C-1", env=at("09:01"))
    run(crm, "10:00")
    assert "0 messages are due" in crm("email", "outbox", "run", "-n", env=at("10:00")).stderr
    # Who goes on gets nothing either while the whole sequence is paused.
    crm("sequence", "resume", "S", "C-1", env=at("10:00"))
    crm("sequence", "pause", "S", env=at("10:00"))
    run(crm, "10:01")
    assert not smtp.box.taken and states(crm) == {"p1": "queued"}
    crm("sequence", "resume", "S", env=at("10:02"))
    assert "1 message is due" in crm("email", "outbox", "run", "-n", env=at("10:02")).stderr
    run(crm, "10:02")
    assert [one.to for one in smtp.box.taken] == [["p1@example.com"]]


def test_nothing_goes_to_people_who_are_taken_out(crm: Program, smtp: Smtp) -> None:
    prepared(crm, smtp, 2)
    crm("sequence", "enroll", "S", "C-1", env=at("09:00"))
    enrolled, smtp.box.answers = newest(crm), [LATER]
    crm("sequence", "run", exit=75, env=at("09:00"))
    crm("undo", enrolled, env=at("09:01"))
    run(crm, "10:00")
    assert not smtp.box.taken and states(crm) == {"p1": "cancelled"}
    waiting(crm, smtp, "C-2")
    crm("sequence", "delete", "S", "-y", env=at("09:01"))
    deleted = newest(crm)
    run(crm, "10:00")
    assert not smtp.box.taken and states(crm)["p2"] == "cancelled"
    # What was given up stays so; for who is back the sequence ends when the next step is due.
    crm("undo", deleted, env=at("10:01"))
    crm("sequence", "run", env=at("10:00", 25))
    [one] = crm.json("sequence", "enrollment", "list")
    assert (one["status"], one["stop_reason"]) == ("stopped", "not_sent") and not smtp.box.taken


def test_people_who_are_merged_are_in_it_once(crm: Program, smtp: Smtp) -> None:
    prepared(crm, smtp, 3)
    crm("sequence", "enroll", "S", "C-1", env=at("09:00"))
    crm("sequence", "run", env=at("09:00"))
    waiting(crm, smtp, "C-2")
    crm("sequence", "enroll", "S", "C-3", env=at("09:00"))
    crm("contact", "merge", "C-3", "C-1", "C-2", "-y", env=at("09:05"))
    # One of those that are further along goes on, the others end, with what waits of them.
    found = {row["to_email"][:2]: row for row in crm.json("sequence", "enrollment", "list")}
    assert {name: (row["status"], row["stop_reason"]) for name, row in found.items()} == {
        "p1": ("active", None), "p2": ("stopped", "merged"), "p3": ("stopped", "merged"),
    }  # fmt: skip
    assert len({row["contact_id"] for row in found.values()}) == 1
    run(crm, "10:00")
    assert len(smtp.box.taken) == 1 and states(crm) == {"p1": "sent", "p2": "cancelled"}
    crm("sequence", "run", env=at("09:30", 25))
    assert [one.to[0][:2] for one in smtp.box.taken] == ["p1", "p1"]
    # People are found by their records, addresses, or deals.
    assert "in the sequence before" in crm("sequence", "enroll", "S", "C-3", exit=6, env=at("10:00", 25)).stderr
    crm("lead", "add", "Twin", "--email", "p1@example.com", env=at("10:00", 25))
    assert "in the sequence before" in crm("sequence", "enroll", "S", "L-1", exit=6, env=at("10:00", 25)).stderr
    crm("deal", "add", "Big", "--contact", "C-3", env=at("10:00", 25))
    crm("sequence", "enroll", "S", "D-1", "--again", env=at("10:00", 25))
    crm("sequence", "unenroll", "S", "D-1", env=at("10:01", 25))
    assert "nobody is left" in crm("sequence", "enroll", "S", "-w", "first_name=Nobody", "-y").stderr
    assert "nobody of these" in crm("sequence", "unenroll", "S", "C-3", exit=6, env=at("10:02", 25)).stderr


def test_many_leads_are_enrolled_by_a_few_statements(sqlite_crm: Program, smtp: Smtp) -> None:
    crm = sqlite_crm
    prepared(crm, smtp, 0)
    leads = "".join(f'{{"name": "L{n}", "email": "l{n}@example.com"}}\n' for n in range(1_000))
    crm("lead", "import", "-", "--format", "jsonl", stdin=leads, env=at("08:00"))
    sent: list[str] = []
    connect.listeners.append(sent.append)  # the list is put back after each test
    crm("sequence", "enroll", "S", "--all", "--to", "lead", "-y", env=at("09:00"))
    assert len(sent) < 60
    left = crm("sequence", "enroll", "S", "--all", "--to", "lead", "-y", env=at("09:01"))
    assert "left out: 1,000 (in the sequence already)" in left.stderr
    assert len(crm.json("sequence", "enrollment", "list", "-L", "2000")) == 1_000


def test_words_that_cannot_be_sent(sqlite_crm: Program, smtp: Smtp) -> None:
    crm = sqlite_crm
    smtp.use(crm)
    crm("contact", "add", "Ana", "--email", "ana@example.com")
    send = ("email", "send", "C-1", "--subject", "Hello", "--body")
    assert "stdin is not text in UTF-8" in crm(*send, "-", stdin=b"\xff\xfe", exit=6).stderr
    assert "HTML part is empty" in crm(*send, "some words", "--html", "", exit=2).stderr
    crm("email", "template", "add", "intro", "--subject", "Hi", "--body", "Dear you")
    twice = crm("email", "template", "add", "intro", "--subject", "Hi", "--body", "Dear you", exit=6).stderr
    assert "a template with name intro exists already" in twice and "mycrm email template view 'intro'" in twice
    assert not smtp.box.taken


def test_ending_a_mailing_says_that_the_rest_waits(sqlite_crm: Program, smtp: Smtp) -> None:
    crm = sqlite_crm
    smtp.use(crm)
    people = "".join(f'{{"first_name": "P{n}", "email": "p{n}@example.com"}}\n' for n in range(30))
    crm("contact", "import", "-", "--format", "jsonl", stdin=people)
    smtp.box.wait = lambda: 0.05
    words = ("-P", "work", "email", "send", "--all", "--to", "contact", "--subject", "x", "--body", "some words", "-y")
    process = subprocess.Popen(
        [sys.executable, "-m", "mycrm_cli", *words],
        env=crm.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    while not smtp.box.taken and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    smtp.box.wait = lambda: 0.0
    found = crm.json("email", "outbox", "list", "-L", "50")
    sent = sum(row["state"] == "sent" for row in found)
    assert process.returncode == 130 and len(found) == 30 and sent < 30
    assert f"{sent} of 30 messages went out; what waits is not taken back" in said.decode()
