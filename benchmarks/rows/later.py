"""Commands that have a target and do not exist yet; whoever adds one measures it in a module of its own."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.table import NAMES, Figure, Row


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows."""
    name = NAMES[dialect]
    return [
        Row(
            f"later.score.{dialect}",
            f"`mycrm score run --all`, 1,000,000 leads, 5,000,000 events, {name}",
            30.0 if dialect == "sqlite" else 60.0,
            "s",
        ),
        Row(f"later.score-memory.{dialect}", f"its peak memory, {name}", 600.0, "MiB"),
        Row(f"later.score-changed.{dialect}", f"`mycrm score run` when 2 % changed, {name}", 2.0, "s"),
        Row(f"later.remind.{dialect}", f"`mycrm task remind` with 100,000 due, {name}", 5.0, "s"),
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Say so."""
    for row in rows(bench, dialect):
        yield Figure(row.key, remark="not yet")
