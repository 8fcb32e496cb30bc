"""A bulk edit by filter, and taking it back."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import in_turn, median

EDIT = ("contact", "edit", "-w", "status=archived", "--city", "Hamburg", "--yes")
"""One contact in ten is archived, and none of them lives there."""


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows."""
    what = f"bulk edit of {bench.rows // 10:,} contacts by filter, {NAMES[dialect]}"
    return [
        Row(f"bulk.{dialect}", what, 10.0, "s"),
        Row(f"bulk.undo.{dialect}", f"undo of it, {NAMES[dialect]}", 10.0, "s"),
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Edit and undo in turn."""
    home = bench.filled(dialect, "contact", bench.rows).copy(bench.place())
    edit, undo = in_turn(bench.rounds, lambda _: home.run(*EDIT), lambda _: home.undo())
    yield Figure(f"bulk.{dialect}", median(edit), None, len(edit))
    yield Figure(f"bulk.undo.{dialect}", median(undo), None, len(undo))
    home.drop()
