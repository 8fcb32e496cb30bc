"""The board: columns on a terminal of any width, rows in a pipe."""

import json

import pytest
from rich.cells import cell_len

from tests.program import Program

LATER = {"MYCRM_NOW": "2026-03-20T10:00:00"}
HOSTILE = "Evil \x1b[31m\u202e [bold]name"


@pytest.fixture
def busy(sqlite_crm: Program) -> Program:
    """A pipeline with deals in some of its stages."""
    then = {"MYCRM_NOW": "2026-03-02T10:00:00"}
    rows = "".join(f"Deal {i},{i}000,USD,Proposal\n" for i in range(1, 31))
    file = f"name,value,currency,stage\n{rows}Größe 漢字漢字漢字漢字漢字漢字,999999,EUR,Negotiation\nDone,500,USD,Closed won\n"
    sqlite_crm("deal", "import", "-", "--format", "csv", stdin=file, env=then)
    sqlite_crm("deal", "add", HOSTILE, "--owner", "me", env=then)
    sqlite_crm("stage", "edit", "Proposal", "--stale-after-days", "10")
    return sqlite_crm


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_it_fits_the_terminal(busy: Program, width: int) -> None:
    """Whatever the width: every stage is there, no line is longer, and hostile names are harmless."""
    size = {"COLUMNS": str(width), "LINES": "30", "TERM": "dumb", "MYCRM_PAGER": ""}
    shown = busy("deal", "board", "-o", "table", "--color", "never", env=LATER | size)
    assert max(map(cell_len, shown.lines)) <= width
    for text in ("Qualification", "Needs analysis", "Proposal", "Negotiation", "Closed won 1", "18d!", "+23 more"):
        assert text in shown.stdout, text
    assert "\x1b" not in shown.stdout
    assert "\u202e" not in shown.stdout
    assert "18d! · " not in shown.stdout
    assert "465,000" in shown.stdout
    everything = busy("deal", "board", "-o", "table", "--closed", "-L", "0", "--color", "never", env=LATER | size)
    assert "more" not in everything.stdout
    assert everything.stdout.count("D-") == 33


def test_rows_in_a_pipe(busy: Program) -> None:
    """Stage by stage, the largest first; filters, owner and pipeline narrow it."""
    rows = busy("deal", "board", env=LATER).rows
    assert len(rows) == 32
    assert rows[1][:5] == ["Proposal", "30", "Deal 30", "30000.00", "USD"]
    assert [row[0] for row in rows] == ["Qualification"] + ["Proposal"] * 30 + ["Negotiation"]
    assert len(busy("deal", "board", "--closed").rows) == 33
    assert json.loads(busy("deal", "board", "--owner", "me", "-o", "jsonl").stdout)["name"] == HOSTILE
    assert (
        busy("deal", "board", "-w", "value>=30000", "-o", "csv", "-L", "1").lines[1].startswith("Proposal,30,Deal 30")
    )
    busy("pipeline", "add", "Empty")
    assert busy("deal", "board", "--pipeline", "Empty").rows == []
    busy("deal", "board", "--pipeline", "Nowhere", exit=3)
