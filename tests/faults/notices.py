"""Reminders, alerts and digests by mail and by command: runs overlap and are killed, and no notice goes out twice.

python -m tests.faults.notices --what reminders --channel email --database postgresql --rounds 10 --seed 1

After each round what is in doubt is sent once more, on request, and has to come under the same name as before.
"""

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mycrm_cli import catalog
from mycrm_cli.services import rows
from tests.faults import mailbox, worlds
from tests.faults.mailbox import Taken
from tests.faults.worlds import Worlds

WHAT = {"reminders": ("task", "remind", "--all"), "alerts": ("alert", "run"), "digests": ("digest", "run")}
CHANNELS = ("email", "command")
USERS = 20
START = datetime(2026, 3, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)
PATIENCE = 300.0
BUSY = 75
CODE = """
from mycrm_cli.services.reminding import running
running.MESSAGE = 5
from mycrm_cli.__main__ import main
raise SystemExit(main())
"""


@dataclass
class Account:
    """What was tried, and what came of it."""

    rounds: int = 0
    items: int = 0
    runs: int = 0
    kills: int = 0
    during: int = 0
    """Kills that left something in doubt."""
    told: int = 0
    twice: int = 0
    missed: int = 0
    """Neither told nor said to be in doubt."""
    flagged: int = 0
    unsent: int = 0
    """Of those in doubt the ones that had not gone out."""
    renamed: int = 0
    """What was sent again, on request, under another name."""
    errors: list[str] = field(default_factory=list)


class Harness:
    """One world, in which days go by; on each everything is due once."""

    def __init__(self, kept: Worlds, what: str, channel: str, processes: int, count: int) -> None:
        self.what, self.channel, self.processes = what, channel, processes
        self.account, self.world, self.now = Account(), kept.copy(), START
        self.taken: list[Taken] = []
        self.file: Path | None = None
        self.count = self._fill(count)

    def _fill(self, count: int) -> int:
        """Add users and their tasks, a long time before, and return how much is due each day."""
        before = {"MYCRM_NOW": "2026-02-01T10:00:00Z"}
        users = "".join(f'{{"email": "u{n}@acme.com", "role": "sales_rep"}}\n' for n in range(USERS))
        self.world.program("user", "import", "-", "--format", "jsonl", stdin=users, env=before)
        when = '"reminder_at": "2026-03-02T08:00:00Z", "due_date": "2026-03-02T08:00:00Z"'
        lines = "".join(
            f'{{"title": "Call {n}", {when}, "assigned_to": "u{n % USERS}@acme.com"}}\n' for n in range(count)
        )
        self.world.program("task", "import", "-", "--format", "jsonl", stdin=lines, env=before)
        return USERS if self.what == "digests" else count

    @contextmanager
    def channelled(self) -> Iterator[None]:
        """Set the channel up."""
        if self.channel == "command":
            script, self.file = mailbox.command(self.world.folder)
            with (self.world.program.home / "config.toml").open("a") as config:
                config.write(f'\n[notify]\ncommand = ["{script}"]\n')
            yield
            return
        with mailbox.server() as (box, port):
            self.taken = box.taken
            words = ("--smtp", f"smtp://127.0.0.1:{port}", "--smtp-security", "none", "--smtp-from", "crm@acme.com")
            self.world.program("profile", "edit", "work", *words)
            yield

    def received(self) -> list[Taken]:
        """Return all that was taken up to now."""
        return mailbox.heard(self.file) if self.file else list(self.taken)

    def start(self, *more: str) -> "subprocess.Popen[bytes]":
        """Start the real program."""
        line = [sys.executable, "-c", CODE, "-P", "work", *WHAT[self.what], "--channel", self.channel, *more]
        self.account.runs += 1
        return subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self.world.program.environment({"MYCRM_NOW": self.now.isoformat()}),
        )

    def ended(self, process: "subprocess.Popen[bytes]") -> int:
        """Wait for a process; what it should not say is kept."""
        _, said = process.communicate(timeout=PATIENCE)
        if process.returncode not in (0, BUSY, -9):
            self.account.errors.append(f"{process.returncode}: {said.decode()[-800:]}")
        return process.returncode

    def next_day(self) -> None:
        """Let everything be due anew."""
        self.now += DAY
        due, task = self.now - timedelta(hours=1), catalog.entity("task")
        with self.world.connection(write=True) as connection:
            [save, save_id] = rows.savers(task, ["due_date", "organization_id"], connection.dialect)
            moment, own = save(due) if save else due, self.world.organization
            connection.execute(
                "UPDATE tasks SET due_date = ?, reminder_at = ? WHERE organization_id = ?",
                [moment, moment, save_id(own) if save_id else own],
            )
            connection.commit()

    def round(self, kills: int) -> None:
        """Start several at once, kill whoever works, several times over, and look."""
        self.next_day()
        begun = len(self.received())
        for number in range(kills + 1):
            several = [self.start() for _ in range(self.processes if number in (0, kills) else 1)]
            if number < kills:
                self._kill(several)
            while BUSY in [self.ended(process) for process in several] and number == kills:
                several = [self.start()]
            self.world.quiet()
            self.account.during += bool(number < kills and self.states()["claimed"])
        self.ended(self.start())
        self._judge(self.received()[begun:])
        self._again(begun)

    def _kill(self, several: list["subprocess.Popen[bytes]"]) -> None:
        """Kill all of them, once one has sent something or a little later."""
        before, late = len(self.received()), time.monotonic() + 20
        while len(self.received()) == before and time.monotonic() < late:
            if all(process.poll() is not None for process in several):
                return
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.15))
        for process in several:
            if process.poll() is None:
                process.kill()
                self.account.kills += 1

    def states(self) -> Counter[str]:
        """Return how much of today is in which state."""
        table, column, when = "reminder_deliveries", "reminder_at", self.now - timedelta(hours=1)
        if self.what != "reminders":
            table, column = "notice_deliveries", "since" if self.what == "alerts" else "key"
        found = self.world.rows(f"SELECT state, {column} FROM {table} WHERE organization_id = ?")
        day = f"{when:%Y-%m-%d}"
        return Counter(state for state, at in found if str(at).startswith(day))

    def counted(self, some: list[Taken]) -> Counter[str]:
        """Return how often each was told of."""
        return Counter(item for one in some for item in one.items(self.what))

    def _judge(self, some: list[Taken]) -> None:
        """Compare what was taken with what the database says."""
        account, told, known = self.account, self.counted(some), self.states()
        doubt = known["uncertain"] + known["claimed"]
        account.rounds += 1
        account.items += self.count
        account.told += len(told)
        account.twice += sum(told.values()) - len(told)
        account.flagged += doubt
        account.unsent += max(self.count - len(told), 0)
        account.missed += max(self.count - len(told) - doubt, 0) + max(known["sent"] - len(told), 0)
        if known["sent"] + doubt != self.count or known["claimed"]:
            account.errors.append(f"{dict(known)} for {self.count}")

    def _again(self, begun: int) -> None:
        """Send what is in doubt once more; then all were told, each under one name."""
        self.ended(self.start("--again"))
        some = self.received()[begun:]
        left = self.count - len(self.counted(some))
        names: dict[str, set[str]] = {}
        for one in some:
            for item in one.items(self.what):
                names.setdefault(item, set()).add(one.id)
        self.account.renamed += sum(len(found) > 1 for found in names.values())
        if left or self.states()["sent"] != self.count:
            self.account.errors.append(f"{left} were not told when asked again: {dict(self.states())}")


