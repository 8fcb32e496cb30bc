"""Other nouns are imported about as fast as contacts."""

import os
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import Run, in_turn, median

NOUNS = {"lead": "leads", "deal": "deals", "company": "companies", "task": "tasks"}


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows."""
    return [
        Row(
            f"nouns.{noun}.{dialect}",
            f"import of {bench.tenth:,} {plural}, {NAMES[dialect]}",
            1.5,
            against="the import of as many contacts",
        )
        for noun, plural in NOUNS.items()
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Import each noun in turn with contacts."""
    bench.peopled(dialect)

    def imported(noun: str) -> Run:
        home = (bench.base if noun == "contact" else bench.peopled)(dialect).copy(bench.place())
        os.sync()
        ran = home.run(noun, "import", bench.file(noun, bench.tenth))
        home.drop()
        return ran

    steps = [lambda _, noun=noun: imported(noun) for noun in ("contact", *NOUNS)]
    contacts, *others = in_turn(bench.rounds, *steps)
    for noun, runs in zip(NOUNS, others, strict=True):
        yield Figure(f"nouns.{noun}.{dialect}", median(runs), median(contacts), len(runs))
