"""``deal forecast`` against plain Python over what the program exports, on both databases."""

import datetime as dt
import random
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from tests.program import Program

NOW = {"MYCRM_NOW": "2026-11-20T12:00:00Z"}
EARLY = {"MYCRM_NOW": "2026-11-10T12:00:00Z"}
TODAY = dt.date(2026, 11, 20)
MONTHS = 3
CURRENCIES = ("USD", "EUR", "JPY", "CLF", "SEK")
"""CLF has rates from the middle of the month on only, SEK none at all."""
Sums = dict[tuple[str, ...], list[Any]]


def fill(crm: Program, folder: Path, rules: random.Random) -> None:
    """Add users, rates and deals of every kind: some large, some without a value or a day."""
    for number in (1, 2):
        crm("user", "add", f"u{number}@acme.com", "--first-name", f"U{number}", "--role", "sales_rep")
    lines = ["currency,date,rate"]
    for currency, first in (
        ("EUR", dt.date(2026, 10, 20)),
        ("JPY", dt.date(2026, 10, 20)),
        ("CLF", dt.date(2026, 11, 10)),
    ):
        for number in range(12):
            rate = Decimal(rules.randint(1, 10**9)) / 10**8
            lines.append(f"{currency},{first + dt.timedelta(5 * number)},{rate}")
    (folder / "rates.csv").write_text("\n".join(lines))
    crm("rate", "import", str(folder / "rates.csv"), env=NOW)
    lines = ["name,value,currency,stage,expected_close_date,actual_close_date,owner"]
    for number in range(250):
        value = rules.choice(["", "0", f"{rules.randint(1, 10**8) / 100:.2f}", f"{rules.randint(1, 10**13) / 100:.2f}"])
        stage = rules.choice(["Qualification", "Proposal", "Negotiation", "Closed won", "Closed lost"])
        close = rules.choice(["", str(TODAY + dt.timedelta(rules.randint(-40, 150)))])
        done = str(TODAY + dt.timedelta(rules.randint(-30, 0))) if stage.startswith("Closed") else ""
        owner = rules.choice(["", "ana@acme.com", "u1@acme.com", "u2@acme.com"])
        lines.append(f"Deal {number},{value},{rules.choice(CURRENCIES)},{stage},{close},{done},{owner}")
    (folder / "deals.csv").write_text("\n".join(lines))
    crm("deal", "import", str(folder / "deals.csv"), env=NOW)


def month_of(day: dt.date | None, *, won: bool = False) -> str:
    """Return the row of the forecast that a day belongs to."""
    end = dt.date(2027, 2, 1)
    if day is None:
        return "no date"
    if not won and day < TODAY:
        return "overdue"
    return "later" if day >= end else f"{day:%Y-%m}"


