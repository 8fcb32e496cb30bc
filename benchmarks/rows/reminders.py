"""Reminders of many tasks that are all due, and a run that finds none."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.homes import Home
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import Failed, Run, in_turn, median

MOMENT, AFTER = "2030-01-01T09:00:00Z", "2030-01-01T10:00:00Z"
SEND = ("task", "remind", "--all", "-o", "jsonl")


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows."""
    name = NAMES[dialect]
    return [
        Row(f"remind.{dialect}", f"`mycrm task remind` with {bench.tenth:,} due, {name}", 5.0, "s"),
        Row(f"remind.memory.{dialect}", f"its peak memory, {name}", None, "MiB"),
        Row(f"remind.idle.{dialect}", f"`mycrm task remind` of {bench.tenth:,} that went out, {name}", None, "s"),
    ]


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Remind of the same tasks each time, in a copy of their own."""
    due = bench.filled(dialect, "task", bench.tenth).copy(bench.place())
    due.run("task", "remind", "--all", "--at", MOMENT, "--yes")
    due.settle()
    told: list[Home] = []

    def once(_: int) -> Run:
        if told:
            told.pop().drop()
        told.append(due.copy(bench.place()))
        return send(bench, told[0], bench.tenth)

    (runs,) = in_turn(bench.rounds, once)
    yield Figure(f"remind.{dialect}", median(runs), None, len(runs))
    yield Figure(f"remind.memory.{dialect}", max(one.peak for one in runs), None, len(runs))
    (idle,) = bench.short(lambda _: send(bench, told[0], 0))
    yield Figure(f"remind.idle.{dialect}", median(idle), None, len(idle))
    told[0].drop()
    due.drop()


def send(bench: Bench, home: Home, count: int) -> Run:
    """Send what is due; raises Failed when it is not as much as it should be."""
    file = str(bench.work / "reminders.jsonl")
    ran = home.run(*SEND, output=file, memory=True, MYCRM_NOW=AFTER)
    with open(file, "rb") as lines:
        found = sum(1 for _ in lines)
    if found != count:
        raise Failed(f"failed: task remind: {found:,} went out, expected {count:,}")
    return ran
