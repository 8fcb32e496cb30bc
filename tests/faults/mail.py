"""Mail that goes out while its server breaks off at every stage of the protocol and the program is killed.

python -m tests.faults.mail --count 1500 --kills 100 --database postgresql --seed 1

Runs overlap without the lock of the job, so that the claims alone keep them apart. In the end what is in doubt is sent
once more, on request, and has to come under the same name as before.
"""

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.faults import worlds
from tests.faults.worlds import Worlds
from tests.mail.server import STAGES, Box, server

PROCESSES = 2
PATIENCE = 600.0
LEASE = 4
"""Seconds until what a killed run has claimed is in doubt; ten minutes in earnest."""
CODE = f"""
from contextlib import nullcontext
from datetime import timedelta
from mycrm_cli.services import joblock
from mycrm_cli.services.mail import sending, settling
sending.LEASE = timedelta(seconds={LEASE})
settling.PAUSES = (timedelta(0),) * 1000
joblock.alone = lambda *words: nullcontext()
from mycrm_cli.__main__ import main
raise SystemExit(main())
"""


@dataclass
class Account:
    """What was tried, and what came of it."""

    messages: int = 0
    runs: int = 0
    kills: int = 0
    during: int = 0
    """Kills that left a message on its way."""
    cuts: Counter[str] = field(default_factory=Counter)
    arrived: int = 0
    twice: int = 0
    missing: int = 0
    """Neither arrived nor said to be in doubt."""
    denied: int = 0
    """Arrived, and said not to have gone out."""
    flagged: int = 0
    unsent: int = 0
    """Of those in doubt the ones that had not arrived."""
    renamed: int = 0
    errors: list[str] = field(default_factory=list)


class Harness:
    """One world with an outbox that is sent, against everything."""

    def __init__(self, kept: Worlds, box: Box, port: int, count: int, share: float) -> None:
        self.account, self.world, self.box, self.share = Account(messages=count), kept.copy(), box, share
        program = self.world.program
        url = f"smtp://127.0.0.1:{port}"
        program("profile", "edit", "work", "--smtp", url, "--smtp-security", "none", "--smtp-from", "crm@acme.com")
        people = "".join(f'{{"first_name": "P{n}", "email": "p{n}@example.com"}}\n' for n in range(count))
        program("contact", "import", "-", "--format", "jsonl", stdin=people)
        words = ("--subject", "News", "--body", "Hello", "--key", "news", "--later", "-y")
        program("email", "send", "--all", "--to", "contact", *words)

    def cut(self) -> str | None:
        """Say where a conversation breaks off, if it does."""
        return random.choice(STAGES) if random.random() < self.share else None

    def start(self) -> "subprocess.Popen[bytes]":
        """Start a run of the real program."""
        self.account.runs += 1
        return subprocess.Popen(
            [sys.executable, "-c", CODE, "-P", "work", "email", "outbox", "run"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self.world.program.environment(),
        )

    def ended(self, process: "subprocess.Popen[bytes]") -> int:
        """Wait for a process; what it should not say is kept."""
        _, said = process.communicate(timeout=PATIENCE)
        if process.returncode not in (0, 7, 75, -9):
            self.account.errors.append(f"{process.returncode}: {said.decode()[-800:]}")
        return process.returncode

    def states(self) -> dict[str, tuple[str, str]]:
        """Return the state and the recipient of each message by its Message-ID."""
        found = self.world.rows("SELECT message_id, state, to_email FROM outbox WHERE organization_id = ?")
        return {id: (state, to) for id, state, to in found}

    def count(self, *names: str) -> int:
        """Return how many messages are in some states."""
        return sum(state in names for state, _ in self.states().values())

    def disturb(self, kills: int) -> None:
        """Send while runs are killed, until there have been so many kills or nothing is left."""
        self.box.cut, self.box.wait = self.cut, lambda: random.uniform(0, 0.04)
        while self.account.kills < kills and self.count("queued"):
            several = [self.start() for _ in range(PROCESSES)]
            self._kill(several, kills)
            for process in several:
                self.ended(process)
            self.world.quiet()
            self.account.during += bool(self.count("sending"))
        while self.count("queued"):
            self.ended(self.start())
        time.sleep(LEASE + 0.2)
        self.ended(self.start())

    def _kill(self, several: list["subprocess.Popen[bytes]"], kills: int) -> None:
        """Kill all of them, a little after one has sent something."""
        before, late = len(self.box.taken), time.monotonic() + 20
        while len(self.box.taken) == before and time.monotonic() < late:
            if all(process.poll() is not None for process in several):
                return
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.1))
        for process in several:
            if process.poll() is None and self.account.kills < kills:
                process.kill()
                self.account.kills += 1

    def judge(self) -> None:
        """Compare what has arrived with what the outbox says."""
        account, known = self.account, self.states()
        arrived = Counter(one.message["Message-ID"] for one in self.box.taken)
        account.arrived, account.twice = len(arrived), sum(arrived.values()) - len(arrived)
        account.cuts.update(self.box.cuts)
        for id, (state, _) in known.items():
            account.flagged += state == "uncertain"
            account.unsent += state == "uncertain" and id not in arrived
            account.missing += state not in ("uncertain", "failed") and id not in arrived
            account.denied += state not in ("uncertain", "sent") and id in arrived
        if len(known) != account.messages:
            account.errors.append(f"{len(known)} rows for {account.messages} messages")

    def again(self) -> None:
        """Send what is in doubt once more; then everybody was reached, under one name."""
        self.box.cut, self.box.wait = lambda: None, lambda: 0.0
        if self.account.flagged:
            self.world.program("email", "outbox", "retry", "-w", "state=uncertain", "-y")
        self.ended(self.start())
        names: dict[str, set[str]] = {}
        for one in self.box.taken:
            names.setdefault(one.to[0], set()).add(one.message["Message-ID"])
        self.account.renamed = sum(len(several) > 1 for several in names.values())
        if len(names) != self.account.messages or self.count("sent") != self.account.messages:
            self.account.errors.append(f"{len(names)} were reached in the end: {self.count('sent')} said to be sent")


def run(kept: Worlds, count: int, kills: int, share: float = 0.15) -> Account:
    """Send so many messages in a world of their own, and return what was found."""
    with server() as (box, port):
        harness = Harness(kept, box, port, count, share)
        harness.disturb(kills)
        harness.judge()
        harness.again()
    return harness.account


def failed(account: Account) -> bool:
    """Return whether anything is as it should not be."""
    return bool(account.twice or account.missing or account.denied or account.renamed or account.errors)


def report(account: Account) -> str:
    """Return the account in a sentence."""
    cuts = ", ".join(f"{stage} {account.cuts[stage]}" for stage in STAGES)
    return (
        f"{account.messages} messages, {account.runs} runs, server cut {account.cuts.total()} times ({cuts}),"
        f" {account.kills} killed ({account.during} times with a message on its way): arrived {account.arrived},"
        f" twice {account.twice}, missing without a flag {account.missing}, said to be unsent {account.denied},"
        f" uncertain {account.flagged} (of which not arrived {account.unsent}), sent again on request under another"
        f" name {account.renamed}, errors {len(account.errors)}"
    )


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_500, help="messages")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--share", type=float, default=0.15, help="how often the server breaks off")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random.seed(given.seed)
    with worlds.opened(given.database) as kept:
        account = run(kept, given.count, given.kills, given.share)
    worlds.say(f"mail, {given.database}, seed {given.seed}: {report(account)}")
    for error in account.errors[:5]:
        worlds.say(error)
    return int(failed(account))


if __name__ == "__main__":
    raise SystemExit(main())
