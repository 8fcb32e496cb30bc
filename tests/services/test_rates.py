"""Exchange rates: adding, listing, importing, on both databases."""

import json
from pathlib import Path

from tests.program import Program

NOW = {"MYCRM_NOW": "2026-11-20T12:00:00Z"}


def rates(crm: Program, *words: str) -> list[list[str]]:
    return crm("rate", "list", *words).rows


def test_rates_hold_from_a_day_on(crm: Program, tmp_path: Path) -> None:
    """Today unless told; one for each currency and day; a file that comes again changes what is different."""
    crm("rate", "add", "eur", "1.0842", env=NOW)
    crm("rate", "add", "EUR", "1.1", "--date", "2026-11-01")
    crm("rate", "add", "--currency", "GBP", "--rate", "1.27000001", "--date", "2026-10-01")
    assert rates(crm, "EUR") == [["EUR", "2026-11-20", "1.08420000"], ["EUR", "2026-11-01", "1.10000000"]]
    assert len(rates(crm)) == 3
    assert "EUR 2026-11-01" in crm("rate", "add", "EUR", "1.2", "--date", "2026-11-01", exit=6).stderr
    file = tmp_path / "rates.csv"
    file.write_text("currency,date,rate\nEUR,2026-11-01,1.15\nCHF,2026-11-01,1.05\n")
    crm("rate", "import", str(file))
    assert ["EUR", "2026-11-01", "1.15000000"] in rates(crm, "EUR")
    again = crm.json("rate", "import", str(file))
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)
    crm("rate", "edit", "EUR 2026-11-01", "--rate", "1.16")
    crm("rate", "delete", "CHF 2026-11-01")
    assert [row[0] for row in rates(crm)] == ["EUR", "EUR", "GBP"]


def test_bad_rates(crm: Program) -> None:
    """Unknown currencies, the own one, numbers that are none, and days before 1900."""
    for line, field in (
        (["XXQ", "1.1"], "currency"),
        (["USD", "1.1"], "currency"),
        (["EUR", "0"], "rate"),
        (["EUR", "--rate=-1"], "rate"),
        (["EUR", "1.123456789"], "rate"),
        (["EUR", "dear"], "rate"),
        (["EUR"], "rate"),
        (["EUR", "1.1", "--date", "1899-12-31"], "date"),
        (["EUR", "1.1", "--date", "2026-02-30"], "date"),
    ):
        told = json.loads(crm("rate", "add", *line, "--json", exit=6).stderr)["error"]
        assert told["details"][0]["field"] == field, told
    crm("rate", "add", "EUR", "1.1", "1.2", exit=2)
    assert crm("rate", "count").stdout == "0\n"
