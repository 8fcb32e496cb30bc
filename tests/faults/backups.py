"""Backups while eight processes write, with flipped bits, and put back while others go on writing.

``python -m tests.faults.backups --count 100 --flips 400 --restores 20 --seed 7 --database postgresql``
"""

import argparse
import os
import random
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import clients, rowhash
from tests.faults import worlds
from tests.faults.worlds import World, Worlds

PROCESSES = 8
CHANGED = ("erasures", "auth_sessions")
WRITER = """
import contextlib, io, os, sys
from mycrm_cli.main import run
out = open(sys.argv[1], "a", buffering=1)
number = 0
while True:
    number += 1
    name = f"{sys.argv[2]}n{number}@w.example"
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        status = run(["contact", "add", "W", "--email", name])
    if status == 0:
        out.write(name + "\\n")
    elif status != 75:
        out.write(f"error {status} {said.getvalue()[:300]!r}\\n")
"""
LISTED = "SELECT email FROM contacts WHERE email IS NOT NULL"


@dataclass
class Account:
    """What was tried, and what came of it."""

    backups: int = 0
    rows: int = 0
    lost: int = 0
    opened: int = 0
    """Files that others could read."""
    flips: int = 0
    missed: int = 0
    """Flips that nobody noticed."""
    restores: int = 0
    unlike: int = 0
    """Restores after which something is not as it was saved."""
    under: int = 0
    """Restores while others wrote."""
    written: int = 0
    vanished: int = 0
    """Acknowledged rows that are neither in the database nor in what was saved before a restore."""
    busy: int = 0
    reasons: set[str] = field(default_factory=set)
    """What was said of restores that found the database busy."""
    errors: list[str] = field(default_factory=list)


