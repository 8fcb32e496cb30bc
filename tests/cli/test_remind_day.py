"""A day in steps of five minutes, on which clocks go back: three people in three zones, each reminded in time and once."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.program import Program

BEGIN, END = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)
"""The 25th of October in Berlin, from midnight to midnight: 25 hours."""
STEP = timedelta(minutes=5)
PEOPLE = {
    "ana@acme.com": ("Europe/Berlin", None),
    "ben@acme.com": ("America/New_York", None),
    "cy@acme.com": ("Asia/Kolkata", (time(21), time(7))),
}
BEFORE = {"MYCRM_NOW": "2026-10-24T12:30:00Z"}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def told_at(email: str, moment: datetime) -> datetime:
    """When somebody is told: at the moment, or when their night is over; at the next step of the clock."""
    name, quiet = PEOPLE[email]
    local = moment.astimezone(ZoneInfo(name))
    if quiet and (local.time() >= quiet[0] or local.time() < quiet[1]):
        day = local.date() + timedelta(days=local.time() >= quiet[0])
        moment = datetime.combine(day, quiet[1], ZoneInfo(name)).astimezone(UTC)
    return moment + (BEGIN - moment) % STEP


def reminders() -> list[tuple[str, str, datetime]]:
    """Every hour of the day, to each: some on a step of the clock, some between two."""
    found = []
    for email in PEOPLE:
        for count in range(25 * 2):
            moment = BEGIN + timedelta(minutes=30 * count + (0 if count % 3 else 2))
            found.append((email, f"{email[:3]} {count:02}", moment))
    return found


def test_a_day_on_which_clocks_change(sqlite_crm: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Series keep their time on the wall, too."""
    crm, file = sqlite_crm, tmp_path / "tasks.csv"
    crm("user", "edit", "ana@acme.com", "--timezone", "Europe/Berlin", env=BEFORE)
    for email in ("ben@acme.com", "cy@acme.com"):
        zone, quiet = PEOPLE[email]
        more = ["--quiet-hours", f"{quiet[0]:%H:%M}-{quiet[1]:%H:%M}"] if quiet else []
        crm("user", "add", email, "--role", "sales_rep", "--timezone", zone, *more, env=BEFORE)
    planned = reminders()
    lines = [f"{title},{stamp(moment + STEP)},{stamp(moment)},{email}" for email, title, moment in planned]
    file.write_text("\n".join(["title,due_date,reminder_at,assigned_to.email", *lines, ""]))
    crm("task", "import", str(file), "-y", env=BEFORE)
    # A series of each: done the day before, its next one is made right over the change.
    for email, (name, _) in PEOPLE.items():
        due = datetime(2026, 10, 24, 8, tzinfo=ZoneInfo(name)).astimezone(UTC)
        remind = ["--remind", stamp(due - timedelta(minutes=30)), "--timezone", name, "--recurrence", "daily"]
        line = ["add", f"{email[:3]} series", "--due", stamp(due), *remind, "--assigned-to", email]
        crm("task", "done", crm("task", *line, env=BEFORE).lines[0], env={"MYCRM_NOW": "2026-10-24T12:31:00Z"})
        planned.append((email, f"{email[:3]} series", datetime(2026, 10, 25, 7, 30, tzinfo=ZoneInfo(name))))
    expected = {title: told_at(email, moment.astimezone(UTC)) for email, title, moment in planned}
    sent: dict[str, list[datetime]] = {}
    now, steps = BEGIN, 0
    while now <= END:
        for row in crm("task", "remind", "--all", env={"MYCRM_NOW": stamp(now)}).rows:
            sent.setdefault(row[1], []).append(now)
        now, steps = now + STEP, steps + 1
    wanted = {title: [moment] for title, moment in expected.items() if moment <= END}
    assert sent == wanted
    with capsys.disabled():
        print(f"\nreminders: {steps} steps of a day of 25 hours, {len(sent)} sent, missed 0, doubled 0")
    for email, (name, _) in PEOPLE.items():
        [moment] = sent[f"{email[:3]} series"]
        assert f"{moment.astimezone(ZoneInfo(name)):%d %H:%M}" == "25 07:30"
