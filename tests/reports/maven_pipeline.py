"""``report pipeline`` over the Maven data, now and as it was."""

import csv
import datetime as dt
from collections import Counter

from tests.program import Program

STAGES = {"Prospecting": 10, "Engaging": 40}


def day(text: str) -> dt.date | None:
    """Return a day of the file."""
    return dt.datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=dt.UTC).date() if text else None


def table(crm: Program, *line: str) -> list[dict[str, str]]:
    """Return the rows of a report."""
    return list(csv.DictReader(crm("report", *line, "-o", "csv").stdout.splitlines()))


def check(crm: Program, rows: list[dict[str, str]]) -> None:
    """Compare the number of deals of each stage."""
    found = table(crm, "pipeline", "--pipeline", "Maven")
    assert {row["stage"]: int(row["deals"]) for row in found} == Counter(
        row["deal_stage"] for row in rows if row["deal_stage"] in STAGES
    )
    asof(crm, rows, dt.date(2017, 6, 30))
    asof(crm, rows, dt.date(2016, 12, 31))


def asof(crm: Program, rows: list[dict[str, str]], at: dt.date) -> None:
    """Compare with what was open on a day: deals begun until then whose end was later."""
    begun = [row for row in rows if (start := day(row["engage_date"])) is None or start <= at]
    begun = [row for row in begun if row["engage_date"]]
    still = [row for row in begun if (end := day(row["close_date"])) is None or end > at]
    found = table(crm, "pipeline", "--pipeline", "Maven", "--as-of", at.isoformat())
    deals = sum(int(row["deals"]) for row in found)
    assert deals == len(still), (at, deals, len(still), found)
    assert sum(float(row["value"]) for row in found) == sum(float(row["close_value"] or 0) for row in still)