class Writers:
    """Processes that write and note what was acknowledged."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.folder = world.folder / f"writers-{time.monotonic_ns()}"
        self.folder.mkdir()
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start them, and wait until each has written."""
        for number in range(PROCESSES):
            line = [sys.executable, "-c", WRITER, str(self.folder / f"{number}.out"), f"{self.folder.name}p{number}"]
            env = self.world.program.environment()
            self.running.append(subprocess.Popen(line, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        deadline = time.monotonic() + 60
        while len([1 for out in self.folder.glob("*.out") if out.stat().st_size]) < PROCESSES:
            assert time.monotonic() < deadline, "not all of them write"
            time.sleep(0.1)

    def stop(self) -> None:
        """Kill them, wherever they are."""
        for process in self.running:
            process.kill()
            process.wait()
        self.world.quiet()

    def said(self) -> set[str]:
        """Return the whole lines that were written until now."""
        texts = [path.read_text() for path in self.folder.glob("*.out")]
        return {line for text in texts for line in text.splitlines(keepends=False) if text.endswith("\n")} or set()

    def acknowledged(self) -> set[str]:
        """Return the addresses that were acknowledged."""
        return {line for line in self.said() if not line.startswith("error ")}

    def errors(self) -> list[str]:
        """Return what went wrong."""
        return [line for line in self.said() if line.startswith("error ")]


@contextmanager
def writing(world: World, account: Account) -> Iterator[Writers]:
    """Have processes write meanwhile."""
    writers = Writers(world)
    try:
        writers.start()
        yield writers
    finally:
        writers.stop()
        account.errors += writers.errors()


def inside(path: str) -> set[str]:
    """Return the addresses in a backup."""
    if path.endswith(".db"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            return {row[0] for row in database.execute(LISTED)}
    line = [str(clients.CLIENT / "pg_restore"), "--data-only", "--table=contacts", "--file=-", path]
    text = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    return {cell for line in text.splitlines() for cell in line.split("\t") if cell.endswith("@w.example")}


def present(world: World) -> set[str]:
    """Return the addresses in the database."""
    return {row[0] for row in world.rows(f"{LISTED} AND organization_id = ?")}


def saving(world: World, count: int, account: Account) -> None:
    """Back up while others write; what was acknowledged before is in it, and nobody else may read it."""
    with writing(world, account) as writers:
        for _ in range(count):
            before = writers.acknowledged()
            told = world.program.json("db", "backup", "--keep", "3")
            account.backups += 1
            account.rows += len(before)
            account.lost += len(before - inside(told["path"]))
            folder = Path(told["path"]).parent
            account.opened += sum(stat.S_IMODE(path.stat().st_mode) != 0o600 for path in folder.iterdir())
    shown = world.program("db", "list", "--verify", "-o", "plain").rows
    account.errors += [f"a backup is not whole: {row}" for row in shown if row[-1] != "ok"]


def hash_of(world: World) -> dict[str, list[str]]:
    """Return all rows but for what a restore changes on purpose."""
    found = rowhash.rows_of(world.program, without=("last_used_at",), journal=True)
    return {table: rows for table, rows in found.items() if table not in CHANGED}


def flipping(world: World, count: int, account: Account) -> None:
    """Flip bits of a backup and its manifest; each is noticed, and nothing is restored."""
    crm = world.program
    path = Path(crm.json("db", "backup", "--keep", "1")["path"])
    files = {file: file.read_bytes() for file in (path, Path(f"{path}.json"))}
    before = hash_of(world)
    for _ in range(count):
        file = random.choice([path, path, path, Path(f"{path}.json")])
        place, bit = random.randrange(len(files[file])), random.randrange(8)
        harmed = bytearray(files[file])
        harmed[place] ^= 1 << bit
        file.write_bytes(harmed)
        listed = crm("db", "list", "--verify", exit=None)
        restored = crm("db", "restore", str(path), "--confirm", "work", exit=None)
        account.flips += 1
        account.missed += (listed.exit, restored.exit) != (8, 6)
        file.write_bytes(files[file])
    account.missed += hash_of(world) != before
    crm("db", "restore", str(path), "--confirm", "work")
    account.restores += 1
    account.unlike += hash_of(world) != before


def restoring(world: World, count: int, account: Account) -> None:
    """Save, change, and put back: it is what was saved."""
    crm = world.program
    for number in range(count):
        crm("contact", "add", "R", "--email", f"r{number}-{random.random()}@r.example")
        before, path = hash_of(world), crm.json("db", "backup")["path"]
        crm("contact", "add", "Gone", "--email", f"g{number}@r.example")
        crm("deal", "add", f"Gone {number}")
        crm("db", "restore", path, "--confirm", "work")
        account.restores += 1
        account.unlike += hash_of(world) != before


def overwriting(world: World, count: int, account: Account) -> None:
    """Put back while others write: what they were told is written is there, or in what was saved before."""
    if not count:
        return
    crm = world.program
    path = crm.json("db", "backup")["path"]
    saved: set[str] = set()
    with writing(world, account) as writers:
        for _ in range(count):
            time.sleep(random.uniform(0.2, 1.0))
            done = crm("db", "restore", path, "--confirm", "work", "--json", exit=None)
            if done.exit == 75:
                account.busy += 1
                account.reasons.add(done.stderr[:300])
            elif done.exit:
                account.errors.append(str(done)[-600:])
            else:
                account.under += 1
                saved |= inside(done.json["before"])
    written = writers.acknowledged()
    account.written += len(written)
    account.vanished += len(written - saved - present(world))
    if crm("db", "check", exit=None).exit or crm("change", "verify", exit=None).exit:
        account.errors.append("the database is not whole after restores while others wrote")


def run(kept: Worlds, count: int, flips: int, restores: int) -> Account:
    """Try all of it in a world of its own, and return what was found."""
    account, world = Account(), kept.copy()
    if world.name is not None:
        os.environ["PATH"] = clients.PATH
        clients.administer(world.program, kept.templates.server)
    saving(world, count, account)
    flipping(world, flips, account)
    restoring(world, restores, account)
    overwriting(world, restores, account)
    return account


def told(account: Account) -> str:
    """Return the account in a sentence."""
    return (
        f"{account.backups} backups under {PROCESSES} writers, {account.rows} acknowledged rows looked for: lost"
        f" {account.lost}, files others may read {account.opened}; {account.flips} flips, missed {account.missed};"
        f" {account.restores} restores, not as saved {account.unlike}; {account.under} restores under writers"
        f" ({account.busy} found it busy), {account.written} rows written, vanished {account.vanished};"
        f" errors {len(account.errors)}"
    )


def failed(account: Account) -> bool:
    """Return whether anything is not as it should be."""
    wrong = (account.lost, account.opened, account.missed, account.unlike, account.vanished)
    return any(wrong) or bool(account.errors)


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="backups while others write")
    parser.add_argument("--flips", type=int, default=400)
    parser.add_argument("--restores", type=int, default=20, help="as many alone, and as many while others write")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    random.seed(given.seed)
    with worlds.opened(given.database) as kept:
        account = run(kept, given.count, given.flips, given.restores)
    worlds.say(f"{given.database}, seed {given.seed}: {told(account)}")
    for error in [*account.errors[:5], *account.reasons]:
        worlds.say(error)
    return 1 if failed(account) else 0


if __name__ == "__main__":
    raise SystemExit(main())
