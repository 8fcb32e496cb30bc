"""A run of the benchmarks: its sizes, its scratch folder, and the homes that its measurements share."""

import os
import shutil
import sys
import time
from pathlib import Path

from benchmarks import data
from benchmarks.homes import Home
from benchmarks.postgres import Server
from benchmarks.timing import Run, Step, in_turn

FOLDER = "MYCRM_BENCH_DIR"
SHORT = 11
"""Runs of commands that take less than a second, after one that is not counted."""

LARGE = 100_000
"""Rows from which on databases are copied file by file."""


class Bench:
    """What the measurements need; whatever is expensive is made when it is first asked for."""

    def __init__(self, rows: int, rounds: int, quick: bool = False) -> None:
        self.rows = rows
        self.tenth = max(rows // 10, 60)
        self.small = max(rows // 1000, 60)
        self.companies = min(data.COMPANIES, self.tenth)
        self.rounds = rounds
        self.quick = quick
        self.scratch = Path(os.environ.get(FOLDER) or "~/.cache/mycrm-bench").expanduser()
        self.work = self.scratch / f"run-{os.getpid()}"
        self.homes: dict[tuple[str, str, int], Home] = {}
        self.count = 0
        self.load = os.getloadavg()[0]
        self._server: Server | None = None
        self._clear()

    def _clear(self) -> None:
        """Remove what runs that were killed have left."""
        for left in self.scratch.glob("run-*"):
            if not os.path.exists(f"/proc/{left.name[4:]}"):
                shutil.rmtree(left, ignore_errors=True)
        self.work.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Remove everything but the invented files."""
        shutil.rmtree(self.work, ignore_errors=True)
        if self._server is not None:
            self._server.close()
            self._server = None

    def server(self, dialect: str = "postgresql") -> Server | None:
        """Return the PostgreSQL server, or None for SQLite."""
        if dialect == "postgresql" and self._server is None:
            self._server = Server(self.rows >= LARGE)
        return self._server if dialect == "postgresql" else None

    def postgresql(self) -> str:
        """Return the version of the server, if one was used."""
        return self._server.version if self._server else ""

    def file(self, noun: str, count: int, variant: int = 0) -> str:
        """Return an invented file."""
        return str(data.file(self.scratch / "files", noun, count, self.companies, variant))

    def place(self) -> Path:
        """Return a folder that does not exist yet."""
        self.count += 1
        return self.work / str(self.count)

    def base(self, dialect: str) -> Home:
        """Return a home with the owners and the companies; it stays as it is."""
        key = (dialect, "base", 0)
        if key not in self.homes:
            home = Home.make(self.place(), self.server(dialect))
            home.run("user", "import", self.file("user", len(data.OWNERS)))
            home.run("company", "import", self.file("company", self.companies, 1))
            self.homes[key] = home
        return self.homes[key]

    def filled(self, dialect: str, noun: str, count: int) -> Home:
        """Return a home with so many records of a noun as well; it stays as it is."""
        key = (dialect, noun, count)
        if key not in self.homes:
            self.tell(f"filling {dialect} with {count:,} records of {noun}")
            home = (self.peopled(dialect) if noun in ("deal", "task") else self.base(dialect)).copy(self.place())
            home.run(noun, "import", self.file(noun, count))
            self.keep(dialect, noun, count, home)
        return self.homes[key]

    def peopled(self, dialect: str) -> Home:
        """Return a home with the contacts that deals and tasks are about."""
        return self.filled(dialect, "contact", self.companies)

    def keep(self, dialect: str, noun: str, count: int, home: Home) -> None:
        """Keep a home that was filled by a measurement for those that follow."""
        home.settle()
        self.homes[dialect, noun, count] = home

    def short(self, *steps: Step) -> list[list[Run]]:
        """Run short commands in turn, once beforehand and then often enough for a median."""
        return in_turn(1 if self.quick else SHORT, *steps, first=not self.quick)

    def tell(self, text: str) -> None:
        """Say on stderr how far the run is."""
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
