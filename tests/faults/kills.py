"""Kills imports at random points, takes them up again, and compares what is there with an import that nobody disturbed.

python -m tests.faults.kills --count 200 --rows 50000 --database sqlite --seed 1
"""

import argparse
import csv
import random
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import checks, people, worlds
from tests.faults.worlds import World, Worlds

VARIANTS = (("csv", "abort", 4), ("csv", "skip", 5), ("jsonl", "abort", 1), ("jsonl", "skip", 1), ("xlsx", "skip", 1))
"""Formats, what errors do, and how often they are tried."""
KILLS = 8
"""How often one import is killed at most."""
WAITS = 50
"""How often an import that is said to be still running is tried again."""
PHASES = {
    None: "before the job was known",
    "staging": "while the file was read",
    "staged": "before rows were written",
    "running": "between two parts",
    "finished": "after the last commit",
}
WRITING = "while rows were written"


@dataclass
class Expected:
    """What an import that nobody disturbs comes to."""

    file: Path
    seconds: float
    exit: int
    people: dict[str, tuple[Any, ...]]
    beside: dict[str, list[tuple[Any, ...]]]
    account: dict[str, int]
    rejects: bytes
    results: list[tuple[str, ...]]


@dataclass
class Account:
    """What was tried and what was found."""

    trials: int = 0
    killed: int = 0
    kills: int = 0
    undone: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    variants: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Harness:
    """Trials on one kind of database, with files of ``rows`` rows."""

    def __init__(self, kept: Worlds, rows: int, seed: int, batch: int | None = None) -> None:
        self.worlds = kept
        self.rows = rows
        self.batch = batch
        self.choose = random.Random(seed)
        self.account = Account()
        self.expected: dict[tuple[str, str], Expected] = {}
        kept.folder.mkdir(parents=True, exist_ok=True)
        self.base = kept.copy()
        known = people.write(kept.folder / "known.csv", people.known(rows))
        self.base.program("contact", "import", str(known), "--create-missing", "company")
        self.base.quiet()
        self.before = checks.picture(self.base), checks.beside(self.base), checks.schema(self.base)
        self.number = self.base.rows("SELECT max(number) FROM changes WHERE organization_id = ?")[0][0]

    def line(self, file: Path, errors: str, folder: Path) -> list[str]:
        """Return the words of the import."""
        words = ["contact", "import", str(file), "--on-error", errors, "--create-missing", "company", "--no-input"]
        words += ["--results", str(folder / "results.csv")]
        return words + (["--rejects", str(folder / "rejects.csv")] if errors == "skip" else [])

    def expect(self, kind: str, errors: str) -> Expected:
        """Import once without being disturbed."""
        if (kind, errors) in self.expected:
            return self.expected[kind, errors]
        file = self.worlds.folder / f"{errors}.{kind}"
        people.write(file, people.rows(self.rows, wrong=errors == "skip"))
        world = self.worlds.copy(self.base.location, self.base.program.home)
        started = time.monotonic()
        process = start(world, self.line(file, errors, world.folder), self.batch)
        status = process.wait()
        seconds = time.monotonic() - started
        assert status == (7 if errors == "skip" else 0), told(world)
        self._sound(world)
        found = Expected(
            file,
            seconds,
            status,
            checks.picture(world),
            checks.beside(world),
            checks.account(world),
            rejected(world),
            results(world),
        )
        assert len(found.people) > len(self.before[0])
        self.expected[kind, errors] = found
        world.drop()
        return found

    def _sound(self, world: World) -> None:
        world.quiet()
        checks.sound(world)
        checks.tidy(world)
        assert checks.schema(world) == self.before[2], "an index or a trigger is another"

    def trial(self, kind: str, errors: str) -> None:
        """Kill one import, perhaps several times, take it up again, and compare."""
        expected = self.expect(kind, errors)
        world = self.worlds.copy(self.base.location, self.base.program.home)
        trail: list[str] = []
        try:
            self._disturbed(world, expected, errors, trail)
            self._compare(world, expected)
            self._undo(world)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is what is looked for
            self.account.faults.append(f"{kind} {errors} {trail}: {error!r} (kept in {world.folder})\n{told(world)}")
            worlds.say(self.account.faults[-1])
        else:
            world.drop()
        self.account.trials += 1
        self.account.killed += any(not step.startswith("exit") for step in trail)
        self.account.variants[f"{kind}, {errors}"] += 1

    def _disturbed(self, world: World, expected: Expected, errors: str, trail: list[str]) -> None:
        """Run the import to its end, killing it on the way."""
        wanted = self.choose.randint(1, KILLS)
        line = first = self.line(expected.file, errors, world.folder)
        while True:
            started, process = time.monotonic(), start(world, line, self.batch)
            if wanted:
                try:
                    process.wait(self.choose.uniform(0, expected.seconds))
                except subprocess.TimeoutExpired:
                    wanted -= 1
                    self._kill(world, process, trail)
                    line = [*first[:2], "--resume", "last", "--no-input"]
                    continue
            status = process.wait()
            trail.append(f"exit {status}")
            if line == first:  # it was faster than the time in which it was to be killed
                expected.seconds = min(expected.seconds, time.monotonic() - started)
            if status == 75 and trail[-WAITS:] != ["exit 75"] * WAITS:
                time.sleep(0.1)  # a process that the killed one had started is still about to notice
                continue
            if status == 3 and "--resume" in line:
                if state(world) == "finished":
                    return
                line = first
                continue
            assert status == expected.exit, f"exit {status}, not {expected.exit}"
            return

    def _kill(self, world: World, process: "subprocess.Popen[bytes]", trail: list[str]) -> None:
        busy = world.busy
        process.kill()
        process.wait()
        reached = state(world)
        phase = WRITING if busy and reached in ("staging", "staged", "running") else PHASES[reached]
        trail.append(phase)
        self.account.kills += 1
        self.account.phases[phase] += 1
        if self.choose.random() < 0.5:
            world.quiet()

    def _compare(self, world: World, expected: Expected) -> None:
        """Compare with the import that nobody disturbed."""
        self._sound(world)
        found = checks.picture(world)
        lost, more = expected.people.keys() - found.keys(), found.keys() - expected.people.keys()
        assert not lost and not more, f"lost {len(lost)} {sorted(lost)[:3]}, too many {len(more)} {sorted(more)[:3]}"
        wrong = [email for email, values in found.items() if expected.people[email] != values]
        assert not wrong, f"{len(wrong)} differ: {wrong[0]} {found[wrong[0]]} {expected.people[wrong[0]]}"
        for name, value in checks.beside(world).items():
            assert value == expected.beside[name], f"{name} differ"
        assert checks.account(world) == expected.account, f"{checks.account(world)} is not {expected.account}"
        assert rejected(world) == expected.rejects, "the rejected rows differ"
        assert results(world) == expected.results, "the results differ"
        parts = [path.name for path in world.folder.iterdir() if path.name.startswith(".")]
        assert not parts, f"{parts} lie about"
        someone = self.choose.choice(sorted(found))
        title = " ".join(found[someone][:2])
        hits = world.program.json("search", someone, "--limit", "50000")
        assert any(hit["title"] == title for hit in hits), f"{someone} is not found"

    def _undo(self, world: World) -> None:
        """Now and then, take the import back: what was there before is there again."""
        if self.choose.random() >= 0.1:
            return
        sql = "SELECT min(number) FROM changes WHERE organization_id = ? AND kind = 'import' AND number > "
        [(number,)] = world.rows(sql + str(self.number))
        world.program("undo", f"X-{number}", "-y")
        assert checks.picture(world) == self.before[0], "undo left something"
        assert checks.beside(world) == self.before[1], "undo left something beside the contacts"
        self.account.undone += 1


