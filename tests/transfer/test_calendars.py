"""Tasks as calendars, and calendars as tasks: ours come back as they were, others' mean what they mean."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import vobject

from mycrm_cli.errors import ConfigError
from mycrm_cli.output.calendars import library
from tests.program import Program
from tests.test_guides import commands

NOW = {"MYCRM_NOW": "2026-11-27T10:00:00Z"}
LATER = {"MYCRM_NOW": "2027-01-27T10:00:00Z"}
SAMPLES = Path(__file__).parent.parent / "samples" / "calendars"
EXACT = (
    "id,number,created_at,updated_at,title,description,task_type,priority,status,due_date,reminder_at,completed_at,outcome,"
    "notes,assigned_to.email,created_by.email,is_recurring,recurrence_rule,parent_task_id,timezone,occurrence,"
    "when_missed,excluded_dates"
)
HOSTILE = 'END:VTODO\r\nBEGIN:VEVENT\nSUMMARY:x\\n\\N;,"^\u202e\u2028\x07 日本語' + " é" * 90


@pytest.fixture
def tasks(crm: Program) -> Program:
    """Days, moments, series, meetings, things that are done, and text that would be more than text."""
    crm("profile", "edit", "work", "--timezone", "Europe/Berlin")
    crm("contact", "add", "Ana Rott")
    weekly = ["--due", "2026-12-02T14:00", "--recurrence", "FREQ=WEEKLY;UNTIL=20270301", "--remind", "2026-12-02T13:30"]
    add = ["task", "add"]
    crm(*add, "Call", "--task-type", "call", *weekly, "--excluded-dates", "2026-12-09", "--contact", "C-1", env=NOW)
    crm("task", "edit", "T-1", "--due", "2026-12-02T16:00", env=NOW)
    crm(*add, "Meeting", "--task-type", "meeting", "--due", "2026-10-25T01:30:00Z", "--notes", "one\ntwo", env=NOW)
    crm(*add, "Daily", "--recurrence", "daily;count=9", "--due", "2026-11-26", "--when-missed", "each", env=NOW)
    crm("task", "done", "T-3", "--outcome", "fine", env=NOW)
    crm("task", "skip", "T-2", env=NOW)
    crm(*add, "Twice", "--recurrence", "daily", "--due", "2026-10-25T01:30:00Z", env=NOW)
    crm(*add, HOSTILE[:200].replace("\r\n", " ").replace("\n", " "), "--description", HOSTILE, "--due", "fri", env=NOW)
    crm(*add, "Zoned", "--recurrence", "weekdays", "--timezone", "America/New_York", "--due", "fri", env=NOW)
    crm(*add, "Some day", env=NOW)
    return crm


def test_ours_come_back(tasks: Program, tmp_path: Path) -> None:
    """Here nothing changes; elsewhere every field is as it was; another library reads them."""
    file = tmp_path / "tasks.ics"
    tasks("task", "export", "-O", str(file), env=NOW)
    data = file.read_bytes()
    assert all(len(line) <= 75 for line in data.split(b"\r\n")) and data.count(b"\nBEGIN:VCALENDAR") == 0
    calendar = vobject.readOne(data.decode())
    assert (len(calendar.vevent_list), len(calendar.vtodo_list)) == (3, 6)
    call, moved = calendar.vevent_list[:2]
    id = tasks.json("task", "view", "T-1")["id"]
    assert call.uid.value == moved.uid.value == f"{id}@mycrm" and call.sequence.value == "2"
    assert [f"{moment:%m-%d %H:%M}" for moment in call.rruleset][:3] == ["12-02 14:00", "12-16 14:00", "12-23 14:00"]
    assert moved.recurrence_id.value == call.dtstart.value
    assert f"{moved.dtstart.value:%H:%M}" == "15:00"
    daily = [todo for todo in calendar.vtodo_list if todo.summary.value == "Daily"]
    assert sorted(hasattr(todo, "rrule") for todo in daily) == [False, True]
    hostile = next(todo for todo in calendar.vtodo_list if todo.summary.value.startswith("END:VTODO"))
    assert hostile.description.value.startswith("END:VTODO\nBEGIN:VEVENT\nSUMMARY:x")
    again = tasks.json("task", "import", str(file), env=LATER)
    assert (again["created"], again["updated"], again["unchanged"], again["warnings"]) == (0, 0, 8, 0)
    other = Program(tmp_path / "second")
    line = "init --profile other --organization Other --slug other --email ana@acme.com --first-name Ana --last-name B"
    other(*line.split(), "--no-input")
    assert other.json("task", "import", str(file), "-n", env=LATER)["created"] == 8
    assert other("task", "count").lines == ["0"]
    change = other.json("task", "import", str(file), env=LATER)["change"]
    theirs, ours = (one("task", "export", "-F", EXACT, "-s", "number", "-o", "csv").stdout for one in (other, tasks))
    assert theirs == ours
    assert other.json("task", "import", str(file), env=LATER)["unchanged"] == 8
    other("undo", change, "-y")
    assert other("task", "count").lines == ["0"]


def test_what_a_calendar_is_made_of(tasks: Program, tmp_path: Path) -> None:
    """Tasks with a due date, those that are asked for."""
    found = tasks("task", "calendar", "--assigned-to", "me", "-w", "status=pending", env=NOW).stdout
    titles = re.findall(r"^SUMMARY:(\w+)", found, re.MULTILINE)
    assert "Some" not in titles and "Meeting" not in titles and titles.count("Call") == 2


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clear word, and what to install."""
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(ConfigError) as caught:
        library("reading")
    assert caught.value.hint == "pip install 'mycrm[calendar]'"


