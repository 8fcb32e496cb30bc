"""Sequences: steps on working days in the recipient's zone, each sent once, and what ends them."""

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from mycrm_cli.services.sequences import zones
from mycrm_cli.services.sequences.windows import Timing, due, fit
from tests.mail.conftest import Smtp
from tests.program import Program

BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"
OFFICE = ("09:00", "17:00")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on(day: str, time: str = "09:00") -> dict[str, str]:
    return {"MYCRM_NOW": f"2026-{day}T{time}:00Z"}


@pytest.mark.parametrize(
    ("step", "base", "zone", "wanted"),
    [
        # 2026-11-26 is a Thursday.
        (Timing(2 * 1440), "2026-11-26 08:00", BERLIN, "2026-11-30 08:00"),
        (Timing(7 * 1440), "2026-11-26 08:00", BERLIN, "2026-12-07 08:00"),
        (Timing(2 * 1440, False), "2026-11-26 08:00", BERLIN, "2026-11-28 08:00"),
        (Timing(1440), "2026-11-28 08:00", BERLIN, "2026-11-30 08:00"),
        (Timing(180), "2026-11-27 22:30", BERLIN, "2026-11-30 01:30"),
        (Timing(0, True, *OFFICE), "2026-11-26 05:00", BERLIN, "2026-11-26 08:00"),
        (Timing(0, True, *OFFICE), "2026-11-26 05:00", TOKYO, "2026-11-26 05:00"),
        (Timing(0, True, *OFFICE), "2026-11-27 16:30", BERLIN, "2026-11-30 08:00"),
        (Timing(0, False, *OFFICE), "2026-11-27 16:30", BERLIN, "2026-11-28 08:00"),
        # The clock goes forward on 2026-03-29 and back on 2026-10-25: 09:00 stays 09:00.
        (Timing(1440), "2026-03-27 08:00", BERLIN, "2026-03-30 07:00"),
        (Timing(1440), "2026-10-23 07:00", BERLIN, "2026-10-26 08:00"),
        # 02:30 does not exist: an hour later; a window that the gap leaves out is there on the next day.
        (Timing(1440, False), "2026-03-28 01:30", BERLIN, "2026-03-29 01:30"),
        (Timing(0, False, "02:00", "02:45"), "2026-03-28 22:00", BERLIN, "2026-03-30 00:00"),
        # 02:30 exists twice: the first of the two.
        (Timing(1440, False), "2026-10-24 00:30", BERLIN, "2026-10-25 00:30"),
        (Timing(0, False, "02:00", "02:45"), "2026-10-24 22:00", BERLIN, "2026-10-25 00:00"),
    ],
)
def test_when_a_step_is_due(step: Timing, base: str, zone: str, wanted: str) -> None:
    assert due(step, moment(base), zone) == moment(wanted)
    assert fit(step, moment(wanted), zone) == moment(wanted)


def test_zones_of_countries() -> None:
    known = zones.of()
    assert (known["DE"], known["JP"], known["IN"]) == (BERLIN, TOKYO, "Asia/Kolkata")
    assert not {"US", "BR", "ES", "AU"} & known.keys() and len(known) > 200


def prepared(crm: Program, smtp: Smtp, *more: str) -> None:
    """Make a sequence of three steps and three people."""
    smtp.use(crm)
    add = ("email", "template", "add")
    crm(
        *add,
        "intro",
        "--subject",
        "Hello {{ contact.first_name }}",
        "--body",
        "Dear {{ contact.first_name }}!",
        env=on("11-26"),
    )
    crm(*add, "nudge", "--subject", "Again", "--body", "Did you see it? {{ unsubscribe_url }}", env=on("11-26"))
    crm("sequence", "add", "Welcome", env=on("11-26"))
    step = ("sequence", "step", "add", "Welcome")
    crm(*step, "--template", "intro", env=on("11-26"))
    crm(*step, "--template", "nudge", "--delay", "2d", "--window", "09:00-17:00", "--reply", env=on("11-26"))
    crm(*step, "--template", "nudge", "--delay", "1w", env=on("11-26"))
    for name, country in (("Ana", "DE"), ("Ben", "JP"), ("Cem", "TR")):
        crm("contact", "add", name, "--email", f"{name.lower()}@example.com", "--country", country, env=on("11-26"))


