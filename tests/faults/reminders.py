"""Runs of reminders that overlap, and runs that are killed: none may go out twice, none may be missed unflagged.

python -m tests.faults.reminders --database postgresql --reminders 2000 --rounds 20 --kills 20

Each round makes all tasks due once more. ``command`` runs write what they send into a file, one line for each, which
lasts when they are killed (``notices`` tries mail and commands). With ``--free`` the lock of the job is left out, so that the claims alone keep them apart.
"""

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mycrm_cli import catalog
from mycrm_cli.db.connect import connect
from mycrm_cli.services import rows
from tests.faults import worlds
from tests.faults.worlds import World, Worlds

PROCESSES = 8
START = datetime(2026, 3, 2, 10, tzinfo=UTC)
LATER = timedelta(hours=1)
PATIENCE = 600.0

# Without the lock nobody knows which claims are of runs that are over: none is called lost.
FREE = """
from contextlib import nullcontext
from mycrm_cli.services import joblock
from mycrm_cli.services.reminding import claims
joblock.alone = lambda *words: nullcontext()
claims.find_lost = lambda work, channel: []
"""
SMALL = """
from mycrm_cli.services.reminding import running
running.MANY = {many}
"""
MAIN = "from mycrm_cli.__main__ import main; raise SystemExit(main())"


@dataclass
class Account:
    """What was tried, and what came of it."""

    rounds: int = 0
    reminders: int = 0
    runs: int = 0
    kills: int = 0
    during: int = 0
    """Kills that left claims open."""
    twice: int = 0
    missed: int = 0
    flagged: int = 0
    """Reminders that a kill left in doubt and that are said to be."""
    lost_in_doubt: int = 0
    """Of those the ones that had not gone out."""
    errors: list[str] = field(default_factory=list)


def make(world: World, count: int) -> None:
    """Add tasks, a long time before they are due."""
    first = START.isoformat().replace("+00:00", "Z")
    lines = "".join(f'{{"title": "Call {number}", "reminder_at": "{first}"}}\n' for number in range(count))
    world.program("task", "add", "-", "--yes", stdin=lines, env={"MYCRM_NOW": "2026-03-01T10:00:00Z"})


def set_due(world: World, moment: datetime) -> None:
    """Let all tasks be reminded of at a moment."""
    task = catalog.entity("task")
    with closing(connect(world.program.database, write=True, organization_id=world.organization)) as connection:
        connection.begin()
        [save, save_id] = rows.savers(task, ["reminder_at", "organization_id"], connection.dialect)
        params = [save(moment) if save else moment, save_id(world.organization) if save_id else world.organization]
        connection.execute("UPDATE tasks SET reminder_at = ? WHERE organization_id = ?", params)
        connection.commit()


class Runs:
    """Processes that remind, each into a file of its own."""

    def __init__(self, world: World, moment: datetime, *, free: bool, many: int) -> None:
        self.world = world
        self.code = (FREE if free else "") + SMALL.format(many=many) + MAIN
        self.environment = world.program.environment({"MYCRM_NOW": moment.isoformat(), "MYCRM_DEBUG": "1"})
        self.folder = world.folder / f"out-{moment:%Y%m%d%H}"
        self.folder.mkdir()
        self.count = 0

    def start(self) -> "subprocess.Popen[bytes]":
        """Start one more."""
        self.count += 1
        line = [sys.executable, "-c", self.code, "task", "remind", "-P", "work", "-o", "jsonl"]
        with (self.folder / f"{self.count}.out").open("wb") as out:
            return subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, env=self.environment
            )

    def begun(self, process: "subprocess.Popen[bytes]") -> bool:
        """Wait until the process that was started last writes; False where it ends without."""
        path = self.folder / f"{self.count}.out"
        while process.poll() is None:
            if path.stat().st_size:
                return True
            time.sleep(0.002)
        return bool(path.stat().st_size)

    def sent(self) -> Counter[str]:
        """Return how often each reminder was written; half a line at a kill's end was not."""
        found: Counter[str] = Counter()
        for path in self.folder.glob("*.out"):
            text = path.read_text(encoding="utf-8")
            found.update(line.split('"number": ')[1].split(",")[0] for line in text.splitlines() if line.endswith("}"))
        return found


