"""The benchmarks run, and their table has a row for each target; what they measure here means nothing."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from benchmarks import table
from benchmarks.table import Figure, Row
from tests.conftest import SERVER
from tests.program import Program

ROOT = Path(__file__).parents[1]
MEASURED = (
    *("--version", "a completion query", "--help", "contact --help", "piped", "a table on a terminal"),
    *("view` by e-mail", "filtered by owner and status", "sorted by created_at", "search` for", "contact count"),
    *("task done", "import of 300 contacts", "growth from", "peak memory", "the same file again"),
    *("all created", "all updated", "leads", "60 deals", "companies", "tasks", "export of", "bulk edit", "undo of it"),
    *(
        "deal forecast",
        "report pipeline",
        "score run` for the first time",
        "score run --all",
        "when 2 % changed",
        "nothing to do",
        "task remind",
        "email events import",
    ),
)


def bench(scratch: Path, *words: str) -> list[list[str]]:
    """Run the benchmarks once, tiny, and return the table's cells."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MYCRM_")}
    kept |= {"MYCRM_BENCH_DIR": str(scratch), "MYCRM_BENCH_POSTGRES_URL": os.environ[SERVER]}
    command = (sys.executable, "-m", "benchmarks", "--rows", "300", "--quick", *words)
    done = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=120, check=True)
    lines = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][2:]
    assert not [line for line in done.stdout.splitlines() if "failed:" in line or "timed out:" in line], done.stdout
    assert not list(scratch.glob("run-*")), "nothing is left but the files"
    return lines


def test_every_target_has_a_row(tmp_path: Path) -> None:
    """On SQLite, which has all rows; a peer that is not installed may be missing."""
    rows = bench(tmp_path, "--database", "sqlite", "--write", str(tmp_path / "page.md"))
    missing = [what for what in MEASURED if not any(what in row[0] for row in rows)]
    assert not missing
    states = {row[0].strip("| "): row[3].strip() for row in rows}
    assert set(states.values()) <= {"yes", "no", "-", "not yet", "peer missing"}
    assert all("report pipeline" in what for what, state in states.items() if state == "not yet")
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "seed" in page
    assert "cores" in page


def test_the_peer_on_postgresql_loads_the_same(tmp_path: Path) -> None:
    """What psql copies is what the program wrote, into the schema that the program made."""
    rows = bench(tmp_path, "--database", "postgresql", "--only", "import")
    assert len(rows) == 4
    assert {row[3].strip() for row in rows} <= {"yes", "no"}


def test_the_leads_to_score_are_written_on_postgresql(tmp_path: Path) -> None:
    """They are written by its own statements, which SQLite shares but for a few words."""
    rows = bench(tmp_path, "--database", "postgresql", "--only", "score")
    assert len(rows) == 5
    assert {row[3].strip() for row in rows} <= {"yes", "no", "-"}


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_the_peer_on_postgresql_is_asked_the_same(crm: Program) -> None:
    """What is recorded are the program's own queries, with their values, ready to be sent again."""
    crm("contact", "add", "Ana Berg", "--email", "ana@example.com")
    contact = crm.json("contact", "view", "ana@example.com")
    command = (sys.executable, "-m", "benchmarks.recording", "contact", "view", "ana@example.com")
    done = subprocess.run(command, cwd=ROOT, env=crm.environment(), capture_output=True, text=True, check=True)
    with psycopg.connect(crm.database) as connection:
        connection.execute("SELECT set_config('mycrm.organization_id', %s, true)", (contact["organization_id"],))
        found = [connection.execute(sql).fetchall() for sql in done.stdout.split(";\n") if sql]
    assert any("ana@example.com" in map(str, row) for rows in found for row in rows)


@pytest.mark.parametrize(
    ("row", "figure", "shown"),
    [
        (Row("a", "a", 2.0), Figure("a", 0.3, 0.2), ["1.50", "yes", "300 ms", "200 ms"]),
        (Row("a", "a", 1.0), Figure("a", 3.0, 2.0), ["1.50", "no", "3.0 s", "2.0 s"]),
        (Row("a", "a", 250.0, "MiB"), Figure("a", 300 * 2**20), ["", "no", "300 MiB", ""]),
        (Row("a", "a", None), Figure("a", 3.0, 2.0), ["1.50", "-", "3.0 s", "2.0 s"]),
        (Row("a", "a", 2.0), Figure("a", remark="failed: mycrm: exit 1"), ["", "failed", "", ""]),
        (Row("a", "a", 2.0), Figure("a", 0.3, remark="peer missing: khard"), ["", "peer missing", "300 ms", ""]),
    ],
)
def test_verdicts(row: Row, figure: Figure, shown: list[str]) -> None:
    """Ratios and plain amounts are held against the target; what was not measured says why."""
    cells = table.cells(row, figure)
    assert [*cells[2:5], cells[6]] == shown