def start(world: World, line: list[str], batch: int | None) -> "subprocess.Popen[bytes]":
    """Start the program; what it says lies beside the database."""
    with (world.folder / "said.txt").open("ab") as said:
        return subprocess.Popen(
            [*worlds.interpreter(batch), *line],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=world.program.environment(),
        )


def told(world: World) -> str:
    """Return what the program said."""
    return (world.folder / "said.txt").read_text(errors="replace")[-2000:]


def state(world: World) -> str | None:
    """Return the state of the newest job that this file has."""
    sql = "SELECT state FROM import_jobs WHERE organization_id = ? AND file_name NOT LIKE '%known.csv'"
    found = world.rows(f"{sql} ORDER BY number DESC")
    return str(found[0][0]) if found else None


def rejected(world: World) -> bytes:
    """Return the rejects file."""
    file = world.folder / "rejects.csv"
    return file.read_bytes() if file.exists() else b""


def results(world: World) -> list[tuple[str, ...]]:
    """Return what became of each row, ids apart; fails for an id that no record has."""
    with (world.folder / "results.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    numbers = {str(number) for (number,) in world.rows("SELECT number FROM contacts WHERE organization_id = ?")}
    unknown = {row["number"] for row in found} - numbers - {""}
    assert not unknown, f"the results name contacts that there are not: {sorted(unknown)[:3]}"
    return sorted((row["line"], row["status"], row["code"]) for row in found)


def run(kept: Worlds, count: int, rows: int, seed: int, variants: Any = VARIANTS, batch: int | None = None) -> Account:
    """Try imports until ``count`` processes were killed, and return what was found."""
    harness = Harness(kept, rows, seed, batch)
    weights = [weight for _, _, weight in variants]
    while harness.account.kills < count:
        kind, errors, _ = harness.choose.choices(variants, weights)[0]
        harness.trial(kind, errors)
        if harness.account.trials % 10 == 0:
            worlds.say(report(harness.account))
    return harness.account


def report(account: Account) -> str:
    """Return the account in one line."""
    phases = ", ".join(f"{count} {phase}" for phase, count in account.phases.most_common())
    return (
        f"{account.trials} imports, {account.killed} of them killed {account.kills} times in all ({phases}),"
        f" {account.undone} undone afterwards,"
        f" {len(account.faults)} wrong"
    )


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    started = time.monotonic()
    with worlds.opened(given.database) as kept:
        account = run(kept, given.count, given.rows, given.seed)
        kept.keep = bool(account.faults)
    worlds.say(f"{given.database}, {given.rows} rows, seed {given.seed}: {report(account)}")
    worlds.say(f"{dict(account.variants)}, {time.monotonic() - started:.0f} s")
    return 1 if account.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
