"""Targets of users: set for months, again and for teams, listed, deleted, imported, taken back."""

from pathlib import Path

from tests.program import Program

NOW = {"MYCRM_NOW": "2026-11-20T12:00:00Z"}


def targets(crm: Program, *words: str) -> list[list[str]]:
    return crm("target", "list", *words, env=NOW).rows


def test_targets_are_set_for_months(crm: Program, tmp_path: Path) -> None:
    """Set anew, for a range and for a team; each line is one change, which undo takes back."""
    crm("team", "add", "North")
    for name in ("bo", "cy"):
        crm("user", "add", f"{name}@acme.com", "--first-name", name.title(), "--role", "sales_rep", "--team", "North")
    crm("user", "add", "away@acme.com", "--role", "sales_rep", "--team", "North")
    crm("user", "disable", "away@acme.com")
    told = crm("target", "set", "bo@acme.com", "this-month", "50000", env=NOW, terminal=True).stderr
    assert "the target of Bo for 2026-11" in told
    year = crm.json("target", "set", "me", "2026-01..2026-12", "1,000.50", env=NOW)
    assert len({record["change"] for record in year}) == 1
    assert [record["month"] for record in year] == [f"2026-{month:02}-01" for month in range(1, 13)]
    again = crm.json("target", "set", "me", "2026-q4", "2000", env=NOW)
    assert [record["amount"] for record in again] == ["2000.00"] * 3
    assert crm("target", "count").stdout == "13\n"
    same = crm("target", "set", "me", "2026-11", "2000", env=NOW, terminal=True)
    assert "nothing to change" in same.stderr
    crm("target", "set", "next-month", "300", "--team", "North", "-n", env=NOW)
    assert targets(crm, "--month", "2026-12", "--team", "North") == []
    crm("target", "set", "next-month", "300", "--team", "North", env=NOW)
    assert [row[0] for row in targets(crm, "next-month", "--team", "North")] == ["Bo", "Cy"]
    crm("undo", "--yes", again[0]["change"])
    assert targets(crm, "--month", "2026-10..2026-12", "--user", "me") == [
        ["Ana Berg", f"2026-{month}-01", "1000.50"] for month in (10, 11, 12)
    ]
    crm("target", "delete", "me", "2026-02..2026-12")
    assert [row[1] for row in targets(crm, "me", "2026")] == ["2026-01-01"]
    file = tmp_path / "targets.csv"
    file.write_text("user.email,month,amount\nbo@acme.com,2026-11-01,7\ncy@acme.com,2027-01-01,8\n")
    account = crm.json("target", "import", str(file))
    assert (account["created"], account["updated"]) == (1, 1)
    assert crm.json("target", "import", str(file))["unchanged"] == 2
    exported = crm("target", "export", "-o", "csv", "-F", "user.email,month,amount").lines
    assert "bo@acme.com,2026-11-01,7.00" in exported and "cy@acme.com,2027-01-01,8.00" in exported


def test_bad_targets(crm: Program, tmp_path: Path) -> None:
    """Months that are none, amounts below zero, nobody, and words too few."""
    for line, exit in (
        (["me", "2026-13", "5"], 6),
        (["me", "2026-11-15", "5"], 6),
        (["me", "2026-12..2026-01", "5"], 6),
        (["me", "1900..2999", "5"], 6),
        (["me", "2026-11", "much"], 6),
        (["nobody@acme.com", "2026-11", "5"], 3),
        (["2026-11", "5", "--team", "None such"], 3),
        (["me", "2026-11"], 2),
        (["me", "2026-11", "5", "6"], 2),
    ):
        crm("target", "set", *line, exit=exit)
    crm("target", "set", "me", "2026-11", "--", "-5", exit=6)
    crm("target", "set", "me", "2026-11", "5")
    crm("target", "edit", "--all", "--month", "2026-11-15", "--yes", exit=6)
    crm("target", "edit", "--all", "--month", "2026-12", "--yes")
    assert targets(crm) == [["Ana Berg", "2026-12-01", "5.00"]]
    file = tmp_path / "targets.csv"
    file.write_text("user.email,month,amount\nana@acme.com,2026-11-09,7\n")
    assert "whole month" in crm("target", "import", str(file), exit=6).stderr
    crm("target", "delete", "me", "2031", exit=2)
