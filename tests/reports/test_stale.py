"""``report stale`` and ``report scores``: what waits too long, and how promising leads are."""

from tests.program import Program
from tests.reports.test_activity import table

FIRST, SECOND, NOW, LATER = ({"MYCRM_NOW": f"2026-{day}T12:00:00Z"} for day in ("09-01", "10-15", "11-01", "12-01"))


def short(rows: list[dict[str, str]]) -> list[tuple[str, str, str, str, str]]:
    """Return what tells rows apart."""
    return [(row["reference"], row["owner"], row["days"], row["limit"], row["value"]) for row in rows]


def test_stale(crm: Program) -> None:
    assert table(crm, "stale", env=NOW) == []
    crm("user", "add", "bo@acme.com", "--role", "sales_rep", "--first-name", "Bo", env=FIRST)
    crm("rate", "add", "EUR", "1.5", "--date", "2026-01-01", env=FIRST)
    crm("stage", "edit", "Qualification", "--stale-after-days", "14", env=FIRST)
    crm("stage", "edit", "Proposal", "--stale-after-days", "90", env=FIRST)
    crm("deal", "add", "Old", "--value", "100", "--currency", "EUR", "--owner", "bo@acme.com", env=FIRST)
    crm("deal", "add", "Young", "--value", "5", "--owner", "me", env=SECOND)
    crm("deal", "add", "Odd", "--value", "9", "--owner", "me", "--currency", "CHF", env=FIRST)
    crm("deal", "add", "Fine", "--stage", "Proposal", env=FIRST)
    crm("lead", "add", "Leo Kant", "--estimated-value", "70", "--owner", "bo@acme.com", env=SECOND)
    crm("lead", "add", "Ida Kant", env=NOW)
    crm("task", "add", "Late", "--due", "2026-10-20T12:00:00Z", "--assigned-to", "bo@acme.com", env=FIRST)
    crm("task", "add", "Early", "--due", "2026-12-20", env=FIRST)
    found = crm("report", "stale", "-o", "csv", env=NOW)
    before = table(crm, "stale", env=NOW)
    assert short(before) == [
        ("D-1", "Bo", "61", "14", "150.00"),
        ("D-3", "Ana Berg", "61", "14", ""),
        ("L-1", "Bo", "17", "1", "70.00"),
        ("T-1", "Bo", "12", "", ""),
        ("D-2", "Ana Berg", "17", "14", "5.00"),
    ]
    assert "CHF" in found.stderr
    assert [row["reference"] for row in table(crm, "stale", "--owner", "bo@acme.com", env=NOW)] == ["D-1", "L-1", "T-1"]
    assert [row["reference"] for row in table(crm, "stale", "--kind", "leads,task", env=NOW)] == ["L-1", "T-1"]
    assert [row["reference"] for row in table(crm, "stale", "--kind", "deal", "-w", "value<50", env=NOW)] == [
        "D-3",
        "D-2",
    ]
    assert table(crm, "stale", "-L", "2", env=NOW) == before[:2]
    assert "2 of 5" in crm("report", "stale", "-L", "2", env=NOW).stderr
    assert "--kind" in crm("report", "stale", "--kind", "note", exit=2).stderr
    assert "has no field" in crm("report", "stale", "-w", "value>5", exit=2).stderr
    assert "2 deals" in crm("report", "stale", "-o", "table", env=NOW).stdout
    crm("deal", "move", "D-1", "Proposal", env=LATER)
    crm("deal", "win", "D-3", env=LATER)
    crm("log", "call", "L-1", "Hello", env=LATER)
    crm("task", "done", "T-1", env=LATER)
    assert table(crm, "stale", "--as-of", "2026-11-01T12:00:00Z", env=LATER) == before
    assert [row["reference"] for row in table(crm, "stale", env=LATER)] == ["D-2", "L-2", "D-4"]


def test_scores(crm: Program) -> None:
    assert table(crm, "scores", env=NOW) == []
    crm("user", "add", "bo@acme.com", "--role", "sales_rep", "--first-name", "Bo", env=FIRST)
    for number, score in enumerate((95, 82, 70, 10, 100, 88, 30), 1):
        owner = ("ana@acme.com", "bo@acme.com")[number % 2]
        crm("lead", "add", f"Lead {number}", "--owner", owner, "--source", "event", env=FIRST)
        crm("score", "set", f"L-{number}", str(score), env=SECOND)
    crm("lead", "add", "New one", "--source", "website", "--owner", "bo@acme.com", env=SECOND)
    crm("lead", "convert", "L-5", env=NOW)
    crm("lead", "disqualify", "L-6", "--reason", "Price", env=NOW)
    crm("lead", "disqualify", "L-7", "--reason", "Price", env=NOW)
    before = {by: table(crm, "scores", "--by", by, env=NOW) for by in ("grade", "owner", "source")}
    names = ("grade", "leads", "average_score", "closed", "converted", "conversion_rate")
    assert [tuple(row[name] for name in names) for row in before["grade"]] == [
        ("A", "2", "88.5", "2", "1", "0.5000"),
        ("B", "1", "70.0", "0", "0", ""),
        ("C", "0", "", "0", "0", ""),
        ("D", "0", "", "0", "0", ""),
        ("F", "1", "10.0", "1", "0", "0.0000"),
        ("", "1", "", "0", "0", ""),
    ]
    assert [row["share"] for row in before["grade"]][:2] == ["0.4000", "0.2000"]
    counted = ("leads", "average_score", "never_scored", "a", "b", "f", "closed", "converted")
    assert {row["owner"]: tuple(row[name] for name in counted) for row in before["owner"]} == {
        "Bo": ("3", "82.5", "1", "1", "1", "0", "2", "1"),
        "Ana Berg": ("2", "46.0", "0", "1", "0", "1", "1", "0"),
    }
    assert {row["source"]: row["leads"] for row in before["source"]} == {"event": "4", "website": "1"}
    assert [row["leads"] for row in table(crm, "scores", "--by", "source", "-w", "score>=80", env=NOW)] == ["2"]
    assert "90-100" in crm("report", "scores", "-o", "table", env=NOW).stdout
    crm("score", "set", "L-1", "3", env=LATER)
    crm("score", "set", "L-8", "50", env=LATER)
    crm("lead", "convert", "L-2", env=LATER)
    crm("lead", "delete", "L-3", env=LATER)
    for by, answer in before.items():
        found = table(crm, "scores", "--by", by, "--as-of", "2026-11-01T12:00:00Z", env=LATER)
        assert found == answer, by
