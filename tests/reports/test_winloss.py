"""``report winloss``: what was won and lost equals what plain Python makes of the file that was imported."""

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from tests.program import Program

Row = dict[str, str]
Key = Callable[[Row], str | None]

BEFORE, NOW, AFTER, LATER = ({"MYCRM_NOW": f"2026-11-{day}T12:00:00Z"} for day in (19, 20, 25, 26))
USERS = {"bo@acme.com": "Bo", "cy@acme.com": "Cy", "di@acme.com": "Di"}
TEAMS = {"Bo": "North", "Cy": "North", "Di": "South"}
RATES = {
    "EUR": [("2026-01-01", "1.1"), ("2026-06-15", "1.23456789")],
    "JPY": [("2026-03-01", "0.00671234"), ("2026-10-01", "0.0071")],
}
REASONS = ("Price", "Price", "price", " PRICE ", "No budget", "")
PEOPLE = {"eve@x.com": "website", "fay@x.com": "referral", "": None}
ENDS = {"Closed won": "won", "Closed lost": "lost", "Done": "won", "Gone": "lost"}
DAYS = ("2025-12-31", "2026-01-01", "2026-02-28", "2026-03-01", "2026-06-14", "2026-06-15", "2026-10-31", "2026-11-18")
YEAR = ("2026-01-01", "2026-12-31")


def fill(crm: Program, folder: Path) -> list[Row]:
    """Import deals of every status, and return the rows of the file."""
    for team in ("North", "South"):
        crm("team", "add", team)
    for mail, name in USERS.items():
        crm("user", "add", mail, "--first-name", name, "--team", TEAMS[name], "--role", "sales_rep", env=BEFORE)
    for code, dated in RATES.items():
        for day, rate in dated:
            crm("rate", "add", code, rate, "--date", day, env=BEFORE)
    crm("pipeline", "add", "Renewals", "--stages", "Asked:50,Done:won,Gone:lost")
    for mail, source in PEOPLE.items():
        if source:
            crm("contact", "add", mail.split("@")[0].title(), "--email", mail, "--source", source, env=BEFORE)
    rows, path = deals(), folder / "deals.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert crm.json("deal", "import", str(path), env=BEFORE)["created"] == len(rows)
    return rows


def deals() -> list[Row]:
    """Return the rows of a file of deals, always the same."""
    chance, rows = random.Random(7), []
    for number in range(160):
        pipeline = chance.choice(["Sales", "Sales", "Renewals"])
        stage = chance.choice(
            ["Proposal", "Closed won", "Closed lost"] if pipeline == "Sales" else ["Asked", "Done", "Gone"]
        )
        lost = ENDS.get(stage) == "lost"
        rows.append(
            {
                "name": f"D{number}",
                "value": f"{chance.randint(1, 9_999_999) / 100:.2f}",
                "currency": chance.choice(["USD", "USD", "EUR", "JPY", "CHF"]),
                "pipeline": pipeline,
                "stage": stage,
                "created_at": f"2025-{chance.randint(9, 12):02}-{chance.randint(1, 28):02}T{chance.randint(0, 23):02}:30:00Z",
                "actual_close_date": chance.choice(DAYS) if stage in ENDS else "",
                "owner": chance.choice(list(USERS)),
                "contact": chance.choice(list(PEOPLE)),
                "loss_reason": chance.choice(REASONS) if lost else "",
                "competitor": chance.choice(["Rival Inc", "rival inc", ""]) if lost else "",
            }
        )
    return rows


def dollars(row: Row) -> Decimal | None:
    """Return the value in dollars by the rate of the day on which a deal was closed, None where there is none."""
    rate = "1"
    if row["currency"] != "USD":
        rate = next((r for day, r in reversed(RATES.get(row["currency"], [])) if day <= row["actual_close_date"]), "")
    return (Decimal(row["value"]) * Decimal(rate)).quantize(Decimal("0.01"), ROUND_HALF_UP) if rate else None


