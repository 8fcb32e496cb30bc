"""What the program tells of itself: statements and their times, topics of help, the log without people in it."""

import json
import re
from pathlib import Path

import pytest

from mycrm_cli import errors
from mycrm_cli.cli.topics import EXIT_CODES, OUTPUT, TOPICS
from mycrm_cli.config import logs
from mycrm_cli.output.formats import FILES, FORMATS
from tests.program import Program

TOLD = re.compile(r"sql: (.+)  \[[\d,]+\.\d ms(?:, ([\d,]+) rows?)?(?:, failed)?\]")
SUM = re.compile(r"sql: (\d+) statements?, [\d,]+\.\d ms in the database, [\d,]+\.\d ms in all")


def test_statements_are_told_with_their_times(crm: Program) -> None:
    """Without their values; reads, writes, streams and many at once; the sum comes last."""
    rows = json.dumps([{"first_name": f"Geheim{n}"} for n in range(30)])
    added = crm("contact", "add", "--from-json", "-", "--yes", "--debug", stdin=rows)
    listed = crm("contact", "list", "-w", "name~geheim", "--debug")
    streamed = crm("contact", "export", "-o", "csv", "-w", "name~geheim", "--debug")
    for result in (added, listed, streamed):
        *lines, last = [line for line in result.stderr.splitlines() if line.startswith("sql: ")]
        assert "geheim" not in result.stderr.lower()
        found = SUM.fullmatch(last)
        assert found and int(found[1]) == len(lines), result
        assert all(TOLD.fullmatch(line) for line in lines), result
    selects = [TOLD.fullmatch(line) for line in listed.stderr.splitlines() if " FROM contacts" in line]
    assert any(each and each[2] == "30" for each in selects), listed
    assert "COMMIT" in added.stderr
    failed = crm("contact", "view", "C-99", "--debug", exit=3).stderr
    assert SUM.search(failed)
    assert "sql:" not in crm("contact", "list").stderr


def test_the_log_has_no_people_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets, addresses and numbers are elided whatever writes a line; what happened stays."""
    monkeypatch.setenv("MYCRM_HOME", str(tmp_path))
    logs.append(
        "hook", "told ana.berg+x@acme.example of it; call +49 30 1234567, --password hunter2 --token=mct_hunter2"
    )
    logs.append("cron", "score: 12 leads of 400 at 2026-11-05T10:30:00Z +2 D-12 --token file:/a/b")
    text = (tmp_path / "state" / "mycrm.log").read_text()
    for private in ("ana", "acme", "1234567", "hunter2"):
        assert private not in text
    assert "score: 12 leads of 400 at 2026-11-05T10:30:00Z +2 D-12 --token file:/a/b" in text


def test_a_bug_is_logged_without_the_line(sqlite_crm: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it happened, not what was typed."""
    from mycrm_cli.query.reader import Reader

    def broken(*given: object) -> None:
        raise ZeroDivisionError(given)

    monkeypatch.setattr(Reader, "rows", broken)
    sqlite_crm("contact", "list", "-w", "email=geheim@example.com", exit=1)
    text = (sqlite_crm.home / "state" / "mycrm.log").read_text()
    assert "ZeroDivisionError" in text
    assert "geheim" not in text.lower()


def test_topics(program: Program) -> None:
    """They are listed, near names are offered, and what they say is so."""
    listed = program("help").stdout
    for topic in TOPICS:
        assert f"  {topic} " in listed
        assert program("help", topic).stdout.strip()
    assert "did you mean: filters" in program("help", "filtres", exit=2).stderr
    assert "mycrm deal --help" in program("help", "deal", exit=2).stderr
    codes = {int(code) for code in re.findall(r"(?:^| {4})(\d+) ", EXIT_CODES, re.MULTILINE)}
    classes = {each.exit for each in vars(errors).values() if isinstance(each, type) and hasattr(each, "exit")}
    assert codes == classes | {0, 130, 143}
    assert all(re.search(rf"\b{name}\b", OUTPUT) for name in (*FORMATS, *FILES))