def people(crm: Program, *filters: str) -> list[tuple[str, str, str | None, int]]:
    rows = crm.json("sequence", "enrollment", "list", "-s", "to_email", *filters)
    return [(row["to_email"][:3], row["status"], row["stop_reason"], row["next_position"]) for row in rows]


def test_a_sequence_from_end_to_end(crm: Program, smtp: Smtp) -> None:
    prepared(crm, smtp)
    assert "excl" in crm("sequence", "step", "edit", "Welcome", "2", "--reply", "--new-thread", exit=2).stderr
    assert "begins before" in crm("sequence", "step", "edit", "Welcome", "2", "--window", "17:00-09:00", exit=6).stderr
    assert [row[2] for row in crm("sequence", "step", "list", "Welcome").rows] == [
        "at once, working days", "2d, working days", "7d, working days",
    ]  # fmt: skip
    assert "no lead or" in crm("sequence", "enroll", "Welcome", "C-99", exit=3).stderr.replace("contact, ", "no ")
    # Who lacks a field, refused mail or is in it already is not enrolled.
    crm("contact", "add", "--last-name", "Nameless", "--email", "none@example.com", env=on("11-26"))
    assert "C-4 Nameless has no contact.first_name" in crm("sequence", "enroll", "Welcome", "C-4", exit=6).stderr
    assert crm.json("sequence", "enrollment", "list") == []
    crm("sequence", "enroll", "Welcome", "-", stdin="C-1\nC-2\nC-3\n", exit=2, env=on("11-26"))
    crm("sequence", "enroll", "Welcome", "-", "-y", stdin="C-1\nC-2\nC-3\n", env=on("11-26"))
    assert "in the sequence already" in crm("sequence", "enroll", "Welcome", "C-1", exit=6, env=on("11-26")).stderr
    left = crm("sequence", "enroll", "Welcome", "-w", "first_name=any", "-y", env=on("11-26"))
    assert "left out: 3 (in the sequence already)" in left.stderr
    # The first step goes out at once, each to one person, once.
    assert "3 people are due" in crm("sequence", "run", "-n", env=on("11-26", "09:01")).stderr
    crm("sequence", "run", env=on("11-26", "09:01"))
    quiet = crm("sequence", "run", env=on("11-26", "09:02"))
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert sorted(one.to[0][:3] for one in smtp.box.taken) == ["ana", "ben", "cem"]
    first = {one.to[0][:3]: one.message for one in smtp.box.taken}
    assert first["ana"]["Subject"] == "Hello Ana" and "List-Unsubscribe" in first["ana"]
    assert first["ana"].get_content().startswith("Dear Ana!")
    # Two working days later, in the office hours of each: Tokyo's begin before Berlin's.
    crm("sequence", "run", env=on("11-29", "09:00"))
    assert len(smtp.box.taken) == 3
    crm("sequence", "run", env=on("11-30", "09:30"))
    assert [one.to[0][:3] for one in smtp.box.taken[3:]] == ["ana", "cem"]
    answer = smtp.box.taken[3].message
    assert (answer["Subject"], answer["In-Reply-To"]) == ("Re: Hello Ana", first["ana"]["Message-ID"])
    crm("sequence", "run", env=on("12-01", "00:05"))
    assert smtp.box.taken[5].to == ["ben@example.com"]
    # Whoever waits for a step gets it as it is now; who has had it does not.
    crm("sequence", "step", "edit", "Welcome", "3", "--delay", "1d", env=on("12-01", "00:10"))
    crm("sequence", "run", env=on("12-01", "09:40"))
    assert sorted(one.to[0][:3] for one in smtp.box.taken[6:]) == ["ana", "cem"]
    crm("sequence", "run", env=on("12-02", "09:40"))
    assert len(smtp.box.taken) == 9 and {row[1] for row in people(crm)} == {"finished"}
    figures = crm.json("sequence", "stats", "Welcome")
    assert (figures["enrolled"], figures["finished"]) == (3, 3)
    assert [(step["sent"], step["failed"], step["waiting"]) for step in figures["steps"]] == [(3, 0, 0)] * 3
    assert "before; --again" in crm("sequence", "enroll", "Welcome", "C-1", exit=6, env=on("12-03")).stderr
    crm("sequence", "enroll", "Welcome", "C-1", "--again", env=on("12-03"))
    assert "step 1 of sequence Welcome" in crm("email", "template", "delete", "intro", exit=6).stderr
    email = crm.json("email", "list", "-L", "1", "-s", "id")[0]
    assert (email["sequence"] if "sequence" in email else email["sequence_step"]) in ("Welcome", 1)


