"""Commands that have a target and do not exist yet; whoever adds one measures it in a module of its own."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.table import NAMES, Figure, Row


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows."""
    name = NAMES[dialect]
    return [
        Row(f"later.remind.{dialect}", f"`mycrm task remind` with 100,000 due, {name}", 5.0, "s"),
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Say so."""
    for row in rows(bench, dialect):
        yield Figure(row.key, remark="not yet")
