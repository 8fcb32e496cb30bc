"""Taking back what a large import did."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.table import NAMES, Figure, Row


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows."""
    what = f"`mycrm undo` of an import of {bench.rows:,} contacts, all {{}}, {NAMES[dialect]}"
    return [
        Row(f"undo.created.{dialect}", what.format("created"), 60.0, "s"),
        Row(f"undo.updated.{dialect}", what.format("updated"), 60.0, "s"),
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Take back the creation, and in another home an import that changed every contact."""
    home = bench.filled(dialect, "contact", bench.rows).copy(bench.place())
    yield Figure(f"undo.created.{dialect}", home.undo().seconds)
    home.drop()
    home = bench.filled(dialect, "contact", bench.rows).copy(bench.place())
    changing = home.run("contact", "import", bench.file("contact", bench.rows, 1))
    bench.tell(f"  the import that changes every contact: {changing.seconds:.1f} s")
    yield Figure(f"undo.updated.{dialect}", home.undo().seconds)
    home.drop()
