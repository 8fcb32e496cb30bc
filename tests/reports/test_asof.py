"""Reports as of a moment equal what they said at that moment, whatever has happened since."""

import random
from datetime import UTC, datetime, timedelta

from tests.program import Program

START = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
STAGES = ("Qualification", "Needs analysis", "Proposal", "Negotiation", "Closed won", "Closed lost")
LINES = (
    ("pipeline",),
    ("pipeline", "-w", "value>=3000"),
    ("pipeline", "--owner", "bo@acme.com"),
    ("pipeline", "-w", "tag=big"),
)


def at(now: datetime) -> dict[str, str]:
    """Return the environment in which it is then."""
    return {"MYCRM_NOW": now.strftime("%Y-%m-%dT%H:%M:%SZ")}


def told(crm: Program, now: datetime, *more: str) -> list[str]:
    """Return what the reports say at a moment."""
    return [crm("report", *line, "-o", "csv", *more, env=at(now)).stdout for line in LINES]


def test_as_it_was(crm: Program) -> None:
    """Twenty steps of all kinds, each followed by the reports; afterwards the same reports as of each step."""
    chance = random.Random(11)
    now = START

    def step(*line: str, **more: object) -> str:
        nonlocal now
        now += timedelta(hours=chance.randint(1, 40), seconds=chance.randint(0, 59))
        return crm(*line, env=at(now), **more).stdout  # type: ignore[arg-type]

    step("user", "add", "bo@acme.com", "--first-name", "Bo", "--role", "sales_rep")
    for number in range(1, 9):
        step("deal", "add", f"Deal {number}", "--value", str(number * 1000), "--stage", STAGES[number % 4])
    happenings = [
        ("deal", "move", "D-1", "Proposal"),
        ("deal", "edit", "D-2", "--value", "25000", "--owner", "bo@acme.com"),
        ("deal", "tag", "big", "D-3"),
        ("deal", "win", "D-4"),
        ("deal", "lose", "D-5", "--reason", "price"),
        ("deal", "delete", "D-6"),
        ("deal", "edit", "-w", "value>=3000", "--owner", "bo@acme.com", "-y"),
        ("deal", "reopen", "D-4"),
        ("deal", "move", "D-1", "Negotiation"),
        ("deal", "restore", "D-6"),
        ("deal", "untag", "big", "D-3"),
        ("deal", "delete", "D-7"),
        ("deal", "purge", "D-7", "--confirm", "acme"),
        ("deal", "edit", "D-8", "--probability", "33"),
        ("deal", "win", "D-8"),
        ("deal", "add", "Late", "--value", "700"),
        ("undo", "X"),
    ]
    seen = []
    for line in happenings:
        newest = f"X-{crm.json('change', 'list', '-L', '1')[0]['number']}"
        step(*(newest if word == "X" else word for word in line))
        seen.append((now, line, told(crm, now)))
    step("deal", "move", "D-2", "Closed lost")
    assert len({"".join(each) for *_, each in seen}) >= 12
    for when, line, expected in seen:
        moment = when.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert told(crm, now, "--as-of", moment) == expected, (line, moment)


def test_moments_that_cannot_be(sqlite_crm: Program) -> None:
    assert "is yet to come" in sqlite_crm("report", "pipeline", "--as-of", "2126-01-01", exit=2).stderr
    assert "--as-of" in sqlite_crm("report", "pipeline", "--as-of", "someday", exit=2).stderr
    assert "pipeline" in sqlite_crm("report", "pipeline", "--pipeline", "None such", exit=3).stderr
    assert "has no ids" in sqlite_crm("report", "pipeline", "-o", "ids", exit=2).stderr