def test_what_others_change_in_ours(sqlite_crm: Program, tmp_path: Path) -> None:
    """What they say counts, the rest stays; a task that is done there makes its next one here."""
    crm, file = sqlite_crm, tmp_path / "tasks.ics"
    line = ["--due", "2026-11-27T09:00", "--recurrence", "daily", "--remind", "2026-11-27T08:30"]
    crm("task", "add", "Report", *line, "--description", "Mine", "--notes", "N", "--priority", "urgent", env=NOW)
    file.write_bytes(crm("task", "calendar", env=NOW).stdout.replace("\n", "\r\n").replace("\r\r", "\r").encode())
    assert crm.json("task", "import", str(file), env=NOW)["unchanged"] == 1
    text = file.read_text().replace("SUMMARY:Report", "SUMMARY:Report 2").replace("Mine", "Yours")
    text = text.replace("STATUS:NEEDS-ACTION", "STATUS:COMPLETED\r\nCOMPLETED:20261127T093000Z").replace(
        ":-PT30M", ":-PT1H"
    )
    file.write_text(text)
    assert crm.json("task", "import", str(file), env=NOW)["updated"] == 1
    first, second = crm.json("task", "list", "-s", "number")
    shown = [first[name] for name in ("title", "description", "notes", "status", "priority", "reminder_at")]
    assert shown == ["Report 2", "Yours", "N", "completed", "urgent", "2026-11-27T08:00:00Z"]
    assert (second["status"], second["due_date"]) == ("pending", "2026-11-28T09:00:00Z")
    assert crm.json("task", "import", str(file), env=NOW)["unchanged"] == 1
    # Fields that are no fields, and what is said in them, are no way in.
    file.write_text(re.sub(r"X-MYCRM-TASK:[^\r\n]*(\r?\n [^\r\n]*)*", "X-MYCRM-TASK:e30=", text))
    assert crm.json("task", "import", str(file), env=NOW)["rejected"] == 0


def rows(crm: Program, *names: str) -> list[list[Any]]:
    return [[record[name] for name in names] for record in crm.json("task", "list", "-s", "number")]


def test_other_programs(crm: Program) -> None:
    """Google, Outlook and Thunderbird: what is over is done, series begin with what is next, days are days."""
    crm("profile", "edit", "work", "--timezone", "Europe/Berlin")
    for name, count in (("google", 4), ("outlook", 2), ("thunderbird", 4)):
        assert crm.json("task", "import", str(SAMPLES / f"{name}.ics"), env=NOW)["created"] == count
        again = crm.json("task", "import", str(SAMPLES / f"{name}.ics"), env=LATER)
        assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, count)
    assert rows(crm, "title", "task_type", "priority", "status", "due_date", "reminder_at") == [
        ["Stand-up", "meeting", "medium", "pending", "2026-12-15T08:30:00Z", "2026-12-15T08:20:00Z"],
        ["Stand-up (moved)", "meeting", "medium", "pending", "2026-12-02T14:00:00Z", None],
        ["Office closed", "meeting", "medium", "pending", "2026-12-24T22:59:59Z", None],
        ["Kick-off", "meeting", "medium", "completed", "2026-11-10T13:00:00Z", None],
        ["Contract review", "meeting", "high", "pending", "2026-12-03T09:00:00Z", "2026-12-03T08:45:00Z"],
        ["Call with Boston", "meeting", "medium", "pending", "2026-12-04T19:00:00Z", None],
        ["Write the report", "proposal", "high", "in_progress", "2026-12-07T22:00:00Z", "2026-12-07T21:00:00Z"],
        ["Pay the invoice", "other", "medium", "completed", "2026-11-18T22:59:59Z", None],
        ["Water the plants", "other", "medium", "pending", "2026-11-20T18:00:00Z", None],
        ["Some day", "other", "medium", "pending", None, None],
    ]
    series = rows(crm, "timezone", "recurrence_rule", "notes", "description")
    assert series[0] == [
        "Europe/Berlin",
        "FREQ=WEEKLY;BYDAY=TU",
        "Location: Room 4, Main St. 1",
        "<b>Agenda</b>\nNumbers, then plans; nothing else.",
    ]
    assert series[5][0] == "America/New_York"
    assert "T-11 on Tue 5 Jan 2027 09:30" in crm("task", "done", "T-1", env=NOW).stderr
    assert "T-12 on Fri 1 Jan 2027 20:00" in crm("task", "done", "T-6", env=NOW).stderr