def test_what_ends_a_sequence(crm: Program, smtp: Smtp) -> None:
    prepared(crm, smtp)
    crm("email", "template", "edit", "intro", "--subject", "Hello", "--body", "Dear friend!", env=on("11-26"))
    for name in ("Lea", "Leo"):
        crm("lead", "add", name, "--email", f"{name.lower()}@example.com", env=on("11-26"))
    crm("sequence", "enroll", "Welcome", "C-1", "C-2", "C-3", "L-1", "L-2", env=on("11-26"))
    crm("sequence", "run", env=on("11-26", "09:01"))
    assert len(smtp.box.taken) == 5
    # A meeting, a conversion, a disqualified lead, being taken out; undo goes on where it was.
    crm("log", "meeting", "C-1", "Coffee", env=on("11-26", "10:00"))
    crm("lead", "convert", "L-1", "--no-deal", env=on("11-26", "10:00"))
    crm("lead", "disqualify", "L-2", "--reason", "Price", env=on("11-26", "10:00"))
    crm("sequence", "unenroll", "Welcome", "C-2", env=on("11-26", "10:00"))
    ended = {name: reason for name, _, reason, _ in people(crm, "-w", "status=stopped")}
    assert ended == {"ana": "meeting", "lea": "converted", "leo": "disqualified", "ben": "unenrolled"}
    number = crm.json("change", "list", "-L", "1")[0]["number"]
    crm("undo", f"X-{number}", "-y", env=on("11-26", "10:01"))
    assert ("ben", "active", None, 2) in people(crm)
    # Paused for one, and as a whole.
    crm("sequence", "pause", "Welcome", "C-3", env=on("11-26", "10:02"))
    crm("sequence", "pause", "Welcome", env=on("11-26", "10:02"))
    crm("sequence", "run", env=on("12-02"))
    assert len(smtp.box.taken) == 5
    crm("sequence", "resume", "Welcome", env=on("12-02"))
    crm("sequence", "run", env=on("12-02", "05:00"))
    assert [one.to[0][:3] for one in smtp.box.taken[5:]] == ["ben"]
    # An answer and an address that is suppressed meanwhile.
    event = '{"event": "reply", "event_id": "1", "timestamp": "2026-12-02T06:00:00Z", "message_id": "%s"}'
    answered = smtp.box.last["Message-ID"]
    crm(
        "email",
        "events",
        "import",
        "-",
        "--provider",
        "generic",
        stdin=event % answered,
        env=on("12-02", "07:00"),
        exit=None,
    )
    crm("sequence", "resume", "Welcome", "C-3", env=on("12-02", "07:00"))
    crm("email", "suppress", "add", "cem@example.com", env=on("12-02", "07:00"))
    crm("sequence", "run", env=on("12-02", "09:00"))
    assert len(smtp.box.taken) == 6
    ended = {name: reason for name, _, reason, _ in people(crm, "-w", "status=stopped")}
    assert (ended["ben"], ended["cem"]) == ("reply", "suppressed")
    reasons = crm.json("sequence", "stats", "Welcome")["stop_reasons"]
    assert reasons == dict.fromkeys(("converted", "disqualified", "meeting", "reply", "suppressed"), 1)


