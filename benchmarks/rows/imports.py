"""The large import: its time, its memory, its growth, and the same file once more."""

import os
from collections.abc import Iterator

from benchmarks import peers
from benchmarks.bench import Bench
from benchmarks.homes import Home
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import Run, in_turn, median, run


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows."""
    name = NAMES[dialect]
    limit, against = {
        "sqlite": (1.0, "`sqlite-utils insert --csv` of the same file into a bare table"),
        "postgresql": (1.75, "`psql -c '\\copy contacts'` of the same records into the same indexed table"),
    }[dialect]
    what = f"import of {bench.rows:,} contacts from CSV, {name}"
    return [
        Row(f"import.{dialect}", what, limit, against=against),
        Row(f"import.growth.{dialect}", f"its growth from {bench.tenth:,} rows, {name}", 12.0, against="itself"),
        Row(f"import.memory.{dialect}", f"its peak memory, {name}", 250.0, "MiB"),
        Row(f"import.again.{dialect}", f"the same file again, {name}", 0.7, against="the first import"),
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Measure the import, the peer, the file's second import and the tenth in turn."""
    measured = Imports(bench, dialect)
    first, peer, again, tenth = in_turn(bench.rounds, measured.first, measured.peer, measured.again, measured.tenth)
    bench.keep(dialect, "contact", bench.rows, measured.home)
    count = len(first)
    yield Figure(f"import.{dialect}", median(first), median(peer), count)
    yield Figure(f"import.growth.{dialect}", median(first), median(tenth), count)
    yield Figure(f"import.memory.{dialect}", max(one.peak for one in first), None, count)
    yield Figure(f"import.again.{dialect}", median(again), median(first), count)


class Imports:
    """The commands of a round; the home of the last round is kept."""

    def __init__(self, bench: Bench, dialect: str) -> None:
        self.bench = bench
        self.dialect = dialect
        self.file = bench.file("contact", bench.rows)
        self.home = bench.base(dialect)
        self.copied = str(bench.work / "copied.csv")

    def fresh(self) -> Home:
        """Return a home with the companies, all written to disk."""
        home = self.bench.base(self.dialect).copy(self.bench.place())
        os.sync()
        return home

    def first(self, number: int) -> Run:
        """Import the file."""
        if number > 1:
            self.home.drop()
        self.home = self.fresh()
        return self._told(self.home.run("contact", "import", self.file, memory=True))

    def again(self, _: int) -> Run:
        """Import it once more."""
        os.sync()
        return self._told(self.home.run("contact", "import", self.file))

    def tenth(self, _: int) -> Run:
        """Import its first tenth into a home of its own."""
        home = self.fresh()
        ran = home.run("contact", "import", self.bench.file("contact", self.bench.tenth))
        home.drop()
        return ran

    def peer(self, _: int) -> Run:
        """Let the peer load the same."""
        return self._told(self._sqlite_utils() if self.dialect == "sqlite" else self._copy())

    def _sqlite_utils(self) -> Run:
        database = self.bench.place()
        os.sync()
        command = (peers.SQLITE_UTILS, "insert", str(database), "contacts", self.file, "--csv")
        ran = run(command, self.home.env)
        database.unlink()
        return ran

    def _copy(self) -> Run:
        """Load what the program has written, every column of it, into an empty table with the same indexes."""
        server = self.home.server
        assert server is not None
        listed = server.columns(self.home.database, "contacts")
        if not os.path.exists(self.copied):
            server.psql(self.home.database, f"\\copy contacts ({listed}) TO '{self.copied}' (FORMAT csv)")
        empty = self.fresh()
        ran = server.psql(empty.database, f"\\copy contacts ({listed}) FROM '{self.copied}' (FORMAT csv)")
        empty.drop()
        return ran

    def _told(self, ran: Run) -> Run:
        self.bench.tell(f"  {ran.seconds:.1f} s, {ran.cpu:.1f} s of processor, {ran.peak / 2**20:.0f} MiB")
        return ran