def day_of(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def oracle(crm: Program, by: tuple[str, ...]) -> tuple[Sums, dict[str, int]]:
    """Return the sums of each row, and how many deals of each currency have no rate."""
    rates: dict[str, list[tuple[dt.date, Decimal]]] = defaultdict(list)
    for row in crm("rate", "export", "-o", "json").json:
        rates[row["currency"]].append((dt.date.fromisoformat(row["date"]), Decimal(row["rate"])))
    sums: Sums = defaultdict(lambda: [0, Decimal(0), Decimal(0), 0, Decimal(0)])
    lacking: dict[str, int] = defaultdict(int)
    fields = "id,value,currency,probability,status,expected_close_date,actual_close_date,owner,stage,pipeline"
    for deal in crm("deal", "export", "-o", "json", "-F", fields).json:
        won, closed = deal["status"] == "won", day_of(deal["actual_close_date"])
        if deal["status"] == "lost" or (won and not (closed and dt.date(2026, 11, 1) <= closed < dt.date(2027, 2, 1))):
            continue
        value = Decimal(deal["value"] or 0)
        rate = rate_on(rates, deal["currency"], closed if won and closed else TODAY)
        if rate is None and value:
            lacking[deal["currency"]] += 1
            continue
        day = closed if won else day_of(deal["expected_close_date"])
        key = tuple(str(month_of(day, won=won) if name == "month" else deal[name]) for name in by)
        weighted = cents(value * Decimal(str(deal["probability"])))
        amounts = [cents(amount * (rate or 0)) for amount in (value, weighted)]
        row = sums[key]
        if won:
            row[3], row[4] = row[3] + 1, row[4] + amounts[0]
        else:
            row[0], row[1], row[2] = row[0] + 1, row[1] + amounts[0], row[2] + amounts[1]
    return sums, dict(lacking)


def rate_on(rates: dict[str, list[tuple[dt.date, Decimal]]], currency: str, day: dt.date) -> Decimal | None:
    """Return the newest rate on or before a day; the organization's own currency is worth one."""
    if currency == "USD":
        return Decimal(1)
    return max(((on, rate) for on, rate in rates[currency] if on <= day), default=(day, None))[1]


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def forecast(crm: Program, by: tuple[str, ...], *more: str) -> tuple[Sums, str]:
    """Return what the program says, in the form of the oracle, and its remarks."""
    told = crm("deal", "forecast", "--months", str(MONTHS), "--by", ",".join(by), "--json", *more, env=NOW)
    names = ("deals", "best_case", "weighted", "won_deals", "won")
    rows = {
        tuple(str(row[name]) for name in by): [
            row[name] if isinstance(row[name], int) else Decimal(row[name]) for name in names
        ]
        for row in told.json
    }
    assert len(rows) == len(told.json)
    return rows, told.stderr


def test_the_forecast_is_what_python_makes_of_the_rows(crm: Program, tmp_path: Path) -> None:
    """To the cent, for every way to break it down, and with the currencies that have no rate told."""
    fill(crm, tmp_path, random.Random(11))
    for by in (("month",), ("month", "owner"), ("owner",), ("stage",), ("pipeline", "month")):
        expected, lacking = oracle(crm, by)
        rows, remarks = forecast(crm, by)
        assert {key: row for key, row in rows.items() if any(row)} == expected
        assert len(lacking) == 2 and len(expected) >= (1 if "pipeline" in by else 3)
        for currency, deals in lacking.items():
            assert f"{deals:,} deals of" in remarks and f"turns {currency} into USD" in remarks
    assert [key[0] for key in forecast(crm, ("month",))[0]] == [
        "overdue", "2026-11", "2026-12", "2027-01", "later", "no date",
    ]  # fmt: skip
    mine, _ = forecast(crm, ("owner",), "--owner", "u1@acme.com")
    assert list(mine) == [("U1",)] and mine[("U1",)] == forecast(crm, ("owner",))[0][("U1",)]
    high, _ = forecast(crm, ("stage",), "-w", "probability>=75 currency=USD")
    assert {key[0] for key in high} <= {"Negotiation", "Closed won"}


def test_the_forecast_in_every_format(crm: Program) -> None:
    """A table with totals for people; rows alone in a pipe; nothing at all; mistakes."""
    assert "no open deals" in crm("deal", "forecast", "--by", "owner", terminal=True).stderr
    crm("deal", "add", "Roof", "--value", "1000", "--close", "2026-12-24", "--owner", "me", env=EARLY)
    crm("deal", "add", "Wall", "--value", "500", "--close", "2026-11-19", "--owner", "me")
    crm("deal", "add", "Abroad", "--value", "70", "--currency", "SEK")
    shown = crm("deal", "forecast", terminal=True, env=NOW)
    assert "total" in shown.stdout and "1,500.00" in shown.stdout and "150.00" in shown.stdout
    assert "1 deal of 70.00 SEK left out" in shown.stderr
    plain = crm("deal", "forecast", "--by", "month", "--months", "2", env=NOW).rows
    assert plain[0] == ["overdue", "1", "500.00", "50.00", "0", "0.00"]
    assert [row[0] for row in plain] == ["overdue", "2026-11", "2026-12"]
    header = crm("deal", "forecast", "-o", "csv", env=NOW).lines[0]
    assert header == "month,owner,deals,best_case,weighted,won_deals,won"
    crm("deal", "win", "D-1", "--on", "2026-11-18", env=NOW)
    assert forecast(crm, ("month",))[0][("2026-11",)] == [0, 0, 0, 1, Decimal("1000.00")]
    for wrong in (["--by", "weather"], ["--months", "0"], ["--months", "x"], ["-o", "ids"], ["-w", "nothing=1"]):
        crm("deal", "forecast", *wrong, exit=2)
    crm("deal", "forecast", "--pipeline", "none such", exit=None)
