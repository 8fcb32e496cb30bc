"""Amounts that name a currency are never taken for another one."""

from pathlib import Path

from tests.program import Program
from tests.transfer.conftest import write


def test_amounts_bring_their_currency(sqlite_crm: Program, tmp_path: Path) -> None:
    crm = sqlite_crm

    def told(noun: str, lines: str, *options: str) -> str:
        done = crm(noun, "import", write(tmp_path / "d.csv", lines), "--json", *options, exit=None)
        return done.stderr if done.exit else ""

    def deals() -> dict[str, tuple[str, str]]:
        return {d["name"]: (d["value"], d["currency"]) for d in crm.json("deal", "list", "-s", "name")}

    rows = "A,€500\nB,700 EUR\nC,CHF 800\nD,$5\nE,12\nF,£1.50\nH,USD 3\n"
    assert told("deal", f"name,value\n{rows}") == ""
    assert deals() == {
        "A": ("500.00", "EUR"),
        "B": ("700.00", "EUR"),
        "C": ("800.00", "CHF"),
        "D": ("5.00", "USD"),
        "E": ("12.00", "USD"),
        "F": ("1.50", "GBP"),
        "H": ("3.00", "USD"),
    }
    before = deals()
    assert "may be in JPY, CNY" in told("deal", "name,value\nX,¥900\n")
    assert "is in EUR, but value is in CHF" in told("deal", "name,value,currency\nX,€500,CHF\n")
    assert "is in EUR, but value is in USD" in told("deal", "name,value\nX,€500\n", "--set", "currency=USD")
    assert "ISO 4217" in told("deal", "name,value\nX,XQZ 500\n")
    assert deals() == before
    assert told("deal", "name,value,currency\nY,€500,EUR\nZ,€8,\n") == ""
    assert (deals()["Y"], deals()["Z"]) == (("500.00", "EUR"), ("8.00", "EUR"))
    refused = told("lead", "name,estimated_value\nX,€500\n")
    assert "other_currency" in refused
    assert "is in EUR, but estimated_value is in USD" in refused
    assert told("lead", "name,estimated_value\nX,$500\n") == ""
    assert "other_currency" in told("company", "name,annual_revenue\nX,700 EUR\n")
