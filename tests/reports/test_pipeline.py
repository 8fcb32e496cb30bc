"""``report pipeline``: what stands where equals what the exported deals add up to."""

import csv
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from tests.program import Program

RATES = {"USD": Decimal(1), "EUR": Decimal("1.0842"), "JPY": Decimal("0.00671234")}
DEALS = """name,value,currency,stage,created_at,stage_changed_at,owner
A,1000.55,USD,Proposal,2026-08-01T10:00:00Z,2026-09-01T10:00:00Z,ana@acme.com
B,2000.01,EUR,Proposal,2026-08-01T10:00:00Z,2026-10-25T12:00:00Z,ana@acme.com
C,300000.00,JPY,Negotiation,2026-08-01T10:00:00Z,2026-10-25T12:00:00Z,
D,77.77,CHF,Negotiation,2026-08-01T10:00:00Z,2026-11-20T10:00:00Z,
E,,USD,Qualification,2026-08-01T10:00:00Z,2026-11-24T11:59:59Z,ana@acme.com
F,0.005,USD,Qualification,2026-08-01T10:00:00Z,2026-11-20T10:00:00Z,ana@acme.com
"""
NOON = {"MYCRM_NOW": "2026-11-24T12:00:00Z"}


def in_dollars(amount: str, currency: str) -> Decimal:
    """Return an amount in dollars, rounded half up."""
    return (Decimal(amount or 0) * RATES[currency]).quantize(Decimal("0.01"), ROUND_HALF_UP)


def table(crm: Program, *line: str) -> dict[str, dict[str, str]]:
    """Return the rows of the report by stage."""
    told = crm("report", "pipeline", *line, "-o", "csv", env=NOON).stdout
    return {row["stage"]: row for row in csv.DictReader(told.splitlines())}


def test_pipeline(crm: Program) -> None:
    for code in ("EUR", "JPY"):
        crm("rate", "add", code, str(RATES[code]), "--date", "2026-01-01")
    crm("stage", "edit", "Proposal", "Negotiation", "--stale-after-days", "30")
    crm("deal", "import", "-", "--format", "csv", stdin=DEALS.replace("0.005", "0.01"))
    exported = csv.DictReader(
        crm("deal", "export", "-F", "stage,value,currency,weighted_value", "-w", "status=open").stdout.splitlines()
    )
    values: dict[str, Decimal] = defaultdict(Decimal)
    weighted: dict[str, Decimal] = defaultdict(Decimal)
    for row in exported:
        if row["currency"] in RATES:
            values[row["stage"]] += in_dollars(row["value"], row["currency"])
            weighted[row["stage"]] += in_dollars(row["weighted_value"], row["currency"])
    found = table(crm)
    assert list(found) == ["Qualification", "Needs analysis", "Proposal", "Negotiation"]
    assert {stage: Decimal(row["value"]) for stage, row in found.items() if row["deals"] != "0"} == values
    assert {stage: Decimal(row["weighted"]) for stage, row in found.items() if row["deals"] != "0"} == weighted
    assert {stage: row["stale"] for stage, row in found.items()} == {
        "Qualification": "0", "Needs analysis": "0", "Proposal": "1", "Negotiation": "0"
    }  # fmt: skip
    assert crm("deal", "count", "-w", "+STALE", env=NOON).lines == ["1"]
    assert [found[stage]["days"] for stage in ("Qualification", "Proposal")] == ["2", "57"]
    told = crm("report", "pipeline", env=NOON).stderr
    assert "no rate turns CHF into USD: 1 deal of 77.77 CHF left out; mycrm rate add CHF RATE" in told
    mine = table(crm, "--owner", "me", "-w", "value>=1000")
    assert {stage: row["deals"] for stage, row in mine.items() if row["deals"] != "0"} == {"Proposal": "2"}
    crm("pipeline", "add", "Renewals", "--stages", "Asked:50,Done:won,Gone:lost")
    assert list(table(crm, "--pipeline", "Renewals")) == ["Asked"]
    assert crm.json("report", "pipeline", "--pipeline", "Renewals")[0] | {"days": 0} == {
        "pipeline": "Renewals", "stage": "Asked", "probability": 50, "deals": 0, "value": "0.00",
        "weighted": "0.00", "days": 0, "stale": 0, "currency": "USD",
    }  # fmt: skip
