"""The Maven sales data, brought in by commands and the mapping files of the documentation alone."""

import csv
import shlex
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from tests.program import Program

MAPS = Path(__file__).parents[2] / "docs" / "examples" / "maven"
STEPS = (
    "company import accounts.csv --map-file accounts.toml",
    "product import products.csv --map-file products.toml",
    "user import sales_teams.csv --map-file managers.toml",
    "user import sales_teams.csv --map-file agents.toml",
    "pipeline add Maven --stages Prospecting:10,Engaging:40,Won:won,Lost:lost",
    "deal import sales_pipeline.csv --map-file deals.toml",
    "item import sales_pipeline.csv --map-file items.toml",
)
CREATED = {"company": [85], "product": [7], "user": [6, 35], "deal": [8800], "item": [8800]}
EMPTY = {"company": 0, "product": 0, "user": 1, "team": 0, "deal": 0, "item": 0, "pipeline": 1, "activity": 0}


def words(step: str, folder: Path) -> list[str]:
    """Return the words of a step with the files where they are."""
    return [
        str(MAPS / word) if word.endswith(".toml") else str(folder / word) if word.endswith(".csv") else word
        for word in shlex.split(step)
    ]


def sums(rows: list[dict[str, str]], name: str, by: str, value: str) -> dict[str, Decimal]:
    """Return the sums of a column for each value of another."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        key = row[by]
        if name == "quarter":
            year, month = (key[:4], int(key[5:7])) if "-" in key else (key.split("/")[2], int(key.split("/")[0]))
            key = f"{year}-{(month - 1) // 3 + 1}"
        found[key] += Decimal(row[value])
    return dict(found)


def test_maven(crm: Program, shared: Path) -> None:
    folder = shared / "maven_crm"
    created: dict[str, list[int]] = defaultdict(list)
    changes = []
    for step in STEPS:
        line = words(step, folder)
        account = crm.json(*line)
        changes.append(account["change"])
        if line[1] == "import":
            created[line[0]].append(account["created"])
            again = crm.json(*line)
            assert again["unchanged"] + again["skipped"] == again["rows"], again
            assert again["change"] is None
    assert created == CREATED
    with (folder / "sales_pipeline.csv").open() as file:
        theirs = [row for row in csv.DictReader(file) if row["deal_stage"] == "Won"]
    fields = "owner.name,actual_close_date,value,status,stage,pipeline"
    ours = list(csv.DictReader(crm("deal", "export", "-w", "status=won", "-F", fields, "--raw").stdout.splitlines()))
    assert len(ours) == len(theirs) == 4238
    assert {(row["stage"], row["pipeline"]) for row in ours} == {("Won", "Maven")}
    assert sums(ours, "agent", "owner.name", "value") == sums(theirs, "agent", "sales_agent", "close_value")
    assert sums(ours, "quarter", "actual_close_date", "value") == sums(theirs, "quarter", "close_date", "close_value")
    assert crm("company", "count", "-w", "parent=any").stdout.strip() == "15"
    assert crm("user", "count", "-w", "manager.role=manager role=sales_rep team=any").stdout.strip() == "35"
    assert crm("item", "count", "-w", "product.name='GTX Pro'").stdout.strip() == "1480"
    assert crm("deal", "count", "-w", "company=any").stdout.strip() == str(8800 - 1425)
    for change in reversed(changes):
        crm("undo", change, "--yes")
    assert {noun: int(crm(noun, "count").stdout) for noun in EMPTY} == EMPTY
