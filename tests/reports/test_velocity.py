"""``report velocity``: how fast sales are equals what plain Python makes of the file that was imported."""

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from tests.program import Program
from tests.reports.test_winloss import AFTER, BEFORE, ENDS, LATER, NOW, TEAMS, Key, Row, closed, fill, owner, part

MONTHS = [f"2026-{month:02}" for month in range(1, 12)]


def quotient(of: Decimal | int, by: Decimal | int, places: str) -> Decimal | None:
    """Return a quotient, rounded half up."""
    return (Decimal(of) / Decimal(by)).quantize(Decimal(places), ROUND_HALF_UP) if by else None


def cycle(row: Row) -> int:
    """Return the days from creation to the end."""
    return (dt.date.fromisoformat(row["actual_close_date"]) - dt.date.fromisoformat(row["created_at"][:10])).days


def speed(ended: list[tuple[Row, Decimal]], still: int) -> list[Any]:
    """Return the numbers of a row."""
    won = [(row, amount) for row, amount in ended if ENDS[row["stage"]] == "won"]
    days, value = sum(cycle(row) for row, _ in won), sum((amount for _, amount in won), Decimal(0))
    return [
        *(len(won), len(ended) - len(won), part(len(won), len(ended)), quotient(value, len(won), "0.01")),
        *(quotient(days, len(won), "0.1"), still),
        quotient(still * value * len(won), len(ended) * days, "0.01"),
    ]


def told(crm: Program, by: str, *words: str, env: dict[str, str] = NOW) -> dict[str, list[Any]]:
    """Return what the report says of each key."""
    found = crm.json("report", "velocity", "--by", by, *(words or ("--period", "2026")), env=env)
    names = ("won", "lost", "win_rate", "average_value", "cycle_days", "open", "velocity_per_day")
    exact = ("average_value", "cycle_days", "velocity_per_day")
    return {r[by]: [Decimal(str(r[n])) if n in exact and r[n] is not None else r[n] for n in names] for r in found}


def expected(rows: list[Row], ended: list[tuple[Row, Decimal]], key: Key) -> dict[str | None, list[Any]]:
    """Return the same from the rows of the file."""
    still = [row for row in rows if row["stage"] not in ENDS]
    names = {key(row) for row, _ in ended} | {key(row) for row in still}
    return {
        name: speed([pair for pair in ended if key(pair[0]) == name], sum(key(row) == name for row in still))
        for name in names
    }


def by_month(rows: list[Row], ended: list[tuple[Row, Decimal]], months: list[str]) -> dict[str, list[Any]]:
    """Return it month by month: open are the deals whose end was later, rate or not."""
    return {
        month: speed(
            [pair for pair in ended if pair[0]["actual_close_date"][:7] == month],
            sum(row["created_at"][:7] <= month and (row["actual_close_date"] or "9")[:7] > month for row in rows),
        )
        for month in months
    }


