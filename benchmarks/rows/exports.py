"""The large export."""

from collections.abc import Iterator

from benchmarks import peers
from benchmarks.bench import Bench
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import Run, in_turn, median, run
from mycrm_cli import catalog


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows; on PostgreSQL they have no target."""
    limit, against = {
        "sqlite": (3.0, "`sqlite3 -csv 'SELECT …'`"),
        "postgresql": (None, "`psql -c '\\copy (SELECT …) TO …'`"),
    }[dialect]
    name = NAMES[dialect]
    return [
        Row(f"export.{dialect}", f"export of {bench.rows:,} contacts to CSV, {name}", limit, against=against),
        Row(f"export.memory.{dialect}", f"its peak memory, {name}", 150.0, "MiB"),
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Write both files to the same folder."""
    home = bench.filled(dialect, "contact", bench.rows)
    output = str(bench.work / "exported.csv")
    columns = ", ".join(name for name in catalog.entity("contact").fields if name != "organization_id")
    statement = f"SELECT {columns} FROM contacts WHERE NOT is_deleted"

    def ours(_: int) -> Run:
        return home.run("contact", "export", output=output, memory=True)

    def peer(_: int) -> Run:
        if home.server is None:
            return run(peers.sqlite3(home, statement), home.env, output=output)
        return home.server.psql(home.database, f"\\copy ({statement}) TO '{output}' (FORMAT csv, HEADER)")

    mine, theirs = in_turn(bench.rounds, ours, peer)
    yield Figure(f"export.{dialect}", median(mine), median(theirs), len(mine))
    yield Figure(f"export.memory.{dialect}", max(one.peak for one in mine), None, len(mine))
