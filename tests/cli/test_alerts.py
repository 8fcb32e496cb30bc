"""Alerts and digests: each is told once, to the right people, at the right time."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.program import Program

BASE = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
"""A Monday."""


def at(hours: float) -> dict[str, str]:
    """Return the environment in which it is so many hours later."""
    return {"MYCRM_NOW": (BASE + timedelta(hours=hours)).isoformat()}


def told(crm: Program, hours: float, *more: str) -> dict[str, list[str]]:
    """Return what ``alert run`` tells: user -> references."""
    found = crm.json("alert", "run", *more, env=at(hours))
    return {one["user"]: [case["reference"] for case in one["alerts"]] for one in found}


def people(crm: Program) -> None:
    """Add a seller in Tokyo who has quiet hours, and one who has left."""
    bo = ("--first-name", "Bo", "--timezone", "Asia/Tokyo", "--quiet-hours", "21:00-07:00")
    crm("user", "add", "--email", "bo@acme.com", "--role", "sales_rep", *bo)


def test_each_case_is_told_once_for_as_long_as_it_lasts(crm: Program) -> None:
    """To whoever is responsible, else to the administrators; again only when it ends and comes back."""
    people(crm)
    crm("lead", "add", "Jan Novak", "--company", "Globex", "--owner", "bo@acme.com", env=at(0))
    crm("lead", "add", "Nobody's", env=at(0))
    crm("stage", "edit", "Qualification", "--stale-after-days", "2")
    crm("deal", "add", "Big", "--owner", "me", env=at(0))
    crm("task", "add", "Call", "--due", "2027-03-02T12:00", "--assigned-to", "bo@acme.com", env=at(0))
    assert crm("alert", "run", env=at(23)).stdout == ""
    assert crm.json("alert", "run", "-n", env=at(24.5))[0]["alerts"][0]["reference"] == "L-2"
    # In Tokyo it is half past six in the evening, and later night.
    assert told(crm, 24.5) == {"ana@acme.com": ["L-2"], "bo@acme.com": ["L-1"]}
    assert told(crm, 24.6) == told(crm, 30) == {}
    assert told(crm, 38) == {"bo@acme.com": ["T-1"]}
    text = crm("alert", "run", env=at(49)).stdout
    assert text == "1 deal stands still\n  D-1  Big (Qualification)  since 2027-03-03 09:00\n"
    listed = [row[:2] for row in crm("alert", "list", env=at(50)).rows]
    assert listed == [["unanswered", "L-1"], ["unanswered", "L-2"], ["stalled", "D-1"], ["overdue", "T-1"]]
    assert [row[1] for row in crm("alert", "list", "--for", "bo@acme.com", env=at(50)).rows] == ["L-1", "T-1"]

    # What ends and comes back is told again, and so is a deal that stands still in its next stage.
    crm("task", "done", "T-1", env=at(50))
    crm("deal", "move", "D-1", "next", env=at(50))
    assert told(crm, 51) == {}
    crm("task", "reopen", "T-1", env=at(51))
    crm("deal", "move", "D-1", "Qualification", env=at(51))
    assert told(crm, 63) == {"bo@acme.com": ["T-1"]}
    assert told(crm, 51 + 49) == {"ana@acme.com": ["D-1"]}
    # A limit of the organization's own, or none.
    crm("org", "edit", "--response-limit", "2h")
    crm("lead", "add", "Quick", "--owner", "me", env=at(101))
    crm("lead", "add", "Answered", "--owner", "me", env=at(101))
    crm("log", "call", "L-4", "Hello", "--direction", "outbound", env=at(102))
    assert told(crm, 104) == {"ana@acme.com": ["L-3"]}
    # What is over for a month is told no more, however it was missed.
    assert told(crm, 24 * 60) == {}


def test_what_comes_late_by_an_import_is_not_told(crm: Program, tmp_path: Path) -> None:
    """Imports fire no alerts: neither now nor with the next run."""
    old = datetime.now(UTC) - timedelta(days=5)
    file = tmp_path / "leads.csv"
    file.write_text(f"name,created_at\nOld,{old:%Y-%m-%dT%H:%M:%SZ}\n")
    crm("lead", "import", str(file))
    assert crm.json("lead", "list", "-F", "created_at")[0]["created_at"] == f"{old:%Y-%m-%dT%H:%M:%SZ}"
    assert crm("alert", "run").stdout == ""
    later = {"MYCRM_NOW": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    assert crm("alert", "run", env=later).stdout == ""


def digests(crm: Program, hours: float, *more: str) -> dict[str, dict[str, list[str]]]:
    """Return what ``digest run`` sends: user -> part -> references."""
    found = crm.json("digest", "run", *more, env=at(hours))
    parts = {one["user"]: {part["part"]: part["records"] for part in one["parts"]} for one in found}
    return {
        user: {name: [one["reference"] for one in records] for name, records in some.items()}
        for user, some in parts.items()
    }


def test_a_digest_comes_once_a_day_by_everybodys_own_clock(crm: Program) -> None:
    """Tasks, leads, deals and scores; nothing to say is nothing sent."""
    people(crm)
    crm("task", "add", "Today", "--due", "2027-03-03T15:00", "--assigned-to", "me", env=at(0))
    crm("task", "add", "Late", "--due", "2027-03-02", "--assigned-to", "me", env=at(0))
    crm("task", "add", "Far", "--due", "2027-05-02", "--assigned-to", "me", env=at(0))
    crm("deal", "add", "Big", "--owner", "me", "--close", "2027-03-05", "--value", "1000", env=at(0))
    crm("deal", "add", "Next month", "--owner", "me", "--close", "2027-04-15", env=at(0))
    crm("lead", "add", "Jan", "--owner", "bo@acme.com", env=at(40))
    # Wednesday, seven in the morning in Tokyo is ten in the evening of Tuesday in UTC.
    assert digests(crm, 36.9) == {"ana@acme.com": {"tasks": ["T-2"], "deals": ["D-1"]}}
    assert digests(crm, 36.95, "-n") == {}
    assert digests(crm, 40.1, "-n", "--at", "23:00") == {}
    assert digests(crm, 40.1) == {"bo@acme.com": {"leads": ["L-1"]}}
    assert digests(crm, 45.5) == {}
    assert digests(crm, 46.5) == {"ana@acme.com": {"tasks": ["T-2", "T-1"], "deals": ["D-1"]}}
    assert digests(crm, 47) == {}
    # Bo has nothing to hear of on Thursday, so that nothing comes later that day either.
    assert digests(crm, 62) == {}
    crm("lead", "add", "Eva", "--owner", "bo@acme.com", env=at(63))
    assert digests(crm, 64) == {}
    assert digests(crm, 94) == {
        "ana@acme.com": {"tasks": ["T-2", "T-1"], "deals": ["D-1"]},
        "bo@acme.com": {"leads": ["L-2"]},
    }
    shown = crm("digest", "view", env=at(94)).stdout
    assert "Ana Berg, Friday 2027-03-05" in shown and "T-2  Late  overdue since 2027-03-02 23:59" in shown
    assert crm("digest", "view", "bo@acme.com", env=at(300)).stdout == ""


SCRIPT = """#!/bin/sh
[ -e {folder}/broken ] && exit 1
[ -e {folder}/hanging ] && sleep 30
printf '%s\\n' "$(cat)" >> {folder}/heard
"""


def by_command(crm: Program, folder: Path) -> Path:
    """Let notices go to a command; return the file in which they end."""
    script = folder / "notify"
    script.write_text(SCRIPT.format(folder=folder))
    script.chmod(0o700)
    with (crm.home / "config.toml").open("a") as file:
        file.write(f'[notify]\ncommand = ["{script}"]\ntime_limit = 2\n')
    return folder / "heard"


def heard(file: Path) -> list[str]:
    """Return the references that were told of, in their order; a run that was killed may have told half a line."""
    lines = [line for line in (file.read_text().splitlines() if file.exists() else []) if line.endswith("}")]
    return [case["reference"] for line in lines for case in json.loads(line)["data"]["alerts"]]


def test_what_did_not_go_out_is_tried_again_and_what_may_have_is_not(crm: Program, tmp_path: Path) -> None:
    """A command that fails is asked again by the next run; one that does not end leaves it in doubt."""
    file = by_command(crm, tmp_path)
    crm("lead", "add", "One", "--owner", "me", env=at(0))
    line = ("alert", "run", "--channel", "command")
    (tmp_path / "broken").touch()
    assert "did not" in crm(*line, env=at(25), exit=7).stderr
    (tmp_path / "broken").unlink()
    assert crm(*line, env=at(26)).stdout == ""
    assert heard(file) == ["L-1"]
    crm("lead", "add", "Two", "--owner", "me", env=at(2))
    (tmp_path / "hanging").touch()
    crm(*line, env=at(27), exit=7)
    (tmp_path / "hanging").unlink()
    crm(*line, env=at(28))
    assert heard(file) == ["L-1"]