def test_velocity(crm: Program, tmp_path: Path) -> None:
    for by in ("owner", "pipeline", "month", "stage"):
        assert crm.json("report", "velocity", "--by", by, "--period", "all", env=NOW) == []
    rows = [row | {"created_at": row["created_at"]} for row in fill(crm, tmp_path)]
    every = closed(rows)
    assert all(cycle(row) >= 0 for row, _ in every)
    assert told(crm, "owner") == expected(rows, every, owner)
    assert told(crm, "pipeline") == expected(rows, every, lambda row: row["pipeline"])
    assert told(crm, "month") == by_month(rows, every, MONTHS)
    always = [pair for pair in closed(rows, ("", "9")) if cycle(pair[0]) >= 0]
    assert len(always) == len(closed(rows, ("", "9")))
    for text in ("all", "..2026-12-31", "2025-12-31.."):
        assert told(crm, "month", "--period", text) == by_month(rows, always, ["2025-12", *MONTHS]), text
    narrowed: dict[tuple[str, ...], Callable[[Row], bool]] = {
        ("--owner", "cy@acme.com"): lambda row: owner(row) == "Cy",
        ("--team", "North"): lambda row: TEAMS[owner(row)] == "North",
        ("--pipeline", "Renewals"): lambda row: row["pipeline"] == "Renewals",
        ("-w", "currency=EUR"): lambda row: row["currency"] == "EUR",
    }
    for words, fits in narrowed.items():
        some, theirs = [row for row in rows if fits(row)], [pair for pair in every if fits(pair[0])]
        assert told(crm, "owner", *words, "--period", "2026") == expected(some, theirs, owner), words
    noted = {by: told(crm, by) for by in ("owner", "pipeline", "month")}
    assert "no rate turns CHF into USD" in crm("report", "velocity", env=NOW).stderr
    drawn = crm("report", "velocity", env={**NOW, "MYCRM_PAGER": ""}, terminal=True)
    assert "Sales velocity by owner" in drawn.stdout
    crm("deal", "win", "-w", "status=open owner.email=bo@acme.com", "--yes", env=AFTER)
    crm("deal", "edit", "-w", "status=won", "--value", "1", "--yes", env=AFTER)
    assert told(crm, "owner", env=LATER) != noted["owner"]
    for by, before in noted.items():
        assert told(crm, by, "--period", "2026", "--as-of", "2026-11-20", env=LATER) == before, by


def test_days_in_stages(crm: Program) -> None:
    def at(day: str) -> dict[str, str]:
        return {"MYCRM_NOW": f"2026-{day}T12:00:00Z"}

    for name, begun in (("A", "03-01"), ("B", "03-11"), ("C", "03-21")):
        crm("deal", "add", name, "--value", "100", "--stage", "Qualification", env=at(begun))
    crm("deal", "move", "A", "Proposal", env=at("03-05"))
    crm("deal", "move", "B", "Proposal", env=at("03-14"))
    crm("deal", "move", "A", "Qualification", env=at("03-15"))
    crm("deal", "move", "A", "Proposal", env=at("03-16"))
    crm("deal", "win", "A", env=at("03-20"))
    assert days(crm, at("03-22")) == {"Qualification": (2, 2.5), "Proposal": (2, 7.0)}
    crm("deal", "lose", "B", "--reason", "Price", env=at("03-24"))
    crm("deal", "move", "C", "Proposal", env=at("03-30"))
    expected = {"Qualification": (3, 2.7), "Proposal": (3, 8.0)}
    assert days(crm, at("04-01")) == expected
    assert days(crm, at("04-01"), "--as-of", "2026-03-22") == {"Qualification": (2, 2.5), "Proposal": (2, 7.0)}
    assert days(crm, at("04-01"), "-w", "status=lost") == {"Qualification": (1, 3.0), "Proposal": (1, 10.0)}
    assert days(crm, at("04-01"), "--period", "2026-04") == {}
    lines = 'name,stage,created_at,stage_changed_at\n"D",Proposal,2026-02-01T12:00:00Z,2026-02-10T12:00:00Z\n'
    crm("deal", "import", "-", "--format", "csv", stdin=lines, env=BEFORE)
    crm("deal", "win", "D", env=NOW)
    found = days(crm, NOW, "--period", "2026")
    assert found["Qualification"] == expected["Qualification"] and found["Proposal"][0] == 4
    assert found["Proposal"][1] == float(
        quotient(24 + (dt.date(2026, 11, 20) - dt.date(2026, 2, 10)).days, 4, "0.1") or 0
    )


def days(crm: Program, env: dict[str, str], *words: str) -> dict[str, tuple[int, float | None]]:
    """Return how many deals left each stage, and after how many days."""
    found = crm.json("report", "velocity", "--by", "stage", *words, env=env)
    return {row["stage"]: (row["passed"], row["days"]) for row in found}
