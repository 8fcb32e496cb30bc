"""Overlapping ``cron run``, killed at random moments: no due time is done twice, none is missed without being told.

python -m tests.faults.crons --rounds 20 --database sqlite --seed 1
"""

import argparse
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults import worlds
from tests.faults.worlds import World, Worlds

AT_ONCE = 8
JOBS = 4
START = datetime(2026, 11, 2, 12, tzinfo=UTC)
KILLED = 137


@dataclass
class Account:
    """What was tried and what was found."""

    rounds: int = 0
    kills: int = 0
    due: int = 0
    done: int = 0
    doubled: int = 0
    missed: int = 0
    told: int = 0
    exits: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Harness:
    """Rounds of one hour each: every job is due once in each."""

    def __init__(self, kept: Worlds, seed: int) -> None:
        self.choose = random.Random(seed)
        self.account = Account()
        self.world: World = kept.copy()
        self.now = START
        for number in range(JOBS):
            self.crm("cron", "add", f"tick{number}", "--schedule", "hourly", "--", "task", "add", f"Tick {number}")
        self.crm("cron", "add", "scores", "--schedule", "hourly", "--", "score", "run")

    @property
    def clock(self) -> dict[str, str]:
        """The environment of a round."""
        return {"MYCRM_NOW": self.now.isoformat()}

    def crm(self, *line: str) -> Any:
        """Run a command in this process."""
        return self.world.program(*line, env=self.clock)

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the real program; what it says lies beside the database."""
        with (self.world.folder / "said.txt").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "mycrm_cli", "-P", "work", "cron", "run"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=self.world.program.environment(self.clock),
            )

    def ticks(self) -> Counter[str]:
        """Return how often each job was done in all."""
        found = self.world.rows("SELECT title, count(*) FROM tasks WHERE organization_id = ? GROUP BY title")
        return Counter(dict(found))

    def round(self, kill: bool) -> None:
        """Let an hour pass, start several at once, kill some, and look."""
        self.now += timedelta(hours=1)
        before, flags = self.ticks(), Counter[str]()
        # One that is alone is killed in the midst of its jobs more often than one of eight.
        several = [self.start() for _ in range(self.choose.choice((1, AT_ONCE)) if kill else AT_ONCE)]
        if kill:
            time.sleep(self.choose.uniform(0.3, 3 if several[1:] else 1.5))
            for process in self.choose.sample(several, self.choose.randint(max(len(several) - 2, 1), len(several))):
                time.sleep(self.choose.uniform(0, 0.1))
                if process.poll() is None:
                    process.send_signal(signal.SIGKILL)
                    self.account.kills += 1
        self.account.exits.update(process.wait() for process in several)
        for _ in range(3):  # those that were killed are noticed by the next
            self.world.quiet()
            self.account.exits[self.start().wait()] += 1
        self.world.quiet()
        state = {job["name"]: job for job in self.world.program.json("cron", "status", env=self.clock)}
        flags.update(name for name, job in state.items() if job["last_exit"] == KILLED)
        self._compare(before, self.ticks(), flags, state)

    def _compare(self, before: Counter[str], after: Counter[str], flags: Counter[str], state: dict[str, Any]) -> None:
        """Count what was done once, twice, or not at all, and whether that was told."""
        account, stamp = self.account, f"{self.now:%Y-%m-%dT%H:%M:%SZ}"
        account.rounds += 1
        for number in range(JOBS):
            count = after[f"Tick {number}"] - before[f"Tick {number}"]
            account.due += 1
            account.done += count
            account.doubled += max(count - 1, 0)
            account.told += flags[f"tick{number}"]
            if count == 0 and not flags[f"tick{number}"]:
                account.missed += 1
        scores = state["scores"]
        if scores["last_exit"] != 0 or scores["last_success_at"] != stamp:
            account.faults.append(f"round {account.rounds}: scores were not taken up again: {scores}")
        if stuck := [name for name, job in state.items() if job["state"] not in ("waiting", "failed")]:
            account.faults.append(f"round {account.rounds}: {stuck} hang")


def run(kept: Worlds, rounds: int, seed: int) -> Account:
    """Run rounds, every third of them without a kill, and return what was found."""
    harness = Harness(kept, seed)
    for number in range(rounds):
        harness.round(kill=number % 3 != 2)
    return harness.account


def report(account: Account) -> str:
    """Return the account in one line."""
    return (
        f"{account.rounds} rounds of {AT_ONCE} at once, killed {account.kills} times: due {account.due}, done"
        f" {account.done}, doubled {account.doubled}, missed {account.missed}, told as interrupted {account.told},"
        f" {len(account.faults)} wrong; exits {dict(account.exits)}"
    )


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with worlds.opened(given.database) as kept:
        account = run(kept, given.rounds, given.seed)
    worlds.say(f"{given.database}, seed {given.seed}: {report(account)}")
    for fault in account.faults:
        worlds.say(fault)
    return 1 if account.faults or account.doubled or account.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
