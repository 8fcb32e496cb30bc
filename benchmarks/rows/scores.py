"""Scores of many leads: for the first time, all of them anew, and those that changed."""

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta

from benchmarks import leads
from benchmarks.bench import Bench
from benchmarks.homes import Home
from benchmarks.leads import NOON
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import Failed, Run, in_turn, median

SOON = timedelta(minutes=5)
"""After it scores are run again for leads that changed; the time of few others has come by then."""
FULL = {"sqlite": 30.0, "postgresql": 60.0}


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows; the first run has no target, nor has one that finds nothing to do."""
    name = NAMES[dialect]
    what = f"{bench.rows:,} leads, {leads.EVENTS * bench.rows:,} events, {name}"
    return [
        Row(f"score.first.{dialect}", f"`mycrm score run` for the first time, {what}", None, "s"),
        Row(f"score.full.{dialect}", f"`mycrm score run --all` on the next day, {what}", FULL[dialect], "s"),
        Row(f"score.memory.{dialect}", f"its peak memory, {name}", 600.0, "MiB"),
        Row(f"score.changed.{dialect}", f"`mycrm score run` when 2 % changed, {name}", 2.0, "s"),
        Row(f"score.idle.{dialect}", f"`mycrm score run` with nothing to do, {name}", None, "s"),
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Measure each run, always from the same state: a copy of the leads before it."""
    measured = Scores(bench, dialect)
    (first,) = in_turn(bench.rounds, measured.first)
    yield Figure(f"score.first.{dialect}", median(first), None, len(first))
    measured.scored.settle()
    (full,) = in_turn(bench.rounds, measured.full)
    yield Figure(f"score.full.{dialect}", median(full), None, len(full))
    yield Figure(f"score.memory.{dialect}", max(one.peak for one in full), None, len(full))
    measured.change()
    (changed,) = in_turn(bench.rounds, measured.some)
    yield Figure(f"score.changed.{dialect}", median(changed), None, len(changed))
    (idle,) = bench.short(measured.idle)
    yield Figure(f"score.idle.{dialect}", median(idle), None, len(idle))
    # Nobody else needs them, and each takes gigabytes.
    measured.changed.drop()
    measured.scored.drop()


class Scores:
    """The runs of one database; the home of the last first run is where the others begin."""

    def __init__(self, bench: Bench, dialect: str) -> None:
        self.bench = bench
        self.new = leads.filled(bench, dialect)
        self.scored = self.new
        self.changed = self.new
        self.expected = 0

    def first(self, number: int) -> Run:
        """Score leads of which none has a score."""
        if number > 1:
            self.scored.drop()
        self.scored = self._copy(self.new)
        return self._score(self.scored, NOON, self.bench.rows)

    def full(self, _: int) -> Run:
        """Score all of them on the next day."""
        return self._once(self.scored, NOON + timedelta(days=1), self.bench.rows, "--all")

    def change(self) -> None:
        """Let leads change."""
        self.changed = self._copy(self.scored)
        self.expected = leads.changed(self.bench, self.changed, NOON + SOON / 2)

    def some(self, _: int) -> Run:
        """Score those that changed."""
        return self._once(self.changed, NOON + SOON, self.expected)

    def idle(self, _: int) -> Run:
        """Look for leads to score where there are none."""
        return self._score(self.scored, NOON, 0)

    def _once(self, home: Home, moment: datetime, expected: int, *words: str) -> Run:
        copied = self._copy(home)
        ran = self._score(copied, moment, expected, *words)
        copied.drop()
        return ran

    def _copy(self, home: Home) -> Home:
        """Return a copy of a home, all written to disk."""
        copied = home.copy(self.bench.place())
        os.sync()
        return copied

    def _score(self, home: Home, moment: datetime, expected: int, *words: str) -> Run:
        """Run scores as of a moment; raises Failed when it did not score as many leads as it should have, or more."""
        told = str(self.bench.work / "scored.json")
        command = ("score", "run", *words, "--json")
        ran = home.run(*command, output=told, memory=True, MYCRM_NOW=moment.isoformat())
        with open(told, encoding="utf-8") as file:
            done = json.load(file)
        if not expected <= done["scored"] <= expected + self.bench.rows // 100 or done["measured"]:
            raise Failed(f"failed: {' '.join(command)}: {done}, expected {expected}")
        return self._told(ran, done["scored"])

    def _told(self, ran: Run, count: int) -> Run:
        self.bench.tell(f"  {count:,} leads: {ran.seconds:.1f} s, {ran.cpu:.1f} s of processor")
        return ran
