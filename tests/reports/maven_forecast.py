"""Won deals per agent and quarter, the leaderboard, and a comparison of two days, over the Maven data."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from tests.program import Program
from tests.reports.maven_pipeline import day, table

QUARTERS = {"2017-q1": (1, 3), "2017-q2": (4, 6), "2017-q3": (7, 9), "2017-q4": (10, 12)}


def check(crm: Program, rows: list[dict[str, str]]) -> None:
    """Compare each of them with the file."""
    for quarter, (first, last) in QUARTERS.items():
        ended = [row for row in rows if (end := day(row["close_date"])) and first <= end.month <= last]
        leaderboard(crm, quarter, [row for row in ended if row["close_date"].endswith("2017")])
    agents(crm, rows)
    compared(crm, rows, dt.date(2017, 9, 30), dt.date(2017, 10, 31))


def leaderboard(crm: Program, quarter: str, ended: list[dict[str, str]]) -> None:
    """Compare who won what in a quarter."""
    won: dict[str, list[Decimal]] = defaultdict(list)
    lost: dict[str, int] = defaultdict(int)
    for row in ended:
        if row["deal_stage"] == "Won":
            won[row["sales_agent"]].append(Decimal(row["close_value"]))
        elif row["deal_stage"] == "Lost":
            lost[row["sales_agent"]] += 1
    found = {row["user"]: row for row in table(crm, "leaderboard", "--pipeline", "Maven", "--period", quarter)}
    for agent in {*won, *lost}:
        row = found[agent]
        assert (int(row["won_deals"]), Decimal(row["won"])) == (len(won[agent]), sum(won[agent], Decimal(0))), agent
        assert int(row["lost_deals"]) == lost[agent]
    totals = [sum(Decimal(row["won"]) for row in found.values()), sum(map(sum, won.values()))]
    assert totals[0] == totals[1], quarter
    amounts = [Decimal(row["won"]) for row in found.values()]
    assert amounts == sorted(amounts, reverse=True)


def agents(crm: Program, rows: list[dict[str, str]]) -> None:
    """Compare what each agent won in the last quarter, in the forecast as of its end."""
    line = ("forecast", "--pipeline", "Maven", "--by", "month,owner", "--months", "1", "--as-of", "2017-12-31")
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        end = day(row["close_date"])
        if row["deal_stage"] == "Won" and end and (end.year, end.month) == (2017, 12):
            expected[row["sales_agent"]] += Decimal(row["close_value"])
    found = {row["owner"]: Decimal(row["won"]) for row in table(crm, *line) if row["month"] == "2017-12"}
    assert {agent: won for agent, won in found.items() if won} == {a: won for a, won in expected.items() if won}


def compared(crm: Program, rows: list[dict[str, str]], then: dt.date, now: dt.date) -> None:
    """Compare the changes between two days with what the file's days make of them."""
    plans = {"GTXPro": "2017-10-20", "GTX Basic": "2017-11-15", "MG Special": "2017-12-10"}
    before = {"MYCRM_NOW": "2016-09-01T12:00:00Z"}
    for product, close in plans.items():
        crm("deal", "edit", "-w", f"pipeline=Maven name~'{product}'", "--close", close, "--yes", env=before)
    found = crm.json("deal", "count", "-w", "pipeline=Maven expected_close_date=any")
    assert found
    line = ("--pipeline", "Maven", "--months", "2", "--as-of", now.isoformat(), "--compare", then.isoformat())
    told = {row["change"]: (int(row["deals"]), Decimal(row["value"])) for row in table(crm, "forecast", *line)}
    expected: dict[str, list[Decimal]] = {name: [] for name in ("opening", "new", "won", "lost", "closing")}
    for row in rows:
        start, end = day(row["engage_date"]), day(row["close_date"])
        if row["product"] not in ("GTXPro", "GTX Basic") or start is None:
            continue
        amount, ended = Decimal(row["close_value"] or 0), row["deal_stage"].lower()
        was = start <= then and (end is None or end > then)
        there = start <= now and (end is None or end > now)
        for name, fits in (("opening", was), ("closing", there), ("new", there and start > then)):
            expected[name] += [amount] * fits
        if was and not there:
            expected[ended].append(-amount)
    for name, amounts in expected.items():
        assert told[name] == (len(amounts), sum(amounts, Decimal(0))), (name, told)
    assert sum(amount for name, (_, amount) in told.items() if name != "closing") == told["closing"][1]
