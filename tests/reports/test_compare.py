"""``report forecast --compare``: every kind of change, exact to the cent, with rates that move."""

from decimal import Decimal

import pytest

from tests.program import Program

THEN = {"MYCRM_NOW": "2026-11-10T12:00:00Z"}
NOW = {"MYCRM_NOW": "2026-11-20T12:00:00Z"}
DEALS = """
Won --value 100
Lost --value 200
Slips --value 300 --close 2026-11-30
Emptied --value 350
Raised --value 400 --currency EUR
Lowered --value 500.55 --currency EUR
Likelier --value 600
Same --value 700.01 --currency EUR
Removed --value 800
Later --value 900 --close 2027-08-01
Reopened --value 1000
Handed --value 1100
Quick --value 5 --currency SEK
Priced --value 10 --currency CHF
"""
Found = dict[str, tuple[int, Decimal, Decimal]]


def compared(crm: Program, *words: str) -> Found:
    """Return (deals, value, weighted) of each change, and check that they sum up."""
    told = crm.json("report", "forecast", "--months", "2", "--compare", *words, env=NOW)
    found = {row["change"]: (row["deals"], Decimal(row["value"]), Decimal(row["weighted"])) for row in told}
    for place in (1, 2):
        assert sum(row[place] for name, row in found.items() if name != "closing") == found["closing"][place]
    return found


def best(crm: Program, *words: str, env: dict[str, str]) -> tuple[Decimal, Decimal]:
    """Return value and weighted value of what a forecast has until its last month."""
    told = crm.json("report", "forecast", "--months", "2", *words, env=env)
    due = [row for row in told if row["month"] not in ("later", "no date")]
    return tuple(sum((Decimal(row[name]) for row in due), Decimal(0)) for name in ("best_case", "weighted"))  # type: ignore[return-value]


@pytest.fixture
def changed(crm: Program) -> tuple[Program, tuple[Decimal, Decimal]]:
    """Deals that everything happened to, and the forecast as it was before."""
    crm("user", "add", "bo@acme.com", "--first-name", "Bo", "--role", "sales_rep")
    crm("rate", "add", "EUR", "1.1", "--date", "2026-11-01", env=THEN)
    for line in DEALS.strip().splitlines():
        close = [] if "--close" in line else ["--close", "2026-12-24"]
        crm("deal", "add", *line.split(), *close, "--owner", "me", env=THEN)
    crm("deal", "lose", "D-11", "--reason", "Price", "--on", "2026-11-10", env=THEN)
    before = best(crm, env=THEN)
    for line in (
        *("rate add EUR 1.23456789 --date 2026-11-15", "rate add CHF 2 --date 2026-11-15"),
        *(
            "deal win D-1",
            "deal lose D-2 --reason Price",
            "deal edit D-3 --close 2027-03-01",
            "deal edit D-4 --clear close",
        ),
        *("deal edit D-5 --value 450.10", "deal edit D-6 --value 400", "deal move D-7 Proposal", "deal delete D-9"),
        *("deal edit D-10 --close 2026-12-31", "deal reopen D-11", "deal edit D-12 --owner bo@acme.com"),
        *("deal add New --value 33.33 --close 2026-12-01 --owner me", "deal add Gone --value 44 --close 2026-12-01"),
        "deal win D-16",
    ):
        crm(*line.split(), env=NOW)
    return crm, before


def test_opening_and_changes_make_closing(changed: tuple[Program, tuple[Decimal, Decimal]]) -> None:
    crm, before = changed
    found = compared(crm, "-6d")
    assert found["opening"][1:] == before == best(crm, "--as-of", "2026-11-14", env=NOW)
    assert found["closing"][1:] == best(crm, env=NOW)
    values = {name: (deals, str(value)) for name, (deals, value, _) in found.items()}
    for name, row in {
        "new": (1, "33.33"),
        "pulled in": (1, "900.00"),
        "reopened": (1, "1000.00"),
        "raised": (1, "55.11"),  # 450.10 EUR at 1.1 is 495.11
        "lowered": (1, "-110.61"),  # 500.55 EUR at 1.1 is 550.605, which is 550.61
        "probability": (1, "0.00"),
        "slipped": (2, "-650.00"),
        "won": (1, "-100.00"),
        "lost": (1, "-200.00"),
        "removed": (1, "-800.00"),
        # 450.10, 400 and 700.01 EUR at 1.23456789 after 1.1, and 10 CHF that had no rate.
        "rates": (4, str(Decimal("555.68") + Decimal("493.83") + Decimal("864.21") - Decimal("1705.12") + 20)),
    }.items():
        assert values[name] == row, (name, values)
    assert found["probability"][2] == Decimal("240.00")
    assert "joined" not in found and "left" not in found
    mine = compared(crm, "2026-11-13", "--owner", "me")
    assert mine["left"][:2] == (1, Decimal("-1100.00"))
    assert compared(crm, "2026-11-15", "--owner", "bo@acme.com")["joined"][:2] == (1, Decimal("1100.00"))
    past = compared(crm, "2026-11-11", "--as-of", "2026-11-13")
    assert past["closing"] == past["opening"] == found["opening"]


def test_changes_by_month_and_deal(changed: tuple[Program, tuple[Decimal, Decimal]]) -> None:
    crm, _ = changed
    crm("deal", "edit", "D-8", "--close", "2026-11-25", env=NOW)
    line = ("report", "forecast", "--months", "2", "--compare", "-6d")
    told = crm.json(*line, "--by", "month", env=NOW)
    months = {row["month"] for row in told}
    assert months == {"2026-11", "2026-12"}
    for month in months:
        of_month = {row["change"]: row for row in told if row["month"] == month}
        for name in ("value", "weighted"):
            parts = sum(Decimal(row[name]) for change, row in of_month.items() if change != "closing")
            assert parts == Decimal(of_month["closing"][name]), of_month
        moved = of_month["pulled in" if month == "2026-11" else "slipped"]
        assert moved["value"] == ("864.21" if month == "2026-11" else "-1120.01"), moved
    listed = crm.json(*line, "-v", env=NOW)
    known = {(row["change"], row["name"]): row["value"] for row in listed}
    assert known["won", "Won"] == "-100.00" and known["pulled in", "Later"] == "900.00"
    assert ("raised", "Raised") in known and not any(name == "Same" for change, name in known if change != "rates")
    assert {row["owner"] for row in listed} == {"Ana Berg"}
    drawn = crm(*line, "-v", env={**NOW, "MYCRM_PAGER": ""}, terminal=True)
    assert "Raised" in drawn.stdout and "+33 USD" in drawn.stdout and "changes since 2026-11-14" in drawn.stderr
    assert "1 deal of 5.00 SEK left out" in drawn.stderr
    for wrong in (["--compare", "tomorrow"], ["--compare", "soon"], ["--compare", "-7d", "--by", "owner"]):
        crm("report", "forecast", *wrong, env=NOW, exit=2)
