"""Kills runs of scores at random points, runs several at once and beside writers, and compares with a quiet run.

python -m tests.faults.scores --count 100 --leads 20000 --database sqlite --seed 1
"""

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mycrm_cli.services.scoring import keeping, marks, models
from tests.faults import worlds
from tests.faults.worlds import World, Worlds
from tests.scoring.place import NOON, Place, events_csv, fill

KILLS = 5
"""How often one run is killed at most."""
WAITS = 100
"""How often a run that is said to be still going on is tried again."""
AT_ONCE = 8
FULL, CHANGED, EVERY = "a first run", "a run over what changed", "a run over all, a month later"
KINDS = (FULL, CHANGED, EVERY)
BUSY = 75
SMALLER = (
    "from mycrm_cli.services.scoring import ahead, running; running.BATCH = {0}; running.TRANSACTION = 2;"
    " ahead.FEWEST = 4 * {0}; from mycrm_cli.__main__ import main; raise SystemExit(main())"
)
Picture = tuple[dict[int, tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]


@dataclass
class Account:
    """What was tried and what was found."""

    trials: int = 0
    kills: int = 0
    early: int = 0
    lost: int = 0
    half: int = 0
    doubled: int = 0
    written: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Harness:
    """Trials on one kind of database, with ``leads`` leads; with ``batch`` so many leads are one part."""

    def __init__(self, kept: Worlds, leads: int, seed: int, batch: int | None = None) -> None:
        self.worlds = kept
        self.leads = leads
        self.batch = batch
        self.choose = random.Random(seed)
        self.account = Account()
        kept.folder.mkdir(parents=True, exist_ok=True)
        self.bases = dict(zip(KINDS, self._bases(), strict=True))
        self.expected: dict[str, tuple[Picture, float]] = {}

    def _bases(self) -> Iterator[World]:
        """Yield a world with leads, one where scored leads changed, and one where all is scored."""
        first = self.worlds.copy()
        fill(first.program, self.leads, self.leads * 2)
        first.quiet()
        yield first
        scored = self._copy(first)
        assert self.start(scored, FULL).wait() == 0, told(scored)
        scored.quiet()
        changed = self._copy(scored)
        lines = events_csv(self.leads, self.leads, 77)
        changed.program("activity", "import", "-", "--format", "csv", stdin="\n".join(lines), env=environment(CHANGED))
        changed.program("lead", "edit", "-w", "number<40", "--job-title", "CEO", "--yes", env=environment(CHANGED))
        changed.quiet()
        yield changed
        yield scored

    def _copy(self, base: World) -> World:
        return self.worlds.copy(base.location, base.program.home)

    def start(self, world: World, kind: str, *words: str) -> "subprocess.Popen[bytes]":
        """Start a run of the real program; what it says lies beside the database."""
        line = words or ("score", "run", *(["--all"] if kind == EVERY else []))
        program = ["-m", "mycrm_cli"] if self.batch is None else ["-c", SMALLER.format(self.batch)]
        with (world.folder / "said.txt").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, *program, *line],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=world.program.environment(environment(kind)),
            )

    def expect(self, kind: str) -> tuple[Picture, float]:
        """Score once without being disturbed."""
        if kind not in self.expected:
            world = self._copy(self.bases[kind])
            started = time.monotonic()
            assert self.start(world, kind).wait() == 0, told(world)
            seconds = time.monotonic() - started
            world.quiet()
            self.expected[kind] = picture(world), seconds
            sound(world, moment(kind))
            world.drop()
        return self.expected[kind]

    def trial(self, kind: str) -> None:
        """Kill one run, perhaps several times, take it up again, and compare."""
        expected, seconds = self.expect(kind)
        world, wanted, trail = self._copy(self.bases[kind]), self.choose.randint(1, KILLS), list[str]()
        while len(trail) < WAITS:
            process = self.start(world, kind)
            if wanted:
                try:
                    process.wait(self.choose.uniform(0.15 * seconds, seconds))
                except subprocess.TimeoutExpired:
                    wanted -= 1
                    process.kill()
                    process.wait()
                    self.account.kills += 1
                    trail.append("killed")
                    self._look(world)
                    continue
            status = process.wait()
            trail.append(f"exit {status}")
            if status != BUSY:
                break
            time.sleep(0.1)  # a process that the killed one had started is still about to notice
        self.account.early += "killed" not in trail
        self._compare(world, kind, expected, trail)

    def _look(self, world: World) -> None:
        """Look at leads in the middle: no score is without its history, no components are of another score."""
        place = Place(world.program)
        self.account.half += sum(
            score is not None and (sum(parts) != score or len(parts) != 5 or letter is None)
            for score, letter, parts in place.scores().values()
        )
        statement = "SELECT count(*) FROM leads AS l WHERE score IS NOT NULL AND NOT EXISTS"
        for table in ("lead_scores", "lead_signals"):
            [(count,)] = place.sql(f"{statement} (SELECT 1 FROM {table} AS s WHERE s.lead_id = l.id)")
            self.account.half += count

    def _compare(self, world: World, kind: str, expected: Picture, trail: list[str]) -> None:
        """Compare with a run that nobody disturbed."""
        world.quiet()
        found, fault = picture(world), ""
        lost = sum(found[0][number] != told for number, told in expected[0].items())
        doubled = len(found[1]) - len(set(found[1])) + max(len(found[1]) - len(expected[1]), 0)
        if trail[-1] != "exit 0" or lost or doubled or found[1:] != expected[1:]:
            fault = f"{kind} {trail}: {lost} lost, {doubled} doubled"
        try:
            sound(world, moment(kind))
        except AssertionError as error:
            fault += f" {error!r:.300}"
        self.account.trials += 1
        self.account.lost += lost
        self.account.doubled += doubled
        self._settle(world, fault)

    def _settle(self, world: World, fault: str) -> None:
        if fault:
            self.account.faults.append(f"{fault} (kept in {world.folder})\n{told(world)}")
            worlds.say(self.account.faults[-1])
        else:
            world.drop()

    def at_once(self, kind: str) -> None:
        """Start several runs at the same time: one does it, the others are told that it does."""
        expected, _ = self.expect(kind)
        world = self._copy(self.bases[kind])
        several = [self.start(world, kind) for _ in range(AT_ONCE)]
        exits = Counter(process.wait() for process in several)
        self.account.exits.update({f"run {status}": count for status, count in exits.items()})
        fine = exits.keys() <= {0, BUSY} and exits[0]
        self._compare(world, kind, expected, ["exit 0" if fine else f"exits {dict(exits)}"])

    def beside(self, seconds: float, writers: int = 3) -> None:
        """Score again and again while others write; then all is as if scored afresh."""
        world = self._copy(self.bases[CHANGED])
        line = [sys.executable, "-m", "tests.faults.scorewriter", str(world.program.home), world.program.database]
        rest = [str(self.leads), str(seconds)]
        several = [
            subprocess.Popen([*line, *rest, str(self.choose.randrange(10**6))], stdout=subprocess.PIPE)
            for _ in range(writers)
        ]
        until, runs = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            status = self.start(world, self.choose.choice((CHANGED, EVERY))).wait()
            self.account.exits[f"run {status}"] += 1
            runs += 1
        for process in several:
            said, _ = process.communicate()
            self.account.written.update(dict(zip(("done", "refused"), map(int, said.split()), strict=False)))
            self.account.exits[f"writer {process.returncode}"] += 1
        assert self.start(world, CHANGED).wait() == 0, told(world)
        assert self.start(world, CHANGED, "score", "run", "--all").wait() == 0, told(world)
        world.quiet()
        bad = [key for key in self.account.exits if key not in ("run 0", "run 75", "writer 0")]
        fault = f"beside writers: {bad}" if bad else ""
        self.account.lost += len(Place(world.program).wrong(moment(CHANGED)))
        try:
            sound(world, moment(CHANGED))
        except AssertionError as error:
            fault += f" {error!r:.500}"
        self.account.trials += 1
        self._settle(world, fault)


