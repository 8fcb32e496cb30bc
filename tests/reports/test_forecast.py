"""``report forecast``: targets, attainment and gaps; the deals' part is what ``deal forecast`` shows."""

from decimal import Decimal
from typing import Any

from tests.program import Program

EARLY = {"MYCRM_NOW": "2026-11-02T12:00:00Z"}
NOW = {"MYCRM_NOW": "2026-11-20T12:00:00Z"}


def rows(crm: Program, *words: str) -> dict[str, dict[str, Any]]:
    """Return the rows of the report by what they are broken down by."""
    told = crm.json("report", "forecast", *words, env=NOW)
    return {str(row.get("month", row.get("owner", row.get("stage")))): row for row in told}


def start(crm: Program) -> None:
    """Add two users in a team, targets, rates and deals in two currencies."""
    crm("team", "add", "North", env=EARLY)
    for name in ("bo", "cy"):
        crm("user", "add", f"{name}@acme.com", "--first-name", name.title(), "--team", "North", "--role", "sales_rep")
    crm("rate", "add", "EUR", "1.1", "--date", "2026-11-01", env=EARLY)
    crm("rate", "add", "EUR", "1.2", "--date", "2026-11-15", env=EARLY)
    for line in (
        "Won --value 1000 --currency EUR --owner bo@acme.com",
        "Roof --value 500 --close 2026-11-30 --owner bo@acme.com",
        "Wall --value 300.10 --currency EUR --close 2026-12-24 --owner cy@acme.com",
        "Late --value 77 --close 2026-11-10 --owner cy@acme.com",
        "Far --value 9000 --close 2027-06-01 --owner cy@acme.com",
        "Strange --value 5 --currency SEK --close 2026-12-01",
    ):
        crm("deal", "add", *line.split(), env=EARLY)
    crm("deal", "win", "D-1", "--on", "2026-11-10", env=NOW)
    crm("target", "set", "bo@acme.com", "2026-11..2026-12", "2000", env=EARLY)
    crm("target", "set", "cy@acme.com", "2026-12", "100", env=EARLY)
    crm("target", "set", "me", "2027-03", "1", env=EARLY)


def test_targets_in_the_forecast(crm: Program) -> None:
    assert crm("report", "forecast", "--months", "1", env=NOW).rows[0][:3] == ["2026-11", "0", "0.00"]
    start(crm)
    by_month = rows(crm, "--months", "2")
    assert list(by_month) == ["overdue", "2026-11", "2026-12", "later"]
    november = by_month["2026-11"]
    assert (november["won"], november["target"], november["gap"]) == ("1100.00", "2000.00", "900.00")
    assert (Decimal(str(november["attainment"])), november["open_gap"]) == (Decimal("0.55"), "850.00")
    december = by_month["2026-12"]  # 300.10 EUR at 1.2 is 360.12, and a tenth of 30.01 EUR 36.01
    assert (december["best_case"], december["target"], december["open_gap"]) == ("360.12", "2100.00", "2063.99")
    assert by_month["later"]["target"] is by_month["later"]["gap"] is None
    by_owner = rows(crm, "--months", "2", "--by", "owner")
    assert (by_owner["Bo"]["target"], by_owner["Bo"]["gap"]) == ("4000.00", "2900.00")
    # Late is overdue and counts, Far is later and does not.
    assert (by_owner["Cy"]["weighted"], by_owner["Cy"]["open_gap"]) == ("943.71", "56.29")
    assert list(by_owner) == ["Bo", "Cy"]
    assert rows(crm, "--by", "owner")["Ana Berg"]["target"] == "1.00"
    both = crm.json("report", "forecast", "--by", "month,owner", "--team", "North", env=NOW)
    assert {(row["month"], row["owner"]): row["target"] for row in both if row["target"]} == {
        ("2026-11", "Bo"): "2000.00",
        ("2026-12", "Bo"): "2000.00",
        ("2026-12", "Cy"): "100.00",
    }
    assert rows(crm, "--owner", "cy@acme.com")["2026-11"]["target"] is None
    plain = crm("report", "forecast", "-w", "value>400", "-o", "csv", env=NOW)
    assert "a filter leaves them out" in plain.stderr and ",2000.00," not in plain.stdout
    assert "target" not in rows(crm, "--by", "stage")["Qualification"]
    drawn = crm("report", "forecast", env={**NOW, "MYCRM_PAGER": ""}, terminal=True)
    assert "target" in drawn.stdout and "│" in drawn.stdout and "total" in drawn.stdout
    assert "1 deal of 5.00 SEK left out" in drawn.stderr
    before = crm.json("report", "forecast", "--as-of", "2026-11-05", "--months", "2", env=NOW)
    assert [(row["month"], row["deals"], row["won"]) for row in before][:2] == [
        ("2026-11", 2, "0.00"),
        ("2026-12", 1, "0.00"),
    ]
    same = [row[:7] for row in crm("report", "forecast", "--by", "month,owner", env=NOW).rows]
    assert [row for row in same if row[2] != "0" or row[5] != "0"] == crm("deal", "forecast", env=NOW).rows
    for wrong in (["--by", "weather"], ["--by", "month,"], ["--months", "0"], ["--months", "x"], ["-o", "ids"]):
        crm("report", "forecast", *wrong, exit=2)
