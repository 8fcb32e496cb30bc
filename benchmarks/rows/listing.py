"""The list that is looked at most."""

from collections.abc import Iterator

from benchmarks import peers
from benchmarks.bench import Bench
from benchmarks.table import Figure, Row
from benchmarks.timing import MYCRM, Failed, median, run

LIST = (MYCRM, "contact", "list")


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows; their peers know SQLite and files."""
    if dialect != "sqlite":
        return []
    what = f"`mycrm contact list` of 50, {{}}, {bench.tenth:,} contacts"
    return [
        Row("list.piped", what.format("piped"), 0.75, against="`sqlite-utils rows db contacts --limit 50`"),
        Row("list.table", what.format("a table on a terminal"), 1.0, against="`khard list` of 200 contacts"),
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Measure the list in a pipe and on a terminal."""
    home = bench.filled(dialect, "contact", bench.tenth)
    other = (peers.SQLITE_UTILS, "rows", home.database, "contacts", "--limit", "50")
    ours, peer = bench.short(lambda _: run(LIST, home.env), lambda _: run(other, home.env))
    yield Figure("list.piped", median(ours), median(peer), len(ours))
    try:
        book = peers.khard(bench.scratch, install=not bench.quick)
    except Failed as missing:
        (ours,) = bench.short(lambda _: run(LIST, home.env, terminal=True))
        yield Figure("list.table", median(ours), None, len(ours), str(missing))
        return
    ours, peer = bench.short(lambda _: run(LIST, home.env, terminal=True), lambda _: run(book, home.env, terminal=True))
    yield Figure("list.table", median(ours), median(peer), len(ours))