def run(kept: Worlds, what: str, channel: str, *, rounds: int, processes: int, count: int, kills: int) -> Account:
    """Go through rounds in a world of their own, and return what was found."""
    harness = Harness(kept, what, channel, processes, count)
    with harness.channelled():
        for _ in range(rounds):
            harness.round(kills)
    return harness.account


def report(account: Account) -> str:
    """Return the account in a sentence."""
    return (
        f"{account.rounds} rounds, {account.items} to tell, {account.runs} runs, {account.kills} killed ({account.during}"
        f" times with claims open): told {account.told}, twice {account.twice}, missed {account.missed}, in doubt and"
        f" said so {account.flagged} (of which not sent {account.unsent}), renamed {account.renamed},"
        f" errors {len(account.errors)}"
    )


def failed(account: Account) -> bool:
    """Return whether anything is as it should not be."""
    return bool(account.twice or account.missed or account.renamed or account.errors)


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", choices=list(WHAT), default="reminders")
    parser.add_argument("--channel", choices=CHANNELS, default="email")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--count", type=int, default=200, help="tasks that are due in each round")
    parser.add_argument("--kills", type=int, default=3, help="how often runs are killed in each round")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random.seed(given.seed)
    with worlds.opened(given.database) as kept:
        numbers = {name: getattr(given, name) for name in ("rounds", "processes", "count", "kills")}
        account = run(kept, given.what, given.channel, **numbers)
    worlds.say(f"{given.what} by {given.channel}, {given.database}, seed {given.seed}: {report(account)}")
    for error in account.errors[:5]:
        worlds.say(error)
    return int(failed(account))


if __name__ == "__main__":
    raise SystemExit(main())
