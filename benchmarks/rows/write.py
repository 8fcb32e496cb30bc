"""A write that people wait for."""

from collections.abc import Iterator

from benchmarks import peers
from benchmarks.bench import SHORT, Bench
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import MYCRM, median, run

TASKS = 10 * SHORT


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the row."""
    against = '`python -c "import sqlmodel"`'
    return [Row(f"write.{dialect}", f"`mycrm task done T-1`, {NAMES[dialect]}", 2.0, against=against)]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Finish another task in each round."""
    home = bench.filled(dialect, "task", TASKS).copy(bench.place())
    ours, peer = bench.short(
        lambda number: run((MYCRM, "task", "done", f"T-{number + 1}"), home.env),
        lambda _: run(peers.SQLMODEL, home.env),
    )
    yield Figure(f"write.{dialect}", median(ours), median(peer), len(ours))
    home.drop()