def test_steps_move_with_those_who_wait(crm: Program, smtp: Smtp) -> None:
    prepared(crm, smtp)
    crm("sequence", "enroll", "Welcome", "C-1", env=on("11-26"))
    crm("sequence", "run", env=on("11-26", "09:01"))
    assert people(crm) == [("ana", "active", None, 2)]
    add = ("sequence", "step", "add", "Welcome", "--template", "nudge")
    crm(*add, "--position", "1", "--delay", "5d", env=on("11-26", "10:00"))
    assert people(crm) == [("ana", "active", None, 3)]
    crm("sequence", "step", "move", "Welcome", "3", "4", env=on("11-26", "10:00"))
    assert people(crm) == [("ana", "active", None, 4)]
    crm("sequence", "step", "move", "Welcome", "4", "2", env=on("11-26", "10:00"))
    crm("sequence", "step", "delete", "Welcome", "1", env=on("11-26", "10:00"))
    assert people(crm) == [("ana", "active", None, 1)]
    assert [row[0] for row in crm("sequence", "step", "list", "Welcome").rows] == ["1", "2", "3"]
    # What names a field that is gone pauses, and goes on when it is there.
    crm("email", "template", "edit", "nudge", "--body", "Your {{ contact.city }}", env=on("11-26", "10:00"))
    told = crm("sequence", "run", exit=7, env=on("12-07", "10:00"))
    assert "no contact.city" in told.stderr and people(crm)[0][1:3] == ("paused", "no contact.city")
    crm("contact", "edit", "C-1", "--city", "Kiel", env=on("12-07", "10:00"))
    crm("sequence", "resume", "Welcome", "C-1", env=on("12-07", "10:00"))
    crm("sequence", "run", env=on("12-07", "10:01"))
    assert "Your Kiel" in smtp.box.last.get_content()


def test_runs_overlap_and_are_killed(crm: Program, smtp: Smtp) -> None:
    """Runs at the same time, some of them killed: nobody gets a step twice, and nobody is left out unseen."""
    count, seed, kills = 40, 5, 0
    chance = random.Random(seed)
    prepared(crm, smtp)
    lines = "".join(f'{{"first_name": "P{n}", "email": "p{n}@example.com"}}\n' for n in range(count))
    crm("contact", "add", "-", "-y", stdin=lines, env=on("11-26"))
    crm("sequence", "enroll", "Welcome", "-w", "email~example.com", "-y", env=on("11-26"))
    smtp.box.wait = lambda: 0.01
    line = [sys.executable, "-m", "mycrm_cli", "sequence", "run"]
    environment = crm.environment(on("11-26", "09:01"))
    for round in range(5):
        several = [
            subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in "ab"
        ]
        if round < 4:
            time.sleep(chance.uniform(0.4, 1.1))
            for process in several:
                kills += process.poll() is None
                process.kill()
        for process in several:
            process.wait(60)
    smtp.box.wait = lambda: 0.0
    later = crm.environment(on("11-26", "09:20"))
    subprocess.run(line, env=later, check=False, capture_output=True, timeout=60)
    got = Counter(one.to[0] for one in smtp.box.taken)
    states = Counter(row["state"] for row in crm.json("email", "outbox", "list", "-L", "0"))
    flagged = states["uncertain"] + states["sending"]
    print(f"\n{count + 3} people, {kills} kills, seed {seed}: twice {sum(got.values()) - len(got)}, flagged {flagged}")
    assert set(got.values()) == {1}
    assert sum(states.values()) == count + 3 and len(got) + flagged >= count + 3