def moment(kind: str) -> Any:
    """Return when a run is."""
    return NOON + timedelta(days={FULL: 0, CHANGED: 1, EVERY: 29}[kind])


def environment(kind: str) -> dict[str, str]:
    """Return the environment of a run: its time."""
    return {"MYCRM_NOW": moment(kind).isoformat()}


def picture(world: World) -> Picture:
    """Return all that scores left."""
    return Place(world.program).all()


def sound(world: World, as_of: Any) -> None:
    """Expect scores as if made afresh, and signals that are what events come to."""
    place = Place(world.program)
    # Components of a score that time has not moved may be a few hours old.
    wrong = place.wrong(as_of, parts=False)
    assert not wrong, f"{len(wrong)} differ from scoring afresh: {dict(list(wrong.items())[:3])}"
    with place.work() as work:
        marks.gather(work)
    with place.work() as work:
        model = models.active(work)
        assert model is not None
        differences = list(keeping.check(work, models.engine(model).half_lives))
        assert not differences, f"{len(differences)} signals: {differences[:2]}"


def told(world: World) -> str:
    """Return what the program said."""
    return (world.folder / "said.txt").read_text(errors="replace")[-2000:]


def run(kept: Worlds, count: int, leads: int, seed: int, batch: int | None = None, seconds: float = 20.0) -> Account:
    """Kill runs ``count`` times, run several at once, and beside writers; return what was found."""
    harness = Harness(kept, leads, seed, batch)
    while harness.account.kills < count:
        harness.trial(harness.choose.choice(KINDS))
        if harness.account.trials % 10 == 0:
            worlds.say(report(harness.account))
    harness.at_once(FULL)
    if count > 1:
        harness.at_once(CHANGED)
    harness.beside(seconds)
    return harness.account


def report(account: Account) -> str:
    """Return the account in one line."""
    return (
        f"tried {account.trials}, killed {account.kills} times, lost {account.lost}, half-scored {account.half},"
        f" doubled {account.doubled}, {len(account.faults)} wrong; beside writers {dict(account.written)},"
        f" exits {dict(account.exits)}"
    )


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with worlds.opened(given.database) as kept:
        account = run(kept, given.count, given.leads, given.seed, given.batch, given.seconds)
        kept.keep = bool(account.faults)
    worlds.say(f"{given.database}, {given.leads} leads, seed {given.seed}: {report(account)}")
    return 1 if account.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
