"""What a provider reports about 10,000 messages, and the same file once more."""

import json
import os
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.homes import Home
from benchmarks.table import NAMES, Figure, Row
from benchmarks.timing import Failed, Run, in_turn, median

MOST = 10_000
KINDS = ("delivered", "open", "click", "bounce", "open")
SENT = "2026-11-01T09:00:00Z"
FIRST = 1793610000
NOW = "2026-11-10T12:00:00Z"


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Return the rows; the same file again has no target of its own."""
    what, name = f"`mycrm email events import` of {count(bench):,} reports", NAMES[dialect]
    return [
        Row(f"reports.{dialect}", f"{what}, {name}", 5.0, "s"),
        Row(f"reports.again.{dialect}", f"the same reports again, {name}", None, "s"),
    ]


def count(bench: Bench) -> int:
    """Return how many reports there are."""
    return min(MOST, bench.rows)


def measure(bench: Bench, dialect: str) -> Iterator[Figure]:
    """Import the file into a copy of the same state in each round, twice."""
    measured = Reports(bench, dialect)
    first, again = in_turn(bench.rounds, measured.first, measured.again)
    yield Figure(f"reports.{dialect}", median(first), None, len(first))
    yield Figure(f"reports.again.{dialect}", median(again), None, len(again))
    measured.home.drop()


class Reports:
    """The runs of one database: a message to each of many contacts, and a report about each."""

    def __init__(self, bench: Bench, dialect: str) -> None:
        self.bench = bench
        self.count = count(bench)
        self.messages, self.file = bench.work / "messages.jsonl", bench.work / "reports.json"
        people = bench.work / "people.csv"
        people.write_text("name,email\n" + "".join(f"P {i},p{i}@globex.example\n" for i in range(self.count)))
        self.messages.write_text("".join(json.dumps(message(i)) + "\n" for i in range(self.count)))
        self.file.write_text(json.dumps([report(i) for i in range(self.count)]))
        self.filled = bench.base(dialect).copy(bench.place())
        self.filled.run("contact", "import", str(people))
        self.filled.run("email", "import", str(self.messages))
        self.filled.settle()
        self.home: Home = self.filled

    def first(self, number: int) -> Run:
        """Take in reports that are all new."""
        if self.home is not self.filled:
            self.home.drop()
        self.home = self.filled.copy(self.bench.place())
        os.sync()
        return self._run("new")

    def again(self, _: int) -> Run:
        """Take them in again."""
        return self._run("known")

    def _run(self, expected: str) -> Run:
        told = str(self.bench.work / "told.json")
        line = ("email", "events", "import", str(self.file), "--provider", "sendgrid", "--json")
        ran = self.home.run(*line, output=told, MYCRM_NOW=NOW)
        with open(told, encoding="utf-8") as file:
            done = json.load(file)
        if done[expected] != self.count:
            raise Failed(f"failed: {' '.join(line)}: {done}")
        self.bench.tell(f"  {self.count:,} reports, {expected}: {ran.seconds:.2f} s, {ran.cpu:.2f} s of processor")
        return ran


def message(number: int) -> dict[str, str]:
    """Return a message that was sent."""
    return {
        "subject": f"Hello {number}",
        "message_id": f"<m{number}@acme.example>",
        "from_email": "ana@acme.example",
        "to_email": f"p{number}@globex.example",
        "sent_at": SENT,
        "status": "sent",
    }


def report(number: int) -> dict[str, object]:
    """Return what SendGrid reports about a message."""
    return {
        "email": f"p{number}@globex.example",
        "timestamp": FIRST + number,
        "smtp-id": f"<m{number}@acme.example>",
        "event": KINDS[number % len(KINDS)],
        "sg_event_id": f"event-{number}",
        "sg_message_id": f"14c5d75ce93.dfd.{number}.filter0001.16648.5515E0B88.0",
        "status": "5.1.1",
        "type": "bounce",
        "reason": "550 5.1.1 unknown",
        "url": "https://acme.example/prices",
        "ip": "192.0.2.1",
        "useragent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15)",
    }
