"""Deals won and lost, and how long winning took, per agent, month and quarter, over the Maven data."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.program import Program
from tests.reports.maven_forecast import QUARTERS
from tests.reports.maven_pipeline import day, table

ALL = ("--pipeline", "Maven", "--period", "all")


class Ends:
    """What was won and lost of one agent, or in one month."""

    def __init__(self) -> None:
        self.won = self.lost = self.days = 0
        self.value = Decimal(0)

    def rate(self) -> Decimal:
        """Return the win rate."""
        return (Decimal(self.won) / (self.won + self.lost)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def counted(rows: list[dict[str, str]], by: str) -> dict[str, Ends]:
    """Return the ends of deals by agent or month."""
    found: dict[str, Ends] = defaultdict(Ends)
    for row in rows:
        start, end = day(row["engage_date"]), day(row["close_date"])
        if end is None or start is None:
            continue
        ends = found[row["sales_agent"] if by == "owner" else f"{end:%Y-%m}"]
        if row["deal_stage"] == "Won":
            ends.won, ends.days = ends.won + 1, ends.days + (end - start).days
            ends.value += Decimal(row["close_value"])
        else:
            ends.lost += 1
    return found


def check(crm: Program, rows: list[dict[str, str]]) -> None:
    """Compare each of them with the file."""
    for by in ("owner", "month"):
        ends(table(crm, "winloss", "--by", by, *ALL), by, counted(rows, by))
        speeds(table(crm, "velocity", "--by", by, *ALL), by, counted(rows, by))
    for quarter, (first, last) in QUARTERS.items():
        ended = [row for row in rows if (end := day(row["close_date"])) and first <= end.month <= last]
        line = ("winloss", "--pipeline", "Maven", "--period", quarter)
        ends(table(crm, *line), "owner", counted(ended, "owner"))


def ends(found: list[dict[str, str]], by: str, expected: dict[str, Ends]) -> None:
    """Compare numbers, values and win rates."""
    told: dict[str, list[Any]] = {
        row[by]: [int(row["won"]), int(row["lost"]), Decimal(row["won_value"]), Decimal(row["win_rate"])]
        for row in found
    }
    assert told == {name: [e.won, e.lost, e.value, e.rate()] for name, e in expected.items()}
    assert {row["lost_value"] for row in found} == {"0.00"}


def speeds(found: list[dict[str, str]], by: str, expected: dict[str, Ends]) -> None:
    """Compare the days that winning took, and the average value."""
    closed = [row for row in found if row["won"] != "0" or row["lost"] != "0"]
    told = {row[by]: (Decimal(row["cycle_days"]), Decimal(row["average_value"])) for row in closed}
    assert told == {
        name: (
            (Decimal(e.days) / e.won).quantize(Decimal("0.1"), ROUND_HALF_UP),
            (e.value / e.won).quantize(Decimal("0.01"), ROUND_HALF_UP),
        )
        for name, e in expected.items()
    }
