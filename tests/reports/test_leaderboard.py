"""``report leaderboard``: ranks, sums, targets of whole months, teams, against plain Python over what is exported."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.program import Program

NOW = {"MYCRM_NOW": "2026-11-20T12:00:00Z"}
USERS = ("bo", "cy", "di")


def board(crm: Program, *words: str) -> dict[str | None, dict[str, Any]]:
    """Return the rows by user or team."""
    told = crm.json("report", "leaderboard", *words, env=NOW)
    return {row.get("user", row.get("team")): row for row in told}


def fill(crm: Program, folder: Path) -> None:
    """Add users in teams, deals of every status, activities and targets."""
    for team in ("North", "South"):
        crm("team", "add", team)
    for name, team in zip(USERS, ("North", "North", "South"), strict=True):
        crm("user", "add", f"{name}@acme.com", "--first-name", name.title(), "--team", team, "--role", "sales_rep")
    crm("rate", "add", "EUR", "1.1", "--date", "2026-01-01", env=NOW)
    rules, lines = random.Random(3), ["name,value,currency,stage,actual_close_date,owner"]
    for number in range(120):
        stage = rules.choice(["Proposal", "Closed won", "Closed lost"])
        day = rules.choice(["2026-11-01", "2026-11-19", "2026-10-31", "2026-09-15"]) if stage != "Proposal" else ""
        owner = rules.choice(["", *(f"{name}@acme.com" for name in USERS)])
        lines.append(f"D{number},{rules.randint(1, 99999) / 100},{rules.choice(['USD', 'EUR'])},{stage},{day},{owner}")
    (folder / "deals.csv").write_text("\n".join(lines))
    crm("deal", "import", str(folder / "deals.csv"), env=NOW)
    crm("contact", "add", "Eve", env=NOW)
    for on in ("2026-11-02T10:00", "2026-10-02T10:00"):
        crm(
            "activity",
            "add",
            *f"--activity-type call --contact C-1 --user bo@acme.com --occurred-at {on}".split(),
            env=NOW,
        )
    crm("target", "set", "2026-10..2026-12", "5000", "--team", "North", env=NOW)
    crm("target", "set", "me", "2026-11", "1", env=NOW)


def oracle(crm: Program, first: str, last: str) -> dict[str | None, list[Any]]:
    """Return (won, amount, lost, open) of each owner."""
    found: dict[str | None, list[Any]] = {}
    fields = "id,value,currency,status,actual_close_date,owner"
    for deal in crm("deal", "export", "-o", "json", "-F", fields).json:
        row = found.setdefault(deal["owner"], [0, Decimal(0), 0, 0])
        amount = Decimal(deal["value"]) * (Decimal("1.1") if deal["currency"] == "EUR" else 1)
        if deal["status"] == "open":
            row[3] += 1
        elif first <= deal["actual_close_date"] <= last:
            row[0 if deal["status"] == "won" else 2] += 1
            row[1] += amount.quantize(Decimal("0.01"), "ROUND_HALF_UP") if deal["status"] == "won" else 0
    return found


def test_the_leaderboard(crm: Program, tmp_path: Path) -> None:
    assert board(crm) == {}
    fill(crm, tmp_path)
    for words, first, last in (((), "2026-11-01", "2026-11-30"), (("--period", "2026-q4"), "2026-10-01", "2026-12-31")):
        found, expected = board(crm, *words), oracle(crm, first, last)
        for name, row in expected.items():
            ours = found[name]
            told = [ours["won_deals"], Decimal(ours["won"]), ours["lost_deals"], ours["open_deals"]]
            assert told == row, (name, told, row)
        ranked = sorted(found.values(), key=lambda row: row["rank"])
        assert [Decimal(row["won"]) for row in ranked] == sorted((Decimal(r["won"]) for r in ranked), reverse=True)
        assert found["Bo"]["target"] == ("5000.00" if not words else "15000.00")
        assert Decimal(found["Bo"]["gap"]) == Decimal(found["Bo"]["target"]) - Decimal(found["Bo"]["won"])
        assert found["Di"]["target"] is None and found["Ana Berg"]["target"] == "1.00"
        assert found["Bo"]["activities"] == (2 if words else 1)
    teams = board(crm, "--by", "team")
    month = board(crm)
    for name in ("won", "open", "weighted", "target"):
        assert Decimal(teams["North"][name]) == sum(Decimal(month[user][name]) for user in ("Bo", "Cy")), name
    assert teams["South"]["won"] == month["Di"]["won"]
    assert set(board(crm, "--team", "North")) == {"Bo", "Cy"}
    days = crm("report", "leaderboard", "--period", "2026-11-01..2026-11-19", "-o", "json", env=NOW)
    assert "whole months" in days.stderr and {row["target"] for row in days.json} == {None}
    plain = crm("report", "leaderboard", "-w", "value>1", "-o", "json", env=NOW)
    assert "filter leaves them out" in plain.stderr and {row["activities"] for row in plain.json} == {None}
    drawn = crm("report", "leaderboard", env={**NOW, "MYCRM_PAGER": ""}, terminal=True)
    assert "│" in drawn.stdout and "2026-11-01 to 2026-11-30" in drawn.stderr
    crm("deal", "win", "-w", "status=open owner.email=di@acme.com", "--yes", env={"MYCRM_NOW": "2026-11-21T12:00:00Z"})
    later = {"MYCRM_NOW": "2026-11-22T12:00:00Z"}
    told = crm.json("report", "leaderboard", "--as-of", "2026-11-20", "--period", "2026-11", env=later)
    assert {row["user"]: row["won"] for row in told} == {name: row["won"] for name, row in month.items()}
    crm("report", "leaderboard", "--by", "weather", exit=2)