def ended(process: "subprocess.Popen[bytes]", account: Account) -> int:
    """Wait for a process and return its status; what it should not say is kept."""
    _, said = process.communicate(timeout=PATIENCE)
    # The log that debugging writes of a job that is taken is no fault.
    if process.returncode not in (0, 75, -9):
        account.errors.append(f"{process.returncode}: {said.decode()[-1500:]}")
    return process.returncode


def one_round(world: World, moment: datetime, count: int, kills: int, account: Account, *, free: bool) -> None:
    """Make everything due, let processes overlap, kill some, and count what went out."""
    set_due(world, moment)
    runs = Runs(world, moment, free=free, many=max(count // 40, 1))
    for _ in range(kills):
        victim = runs.start()
        if not runs.begun(victim):
            account.errors.append("a run ended before it could be killed")
        time.sleep(random.uniform(0, 0.1))
        victim.kill()
        account.kills += 1
        ended(victim, account)
        world.quiet()
        account.during += bool(states(world, moment)["claimed"])
    several = [runs.start() for _ in range(PROCESSES)]
    account.runs += len(several)
    statuses = [ended(process, account) for process in several]
    # Whoever found the job taken comes again, as cron does.
    while not free and 75 in statuses:
        statuses = [ended(runs.start(), account)]
        account.runs += 1
    judge(world, moment, count, runs.sent(), account)


def states(world: World, moment: datetime) -> Counter[str]:
    """Return how many reminders of a moment are in which state."""
    return Counter(state for state, at in deliveries(world) if at == moment)


def deliveries(world: World) -> list[tuple[str, datetime]]:
    """Return the state and the moment of every reminder that was claimed."""
    found = world.rows("SELECT state, reminder_at FROM reminder_deliveries WHERE organization_id = ?")
    return [(state, datetime.fromisoformat(at) if isinstance(at, str) else at) for state, at in found]


def judge(world: World, moment: datetime, count: int, sent: Counter[str], account: Account) -> None:
    """Compare what was written with what the database says."""
    known = states(world, moment)
    doubt = known["uncertain"] + known["claimed"]
    account.rounds += 1
    account.reminders += count
    account.twice += sum(times - 1 for times in sent.values() if times > 1)
    account.flagged += doubt
    account.lost_in_doubt += max(count - len(sent), 0)
    # What is said to have gone out did, and what did not is said to be in doubt.
    account.missed += max(count - len(sent) - doubt, 0) + max(known["sent"] - len(sent), 0)
    if sum(known.values()) != count:
        account.errors.append(f"{sum(known.values())} rows for {count} reminders: {dict(known)}")


def run(kept: Worlds, count: int, rounds: int, kills: int, *, free: bool) -> Account:
    """Go through rounds in a world of their own, and return what was found."""
    account, world = Account(), kept.copy()
    make(world, count)
    for number in range(rounds):
        one_round(world, START + LATER * number, count, kills, account, free=free)
    return account


def told(account: Account) -> str:
    """Return the account in a sentence."""
    return (
        f"{account.rounds} rounds x {account.reminders // max(account.rounds, 1)} reminders, {account.runs} overlapping"
        f" runs, {account.kills} killed ({account.during} times with claims open): twice {account.twice}, missed"
        f" {account.missed}, in doubt and said so {account.flagged} (of which not sent {account.lost_in_doubt}),"
        f" errors {len(account.errors)}"
    )


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reminders", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--kills", type=int, default=0, help="runs that are killed in each round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--free", action="store_true", help="without the lock of the job")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    random.seed(given.seed)
    with worlds.opened(given.database) as kept:
        account = run(kept, given.reminders, given.rounds, given.kills, free=given.free)
    worlds.say(f"{given.database}, seed {given.seed}: {told(account)}")
    for error in account.errors[:5]:
        worlds.say(error)
    return 1 if account.twice or account.missed or account.errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