def closed(rows: list[Row], period: tuple[str, str] = YEAR) -> list[tuple[Row, Decimal]]:
    """Return the deals that were closed in a period and can be counted, with their values."""
    ended = [row for row in rows if row["stage"] in ENDS and period[0] <= row["actual_close_date"] <= period[1]]
    return [(row, amount) for row in ended if (amount := dollars(row)) is not None]


def part(of: Decimal | int, whole: Decimal | int) -> float | None:
    """Return a share as the report has it."""
    return float((Decimal(of) / Decimal(whole)).quantize(Decimal("0.0001"), ROUND_HALF_UP)) if whole else None


def owner(row: Row) -> str:
    """Return the name of a deal's owner."""
    return USERS[row["owner"]]


def ends(rows: list[tuple[Row, Decimal]], key: Key) -> dict[str | None, list[Any]]:
    """Return won, lost, win rate, their values and the rate by value, for each key."""
    numbers: Counter[tuple[str | None, str]] = Counter()
    sums: dict[tuple[str | None, str], Decimal] = defaultdict(Decimal)
    for row, amount in rows:
        numbers[key(row), ENDS[row["stage"]]] += 1
        sums[key(row), ENDS[row["stage"]]] += amount
    found = {}
    for name in {name for name, _ in numbers}:
        won, lost = numbers[name, "won"], numbers[name, "lost"]
        gain, loss = sums[name, "won"], sums[name, "lost"]
        found[name] = [won, lost, part(won, won + lost), gain, loss, part(gain, gain + loss)]
    return found


def told(crm: Program, by: str, *words: str, env: dict[str, str] = NOW) -> dict[str | None, list[Any]]:
    """Return what the report says of each key that has any deals."""
    found = crm.json("report", "winloss", "--by", by, *(words or ("--period", "2026")), env=env)
    names = ("won", "lost", "win_rate", "won_value", "lost_value", "win_rate_by_value")
    rows = {row[by]: [Decimal(row[n]) if "value" in n and "rate" not in n else row[n] for n in names] for row in found}
    return {name: row for name, row in rows.items() if row[0] or row[1]}


def test_won_and_lost(crm: Program, tmp_path: Path) -> None:
    empty = crm("report", "winloss", "-o", "json", env=NOW)
    assert empty.json == []
    assert "no deals were closed" in crm("report", "winloss", env=NOW, terminal=True).stderr
    rows = fill(crm, tmp_path)
    every = closed(rows)
    keys: dict[str, Key] = {
        "owner": owner,
        "month": lambda row: row["actual_close_date"][:7],
        "pipeline": lambda row: row["pipeline"],
        "source": lambda row: PEOPLE[row["contact"]],
        "stage": lambda row: None,
    }
    for by, key in keys.items():
        assert told(crm, by) == ends(every, key), by
    months = [row["month"] for row in crm.json("report", "winloss", "--by", "month", "--period", "2026", env=NOW)]
    assert months == [f"2026-{month:02}" for month in range(1, 12)]
    narrowed: dict[tuple[str, ...], Callable[[Row], bool]] = {
        ("--owner", "cy@acme.com"): lambda row: owner(row) == "Cy",
        ("--team", "North"): lambda row: TEAMS[owner(row)] == "North",
        ("--pipeline", "Renewals"): lambda row: row["pipeline"] == "Renewals",
        ("-w", "currency=EUR value>20000"): lambda row: row["currency"] == "EUR" and float(row["value"]) > 20000,
    }
    for words, fits in narrowed.items():
        assert told(crm, "owner", *words, "--period", "2026") == ends([r for r in every if fits(r[0])], owner), words
    for text, period in (
        ("2026-q1", ("2026-01-01", "2026-03-31")),
        ("all", ("", "9")),
        ("..2026-06-14", ("", "2026-06-14")),
    ):
        assert told(crm, "owner", "--period", text) == ends(closed(rows, period), owner), text
    said = crm("report", "winloss", "--period", "2026", env=NOW).stderr
    without = [
        row for row in rows if row["stage"] in ENDS and row["actual_close_date"] >= "2026" and dollars(row) is None
    ]
    for code in ("CHF", "JPY"):
        left = [Decimal(row["value"]) for row in without if row["currency"] == code]
        number = "1 deal" if len(left) == 1 else f"{len(left)} deals"
        assert left and f"turns {code} into USD: {number} of {sum(left):,.2f} {code} left out" in said
    crm("report", "winloss", "--by", "weather", exit=2)


