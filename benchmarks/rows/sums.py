"""Sums over all deals."""

from collections.abc import Iterator

from benchmarks import data
from benchmarks.bench import Bench
from benchmarks.homes import Home
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import Failed, Run, median

COMMANDS = {"forecast": ("deal", "forecast"), "pipeline": ("report", "pipeline")}


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows."""
    return [
        Row(
            f"sums.{key}.{dialect}",
            f"`mycrm {' '.join(words)}`, {bench.rows:,} deals, {NAMES[dialect]}, over the same with none",
            1.0,
            "s",
        )
        for key, words in COMMANDS.items()
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Measure each command with all deals and with none, on the day around which the deals close."""
    none = bench.base(dialect)
    for key, words in COMMANDS.items():
        try:
            none.run(*words, "--help")
        except Failed:
            yield Figure(f"sums.{key}.{dialect}", remark="not yet")
            continue
        home = bench.filled(dialect, "deal", bench.rows)
        ours, start = bench.short(_on_the_day(home, words), _on_the_day(none, words))
        yield Figure(f"sums.{key}.{dialect}", max(median(ours) - median(start), 0.0), None, len(ours))


def _on_the_day(home: Home, words: tuple[str, ...]):  # type: ignore[no-untyped-def]
    def step(_: int) -> Run:
        return home.run(*words, MYCRM_NOW=f"{data.TODAY}T12:00:00Z")

    return step
