"""Kills restores at random moments: the database is as before or as restored, and works; a repeated restore succeeds.

``python -m tests.faults.restorekills --count 40 --seed 1 --database sqlite``
"""

import argparse
import os
import random
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests import clients
from tests.faults import backups, worlds
from tests.faults.worlds import World, Worlds

REST = (".restoring", ".gate")
"""What is beside an SQLite database while it is restored."""


@dataclass
class Account:
    """What was tried, and what came of it."""

    tried: int = 0
    killed: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Harness:
    """Restores of one backup into one database, which grows in between."""

    def __init__(self, world: World, rows: int, seed: int) -> None:
        self.world = world
        self.crm = world.program
        self.choose = random.Random(seed)
        self.account = Account()
        lines = "".join(f"N{each},n{each}@k.example\n" for each in range(rows))
        self.crm("contact", "import", "-", "--format", "csv", stdin=f"name,email\n{lines}")
        self.file = self.crm.json("db", "backup", "--to", str(world.folder / "kept"))["path"]
        self.restored = backups.hash_of(world)
        self.crm("contact", "add", "Gone", "--email", "gone@k.example")
        started = time.monotonic()
        done = self.crm.process(*self.line, "--json")
        self.seconds = time.monotonic() - started
        self.folder = Path(done.json["before"]).parent
        assert backups.hash_of(world) == self.restored

    @property
    def line(self) -> list[str]:
        """The words of the restore."""
        return ["db", "restore", self.file, "--confirm", "work"]

    def trial(self) -> None:
        """Kill one restore, look at what it left, and do it again."""
        for path in self.folder.iterdir():
            path.unlink()
        self.crm("contact", "add", "Gone", "--email", f"g{self.account.tried}@k.example")
        before = backups.hash_of(self.world)
        self.account.tried += 1
        was_killed = self._kill(self.choose.uniform(self.seconds / 4, self.seconds))
        self.account.killed += was_killed
        works = self.crm("contact", "count", exit=None)
        found = backups.hash_of(self.world)
        phase = self._phase(found) if was_killed else "had ended"
        self.account.phases[phase] += 1
        self._expect(works.exit == 0, f"{phase}: the next command: {works}")
        self._expect(found in (before, self.restored), f"{phase}: neither as before nor as restored")
        self._again(phase)

    def _kill(self, seconds: float) -> bool:
        """Kill a restore after so many seconds; return whether it was still running."""
        line = [*worlds.interpreter(), *self.line]
        with (self.world.folder / "said.txt").open("ab") as said:
            env = self.crm.environment()
            process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=env)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait() < 0
        return False

    def _phase(self, found: dict[str, list[str]]) -> str:
        """Return how far it was."""
        if found == self.restored:
            return "after the commit"
        names = [path.name for path in self.folder.iterdir()]
        if not names:
            return "before anything was saved"
        is_saved = any(name.endswith((".db.json", ".dump.json")) for name in names)
        return "while it was put back" if is_saved else "while the present state was saved"

    def _again(self, phase: str) -> None:
        """Restore once more, which nobody disturbs."""
        done = self.crm(*self.line, exit=None)
        self._expect(done.exit == 0, f"{phase}: the repeated restore: {done}")
        self._expect(backups.hash_of(self.world) == self.restored, f"{phase}: not as saved after the repeated restore")
        checked, listed = self.crm("db", "check", exit=None), self.crm("db", "list", "--verify", exit=None)
        self._expect((checked.exit, listed.exit) == (0, 0), f"{phase}: {checked} {listed}")
        if self.world.name is None:
            path = Path(self.world.location)
            rest = [each.name for each in path.parent.iterdir() if any(ending in each.name for ending in REST)]
            self._expect(not rest, f"{phase}: {rest} lie about")

    def _expect(self, is_right: bool, said: str) -> None:
        if not is_right:
            self.account.faults.append(said[-800:])


def run(kept: Worlds, count: int, rows: int, seed: int) -> Account:
    """Kill restores until ``count`` were killed while they ran, and return what was found."""
    world = kept.copy()
    if world.name is not None:
        os.environ["PATH"] = clients.PATH
        clients.administer(world.program, kept.templates.server)
    harness = Harness(world, rows, seed)
    while harness.account.killed < count:
        harness.trial()
    world.quiet()
    return harness.account


def told(account: Account) -> str:
    """Return the account in a sentence."""
    phases = ", ".join(f"{count} {phase}" for phase, count in account.phases.most_common())
    return f"tried {account.tried}, killed {account.killed} ({phases}), lost {len(account.faults)}"


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40, help="restores that are killed")
    parser.add_argument("--rows", type=int, default=3_000, help="contacts in the backup")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    with worlds.opened(given.database) as kept:
        account = run(kept, given.count, given.rows, given.seed)
    worlds.say(f"{given.database}, {given.rows} rows, seed {given.seed}: {told(account)}")
    for fault in account.faults[:5]:
        worlds.say(fault)
    return 1 if account.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
