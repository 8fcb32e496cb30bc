"""How long it takes until anything happens at all."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.table import Figure, Row
from benchmarks.timing import MYCRM, PASS, median, run

AGAINST = "`python -c pass`"
COMMANDS = {
    "version": (("--version",), 2.0, "`mycrm --version`"),
    "complete": (("__complete", "fish", "--", "contact", "view", "ana"), 4.0, "a completion query, {0:,} contacts"),
    "help": (("--help",), 8.0, "`mycrm --help`"),
    "contact-help": (("contact", "--help"), 8.0, "`mycrm contact --help`"),
}


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows; the database makes no difference but for the completion, which has a target on SQLite."""
    if dialect != "sqlite":
        return []
    return [
        Row(f"startup.{key}", what.format(bench.tenth), limit, against=AGAINST)
        for key, (_, limit, what) in COMMANDS.items()
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Measure each command against a Python that does nothing."""
    home = bench.filled(dialect, "contact", bench.tenth)
    for key, (words, _, _) in COMMANDS.items():
        ours, peer = bench.short(
            lambda _, words=words: run((MYCRM, *words), home.env),  # type: ignore[misc]
            lambda _: run(PASS, home.env),
        )
        yield Figure(f"startup.{key}", median(ours), median(peer), len(ours))