def test_why_deals_were_lost(crm: Program, tmp_path: Path) -> None:
    rows = fill(crm, tmp_path)
    lost = [(row, amount) for row, amount in closed(rows) if ENDS[row["stage"]] == "lost"]
    for by, field in (("reason", "loss_reason"), ("competitor", "competitor")):
        spellings = Counter(row[field].strip() for row, _ in lost)
        names = {
            name.lower(): name
            for name, _ in sorted(spellings.items(), key=lambda item: (item[1], -ord(item[0][:1] or " ")))
        }
        expected: dict[str | None, list[Any]] = {}
        for row, amount in lost:
            held = expected.setdefault(names[row[field].strip().lower()] or None, [0, Decimal(0)])
            held[0] += 1
            held[1] += amount
        total = sum((amount for _, amount in lost), Decimal(0))
        found = crm.json("report", "winloss", "--by", by, "--period", "2026", env=NOW)
        assert {row[by]: [row["lost"], Decimal(row["lost_value"])] for row in found} == expected, by
        for row in found:
            assert row["share"] == part(row["lost"], len(lost))
            assert row["share_of_value"] == part(Decimal(row["lost_value"]), total)
    crm("deal", "edit", "-w", "status=won", "--loss-reason", "Price", "--yes", env=NOW)
    assert sum(
        row["lost"] for row in crm.json("report", "winloss", "--by", "reason", "--period", "2026", env=NOW)
    ) == len(lost)
    drawn = crm(
        "report", "winloss", "--by", "reason", "--period", "2026", env={**NOW, "MYCRM_PAGER": ""}, terminal=True
    )
    assert "Value of lost deals by reason, 2026-01-01 to 2026-12-31" in drawn.stdout


def test_what_was_known_then(crm: Program, tmp_path: Path) -> None:
    rows = fill(crm, tmp_path)
    words = ("--period", "2026")
    crm("deal", "move", "-w", "stage=Proposal owner.email=bo@acme.com", "Negotiation", "--yes", env=BEFORE)
    crm("deal", "win", "-w", "stage=Negotiation", "--yes", env=NOW)
    crm("deal", "lose", "-w", "stage=Proposal owner.email=cy@acme.com", "--reason", "Price", "--yes", env=NOW)
    moved = [row for row in rows if row["stage"] == "Proposal" and owner(row) != "Di"]
    stages = {"Bo": ("Closed won", "Negotiation"), "Cy": ("Closed lost", "Proposal")}
    from_stage = {row["name"]: stages[owner(row)][1] for row in moved}
    now = [
        row | {"stage": stages[owner(row)][0], "actual_close_date": "2026-11-20"} if row in moved else row
        for row in rows
    ]
    noted = {by: told(crm, by) for by in ("owner", "month", "stage", "source", "pipeline")}
    why = crm.json("report", "winloss", "--by", "reason", *words, env=NOW)
    assert noted["stage"] == ends(closed(now), lambda row: from_stage.get(row["name"]))
    assert noted["owner"] == ends(closed(now), owner)
    crm("deal", "win", "-w", "status=open", "--yes", env=AFTER)
    crm(
        "deal",
        "edit",
        "-w",
        "owner.email=cy@acme.com status=lost",
        "--value",
        "1",
        "--owner",
        "di@acme.com",
        "--loss-reason",
        "Why",
        "--yes",
        env=AFTER,
    )
    crm("deal", "delete", "-w", "pipeline=Renewals status=won", "--yes", env=AFTER)
    assert told(crm, "owner", env=LATER) != noted["owner"]
    for by, before in noted.items():
        assert told(crm, by, *words, "--as-of", "2026-11-20", env=LATER) == before, by
    assert crm.json("report", "winloss", "--by", "reason", *words, "--as-of", "2026-11-20", env=LATER) == why