def test_broken_calendars(sqlite_crm: Program, tmp_path: Path) -> None:
    """Each error has its line and says of which entry; the good ones come in, and the bad ones can be put right."""
    crm, file, rejects = sqlite_crm, tmp_path / "broken.ics", tmp_path / "rejects.csv"
    text = (SAMPLES / "thunderbird.ics").read_text()
    text = text.replace("SUMMARY:Some day", "SUMMARY:Some day\nDUE:2026").replace(
        "FREQ=DAILY;INTERVAL=3", "FREQ=SECONDLY"
    )
    file.write_text(re.sub("TZID=[^:]*", "TZID=Mars/Base", text))
    said = crm("task", "import", str(file), exit=6, env=NOW).stderr
    for part in ("line 4: VTODO: the time zone 'Mars/Base'", "line 30, column recurrence_rule", "line 38, column DUE"):
        assert part in said
    crm("task", "import", str(file), "--on-error", "skip", "--rejects", str(rejects), exit=7, env=NOW)
    assert crm("task", "count").lines == ["1"]
    rejects.write_text(rejects.read_text().replace("FREQ=SECONDLY", "FREQ=DAILY"))
    crm("task", "import", str(rejects), "--on-error", "skip", exit=7, env=NOW)
    assert crm("task", "count").lines == ["2"]
    assert "rows       4 (2 broken)" in crm("task", "import", "--inspect", str(file)).stdout
    assert "mycrm task import" in crm("contact", "import", str(file), exit=2).stderr
    cut = file.read_text().split("SUMMARY:Water")[0]
    file.write_text(cut)
    assert "it is cut off" in crm("task", "import", str(file), exit=6).stderr
    file.write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    crm("task", "import", str(file))


def test_alarms_that_are_none_and_years_long_ago(sqlite_crm: Program, tmp_path: Path) -> None:
    """Apple's alarm of 1976 does nothing; the year 1 is not 2001."""
    crm, file = sqlite_crm, tmp_path / "apple.ics"
    none = "BEGIN:VALARM\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\nACTION:NONE\nEND:VALARM\n"
    alarm = "BEGIN:VALARM\nTRIGGER:-PT10M\nACTION:AUDIO\nEND:VALARM\n"
    event = "BEGIN:VEVENT\nUID:{0}\nSUMMARY:{0}\nDTSTART;TZID=Europe/Berlin:{1}\n{2}END:VEVENT\n"
    entries = [("a", "20261201T090000", none + alarm), ("b", "20261201T090000", none), ("c", "00010101T000000", "")]
    entries += [("d", "00030101T000000", ""), ("e", "99991231T235959", "")]
    # Before its end, which is an hour and a half after it begins.
    at_end = alarm.replace("TRIGGER", "TRIGGER;RELATED=END")
    entries += [("f", "20261201T090000", "DTEND;TZID=Europe/Berlin:20261201T103000\n" + at_end)]
    entries += [("g", "20261201T090000", "DURATION:PT1H30M\n" + at_end), ("h", "20261201T090000", at_end)]
    body = "".join(event.format(*entry) for entry in entries)
    file.write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n")
    done = crm("task", "import", str(file), "--on-error", "skip", env=NOW, exit=None)
    assert done.exit in (0, 7), done
    found = rows(crm, "title", "due_date", "reminder_at")
    assert found[:2] == [["a", "2026-12-01T08:00:00Z", "2026-12-01T07:50:00Z"], ["b", "2026-12-01T08:00:00Z", None]]
    assert [row for row in found if row[0] in "fgh"] == [
        ["f", "2026-12-01T08:00:00Z", "2026-12-01T09:20:00Z"],
        ["g", "2026-12-01T08:00:00Z", "2026-12-01T09:20:00Z"],
        ["h", "2026-12-01T08:00:00Z", "2026-12-01T07:50:00Z"],
    ]
    assert not any(str(due).startswith("20") for title, due, _ in found if title in "cde"), found


def test_the_guide(sqlite_crm: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the guide runs as it stands there."""
    monkeypatch.chdir(tmp_path)
    lines = commands("calendar.md")
    assert len(lines) >= 10
    for line in lines:
        sqlite_crm(*line, env=NOW)
    assert sqlite_crm("task", "count").lines == ["3"]
